"""Telling people: each call runs inside the caller's transaction, so a notice commits with its change or not at all.

Below, what the worker does with notices: spread them into deliveries, claim these, settle them. Every step is one
transaction of its own without a network in it. None of them waits for the disk: what a crash of PostgreSQL takes back
is done again, and sent again under the same id at the worst.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from backend.clock import clock_minute
from backend.db import Connection, Database
from backend.db.pool import SYSTEM
from backend.notices import queries
from backend.notices.kinds import SPREADING
from backend.notices.model import Backlog, Dead, Gone, Lane, Outgoing, Settled, Spread, Standing, Telling
from backend.settings import Settings

WORKER = "wartefrei worker"
"""What a worker's connections are called in the database."""
_SLICE = 5_000
"""Devices of an announcement at a time."""


async def tell(conn: Connection, told: Telling, now: datetime) -> None:
    """Tells the person once; a repeat with the same ``dedupe`` and ``kind`` changes nothing."""
    await queries.tell(conn, told, now)


async def spread_notices(
    database: Database, settings: Settings, now: datetime, limit: int, *, mails: bool = False
) -> Spread:
    """Makes deliveries of ``limit`` due notices at most; call again while that many were due. Announcements come last,
    a slice of their devices at a time. ``mails``: whether there is a channel that takes letters.
    """
    spread = await spread_to_persons(database, now, limit, mails=mails)
    if spread.notices >= limit:
        return spread
    news = await spread_news(database, settings, now)
    return Spread(spread.notices, [*spread.lanes, *news.lanes])


async def spread_to_persons(database: Database, now: datetime, limit: int, *, mails: bool) -> Spread:
    """The first half of ``spread_notices``: what concerns one person each."""
    async with database.transaction(SYSTEM, durable=False) as conn:
        return await queries.spread_notices(conn, now, limit, SPREADING, mails=mails)


async def spread_news(database: Database, settings: Settings, now: datetime) -> Spread:
    """The second half: the next slice of an announcement's devices."""
    async with database.transaction(SYSTEM, durable=False) as conn:
        return await queries.spread_announcement(
            conn, now, _SLICE, per_second=settings.announcement_pushes_per_second,
            silent_since=now - timedelta(days=settings.device_stale_days),
        )  # fmt: skip


async def remind(database: Database, settings: Settings, now: datetime) -> int:
    """Makes the reminders whose time has come; how many. Any number of processes may, at any time."""
    async with database.transaction(SYSTEM) as conn:
        return await queries.make_reminders(
            conn, now, settings.reminders(), clock_minute(settings.night_from), clock_minute(settings.night_until),
            settings.reminder_gap_minutes,
        )  # fmt: skip


async def claim(
    database: Database, lane: Lane, now: datetime, *, lease: timedelta, limit: int, most_attempts: int,
    night: tuple[int, int] | None = None,
) -> list[Outgoing]:  # fmt: skip
    """Due deliveries of the lane, ours alone until ``now + lease``. One is dead whose worker died, at the
    ``most_attempts``-th claim or later. ``night``: the minutes of the day between which nobody is reminded."""
    async with database.transaction(SYSTEM, durable=False) as conn:
        return await queries.claim_deliveries(conn, lane, now, now + lease, limit, most_attempts, night=night)


async def settle(
    database: Database, settled: Sequence[Settled], gone: Sequence[Gone], now: datetime, *, mails: bool = False
) -> None:
    """Records what became of claimed deliveries, and forgets targets that are gone. ``mails``: there is a channel that
    takes letters; whom no push reached is written to, as if there had been no phone."""
    failed = [one.id for one in settled if one.ending in ("dropped", "dead")] if mails else []
    async with database.transaction(SYSTEM, durable=False) as conn:
        if gone:
            await queries.forget_targets(conn, gone)
        await queries.settle_deliveries(conn, settled, now)
        if failed:
            await queries.write_instead(conn, failed, now, SPREADING)


async def backlog(database: Database, now: datetime) -> Backlog:
    """What waits at this moment."""
    async with database.transaction(SYSTEM) as conn:
        return await queries.read_backlog(conn, now)


async def standing(database: Database, now: datetime) -> Standing:
    """For operators: whether anybody sends, and what has been waiting for how long, lane by lane."""
    async with database.transaction(SYSTEM) as conn:
        return Standing(
            workers=await queries.count_workers(conn, WORKER),
            backlog=await queries.read_backlog(conn, now),
            lanes=await queries.read_lanes(conn, now),
        )


async def list_dead(database: Database, *, detail: str | None = None, limit: int = 100) -> list[Dead]:
    """The dead letters, the latest first."""
    async with database.transaction(SYSTEM) as conn:
        return await queries.list_dead(conn, detail, limit)


async def revive(
    database: Database, now: datetime, *, ids: Sequence[UUID] | None = None, detail: str | None = None
) -> int:
    """Tries dead letters again, all of them or those chosen; how many."""
    async with database.transaction(SYSTEM) as conn:
        return await queries.revive_dead(conn, now, ids, detail)
