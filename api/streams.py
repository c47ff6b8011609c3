"""How many event streams are open at once: each costs memory and a connection for as long as somebody likes.

Counted per process, as connections are. The bounds are settings; a further stream is refused with 429.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from api.errors import TooManyStreams
from api.middleware.addresses import client_address, parse_networks
from backend.settings import Settings


class Streams:
    """The open streams of one process."""

    def __init__(self, settings: Settings) -> None:
        self._trusted = parse_networks(settings.trusted_proxies)
        self._most = {
            "all": settings.max_streams_per_process,
            "address": settings.max_streams_per_address,
            "caller": settings.max_streams_per_caller,
        }
        self._open: Counter[tuple[str, str]] = Counter()

    @property
    def count(self) -> int:
        """How many are open."""
        return self._open["all", ""]

    def admit(self, scope: Any) -> Sequence[tuple[str, str]]:
        """What a stream for this request is counted under; raises TooManyStreams when there is no room for it."""
        state = scope["state"]
        citizen, clerk = state.get("citizen"), state.get("clerk")
        caller = f"person:{citizen.person_id}" if citizen is not None else f"clerk:{clerk.clerk_id}" if clerk else ""
        keys = [("all", ""), ("address", client_address(scope, self._trusted)), ("caller", caller)]
        if any(self._open[key] >= self._most[key[0]] for key in keys):
            raise TooManyStreams
        return keys

    @contextmanager
    def counted(self, keys: Sequence[tuple[str, str]]) -> Generator[None]:
        """Counts a stream as long as the block runs."""
        self._open.update(keys)
        try:
            yield
        finally:
            self._open.subtract(keys)
            for key in keys:
                if self._open[key] <= 0:
                    del self._open[key]
