"""What a person has been told, the latest first, and what of it was read.

A cursor loses nothing: it is the snapshot of the reading, by which PostgreSQL says exactly which transactions it did
not see, whatever order they had their ids and times in.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from backend.db import Connection, Database
from backend.ids import id_at
from backend.notices import preferences, queries
from backend.notices.errors import NoticeNotFound
from backend.notices.kinds import KINDS
from backend.notices.model import Inbox, Item, Position, Preference
from backend.settings import Settings

MOST = 200
_AT_ONCE = 1_000
_SNAPSHOT = re.compile(r"\d{1,19}:\d{1,19}:(?:\d{1,19}(?:,\d{1,19})*)?")


class Seen(msgspec.Struct, frozen=True):
    """Up to where a reader knows the inbox: a snapshot and its instant."""

    snapshot: str
    at: datetime

    def __post_init__(self) -> None:
        if not _SNAPSHOT.fullmatch(self.snapshot) or not _in_order(self.snapshot):
            raise ValueError("not a snapshot")
        try:
            self.at.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("not an instant") from error


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an inbox; ``more``: where the next page goes on; ``seen``: where the next reading begins."""

    inbox: Inbox
    preference: Preference
    seen: Seen
    more: Position | None


async def read(
    conn: Connection,
    person_id: UUID,
    now: datetime,
    *,
    since: Seen | None = None,
    after: Position | None = None,
    limit: int = 50,
) -> Reading:
    """What was written, marked or became due since ``since`` (ever, without it), from ``after`` downwards."""
    preference = await preferences.find(conn, person_id)
    kinds = preferences.kinds_shown(preference)
    found = await queries.read_inbox(
        conn,
        person_id,
        now,
        kinds,
        seen=since and since.snapshot,
        seen_at=since and since.at,
        after=after,
        limit=limit + 1,
    )
    items = found.items[:limit]
    last = items[-1] if len(found.items) > limit else None
    return Reading(
        inbox=msgspec.structs.replace(found, items=items),
        preference=preference,
        seen=Seen(found.snapshot, now),
        more=None if last is None else Position(last.due_at, last.id),
    )


async def mark_read(conn: Connection, person_id: UUID, item_id: UUID, now: datetime, *, alone: bool) -> Item:
    """Marks the item, or with it everything that the inbox shows below; answers the item as it is then."""
    everything = list(KINDS)
    found = await queries.find_item(conn, person_id, now, everything, item_id)
    if found is None:
        raise NoticeNotFound
    await queries.mark_read(conn, person_id, now, everything, Position(found.due_at, found.id), alone=alone)
    return msgspec.structs.replace(found, read_at=found.read_at or now)


async def find(conn: Connection, person_id: UUID, item_id: UUID, now: datetime) -> Item:
    """One item, in whatever list it is or is not; raises NoticeNotFound."""
    found = await queries.find_item(conn, person_id, now, list(KINDS), item_id)
    if found is None:
        raise NoticeNotFound
    return found


async def forget_old(database: Database, settings: Settings, now: datetime) -> int:
    """Housekeeping: notices, deliveries and announcements older than they are kept; how many."""
    before, total = id_at(now - timedelta(days=settings.notice_kept_days)), 0
    while True:
        async with database.connection() as conn:
            count = await queries.forget_notices(conn, now, before, _AT_ONCE)
        total += count
        if count < _AT_ONCE:
            return total


def _in_order(snapshot: str) -> bool:
    """As PostgreSQL wants it: 0 < xmin ≤ every one in progress, ascending < xmax; none is 0 in its lower half."""
    low, high, between = snapshot.split(":")
    running = [int(part) for part in between.split(",") if part]
    known = [int(low), *running]
    return (
        0 < known[0] <= int(high) < 2**63
        and all(a < b or (a == b and i == 0) for i, (a, b) in enumerate(zip(known, running, strict=False)))
        and all(one < int(high) for one in running)
        and all(one & 0xFFFF_FFFF for one in (*known, int(high)))
    )
