"""What a client would rather have: the weights and ranges of ``Accept`` and its like (RFC 9110, 12.5)."""

from collections.abc import Sequence
from functools import lru_cache

_READ_CHARACTERS = 500


def parts(header: str) -> list[tuple[str, float]]:
    """What a header lists, in lower case, each with its weight from 0 to 1; a malformed weight counts for nothing."""
    found: list[tuple[str, float]] = []
    for part in header[:_READ_CHARACTERS].lower().split(","):
        name, _, parameters = part.partition(";")
        found.append((name.strip(), _weight(parameters)))
    return found


@lru_cache(maxsize=512)
def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """Of the media types ``offered`` the one that ``Accept`` would rather have; None where it allows none of them.

    Of each the most exact range that covers it counts. Of equal weights the one that the header names first wins, so
    that whoever lists all that they can read gets what they would rather read; of one range the one offered first.
    """
    ranges = parts(accept or "*/*")
    liked: list[tuple[float, int, int, str]] = []
    for rank, kind in enumerate(offered):
        covering = [
            (exactness, -place, weight)
            for place, (name, weight) in enumerate(ranges)
            if (exactness := _exactness(name, kind)) is not None
        ]
        _, place, weight = max(covering, default=(0, 0, 0.0))
        if weight > 0:
            liked.append((weight, place, -rank, kind))
    return max(liked)[-1] if liked else None


def _exactness(name: str, kind: str) -> int | None:
    """How exactly a range names a media type; None if it does not cover it."""
    if name == kind:
        return 2
    if name == f"{kind.partition('/')[0]}/*":
        return 1
    return 0 if name == "*/*" else None


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                found = float(value.strip())
            except ValueError:
                return 0.0
            return found if 0 <= found <= 1 else 0.0
    return 1.0
