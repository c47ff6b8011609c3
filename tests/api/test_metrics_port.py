"""Processes that share a machine find a port each for their metrics."""

import socket
import urllib.request
from contextlib import ExitStack

from api.middleware.metrics import Metrics, MetricsListener
from infra.dev.ports import free_port


def test_each_process_serves_its_metrics_on_the_next_port_that_is_free() -> None:
    first = free_port()
    with ExitStack() as stack, socket.socket() as taken:
        # Taken, though nobody answers there yet: so it looks while another process starts.
        taken.bind(("127.0.0.1", first))
        one, two = MetricsListener(Metrics(), first), MetricsListener(Metrics(), first)
        stack.callback(one.close)
        stack.callback(two.close)
        assert first < one.port < two.port
        for port in (one.port, two.port):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                assert b"wartefrei_" in answer.read()
