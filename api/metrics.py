"""Prometheus metrics on a port of their own, on loopback only, out of reach for whoever calls the API."""

import socket
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from backend.db import Database

_PORTS = 16
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_log = structlog.get_logger("wartefrei.metrics")


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._requests = Counter(
            "wartefrei_requests", "Answers by route and status", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "wartefrei_request_seconds", "Duration by route", ("route",), buckets=_BUCKETS, registry=self.registry
        )
        self._commands = Counter(
            "wartefrei_commands",
            "Holds, bookings and other commands by outcome",
            ("operation", "outcome"),
            registry=self.registry,
        )
        self._pool = Gauge("wartefrei_pool_connections", "Database connections", ("state",), registry=self.registry)
        self._children: dict[Any, Any] = {}
        self._outcomes: dict[tuple[str, str], Any] = {}

    def watch(self, database: Database) -> None:
        """Reports the pool's use from now on."""
        lender = database.lender
        self._pool.labels("idle").set_function(lambda: lender.idle)
        self._pool.labels("used").set_function(lambda: lender.used)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answer."""
        key = (method, route, status)
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(route),
            )
        children[0].inc()
        children[1].observe(seconds)

    def commanded(self, operation: str, outcome: str) -> None:
        """Counts one command: ``outcome`` is ``ok`` or the slug of the problem."""
        child = self._outcomes.get((operation, outcome))
        if child is None:
            child = self._outcomes[operation, outcome] = self._commands.labels(operation, outcome)
        child.inc()


class MetricsListener:
    """Serves ``metrics`` from a thread, on the first free port from ``port`` on: several processes share a machine."""

    def __init__(self, metrics: Metrics, port: int) -> None:
        self.port = _free_port(port)
        self._server: WSGIServer
        self._thread: Thread
        self._server, self._thread = start_http_server(self.port, "127.0.0.1", metrics.registry)
        _log.info("metrics", port=self.port)

    def close(self) -> None:
        """Ends the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _free_port(first: int) -> int:
    for port in range(first, first + _PORTS):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise OSError(f"no free port for metrics from {first} on")
