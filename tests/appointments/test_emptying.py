"""What an office need not know any longer goes by itself, whatever became of the appointment."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.appointments import service
from backend.appointments.model import Actor, Appointment
from backend.availability.model import Wanted
from backend.clock import instant
from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.settings import Settings
from tests.appointments.desk import Town, draw_town, somebody
from tests.support.town import BERLIN

DAY = date(2026, 12, 1)
NOW = instant(DAY, 0, BERLIN) - timedelta(hours=11)
PERSONAL = ("Mustermann", "erika@example.org", "Hund", "verreist")


@pytest.fixture
async def town(database: Database, owner_url: str, make_settings: Callable[..., Settings], database_url: str) -> Town:
    return Town(database, make_settings(database_url, appointment_kept_days=20), await draw_town(owner_url, 3, [DAY]))


async def booked(town: Town) -> Appointment:
    """One on the first free place."""
    guest, wanted = somebody(), [Wanted(town.made.services[0], 1)]
    free = await town.engine.slots(town.made.office, wanted, DAY, DAY + timedelta(days=9), NOW)
    return await town.book(guest, await town.hold(guest, wanted, free[0].start, NOW), NOW)


async def texts_of(town: Town, appointment: UUID) -> str:
    """The row and its events, as text."""
    async with town.database.transaction(SYSTEM) as conn:
        found: str = await conn.fetchval(
            """SELECT (SELECT to_jsonb(a)::text FROM appointment a WHERE a.id = $1)
                   || (SELECT jsonb_agg(e)::text FROM appointment_event e WHERE e.appointment_id = $1)""",
            appointment,
        )
    return found


async def row_of(town: Town, appointment: UUID) -> dict[str, Any]:
    """What is no secret of it."""
    async with town.database.transaction(SYSTEM) as conn:
        row = await conn.fetchrow(
            "SELECT state, starts_at, ends_at, service_ids, office_id, person_id, reference, version"
            " FROM appointment WHERE id = $1",
            appointment,
        )
    assert row is not None
    return dict(row)


async def empty(town: Town, at: datetime) -> int:
    return await service.empty(town.database, town.settings, at)


async def test_who_came_is_forgotten_some_days_after_the_end_and_not_before(town: Town) -> None:
    ended, unclosed, later = await booked(town), await booked(town), await booked(town)
    async with town.database.transaction(Principal(person_id=ended.person_id)) as conn:
        await service.change(
            conn, Principal(person_id=ended.person_id), ended.id, "cancel", Actor("person", ended.person_id), NOW,
            reason="verreist",
        )  # fmt: skip
    before = [await row_of(town, one.id) for one in (ended, unclosed, later)]
    last = max(ended.ends_at, unclosed.ends_at)
    assert last < later.ends_at
    due = last + timedelta(days=20)
    assert await empty(town, min(ended.ends_at, unclosed.ends_at) + timedelta(days=20)) == 0, "to the moment"
    for one in (ended, unclosed, later):
        assert "Mustermann" in await texts_of(town, one.id)
    assert await empty(town, due + timedelta(microseconds=1)) == 2
    for one in (ended, unclosed):
        found = await texts_of(town, one.id)
        assert not any(text in found for text in PERSONAL), found
    assert "Mustermann" in await texts_of(town, later.id)
    assert [await row_of(town, one.id) for one in (ended, unclosed, later)] == before, "the figures stay as they are"
    assert await empty(town, due + timedelta(microseconds=1)) == 0


async def test_a_few_at_a_time(town: Town) -> None:
    for _ in range(3):
        await booked(town)
    late = NOW + timedelta(days=60)
    assert [await service.empty(town.database, town.settings, late, limit=2) for _ in range(3)] == [2, 1, 0]
