"""Tokens are taken from the shared buckets in small batches and spent locally.

A batch is gone from its bucket before the first of it is spent, so the bound holds across processes however many there
are; what it costs is that a process may sit on a few tokens for some seconds. Public reads need no round trip for that.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from backend.db import Database
from backend.limits import queries
from backend.limits.model import State, Wish

_KEPT_SECONDS = 20.0
_MOST_LEASES = 50_000


class _Lease:
    __slots__ = ("behind", "tokens", "until")

    def __init__(self, tokens: int, behind: float, until: float) -> None:
        self.tokens, self.behind, self.until = tokens, behind, until


class Limiter:
    """One per process and event loop. ``clock`` gives monotonic seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    async def take(self, wishes: Sequence[Wish]) -> list[State]:
        """One token for each wish. When one is refused the others' are kept for the next request."""
        now = self._clock()
        short = [wish for wish in wishes if self._left(wish.key, now) < 1]
        if short:
            short.sort(key=lambda wish: wish.key)
            async with self._database.connection() as conn:
                taken = await queries.take_tokens(conn, short, [wish.policy.batch for wish in short])
            for found in taken:
                self._keep(found.key, found.granted, found.tokens, now)
        allowed = all(self._left(wish.key, now) >= 1 for wish in wishes)
        return [self._spend(wish, allowed) for wish in wishes]

    def _left(self, key: str, now: float) -> int:
        lease = self._leases.get(key)
        return 0 if lease is None or lease.until <= now else lease.tokens

    def _keep(self, key: str, tokens: int, behind: float, now: float) -> None:
        # Another request of the same key may have brought a batch meanwhile.
        self._leases[key] = _Lease(tokens + self._left(key, now), behind, now + _KEPT_SECONDS)
        self._leases.move_to_end(key)
        while len(self._leases) > _MOST_LEASES:
            self._leases.popitem(last=False)

    def _spend(self, wish: Wish, allowed: bool) -> State:
        lease = self._leases[wish.key]
        mine = lease.tokens >= 1
        if allowed:
            lease.tokens -= 1
        missing = 0.0 if mine else max(0.0, 1.0 - lease.behind) / wish.policy.per_second
        remaining = max(0, lease.tokens + math.floor(lease.behind))
        return State(wish.policy, mine, remaining, max(1, math.ceil(missing)))
