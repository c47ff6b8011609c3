"""How long to wait before the next attempt. Pure: the chance is passed in."""

from random import Random

_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 600.0
_LONGEST_WISH_SECONDS = 86_400.0


def pause_seconds(attempt: int, retry_after_seconds: float | None, random: Random) -> float:
    """After the ``attempt``-th attempt. What the provider asks for is kept, plus a little so that not all return at the
    same moment; else exponential back-off with full jitter: any time between nothing and the bound.
    """
    if retry_after_seconds is not None:
        return min(retry_after_seconds, _LONGEST_WISH_SECONDS) + random.uniform(0.0, 1.0)
    return random.uniform(0.0, min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** (attempt - 1)))
