"""A small cache with two bounds: how many entries, and until when each may be believed."""

from collections import OrderedDict
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Least recently used goes first when ``size`` is exceeded; an entry past its ``until`` is not found."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, tuple[V, datetime]] = OrderedDict()

    def get(self, key: K, now: datetime) -> V | None:
        """The value, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= now:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, until: datetime) -> None:
        """Keeps ``value`` until ``until`` or until others crowd it out."""
        self._entries[key] = (value, until)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forgets one entry, if it is there."""
        self._entries.pop(key, None)

    def drop_value(self, value: V) -> None:
        """Forgets every entry that holds ``value``; looks at all of them."""
        for key in [key for key, (held, _) in self._entries.items() if held == value]:
            del self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)
