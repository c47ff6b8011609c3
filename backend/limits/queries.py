"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime

from backend.db import Connection, load
from backend.limits.model import Taken, Wish

STATEMENTS = load(__package__ or "")


async def take_tokens(conn: Connection, wishes: Sequence[Wish], batches: Sequence[int]) -> list[Taken]:
    """Takes up to so many tokens from each bucket; what came of it, by key."""
    return await STATEMENTS.all(
        conn,
        "take_tokens",
        Taken,
        [wish.key for wish in wishes],
        [float(wish.policy.quota) for wish in wishes],
        [wish.policy.per_second for wish in wishes],
        list(batches),
    )


async def clear_buckets(conn: Connection, before: datetime, limit: int) -> int:
    """Removes up to ``limit`` buckets last touched before ``before``."""
    return await STATEMENTS.run(conn, "clear_buckets", before, limit)
