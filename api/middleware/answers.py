"""Answers of public reads that are ready to send, kept by the bytes of the requests that they answer."""

from collections import OrderedDict
from datetime import date
from uuid import UUID

import msgspec

from backend.availability.model import Stamp

_MAX_BYTES = 24 * 2**20
_OVERHEAD_BYTES = 1_000


class Remembered(msgspec.Struct, frozen=True):
    """A ready answer; ``until`` is the epoch second at which the clock makes it untrue."""

    office_id: UUID
    first: date
    last: date
    stamp: Stamp
    until: float
    body: bytes
    etag: str
    template: str
    """The route's path template, for the log and the metrics."""


class Answers:
    """The least recently used go first when they take more than 24 MiB together."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[bytes, bytes], Remembered] = OrderedDict()
        self._bytes = 0

    def keep(self, path: bytes, query: bytes, answer: Remembered) -> None:
        """Remembers ``answer`` for requests of the same bytes."""
        self._drop((path, query))
        self._kept[path, query] = answer
        self._bytes += _size(path, query, answer)
        while self._bytes > _MAX_BYTES:
            self._drop(next(iter(self._kept)))

    def find(self, path: bytes, query: bytes, now: float) -> Remembered | None:
        """What was answered to the same bytes, if the clock has not overtaken it."""
        found = self._kept.get((path, query))
        if found is None:
            return None
        if now >= found.until:
            self._drop((path, query))
            return None
        self._kept.move_to_end((path, query))
        return found

    def _drop(self, key: tuple[bytes, bytes]) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= _size(*key, dropped)


def _size(path: bytes, query: bytes, answer: Remembered) -> int:
    # The same question can be written in many ways, so the way it was written counts as well.
    return len(path) + len(query) + len(answer.body) + _OVERHEAD_BYTES
