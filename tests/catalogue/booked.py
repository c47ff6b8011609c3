"""An appointment that is there, written as the system."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from backend.catalogue.holidays import closed_days
from backend.clock import instant, system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.ids import new_id

MINUTES = 15
BERLIN = ZoneInfo("Europe/Berlin")


def next_weekday(iso: int) -> datetime:
    """10:00 in Berlin on the next such day that is no holiday in Gelsenkirchen, at least two days ahead."""
    day = system_now().date() + timedelta(days=2)
    while day.isoweekday() != iso or day in closed_days("NW", ("rosenmontag", "weiberfastnacht"), day.year):
        day += timedelta(days=1)
    return instant(day, 600, BERLIN)


async def book(
    database: Database, counter_id: UUID, start: datetime, *, service: UUID, state: str = "confirmed"
) -> UUID:
    """A quarter of an hour at the counter. A state that is over leaves no place behind."""
    live = state in ("requested", "confirmed", "checked_in", "called", "parked")
    place, appointment, end = new_id(), new_id(), start + timedelta(minutes=MINUTES)
    async with database.transaction(SYSTEM) as conn:
        row = await conn.fetchrow("SELECT city_id, office_id FROM counter WHERE id = $1", counter_id)
        assert row is not None
        if live:
            await conn.execute(
                "INSERT INTO place (id, city_id, office_id, counter_id, during) VALUES ($1, $2, $3, $4, $5)",
                place, row["city_id"], row["office_id"], counter_id, asyncpg.Range(start, end),
            )  # fmt: skip
        await conn.execute(
            """INSERT INTO appointment (id, city_id, office_id, counter_id, place_id, person_id, reference, state,
                 starts_at, ends_at, services, service_ids, confirmation, name, channel, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'automatic', 'Erika Mustermann', 'app', now(),
                 now())""",
            appointment, row["city_id"], row["office_id"], counter_id, place if live else None, new_id(),
            f"GE-{str(appointment)[-8:]}", state, start, end, [{"service": str(service), "persons": 1}], [service],
        )  # fmt: skip
    return appointment
