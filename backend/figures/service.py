"""Reads the figures of an office, and notes each day how long one would have waited for a free place."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.availability.engine import Engine
from backend.availability.errors import ServiceNotOffered
from backend.availability.model import Wanted
from backend.catalogue.calendar import openings
from backend.catalogue.model import Office, OfficeRules
from backend.catalogue.queries import list_cities, list_offices
from backend.clock import day_bounds, local_day
from backend.db import Connection, Database
from backend.figures import queries
from backend.figures.model import BusyHour, Figures, UsedHour, Wish

_NOTED_FROM_HOUR = 8
"""By the office's clock: when most people look for a place, and after the day's new places have come."""


async def read(conn: Connection, rules: OfficeRules, wish: Wish, service_id: UUID | None, now: datetime) -> Figures:
    """The figures of the days asked for; what is still to come today is not counted as open or booked.

    What was open is judged by the rules as they are now: they are not kept as they were.
    """
    office, zone = rules.office, rules.office.zone
    since = day_bounds(wish.first, rules.zone)[0]
    until = min(day_bounds(wish.last, rules.zone)[1], now)
    span = (office.id, since, until, zone, service_id)
    busy = await queries.list_busy_hours(conn, *span)
    return Figures(
        waiting=await queries.list_waiting(conn, *span),
        outcomes=await queries.list_outcomes(conn, *span),
        hours=_used(rules, wish, service_id, busy, now),
        lead=await queries.list_lead(conn, office.id, wish.first, wish.last, service_id),
    )


async def note_lead_times(database: Database, engine: Engine, now: datetime) -> int:
    """Once a day for every office, from eight o'clock there; how many services were noted. Twice is as good as once."""
    async with database.connection() as conn:
        offices = [office for city in await list_cities(conn) for office in await list_offices(conn, city.id)]
    count = 0
    for office in offices:
        rules = await engine.rules(office.id)
        local = now.astimezone(rules.zone)
        async with database.connection() as conn:
            noted = (await queries.is_noted(conn, office.id, local.date())).noted
        if not noted and local.hour >= _NOTED_FROM_HOUR:
            count += await _note(database, engine, office, rules, now)
    return count


async def _note(database: Database, engine: Engine, office: Office, rules: OfficeRules, now: datetime) -> int:
    today = local_day(now, rules.zone)
    offered = {service_id for c in rules.counters if not c.staff_only for service_id in c.service_ids}
    for service_id in sorted(offered):
        minutes: int | None = None
        # A week at a time: the next place is mostly near.
        for week in range(office.horizon_days // 7 + 1):
            first = today + timedelta(days=7 * week)
            try:
                slots = await engine.slots(office.id, [Wanted(service_id)], first, first + timedelta(days=6), now)
            except ServiceNotOffered:
                break
            if slots:
                minutes = int((min(slot.start for slot in slots) - now).total_seconds() // 60)
                break
        async with database.connection() as conn:
            await queries.note_lead(conn, office.city_id, office.id, service_id, today, minutes)
    return len(offered)


def _used(
    rules: OfficeRules, wish: Wish, service_id: UUID | None, busy: Iterable[BusyHour], now: datetime
) -> list[UsedHour]:
    counters = [c for c in rules.counters if service_id is None or service_id in c.service_ids]
    opened = dict.fromkeys(range(24), 0.0)
    for offset in range((wish.last - wish.first).days + 1):
        day = date.fromordinal(wish.first.toordinal() + offset)
        for counter in counters:
            for start, end in openings(rules, counter, day):
                _add(opened, rules, start, min(end, now))
    booked = {one.hour: one.minutes for one in busy}
    return [
        UsedHour(hour, booked.get(hour, 0.0), minutes) for hour, minutes in opened.items() if minutes or hour in booked
    ]


def _add(opened: dict[int, float], rules: OfficeRules, start: datetime, end: datetime) -> None:
    at = start
    while at < end:
        local = at.astimezone(rules.zone)
        upto = min(at + timedelta(minutes=60 - local.minute), end)
        opened[local.hour] += (upto - at).total_seconds() / 60
        at = upto
