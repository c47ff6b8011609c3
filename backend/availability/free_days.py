"""What a process remembers of the free starts of days, whatever office they are of.

One bound for all offices together: how much is asked for grows with offices, days and kinds of visits, and the memory
of a process must not.
"""

from collections import OrderedDict
from collections.abc import Hashable

from msgspec import Struct

_MOST_BYTES = 24 * 2**20
_DAY_BYTES = 600
_START_BYTES = 145
"""A pair and its number of seconds, and the start once more as the bytes that are shown."""


class FreeDay(Struct):
    """The free starts of a day for one visit, valid until an epoch second. Never changes, but for ``encoded``."""

    version: int
    starts: tuple[tuple[int, int], ...]
    """(start, free counters), sorted."""
    valid_from: float
    valid_until: float
    encoded: bytes | None = None
    """Whoever shows the day may keep its bytes here."""

    @property
    def free(self) -> int:
        return sum(count for _, count in self.starts)


class FreeDays:
    """The least recently used go first when they take more than ``most_bytes`` together, by estimate."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, FreeDay] = OrderedDict()
        self.bytes = 0

    def find(self, key: Hashable, version: int, now: float) -> FreeDay | None:
        """What is remembered, if it is of this version of the day's places and the clock has not overtaken it."""
        known = self._kept.get(key)
        if known is None or known.version != version or not known.valid_from <= now < known.valid_until:
            return None
        self._kept.move_to_end(key)
        return known

    def keep(self, key: Hashable, day: FreeDay) -> None:
        """Remembers ``day`` in place of what was there."""
        older = self._kept.pop(key, None)
        self.bytes += _size(day) - (0 if older is None else _size(older))
        self._kept[key] = day
        while self.bytes > self._most_bytes:
            self.bytes -= _size(self._kept.popitem(last=False)[1])


def _size(day: FreeDay) -> int:
    return _DAY_BYTES + _START_BYTES * len(day.starts)
