"""Identifiers: UUIDv7 (RFC 9562), so that keys grow with time and indexes stay dense."""

import os
import time
from datetime import datetime
from uuid import UUID

_BYTES, _AT_ONCE = 10, 256
_random: list[bytes] = []
# A child of this process would draw the same as we.
os.register_at_fork(after_in_child=_random.clear)


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, 74 random bits."""
    return UUID(int=_new())


def new_id_text() -> str:
    """``str(new_id())`` at a third of its price, for what every request does."""
    digits = f"{_new():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _new() -> int:
    value = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(_draw(), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return value & ~(0x3 << 62) | 0x2 << 62


def _draw() -> bytes:
    """Ten bytes of the system's random numbers, each given out once. To ask the system for every id cost a request that
    is answered from memory a fifth of its time."""
    while True:
        try:
            return _random.pop()
        except IndexError:
            block = os.urandom(_BYTES * _AT_ONCE)
            _random.extend(block[start : start + _BYTES] for start in range(0, len(block), _BYTES))


def id_at(at: datetime) -> UUID:
    """The smallest UUIDv7 that can have been made at ``at`` or later."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)
