"""Accepting books or moves once; what stands in the way is said; the line is left when there is nothing to wait for."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from backend.appointments import service as appointments
from backend.appointments.errors import AppointmentLimit, AppointmentStateError, RulesChanging
from backend.appointments.model import Actor, Details
from backend.availability.errors import SlotNotOffered
from backend.db import Principal
from backend.db.pool import SYSTEM
from backend.errors import InvalidInput
from backend.notices.model import Facts
from backend.notices.texting import language_of, render
from backend.waiting import service as waiting
from backend.waiting.errors import AlreadyWaiting, EntryLimit, EntryNotFound, OfferAccepted, OfferNotFound, OfferOver
from backend.waiting.model import Entry, Offer, Page
from tests.waiting.square import Square, at

TEN = at("10:00")


async def offered(square: Square, entry: Entry, start: str = "10:00") -> Offer:
    """A place that somebody gives back."""
    booked = await square.book(at(start))
    await square.cancel(booked)
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    return offer


async def test_accepting_books_with_the_details_that_come_along(square: Square) -> None:
    person = uuid4()
    entry = await square.wait(person)
    twin = await square.wait(person, offices=(square.town.offices[1],))
    offer = await offered(square, entry)
    booked = await square.accept(offer, Details(name="Erika Mustermann", email="erika@example.org", note="Kinderwagen"))
    assert (booked.id, booked.person_id, booked.state) == (offer.id, person, "confirmed")
    assert (booked.starts_at, booked.name, booked.email) == (TEN, "Erika Mustermann", "erika@example.org")
    assert [(await square.look(e)).state for e in (entry, twin)] == ["fulfilled", "closed"]
    with pytest.raises(OfferAccepted) as again:
        await square.accept(offer)
    assert again.value.details == {"appointment": str(booked.id)}
    async with square.database.transaction(Principal(person_id=person)) as conn:
        found = await waiting.find_offer(conn, person, offer.id)
    assert (found.state, found.appointment_id) == ("accepted", booked.id)
    notices = await square.rows("SELECT kind, data FROM notice WHERE person_id = $1 ORDER BY created_at", person)
    assert [n["kind"] for n in notices] == ["waiting.offer", "appointment.confirmed"]
    assert "Erika" not in str(notices[0]["data"])
    assert await square.rows("SELECT FROM waiting_place") == []


async def test_accepting_moves_and_the_old_place_is_offered_on(square: Square) -> None:
    mine = await square.book(at("14:00"))
    earlier = await square.wait(mine.person_id, "earlier", appointment_id=mine.id)
    behind = await square.wait()
    offer = await offered(square, earlier)
    assert offer.replaces == mine.id
    moved = await square.accept(offer)
    assert (moved.id, moved.starts_at, moved.version, moved.name) == (mine.id, TEN, 2, "Erika Mustermann")
    assert not await square.free(at("14:00")), "the old place is the line's at once"
    await square.round()
    following = await square.offer_to(behind)
    assert following is not None
    assert following.starts_at == at("14:00")
    assert len(await square.rows("SELECT FROM place")) == 2


async def test_only_what_is_earlier_is_offered_to_who_wants_it_earlier(square: Square) -> None:
    mine, later = await square.book(at("12:00")), await square.book(at("13:00"))
    entry = await square.wait(mine.person_id, "earlier", appointment_id=mine.id)
    await square.cancel(later)
    await square.round()
    assert await square.offer_to(entry) is None
    assert await square.free(at("13:00"))


async def test_a_service_that_clerks_confirm_is_requested(square: Square) -> None:
    await square.root.execute("UPDATE service SET confirmation = 'clerk'")
    entry = await square.wait()
    assert (await square.accept(await offered(square, entry))).state == "requested"


async def test_a_rejected_request_is_offered_too(square: Square) -> None:
    await square.root.execute("UPDATE service SET confirmation = 'clerk'")
    booked, entry = await square.book(TEN), await square.wait()
    async with square.database.transaction(SYSTEM) as conn:
        await appointments.change(conn, SYSTEM, booked.id, "reject", Actor("clerk", uuid4()), square.now, reason="no")
    await square.round()
    assert await square.offer_to(entry) is not None


async def test_a_late_answer_is_too_late(square: Square) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    square.now = offer.until
    for late in (square.accept, square.decline):
        with pytest.raises(OfferOver) as refused:
            await late(offer)
        assert refused.value.details == {"state": "expired"}
    assert (await square.look(entry)).state == "waiting"


async def test_an_offer_is_nobody_elses(square: Square) -> None:
    offer = await offered(square, await square.wait())
    stranger = uuid4()
    with pytest.raises(OfferNotFound):
        await waiting.plan_acceptance(square.database, square.engine, stranger, offer.id, None, square.now)
    async with square.database.transaction(Principal(person_id=stranger)) as conn:
        with pytest.raises(OfferNotFound):
            await waiting.decline(conn, stranger, offer.id, square.now)
        with pytest.raises(EntryNotFound):
            await waiting.withdraw(conn, stranger, offer.entry_id, square.now)


async def test_a_new_appointment_needs_a_name(square: Square) -> None:
    offer = await offered(square, await square.wait())
    with pytest.raises(InvalidInput) as refused:
        await waiting.plan_acceptance(square.database, square.engine, offer.person_id, offer.id, None, square.now)
    assert refused.value.details["errors"][0]["pointer"] == "/person"


async def test_rules_that_changed_since_are_asked_again(square: Square) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    await square.add_closure(at("12:00"), at("13:00"))
    with pytest.raises(RulesChanging):
        await square.accept(offer)
    assert (await square.accept(offer)).starts_at == TEN, "what was closed is not this time"


async def test_a_place_that_the_office_no_longer_has_is_refused(square: Square) -> None:
    offer = await offered(square, await square.wait())
    await square.add_closure(at("09:00"), at("11:00"))
    square.forget()
    with pytest.raises(SlotNotOffered):
        await square.accept(offer)


async def test_ones_own_hold_elsewhere_stays_and_its_booking_meets_the_limit(square: Square) -> None:
    entry = await square.wait()
    held = await square.hold(at("15:00"), entry.person_id)
    booked = await square.accept(await offered(square, entry))
    assert [r["id"] for r in await square.rows("SELECT id FROM hold")] == [held.id]
    assert booked.starts_at == TEN


async def test_who_books_otherwise_waits_no_longer_and_the_offer_goes_on(square: Square) -> None:
    first, second = await square.wait(), await square.wait()
    offer = await offered(square, first)
    await square.book(at("15:00"), first.person_id)
    assert (await square.look(first)).state == "closed"
    with pytest.raises(OfferOver) as refused:
        await square.accept(offer)
    assert refused.value.details == {"state": "withdrawn"}
    await square.round()
    assert await square.offer_to(second) is not None


@pytest.mark.parametrize("by", [None, Actor("clerk", uuid4())], ids=["person", "clerk"])
async def test_with_its_appointment_the_wish_to_come_earlier_ends(square: Square, by: Actor | None) -> None:
    mine = await square.book(at("14:00"))
    entry = await square.wait(mine.person_id, "earlier", appointment_id=mine.id)
    offer = await offered(square, entry)
    await square.cancel(mine, by)
    assert (await square.look(entry)).state == "closed"
    with pytest.raises(OfferOver):
        await square.accept(offer)
    await square.round()
    assert await square.free(TEN)


async def test_who_may_not_book_once_more_need_not_wait(square: Square) -> None:
    mine = await square.book(TEN)
    with pytest.raises(AppointmentLimit):
        await square.wait(mine.person_id)
    await square.wait(mine.person_id, "earlier", appointment_id=mine.id)
    with pytest.raises(AlreadyWaiting):
        await square.wait(mine.person_id, "earlier", appointment_id=mine.id)
    gone = await square.cancel(await square.book(at("11:00")))
    with pytest.raises(AppointmentStateError):
        await square.wait(gone.person_id, "earlier", appointment_id=gone.id)


async def test_entries_of_one_person_are_counted_exactly(square: Square) -> None:
    person = uuid4()
    tries = [square.wait(person) for _ in range(9)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(r, Entry) for r in results) == square.settings.waiting_entries_per_person
    assert sum(isinstance(r, EntryLimit) for r in results) == 4


async def test_entries_end_with_their_last_day_and_are_forgotten_later(square: Square) -> None:
    entry = await square.wait(last_day=TEN.date())
    square.now = at("23:59")
    assert await waiting.tidy(square.database, square.now) == 0
    square.now += timedelta(minutes=2)
    assert await waiting.tidy(square.database, square.now) == 1
    assert (await square.look(entry)).state == "expired"
    [told] = await square.rows("SELECT kind, person_id, subject_id, data FROM notice WHERE kind LIKE 'waiting.%'")
    assert (told["kind"], told["person_id"], told["subject_id"]) == ("waiting.expired", entry.person_id, entry.id)
    assert f"{TEN.day}. " in render(told["kind"], language_of("de"), _data(told["data"]), Facts()).body
    square.now += timedelta(days=31)
    assert await waiting.tidy(square.database, square.now) == 1
    assert await square.rows("SELECT FROM waiting_entry") == []


async def test_two_people_who_become_one_wait_as_one(square: Square) -> None:
    entry, into = await square.wait(), uuid4()
    offer = await offered(square, entry)
    async with square.database.transaction(SYSTEM) as conn:
        await square.root.execute("SELECT merge_in_waiting($1, $2, $3)", square.now, entry.person_id, into)
        assert await waiting.list_for_person(conn, entry.person_id, square.now) == Page([], None)
    async with square.database.transaction(Principal(person_id=into)) as conn:
        found = await waiting.find_offer(conn, into, offer.id)
    assert (await square.accept(found)).person_id == into


async def test_of_who_is_forgotten_nothing_is_left_and_the_place_goes_on(square: Square) -> None:
    first, second = await square.wait(), await square.wait()
    await offered(square, first)
    await square.root.execute("SELECT erase_in_waiting($1, $2)", square.now, first.person_id)
    for table in ("waiting_entry", "waiting_offer"):
        assert await square.rows(f"SELECT FROM {table} WHERE person_id = $1", first.person_id) == []
    assert not await square.free(TEN)
    await square.round()
    assert await square.offer_to(second) is not None


@pytest.mark.parametrize("table", ["waiting_entry", "waiting_offer"])
async def test_only_the_person_and_the_system_see_rows(square: Square, table: str) -> None:
    entry = await square.wait()
    await offered(square, entry)
    seen: dict[str, int] = {}
    principals = {
        "person": Principal(person_id=entry.person_id),
        "stranger": Principal(person_id=uuid4()),
        "clerk": Principal(clerk_city_id=entry.city_id, clerk_office_ids=square.town.offices),
        "nobody": Principal(),
        "system": SYSTEM,
    }
    for name, principal in principals.items():
        async with square.database.transaction(principal) as conn:
            seen[name] = await conn.fetchval(f"SELECT count(*) FROM {table}")
            counts = await waiting.count_waiting(conn, entry.city_id, square.office)
            assert [(c.service_id, c.waiting) for c in counts] == [(square.town.service, 1)], "numbers are no secret"
    assert seen == {"person": 1, "stranger": 0, "clerk": 0, "nobody": 0, "system": 1}


async def test_nobody_can_put_another_in_line(square: Square) -> None:
    entry = await square.wait()
    async with square.database.transaction(Principal(person_id=uuid4())) as conn:
        changed = await conn.execute("UPDATE waiting_entry SET state = 'withdrawn', person_id = $1", uuid4())
    assert changed == "UPDATE 0"
    assert (await square.look(entry)).state == "waiting"


def _data(stored: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(stored) if isinstance(stored, str) else stored
    return found
