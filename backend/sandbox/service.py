"""The sandbox's clock, its clerks, and the city itself."""

from datetime import datetime, timedelta
from importlib.resources import files
from uuid import UUID

from backend.appointments import service as appointments
from backend.appointments.errors import (
    AppointmentChanged,
    AppointmentNotFound,
    AppointmentStateError,
    TooEarly,
    TooLate,
)
from backend.appointments.model import Actor
from backend.db import Connection, Database
from backend.db.pool import SYSTEM
from backend.identity.errors import PersonNotFound
from backend.sandbox import queries
from backend.sandbox.errors import ClockBlocked, ClockOfSandbox
from backend.sandbox.magic import CONFIRMED, DECIDED_AFTER_SECONDS, REJECTED

MOST_MINUTES = 400 * 1440
_CLERK = Actor("clerk")
_REASON = "Sandbox: this service is always rejected"
_DECIDED = (AppointmentChanged, AppointmentNotFound, AppointmentStateError, TooEarly, TooLate)


async def forward(conn: Connection, person_id: UUID, minutes: int, now: datetime) -> None:
    """Moves the person's time forward: whatever is theirs lies so much earlier from now on.

    Raises ClockOfSandbox for somebody who has anything in a real city, ClockBlocked, PersonNotFound.
    """
    outcome = (await queries.forward_person(conn, now, person_id, minutes)).outcome
    if outcome == "gone":
        raise PersonNotFound
    if outcome == "real":
        raise ClockOfSandbox
    if outcome == "taken":
        raise ClockBlocked


async def decide(database: Database, now: datetime) -> int:
    """What the sandbox's clerks decide; how many. Twice or at the same moment: the first decision counts."""
    since = now - timedelta(seconds=DECIDED_AFTER_SECONDS)
    async with database.transaction(SYSTEM) as conn:
        waiting = await queries.list_waiting(conn, now, (CONFIRMED, REJECTED), since)
    count = 0
    for one in waiting:
        try:
            async with database.transaction(SYSTEM) as conn:
                if one.slug == REJECTED:
                    await appointments.change(conn, SYSTEM, one.id, "reject", _CLERK, now, reason=_REASON)
                else:
                    await appointments.change(conn, SYSTEM, one.id, "confirm", _CLERK, now)
        except _DECIDED:
            continue
        count += 1
    return count


def city_file() -> str:
    """The sandbox as a city's file, for ``wartefrei sandbox`` and the demo."""
    return files(__package__ or "").joinpath("sandbox.yaml").read_text(encoding="utf-8")
