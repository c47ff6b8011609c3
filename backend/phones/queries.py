"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, load
from backend.phones.model import Changes, Count, Own, OwnStart, Start, Told

STATEMENTS = load(__package__ or "")


async def read_start(conn: Connection, city_id: str, now: datetime, soon: datetime, known: str | None) -> Start | None:
    """None: there is no such city. ``soon``: closures that begin later are of no interest yet."""
    return await STATEMENTS.optional(conn, "read_start", Start, city_id, now, soon, known)


async def read_own_start(
    conn: Connection, person_id: UUID, now: datetime, kinds: Sequence[str], groups: Sequence[str]
) -> Own:
    """``kinds`` of notices that an inbox can list, with the group of each."""
    return (await STATEMENTS.one(conn, "read_own_start", OwnStart, person_id, now, kinds, groups)).own


async def read_changes(
    conn: Connection,
    person_id: UUID,
    now: datetime,
    kinds: tuple[Sequence[str], Sequence[str]],
    *,
    seen: tuple[str | None, datetime | None, str | None, str | None],
    again: bool,
    after: tuple[int, UUID],
    limit: int,
) -> Changes:
    """``seen``: snapshot, instant, wishes and news that the reader knows."""
    told = await STATEMENTS.one(
        conn, "read_changes", Told, person_id, now, *kinds, *seen, again, *after, limit
    )  # fmt: skip
    return told.changes


async def clear_tombstones(conn: Connection, before: datetime, most: int) -> int:
    return (await STATEMENTS.one(conn, "clear_tombstones", Count, before, most)).count
