"""The worker's numbers, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from backend.notices.model import Backlog

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.outcomes = Counter(
            "wartefrei_deliveries", "Attempts by lane and outcome", ("lane", "outcome"), registry=self.registry
        )
        self.lag = Histogram(
            "wartefrei_delivery_lag_seconds", "From due to sent", ("lane",), buckets=_BUCKETS, registry=self.registry
        )
        self.under_way = Gauge("wartefrei_deliveries_under_way", "Claimed by us", ("lane",), registry=self.registry)
        self.breaker = Gauge(
            "wartefrei_breaker_open", "1 while a lane's breaker is open, 0.5 half open", ("lane",),
            registry=self.registry,
        )  # fmt: skip
        self.alerts = Counter(
            "wartefrei_delivery_alerts", "What an operator should look at", ("lane", "code"), registry=self.registry
        )
        self.token_refreshes = Counter(
            "wartefrei_push_token_refreshes", "Access tokens fetched", ("outcome",), registry=self.registry
        )
        self.task_runs = Counter(
            "wartefrei_task_runs", "Runs of scheduled tasks", ("task", "outcome"), registry=self.registry
        )
        self._waiting = Gauge(
            "wartefrei_waiting", "Due and not yet done, in the whole installation", ("what",), registry=self.registry
        )
        self._oldest = Gauge(
            "wartefrei_oldest_delivery_seconds", "How long the oldest due delivery has waited", registry=self.registry
        )

    def waits(self, backlog: Backlog) -> None:
        """Shows what was last read of the queue."""
        self._waiting.labels("notices").set(backlog.notices)
        self._waiting.labels("deliveries").set(backlog.deliveries)
        self._waiting.labels("dead").set(backlog.dead)
        self._oldest.set(backlog.oldest_seconds)

    def page(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)
