"""What the office does not have any more is taken back from whoever it was offered to, who is told and waits on."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.appointments.errors import RulesChanging
from backend.appointments.model import Appointment, Details, Guest
from backend.availability.errors import SlotNotOffered
from backend.db import Principal
from backend.db.pool import SYSTEM
from backend.notices import queries as notices
from backend.notices.kinds import SPREADING
from backend.notices.model import Lane
from backend.waiting import queries as steps
from backend.waiting import service as waiting
from backend.waiting import standing
from backend.waiting.errors import OfferOver
from backend.waiting.model import Entry, Offer
from tests.waiting.square import Square, at

TEN = at("10:00")
TOLD = "SELECT kind, subject_id, expires_at FROM notice WHERE person_id = $1 ORDER BY created_at, kind"


async def offered(square: Square, entry: Entry, start: datetime = TEN) -> Offer:
    """A place that somebody gives back."""
    await square.cancel(await square.book(start))
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    return offer


async def state_of(square: Square, offer: Offer) -> tuple[str, bool]:
    [row] = await square.rows("SELECT state, taken_back FROM waiting_offer WHERE id = $1", offer.id)
    return row["state"], row["taken_back"]


async def reopen(square: Square) -> None:
    await square.root.execute("DELETE FROM closure")
    await square.root.execute("UPDATE office SET rules_version = rules_version + 1")
    square.forget()


CHANGES = {
    "hours": "UPDATE opening_hours SET closes_minute = 585",
    "counter": "UPDATE counter SET retired = true",
    "staff": "UPDATE counter SET staff_only = true",
    "office": "UPDATE office SET retired = true",
    "service": "DELETE FROM counter_service",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_takes_the_place_away_takes_the_offer_back_and_says_so(square: Square, change: str) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    await square.root.execute(CHANGES[change])
    await square.root.execute("UPDATE office SET rules_version = rules_version + 1")
    square.now += timedelta(seconds=1)
    await square.round()
    assert await state_of(square, offer) == ("withdrawn", True)
    told = [(row["kind"], row["subject_id"]) for row in await square.rows(TOLD, entry.person_id)]
    assert told == [("waiting.offer", offer.id), ("waiting.withdrawn", offer.id)]
    assert await square.rows("SELECT FROM place") == [], "nothing is kept for nobody"
    assert await square.rows("SELECT FROM waiting_place") == []
    found = await square.look(entry)
    assert (found.state, found.ahead, found.offer_id) == ("waiting", 0, None)
    with pytest.raises(OfferOver) as refused:
        await square.accept(offer)
    assert refused.value.details == {"state": "withdrawn"}
    await square.round()
    assert len(await square.rows(TOLD, entry.person_id)) == 2, "and says it once"


async def test_an_offer_that_the_change_does_not_touch_stands_and_nothing_is_said(square: Square) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    await square.add_closure(at("12:00"), at("13:00"))
    await square.round()
    assert await state_of(square, offer) == ("open", False)
    assert [row["kind"] for row in await square.rows(TOLD, entry.person_id)] == ["waiting.offer"]
    assert await standing.list_doubtful(square.database, square.engine, square.now, 10) == [], "it is not asked again"
    assert (await square.accept(offer)).starts_at == TEN


async def test_a_visit_that_takes_longer_now_is_offered_anew_where_it_fits(square: Square) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    await square.root.execute("UPDATE service SET minutes = 20")
    await square.root.execute("UPDATE office SET rules_version = rules_version + 1")
    await square.round()
    assert await state_of(square, offer) == ("withdrawn", True)
    following = await square.offer_to(entry)
    assert following is not None
    assert (following.starts_at, following.ends_at) == (TEN, at("10:20"))


async def test_what_is_left_of_the_place_goes_to_the_next(square: Square) -> None:
    """The first wanted half an hour of which the office closes the half; the second is content with what is left."""
    first, second = await square.wait(persons=2), await square.wait()
    await square.cancel(await square.book(TEN, persons=2))
    await square.round()
    offer = await square.offer_to(first)
    assert offer is not None
    await square.add_closure(at("10:15"), at("17:00"))
    await square.round()
    assert await state_of(square, offer) == ("withdrawn", True)
    following = await square.offer_to(second)
    assert following is not None
    assert (following.starts_at, following.ends_at) == (TEN, at("10:15"))


async def test_it_was_no_chance_so_it_counts_for_nothing(square: Square) -> None:
    """Four are taken back on one day, three of them for the same time: the person is asked again each time."""
    entry = await square.wait()
    for start in (TEN, TEN, TEN, at("11:00")):
        offer = await offered(square, entry, start)
        await square.add_closure(at("09:00"), at("17:00"))
        await square.round()
        assert await state_of(square, offer) == ("withdrawn", True)
        await reopen(square)
        square.now += timedelta(seconds=1)
    assert (await offered(square, entry)).starts_at == TEN


async def test_pushes_and_letters_of_an_offer_that_is_over_are_not_sent(square: Square) -> None:
    entry, phone = await square.wait(), uuid4()
    await square.root.execute("INSERT INTO person (id) VALUES ($1) ON CONFLICT DO NOTHING", entry.person_id)
    await square.root.execute(
        """INSERT INTO device (id, person_id, platform, language, target_kind, target, registered_at, seen_at)
           VALUES ($1, $2, 'android', 'de', 'token', 'phone', now(), now())""", phone, entry.person_id,
    )  # fmt: skip
    offer = await offered(square, entry)
    lane = Lane("push", "android")

    async def spread_and_claim() -> list[tuple[str, UUID]]:
        async with square.database.transaction(SYSTEM) as conn:
            await notices.spread_notices(conn, square.now, 100, SPREADING, mails=False)
            claimed = await notices.claim_deliveries(
                conn, lane, square.now, square.now + timedelta(seconds=1), limit=10, most_attempts=5
            )
        return [(one.kind, one.subject_id) for one in claimed]

    assert await spread_and_claim() == [("waiting.offer", offer.id)]
    await square.add_closure(at("09:00"), at("11:00"))
    square.now += timedelta(seconds=2)  # the lease is over: it would be tried again
    await square.round()
    assert await spread_and_claim() == [("waiting.withdrawn", offer.id)]
    ended = await square.rows(
        "SELECT d.outcome FROM delivery d JOIN notice n ON n.id = d.notice_id WHERE n.kind = 'waiting.offer'"
    )
    assert [row["outcome"] for row in ended] == ["expired"]


@pytest.mark.parametrize("end", ["accept", "decline"])
async def test_however_an_offer_ends_its_notice_is_over(square: Square, end: str) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    square.now += timedelta(minutes=1)
    await (square.accept(offer) if end == "accept" else square.decline(offer))
    [row] = await square.rows(f"{TOLD.replace('WHERE', 'WHERE kind = $2 AND')}", entry.person_id, "waiting.offer")
    assert row["expires_at"] == square.now


async def accepting(square: Square, offer: Offer, said: "asyncio.Event", go: "asyncio.Event") -> Appointment:
    """Accepts, and commits when it may."""
    details = Details(name="Erika Mustermann")
    offered, plan = await waiting.plan_acceptance(
        square.database, square.engine, offer.person_id, offer.id, details, square.now
    )
    guest = Guest(person_id=offer.person_id)
    async with square.database.transaction(Principal(person_id=offer.person_id)) as conn:
        booked = await waiting.accept(conn, square.engine, square.settings, guest, offered, plan, details, square.now)
        said.set()
        await go.wait()
    return booked


async def test_who_accepts_first_has_it_and_is_not_told_that_it_is_gone(square: Square) -> None:
    """The one accepts and has not committed; the other has judged by newer rules, and waits."""
    entry = await square.wait()
    offer = await offered(square, entry)
    said, go = asyncio.Event(), asyncio.Event()
    accepts = asyncio.create_task(accepting(square, offer, said, go))
    await said.wait()

    async def take_back() -> bool:
        async with square.database.transaction(SYSTEM) as conn:
            return await steps.take_back_offer(conn, offer.id, square.now)

    takes = asyncio.create_task(take_back())
    await asyncio.sleep(0.2)
    assert not takes.done(), "the place is in the other's hands"
    go.set()
    booked = await accepts
    assert not await takes
    assert (booked.starts_at, booked.state) == (TEN, "confirmed")
    kinds = [row["kind"] for row in await square.rows(TOLD, entry.person_id)]
    assert sorted(kinds) == ["appointment.confirmed", "waiting.offer"]


async def test_who_accepts_second_is_told_that_it_is_over(square: Square) -> None:
    entry = await square.wait()
    offer = await offered(square, entry)
    async with square.database.transaction(SYSTEM) as conn:
        assert await steps.take_back_offer(conn, offer.id, square.now)
        accepts = asyncio.create_task(square.accept(offer))
        await asyncio.sleep(0.2)
        assert not accepts.done()
    with pytest.raises(OfferOver) as refused:
        await accepts
    assert refused.value.details == {"state": "withdrawn"}
    assert await square.rows("SELECT FROM appointment WHERE person_id = $1", entry.person_id) == []


async def test_accepting_and_closing_at_once_never_leave_both_or_neither(square: Square) -> None:
    """The office closes, the matcher looks and the person accepts, at the same moment, again and again."""
    outcomes = {"booked": 0, "gone": 0}
    for number in range(12):
        entry = await square.wait()
        offer = await offered(square, entry)

        async def close(late: float) -> None:
            await asyncio.sleep(late)
            await square.add_closure(at("09:00"), at("11:00"))
            await square.round()

        async def answer(offer: Offer) -> Appointment | None:
            for _ in range(5):
                try:
                    return await square.accept(offer)
                except RulesChanging:
                    continue
                except (SlotNotOffered, OfferOver):
                    return None
            raise AssertionError("rules do not change for ever")

        booked, _ = await asyncio.gather(answer(offer), close(number % 4 * 0.004))
        await square.round()
        state, taken_back = await state_of(square, offer)
        told = [row["kind"] for row in await square.rows(TOLD, entry.person_id)]
        assert (booked is not None) == (state == "accepted") == ("appointment.confirmed" in told), (state, told)
        assert (booked is None) == taken_back == ("waiting.withdrawn" in told), (state, told)
        outcomes["gone" if booked is None else "booked"] += 1
        if booked is not None:
            await square.cancel(booked)
        await square.root.execute("UPDATE waiting_entry SET state = 'closed' WHERE state = 'waiting'")
        await reopen(square)
        await square.round()
    assert min(outcomes.values()) > 0, outcomes


async def test_a_place_of_an_office_that_is_no_more_is_nobodys(square: Square) -> None:
    booked = await square.book(TEN)
    await square.wait()
    await square.cancel(booked)
    await square.root.execute("UPDATE office SET retired = true, rules_version = rules_version + 1")
    square.forget()
    await square.round()
    assert await square.rows("SELECT FROM place") == []


async def test_who_has_become_somebody_with_such_an_appointment_waits_no_longer(square: Square) -> None:
    """They could not accept: the place is not kept a quarter of an hour for nothing, but goes to the next."""
    mine = await square.book(at("14:00"))
    first, second = await square.wait(), await square.wait()
    await square.root.execute("SELECT merge_in_waiting($1, $2, $3)", square.now, first.person_id, mine.person_id)
    await square.cancel(await square.book(TEN))
    await square.round()
    assert (await square.look(msgspec.structs.replace(first, person_id=mine.person_id))).state == "closed"
    offer = await square.offer_to(second)
    assert offer is not None
    assert offer.starts_at == TEN


async def test_who_may_have_two_waits_for_the_second(square: Square) -> None:
    await square.root.execute("UPDATE service SET max_live_per_person = 2")
    mine = await square.book(at("14:00"))
    entry = await square.wait(mine.person_id)
    assert (await offered(square, entry)).starts_at == TEN
