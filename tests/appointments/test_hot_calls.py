"""Holds and bookings that go together: each has the outcome that it has alone, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from backend.appointments import queries
from backend.appointments.model import Answer, BookCall, Details, Guest, Hold, HoldCall, IdempotencyClaim, Outcome
from backend.availability.model import Wanted
from backend.clock import instant
from backend.db import Database
from backend.db.errors import PersonActsNoMore
from backend.db.pool import SYSTEM
from backend.ids import new_id
from backend.reference import new_reference
from backend.settings import Settings
from tests.appointments.desk import Town, claim, draw_town, somebody
from tests.support.town import BERLIN

DAY = date(2026, 12, 1)
NOW = instant(DAY, 0, BERLIN) - timedelta(hours=11)
DETAILS = Details(name='Erika "\\" Müßtermann', date_of_birth=date(1990, 2, 28), phone="+49 209 1", note="\U0001f600")


class Square:
    """A town whose calls are made by hand."""

    def __init__(self, town: Town, slots: list[datetime]) -> None:
        self.town, self.slots = town, slots

    async def hold(self, guest: Guest, slot: int, by: IdempotencyClaim | None = None) -> HoldCall:
        """A call, not made yet."""
        wanted = [Wanted(self.town.made.services[0], 1)]
        plan = await self.town.engine.plan_hold(self.town.made.office, wanted, self.slots[slot], NOW)
        held = Hold(
            id=new_id(), city_id=plan.city_id, office_id=plan.office_id, person_id=guest.person_id,
            device_id=guest.device_id, starts_at=plan.start, ends_at=plan.end, services=plan.services,
            service_ids=plan.service_ids, confirmation=plan.confirmation, expires_at=NOW + timedelta(minutes=10),
            counter_id=plan.counters[0], rules_version=plan.rules_version,
        )  # fmt: skip
        answer = Answer(201, {"Location": f"/v1/holds/{held.id}"}, b'{"name": "\\u00fc \xc3\xbc"}')
        return HoldCall(guest, plan, held, NOW, by or claim(), answer)

    def book(self, held: HoldCall, *, limit: int = 2, reference: str | None = None) -> BookCall:
        """A call, not made yet."""
        return BookCall(
            held.guest, held.hold.id, held.plan.rules_version, (limit,), reference or new_reference("MD"), DETAILS, NOW,
            claim(), Answer(201, {"ETag": '"1"'}, b"{}"),
        )  # fmt: skip

    async def hold_all(self, calls: list[HoldCall]) -> list[Outcome]:
        async with self.town.database.connection() as conn:
            return await queries.hold_places(conn, calls)

    async def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """As the system sees them."""
        async with self.town.database.transaction(SYSTEM) as conn:
            return await conn.fetch(statement, *arguments)

    async def book_all(self, calls: list[BookCall]) -> list[Outcome]:
        async with self.town.database.connection() as conn:
            return await queries.book_holds(conn, calls)


@pytest.fixture
async def square(
    database: Database, owner_url: str, make_settings: Callable[..., Settings], database_url: str
) -> Square:
    made = await draw_town(owner_url, 3, [DAY])
    town = Town(database, make_settings(database_url), made)
    found = await town.engine.slots(made.office, [Wanted(made.services[0], 1)], DAY, DAY + timedelta(days=4), NOW)
    slots: list[datetime] = []
    for slot in found:
        if not slots or slot.start - slots[-1] >= timedelta(minutes=30):  # so that none is in the way of another
            slots.append(slot.start)
    return Square(town, slots)


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    conn = await asyncpg.connect(owner_url)
    yield conn
    await conn.close()


async def test_each_hold_has_its_own_outcome(square: Square) -> None:
    one, other, gone = somebody(), somebody(), somebody()
    await square.rows("INSERT INTO person (id, deleted_at) VALUES ($1, now())", gone.person_id)
    key = claim()
    first = await square.hold(one, 0, key)
    repeated = msgspec.structs.replace(first, hold=msgspec.structs.replace(first.hold, id=new_id()))
    reused = msgspec.structs.replace(first, claim=msgspec.structs.replace(key, request_hash=b"other"))
    stale = await square.hold(somebody(), 1)
    stale = msgspec.structs.replace(stale, plan=msgspec.structs.replace(stale.plan, rules_version=-1))
    nobody = await square.hold(gone, 2)
    calls = [first, await square.hold(one, 1), repeated, reused, stale, nobody, await square.hold(other, 3)]
    found = await square.hold_all(calls)
    assert [o.outcome for o in found] == [
        "held", "hold_exists", "replayed", "reused", "stale_rules", "alone", "held"
    ]  # fmt: skip
    assert found[1].subject == first.hold.id
    assert (found[2].status, found[2].headers, found[2].body) == (
        first.answer.status, first.answer.headers, first.answer.body
    )  # fmt: skip
    kept = {row["id"]: row["person_id"] for row in await square.rows("SELECT id, person_id FROM hold")}
    assert kept == {first.hold.id: one.person_id, calls[-1].hold.id: other.person_id}
    assert len(await square.rows("SELECT FROM place p JOIN hold h USING (id)")) == 2
    with pytest.raises(PersonActsNoMore):
        await square.town.calls.hold(nobody)


async def test_as_many_get_a_slot_together_as_have_room_in_it(square: Square) -> None:
    calls = [await square.hold(somebody(), 5) for _ in range(8)]
    outcomes = [o.outcome for o in await square.hold_all(calls)]
    places = await square.rows("SELECT counter_id FROM place WHERE hold_until IS NOT NULL")
    assert outcomes == ["held"] * len(places) + ["taken"] * (8 - len(places))
    assert 0 < len(places) == len({row["counter_id"] for row in places}) < 8


async def test_each_booking_has_its_own_outcome(square: Square) -> None:
    held = [await square.hold(somebody(), number) for number in range(6)]
    assert {o.outcome for o in await square.hold_all(held)} == {"held"}
    booked, full, twice, expired, never, last = held
    await square.rows("UPDATE hold SET expires_at = $2 WHERE id = $1", expired.hold.id, NOW)
    never = await square.hold(never.guest, 0)
    first = square.book(booked)
    calls = [
        first, square.book(full, limit=0), square.book(twice, reference=first.reference), square.book(expired),
        square.book(never), square.book(booked), square.book(last),
    ]  # fmt: skip
    found = await square.book_all(calls)
    assert [o.outcome for o in found] == [
        "booked", "limit", "alone", "expired", "no_hold", "already_booked", "booked"
    ]  # fmt: skip
    rows = await square.rows("SELECT id, reference, name, date_of_birth, phone, note FROM appointment ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (call.hold_id, call.reference, DETAILS.name, DETAILS.date_of_birth, DETAILS.phone, DETAILS.note)
        for call in sorted((first, calls[-1]), key=lambda call: call.hold_id)
    ]
    left = {row["id"] for row in await square.rows("SELECT id FROM hold")}
    assert left == {held[number].hold.id for number in (1, 2, 3, 4)}, "what failed has changed nothing"
    for table in ("appointment_event", "notice"):
        assert len(await square.rows(f"SELECT FROM {table}")) == 2, table
    with pytest.raises(asyncpg.UniqueViolationError):
        await square.town.calls.book(calls[2])


async def test_who_has_to_wait_for_a_lock_keeps_nobody_waiting(square: Square, owner: Any) -> None:
    calls = [await square.hold(somebody(), number) for number in range(4)]
    async with owner.transaction():
        await lock(owner, calls[1].guest.person_id)
        async with asyncio.timeout(30):  # it waits a twentieth of a second, not for the one who keeps the lock
            found = await square.hold_all(calls)
        assert [o.outcome for o in found] == ["held", "alone", "alone", "alone"]
        others = await asyncio.gather(*(square.town.calls.hold(calls[number]) for number in (2, 3)))
        waiting = asyncio.create_task(square.town.calls.hold(calls[1]))
        await asyncio.sleep(0.1)
        assert not waiting.done(), "alone it waits as long as it takes"
    assert [o.outcome for o in [*others, await waiting]] == ["held"] * 3


async def test_a_day_that_somebody_is_at_lets_all_of_them_go_alone(square: Square, owner: Any) -> None:
    calls = [await square.hold(somebody(), number) for number in range(4)]
    day = calls[2].plan.start.astimezone(BERLIN).date()
    async with owner.transaction():
        await owner.execute("INSERT INTO office_day (office_id, day) VALUES ($1, $2)", square.town.made.office, day)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await square.hold_all(calls)
        assert await square.rows("SELECT FROM hold") == [], "nothing of it has happened"
        waiting = [asyncio.create_task(square.town.calls.hold(call)) for call in calls]
        await asyncio.sleep(0.2)
    assert [(await one).outcome for one in waiting] == ["held"] * 4
    assert len(await square.rows("SELECT FROM hold")) == 4


async def test_the_days_are_told_apart_and_each_gets_one_new_version(square: Square) -> None:
    calls = [await square.hold(somebody(), number) for number in range(len(square.slots))]
    days = {call.plan.start.astimezone(BERLIN).date() for call in calls}
    assert len(days) > 1
    for _ in range(2):
        outcomes = {o.outcome for o in await square.hold_all(calls)}
        rows = await square.rows("SELECT day, version FROM office_day ORDER BY day")
        assert [tuple(row) for row in rows] == [(day, 1) for day in sorted(days)], outcomes
    booked = await square.book_all([square.book(call) for call in calls])
    assert {o.outcome for o in booked} == {"booked"}
    rows = await square.rows("SELECT day, version FROM office_day ORDER BY day")
    assert [tuple(row) for row in rows] == [(day, 2) for day in sorted(days)]


async def test_many_at_once_are_done_in_few_transactions(square: Square) -> None:
    calls = [await square.hold(somebody(), number) for number in range(20)]
    held = await asyncio.gather(*(square.town.calls.hold(call) for call in calls))
    assert {o.outcome for o in held} == {"held"}
    booked = await asyncio.gather(*(square.town.calls.book(square.book(call)) for call in calls))
    assert {o.outcome for o in booked} == {"booked"}
    rows = await square.rows("SELECT touched FROM notice WHERE kind LIKE 'appointment.%'")
    assert len(rows) == 20
    assert len({str(row["touched"]) for row in rows}) <= 5, "two alone, the others together"


async def lock(owner: Any, person: UUID) -> None:
    """As whatever changes something of a person does, until the transaction ends."""
    await owner.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 1))", str(person))
