"""Smaller answers: which coding a client wants, and what was squeezed already."""

import sys
import zlib
from collections import OrderedDict
from functools import lru_cache
from typing import Literal

from api import negotiation

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Coding = Literal["zstd", "gzip"]
CODINGS: tuple[Coding, ...] = ("zstd", "gzip")
"""The one that we would rather send first: in less time it makes less of JSON."""
SMALL_BYTES = 1_000
"""What is shorter gains nothing."""
_KEPT = 64
_KEPT_BYTES = 16 * 2**20
_TYPES = (b"application/json", b"application/problem+json", b"text/", b"image/svg+xml")


def compressible(content_type: bytes) -> bool:
    """Whether answers of this type shrink; event streams are sent piece by piece."""
    return content_type.startswith(_TYPES) and not content_type.startswith(b"text/event-stream")


def squeezable(content_type: bytes, body: bytes) -> bool:
    """Whether this answer may go out squeezed."""
    return len(body) >= SMALL_BYTES and compressible(content_type)


@lru_cache(maxsize=512)
def choose(accept_encoding: str) -> Coding | None:
    """The coding for an ``Accept-Encoding`` header (RFC 9110, 12.5.3); None: as it is.

    The largest weight wins, of equal ones ours; a malformed weight counts for nothing, ``*`` for what is not named.
    """
    weights = {name.removeprefix("x-"): weight for name, weight in negotiation.parts(accept_encoding)}
    other = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, other))
    weight = weights.get(best, other)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


class Squeezer:
    """Squeezes bodies; those that are the same for everybody are squeezed once, since they are asked for again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Coding, bytes], bytes] = OrderedDict()
        self._bytes = 0

    def squeeze(self, body: bytes, coding: Coding, *, keep: bool) -> bytes:
        """``body`` in ``coding``. A bytes object hashes only once: a body that is kept elsewhere is found quickly."""
        if not keep:
            return squeezed(body, coding)
        found = self._kept.get((coding, body))
        if found is None:
            found = self._kept[coding, body] = squeezed(body, coding)
            self._bytes += len(body) + len(found)
            while len(self._kept) > _KEPT or self._bytes > _KEPT_BYTES:
                (_, first), small = self._kept.popitem(last=False)
                self._bytes -= len(first) + len(small)
        else:
            self._kept.move_to_end((coding, body))
        return found


def squeezed(body: bytes, coding: Coding) -> bytes:
    """``body`` in ``coding``."""
    if coding == "zstd":
        return zstd.compress(body, 3)
    squeezer = zlib.compressobj(5, zlib.DEFLATED, 31)
    return squeezer.compress(body) + squeezer.flush()
