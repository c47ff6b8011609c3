"""Reminders: never at night, never after the start, once for each kind and start, moved and dropped with it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.ids import new_id
from backend.notices.service import remind
from backend.settings import Settings
from tests.identity.town import Town, make_town
from tests.notices.people import person, rows

BERLIN = ZoneInfo("Europe/Berlin")
MADE = """SELECT created_at, data ->> 'startsAt', (data ->> 'minutesBefore')::int FROM notice
    WHERE kind = 'appointment.reminder'"""
STEP = timedelta(minutes=60)
FIRST = datetime(2026, 3, 26, 0, 0, tzinfo=UTC)  # clocks change on the 29th


class Life(msgspec.Struct, frozen=True):
    """An appointment: told at, for when; perhaps moved, perhaps cancelled. Minutes since FIRST."""

    told: int
    starts: int
    moved: int | None
    starts_then: int
    cancelled: int | None


LIVES = st.builds(
    Life,
    told=st.integers(0, 2 * 1440),
    starts=st.integers(1440, 3 * 1440),
    moved=st.none() | st.integers(0, 3 * 1440),
    starts_then=st.integers(1440, 4 * 1440),
    cancelled=st.none() | st.integers(0, 4 * 1440),
).filter(lambda one: one.told < one.starts)


def at(minutes: int) -> datetime:
    return FIRST + timedelta(minutes=minutes)


def local_minute(moment: datetime) -> int:
    wall = moment.astimezone(BERLIN)
    return wall.hour * 60 + wall.minute


async def happen(database: Database, appointment: Any, kind: str, now: datetime, **changed: Any) -> None:
    async with database.transaction(SYSTEM) as conn:
        if "starts" in changed:
            await conn.execute(
                "UPDATE appointment SET starts_at = $2, ends_at = $2::timestamptz + interval '15 minutes',"
                " version = version + 1 WHERE id = $1", appointment, changed["starts"],
            )  # fmt: skip
        else:
            await conn.execute(
                "UPDATE appointment SET state = 'cancelled', place_id = NULL, version = version + 1 WHERE id = $1",
                appointment,
            )
        await conn.execute(
            "INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind,"
            " kind, to_state) SELECT $1, city_id, office_id, id, person_id, version, $3, 'clerk', $4, state"
            " FROM appointment WHERE id = $2",
            new_id(), appointment, now, kind,
        )  # fmt: skip


async def book(database: Database, town: Town, who: UUID, starts: datetime, now: datetime) -> UUID:
    """A confirmed appointment that the person was told of at ``now``."""
    mine = new_id()
    values = (mine, town.north, town.counter, who, mine.hex, starts, town.passport, now)
    async with database.transaction(SYSTEM) as conn:
        await conn.execute(
            "INSERT INTO place (id, city_id, office_id, counter_id, during)"
            " VALUES ($1, 'here', $2, $3, tstzrange($4, $5))",
            mine, town.north, town.counter, starts, starts + timedelta(minutes=15),
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO appointment (id, city_id, office_id, counter_id, place_id, person_id, reference, state,"
            " starts_at, ends_at, services, service_ids, confirmation, name, channel, created_at, updated_at)"
            " VALUES ($1, 'here', $2, $3, $1, $4, $5, 'confirmed', $6, $6::timestamptz + interval '15 minutes', '[]',"
            " ARRAY[$7::uuid], 'automatic', 'Erika', 'app', $8, $8)", *values,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind,"
            " kind, to_state) VALUES ($1, 'here', $2, $3, $4, 1, $5, 'person', 'booked', 'confirmed')",
            new_id(), town.north, mine, who, now,
        )  # fmt: skip
    return mine


async def live(database: Database, town: Town, settings: Settings, life: Life, steps: range) -> list[tuple[Any, ...]]:
    """Plays the life, with the task running every half-hour; the reminders that were made."""
    me = await person(database)
    mine = None
    starts = at(life.starts)
    moved = cancelled = False
    for minute in steps:
        now = at(minute)
        if mine is None and minute >= life.told:
            mine = await book(database, town, me, starts, now)
        over = now >= starts
        if mine and not moved and not cancelled and not over and life.moved is not None and minute >= life.moved:
            moved = True
            if at(life.starts_then) > now:
                starts = at(life.starts_then)
                await happen(database, mine, "rescheduled", now, starts=starts)
        if mine and not cancelled and not over and life.cancelled is not None and minute >= life.cancelled:
            cancelled = True
            await happen(database, mine, "cancelled", now)
            gone = len(await rows(database, MADE))
            await remind(database, settings, now)
            assert len(await rows(database, MADE)) == gone
        if await remind(database, settings, now):
            assert await remind(database, settings, now) == 0
    return await rows(database, MADE)


@given(life=LIVES)
@how(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
async def test_reminders_keep_their_promises(database: Database, settings: Settings, life: Life) -> None:
    async with database.transaction(SYSTEM) as conn:
        # Events and audit entries stay as they are in life; here each example begins anew.
        await conn.execute("DELETE FROM notice")
        town_there = await conn.fetchval("SELECT count(*) FROM office")
    town = await (_known(database) if town_there else make_town(database))
    await rows(database, "UPDATE appointment SET state = 'cancelled', place_id = NULL RETURNING id")
    await rows(database, "DELETE FROM place RETURNING id")
    made = await live(database, town, settings, life, range(0, 4 * 1440, 60))
    assert len({(start, minutes) for _, start, minutes in made}) == len(made)
    for created, start, _ in made:
        starts = datetime.fromisoformat(start)
        assert created < starts
        assert 8 * 60 <= local_minute(created) < 20 * 60
        assert starts in {at(life.starts), at(life.starts_then)}
        if life.cancelled is not None and life.cancelled >= life.told:
            assert created <= at(life.cancelled) + STEP or starts != at(life.starts)


async def _known(database: Database) -> Town:
    async with database.connection() as conn:
        offices = {row["slug"]: row["id"] for row in await conn.fetch("SELECT slug, id FROM office")}
        counter = await conn.fetchval("SELECT id FROM counter")
        service = await conn.fetchval("SELECT id FROM service")
    return Town(offices["north"], offices["south"], offices["abroad"], counter, service)


async def test_a_day_and_two_hours_before_and_not_once_more(database: Database, settings: Settings) -> None:
    town = await make_town(database)
    noon = 3 * 1440 + 10 * 60  # 11:00 in Berlin
    made = await live(database, town, settings, Life(60, noon, None, 0, None), range(1440, 4 * 1440, 30))
    assert [(created, minutes) for created, _, minutes in made] == [(at(noon - 1440), 1440), (at(noon - 120), 120)]


async def test_what_falls_into_the_night_comes_before_it(database: Database, settings: Settings) -> None:
    town = await make_town(database)
    early = 2 * 1440 + 8 * 60  # 9:00 in Berlin: two hours before are 7:00
    made = await live(database, town, settings, Life(60, early, None, 0, None), range(1440 // 2, 2 * 1440 + 600, 15))
    assert [(local_minute(created), minutes) for created, _, minutes in made] == [(9 * 60, 1440), (19 * 60 + 45, 120)]


async def test_who_was_told_a_moment_ago_is_not_reminded(database: Database, settings: Settings) -> None:
    town = await make_town(database)
    noon = 2 * 1440 + 10 * 60
    soon = await live(database, town, settings, Life(noon - 180, noon, None, 0, None), range(1440, 3 * 1440, 30))
    assert soon == []


async def test_a_worker_that_comes_late_reminds_by_day_and_of_the_nearest_only(
    database: Database, settings: Settings
) -> None:
    town = await make_town(database)
    noon = 3 * 1440 + 10 * 60
    await book(database, town, await person(database), at(noon), at(60))
    await remind(database, settings, at(noon - 12 * 60))  # 23:00: the day before was missed
    assert await rows(database, MADE) == []
    await remind(database, settings, at(noon - 60))
    assert [minutes for _, _, minutes in await rows(database, MADE)] == [120]
    await remind(database, settings, at(noon - 30))
    assert len(await rows(database, MADE)) == 1


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


async def reminded(
    database: Database, settings: Settings, starts: datetime, told: datetime, moments: Iterable[datetime] | None = None
) -> list[tuple[str, int]]:
    """When somebody who books at ``told`` is reminded, on Berlin's clock: the task runs every quarter of an hour until
    the start, or at ``moments``."""
    town = await make_town(database)
    await book(database, town, await person(database), starts, told)
    quarters = (told + timedelta(minutes=15 * n) for n in range(int((starts - told) / timedelta(minutes=15)) + 3))
    for now in moments or quarters:
        await remind(database, settings, now)
    found = await rows(database, f"{MADE} ORDER BY created_at")
    return [(created.astimezone(BERLIN).strftime("%a %H:%M"), minutes) for created, _, minutes in found]


@pytest.mark.parametrize(
    "starts, expected",
    [
        # The night of 25 hours: what falls into it comes the evening before, by the clock that people had then.
        ("2026-10-25T09:30", [("Sat 10:30", 1440), ("Sat 19:45", 120)]),
        ("2026-10-25T03:30", [("Fri 19:45", 1440), ("Sat 19:45", 120)]),
        ("2026-10-26T10:00", [("Sun 10:00", 1440), ("Mon 08:00", 120)]),
        # The night of 23: two hours before half past four it was half past one.
        ("2027-03-28T09:30", [("Sat 08:30", 1440), ("Sat 19:45", 120)]),
        ("2027-03-28T04:30", [("Fri 19:45", 1440), ("Sat 19:45", 120)]),
        ("2027-03-29T10:00", [("Sun 10:00", 1440), ("Mon 08:00", 120)]),
    ],
)
async def test_nobody_is_woken_in_the_nights_in_which_clocks_change(
    database: Database, settings: Settings, starts: str, expected: list[tuple[str, int]]
) -> None:
    start = berlin(starts)
    assert await reminded(database, settings, start, start - timedelta(days=4)) == expected


@pytest.mark.parametrize("minutes", [5, 90, 119, 121, 23 * 60 + 45])
async def test_who_books_late_is_not_told_at_once_what_they_have_just_done(
    database: Database, settings: Settings, minutes: int
) -> None:
    """A day before is long past then, and must not be made up for; two hours before is only where it is far ahead."""
    start = berlin("2026-06-10T12:00")
    found = await reminded(database, settings, start, start - timedelta(minutes=minutes))
    assert found == ([("Wed 10:00", 120)] if minutes > 1_000 else [])


async def test_a_clock_that_is_set_back_reminds_nobody_twice_and_one_that_jumps_of_the_nearest(
    database: Database, settings: Settings
) -> None:
    start = berlin("2026-06-10T12:00")
    day, hours = start - timedelta(days=1), start - timedelta(hours=2)
    back = [
        day,
        day - timedelta(hours=3),
        day - timedelta(seconds=1),
        day,
        hours + timedelta(days=2),
        hours,
        day,
        hours,
    ]
    found = await reminded(database, settings, start, start - timedelta(days=3), back)
    assert found == [("Tue 12:00", 1440), ("Wed 10:00", 120)]


async def test_a_clock_that_jumps_over_a_reminder_leaves_it_out(database: Database, settings: Settings) -> None:
    start = berlin("2026-06-10T12:00")
    jump = [start - timedelta(days=2), start - timedelta(minutes=30), start, start + timedelta(hours=1)]
    assert await reminded(database, settings, start, start - timedelta(days=3), jump) == [("Wed 11:30", 120)]
