"""What happens again and again, in one place: every task of the house with its interval.

A task is a function of the house and the time that answers how many rows it touched. It may run twice, or be killed
half-way: then it runs again. Nothing may become untrue when none of them runs. To add one: write it in its room of
``backend``, and a line here.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from backend.appointments import service as appointments
from backend.availability.engine import Engine
from backend.cases.queries import empty_cases
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.documents import queries as documents
from backend.figures import service as figures
from backend.forms.queries import sweep_drafts
from backend.forms.versions import Versions
from backend.identity.sweeping import Sweeper
from backend.limits.queries import clear_buckets
from backend.notices import devices, inbox
from backend.notices import service as notices
from backend.phones import sync
from backend.sandbox import service as sandbox
from backend.schedule.rules import DOCUMENTS, NOTICES
from backend.settings import Settings
from backend.waiting import service as waiting
from backend.waiting.matching import hand_on
from backend.webhooks import sending as webhooks

_BUCKETS_AFTER = timedelta(hours=2)
_AT_ONCE = 5_000


class House(msgspec.Struct, frozen=True):
    """What tasks work with."""

    settings: Settings
    database: Database
    sweeper: Sweeper
    engine: Engine
    forms: Versions


class Task(msgspec.Struct, frozen=True):
    """``name`` is its key in the schedule."""

    name: str
    every_seconds: float
    run: Callable[[House, datetime], Awaitable[int]]


async def tidy_appointments(house: House, now: datetime) -> int:
    """Holds that ran out, requests that nobody answered in time, old idempotency keys."""
    return await _all(lambda: appointments.tidy(house.database, house.settings, now, limit=_AT_ONCE))


async def empty_old_appointments(house: House, now: datetime) -> int:
    """Who came, once their office need not know it any longer."""
    return await _all(lambda: appointments.empty(house.database, house.settings, now, limit=_AT_ONCE))


async def clear_rate_buckets(house: House, now: datetime) -> int:
    """Rate limits that have long been full again."""
    async with house.database.connection() as conn:
        return await clear_buckets(conn, now - _BUCKETS_AFTER, _AT_ONCE)


async def sweep_old_sessions(house: House, now: datetime) -> int:
    """Sessions that are long over, and guests of whom nothing is left."""
    return await house.sweeper.sweep(now)


async def clear_drafts(house: House, now: datetime) -> int:
    """Drafts whose time is over."""
    async with house.database.connection() as conn:
        return await sweep_drafts(conn, now, _AT_ONCE)


async def empty_old_cases(house: House, now: datetime) -> int:
    """Answers of cases that their office need not keep any longer."""

    async def some() -> int:
        async with house.database.connection() as conn:
            return await empty_cases(conn, now, _AT_ONCE)

    return await _all(some)


async def remind(house: House, now: datetime) -> int:
    """Reminders whose time has come."""
    return await notices.remind(house.database, house.settings, now)


async def forget_devices(house: House, now: datetime) -> int:
    """Devices that were not seen for long."""
    return await devices.forget_lost(house.database, house.settings, now)


async def forget_notices(house: House, now: datetime) -> int:
    """Notices, with their deliveries, and announcements that are kept no longer."""
    return await inbox.forget_old(house.database, house.settings, now)


async def clear_tombstones(house: House, now: datetime) -> int:
    """What phones were told is gone, once no phone can go on from before it."""
    return await sync.clear(house.database, house.settings, now)


async def note_lead_times(house: House, now: datetime) -> int:
    """How long one would wait today for a free place, for the figures over time."""
    return await figures.note_lead_times(house.database, house.engine, now)


async def offer_freed_places(house: House, now: datetime) -> int:
    """The waiting list: freed places and offers that ran out go to the next in line. A place waits for this a minute at
    most, longer than a lease, so that another worker takes over in time."""
    return await hand_on(house.database, house.engine, house.settings, now)


async def tidy_waiting_list(house: House, now: datetime) -> int:
    """Entries whose last day is over, and those that ended long ago."""
    return await waiting.tidy(house.database, now, limit=_AT_ONCE)


async def forget_deliveries(house: House, now: datetime) -> int:
    """The log of webhooks."""
    return await webhooks.forget(house.database, house.settings, now)


async def watch_notices(house: House, now: datetime) -> int:
    """Not rows but seconds: for how long the oldest notice has been waiting. The public status tells of it."""
    return int((await notices.backlog(house.database, now)).oldest_seconds)


async def watch_documents(house: House, now: datetime) -> int:
    """Not rows but seconds: for how long the oldest file has been waiting for its check."""
    async with house.database.transaction(SYSTEM) as conn:
        return int((await documents.read_backlog(conn, now)).oldest_seconds)


async def decide_in_sandbox(house: House, now: datetime) -> int:
    """What the sandbox's clerks decide and offer."""
    decided = await sandbox.decide(house.database, now) + await sandbox.decide_cases(house.database, house.forms, now)
    return decided + await sandbox.offer(house.database, house.engine, house.settings, now)


async def _all(some: Callable[[], Awaitable[int]]) -> int:
    """``some`` does at most ``_AT_ONCE`` at a time; until nothing is left."""
    total = 0
    while (done := await some()) >= _AT_ONCE:
        total += done
    return total + done


TASKS: tuple[Task, ...] = (
    Task("appointments.tidy", 60, tidy_appointments),
    Task("appointments.empty", 3_600, empty_old_appointments),
    Task("limits.clear", 60, clear_rate_buckets),
    Task("forms.clear", 600, clear_drafts),
    Task("cases.empty", 3_600, empty_old_cases),
    Task("identity.sweep", 60, sweep_old_sessions),
    Task("notices.remind", 30, remind),
    Task("devices.forget", 3_600, forget_devices),
    Task("notices.forget", 3_600, forget_notices),
    Task("phones.clear", 600, clear_tombstones),
    Task("figures.note", 3_600, note_lead_times),
    Task(NOTICES, 30, watch_notices),
    Task(DOCUMENTS, 30, watch_documents),
    Task("waiting.hand_on", 1, offer_freed_places),
    Task("waiting.tidy", 60, tidy_waiting_list),
    Task("sandbox.decide", 2, decide_in_sandbox),
    Task("webhooks.forget", 3_600, forget_deliveries),
)
