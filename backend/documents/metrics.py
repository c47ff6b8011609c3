"""The checker's numbers, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from backend.documents.model import Backlog

_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.believed = False
        self.checks = Counter(
            "wartefrei_document_checks", "Checks by outcome: clean, postponed, or why refused", ("outcome",),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "wartefrei_document_wait_seconds", "From all bytes being there to the verdict", buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self._scanner = Gauge(
            "wartefrei_scanner_proven", "1 while the scanner is believed, 0 while nothing is checked",
            registry=self.registry,
        )  # fmt: skip
        self.faults = Counter(
            "wartefrei_documents_disagree", "What the sweep found: strays without a row, rows without their object",
            ("what",), registry=self.registry,
        )  # fmt: skip
        self._waiting = Gauge(
            "wartefrei_documents_waiting", "In the whole installation: to check, to remove", ("what",),
            registry=self.registry,
        )  # fmt: skip
        self._oldest = Gauge(
            "wartefrei_oldest_document_seconds", "How long the document that waits longest has waited for its verdict",
            registry=self.registry,
        )  # fmt: skip

    def believe(self, proven: bool) -> None:
        """Whether the scanner has shown that it can be relied on."""
        self.believed = proven
        self._scanner.set(1 if proven else 0)

    def waits(self, backlog: Backlog) -> None:
        """Shows what was last read of the queues."""
        self._waiting.labels("check").set(backlog.checks)
        self._waiting.labels("removal").set(backlog.removals)
        self._oldest.set(backlog.oldest_seconds)

    def page(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)
