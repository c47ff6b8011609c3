"""Offers a place that nobody gave back: in a sandbox, where nobody else does."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg

from backend.availability import queries as availability_queries
from backend.availability.engine import Engine
from backend.availability.errors import ServiceNotOffered, SlotNotOffered
from backend.availability.model import Plan, Slot
from backend.clock import local_day
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.errors import InvalidInput
from backend.settings import Settings
from backend.waiting import queries, rules
from backend.waiting.model import DuePlace, Unoffered

_ONCE = "waiting_offer_once"
_STRIDE, _FURTHEST = timedelta(days=6), timedelta(days=62)


async def give(database: Database, engine: Engine, settings: Settings, entry: Unoffered, now: datetime) -> bool:
    """Offers the first free place that fits the entry, as the matcher would offer one that was given back, but by night
    as well. False when there is none, or when the entry has changed in the meantime."""
    async with database.connection() as conn:
        offices = entry.office_ids or await availability_queries.list_offices(conn, entry.city_id)
    for office_id in offices:
        try:
            async for slot in _fitting(engine, office_id, entry, now):
                plan = await engine.plan_hold(office_id, entry.services, slot.start, now)
                ended = await _offer(database, settings, entry, plan, now)
                if ended != "taken":
                    return ended == "offered"
        except (InvalidInput, ServiceNotOffered, SlotNotOffered):
            continue  # the service has gone since, or is not to be had here
    return False


async def _fitting(engine: Engine, office_id: UUID, entry: Unoffered, now: datetime) -> AsyncIterator[Slot]:
    zone = (await engine.rules(office_id)).zone
    today = local_day(now, zone)
    day, last = max(entry.first_day, today), min(entry.last_day, today + _FURTHEST)
    earliest = now + timedelta(seconds=rules.notice_seconds(short=entry.short_notice))
    former = [(one.starts_at, one.ends_at) for one in entry.former if one.office_id == office_id]
    while day <= last:
        until = min(day + _STRIDE, last)
        for slot in await engine.slots(office_id, entry.services, day, until, now):
            start, end = int(slot.start.timestamp()), int(slot.end.timestamp())
            if (
                earliest <= slot.start
                and (entry.before is None or slot.start < entry.before)
                and local_day(slot.start, zone).isoweekday() in entry.weekdays
                and rules.within(entry.hours, start, end, zone)
                and not any(slot.start < ends and starts < slot.end for starts, ends in former)
            ):
                yield slot
        day = until + timedelta(days=1)


async def _offer(
    database: Database, settings: Settings, entry: Unoffered, plan: Plan, now: datetime
) -> Literal["offered", "taken", "over"]:
    """``taken``: this place is, another may do. ``over``: the entry is another process's, or the rules have changed."""
    until = min(now + timedelta(seconds=settings.waiting_offer_seconds), plan.start)
    try:
        async with database.transaction(SYSTEM) as conn:
            if await queries.lock_rules(conn, plan.office_id) != plan.rules_version:
                return "over"
            if not await queries.try_entry(conn, entry.id):
                return "over"
            for counter_id in plan.counters:
                place = DuePlace(entry.id, plan.city_id, plan.office_id, counter_id, plan.start)
                if await queries.make_offer(
                    conn, place, entry.id, now, starts=plan.start, ends=plan.end, place_ends=plan.until, until=until
                ):
                    await queries.bump_day(conn, plan.office_id, plan.start)
                    return "offered"
            return "taken"
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name != _ONCE:
            raise
        return "over"
