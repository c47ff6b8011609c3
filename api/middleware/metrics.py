"""Prometheus metrics on a port of their own, on loopback only, out of reach for whoever calls the API."""

import errno
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.db import Database

_PORTS = 16
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_LIMITS = (*map(str, _BUCKETS), "+Inf")
_log = structlog.get_logger("wartefrei.metrics")


class _Durations:
    """Of one route: how many fell into each bucket and none smaller, and their sum."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BUCKETS) + 1)
        self.sum = 0.0


class Answered(Collector):
    """Every answer, counted in plain numbers by the one thread that answers and told to whoever scrapes. The library's
    own counters take a lock for each number, which cost an answer from memory a twentieth of its time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._durations: dict[str, _Durations] = {}
        registry.register(self)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One more."""
        key = (method, route, status)
        self._counts[key] = self._counts.get(key, 0) + 1
        durations = self._durations.get(route)
        if durations is None:
            durations = self._durations[route] = _Durations()
        durations.counts[bisect_left(_BUCKETS, seconds)] += 1
        durations.sum += seconds

    def collect(self) -> Iterator[Metric]:
        """For the registry, from any thread."""
        requests = CounterMetricFamily(
            "wartefrei_requests", "Answers by route and status", labels=("method", "route", "status")
        )
        for (method, route, status), count in self._counts.copy().items():
            requests.add_metric((method, route, str(status)), count)
        yield requests
        seconds = HistogramMetricFamily("wartefrei_request_seconds", "Duration by route", labels=("route",))
        for route, durations in self._durations.copy().items():
            sums = accumulate(durations.counts)
            seconds.add_metric((route,), [*zip(_LIMITS, sums, strict=True)], durations.sum)
        yield seconds


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.answered = Answered(self.registry).count
        self._commands = Counter(
            "wartefrei_commands",
            "Holds, bookings and other commands by outcome",
            ("operation", "outcome"),
            registry=self.registry,
        )
        self._pool = Gauge("wartefrei_pool_connections", "Database connections", ("state",), registry=self.registry)
        self._outcomes: dict[tuple[str, str], Any] = {}

    def watch(self, database: Database) -> None:
        """Reports the pool's use from now on."""
        lender = database.lender
        self._pool.labels("idle").set_function(lambda: lender.idle)
        self._pool.labels("used").set_function(lambda: lender.used)

    def commanded(self, operation: str, outcome: str) -> None:
        """Counts one command: ``outcome`` is ``ok`` or the slug of the problem."""
        child = self._outcomes.get((operation, outcome))
        if child is None:
            child = self._outcomes[operation, outcome] = self._commands.labels(operation, outcome)
        child.inc()


class MetricsListener:
    """Serves ``metrics`` from a thread, on the first free port from ``port`` on: several processes share a machine."""

    def __init__(self, metrics: Metrics, port: int) -> None:
        self._server, self._thread = _serve(metrics.registry, port)
        self.port = self._server.server_port
        _log.info("metrics", port=self.port)

    def close(self) -> None:
        """Ends the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _serve(registry: CollectorRegistry, first: int) -> tuple[WSGIServer, Thread]:
    # Only who has a port knows that it was free: processes that start together look at the same moment.
    for port in range(first, first + _PORTS):
        try:
            return start_http_server(port, "127.0.0.1", registry)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"no free port for metrics from {first} on")
