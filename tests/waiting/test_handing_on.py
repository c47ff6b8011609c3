"""A freed place goes to the line first: whose turn it is, for how long, and when it is everyone's."""

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest

from backend.appointments import queries as steps
from backend.appointments.errors import SlotTaken
from backend.appointments.model import Actor
from backend.db.pool import SYSTEM
from tests.support.town import BERLIN
from tests.waiting.square import Square, at, with_

TEN = at("10:00")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def test_a_freed_place_goes_down_the_line_and_then_to_everyone(square: Square) -> None:
    booked = await square.book(TEN)
    first, second = await square.wait(), await square.wait()
    assert (first.ahead, second.ahead) == (0, 1)
    await square.cancel(booked)
    assert not await square.free(TEN), "not for a moment, though no matcher has looked yet"
    assert await square.round() == 1
    offer = await square.offer_to(first)
    assert offer is not None
    assert (offer.starts_at, offer.until) == (TEN, square.now + timedelta(minutes=15))
    assert await square.offer_to(second) is None
    await square.decline(offer)
    assert not await square.free(TEN)
    await square.round()
    assert await square.offer_to(first) is None, "the same time is not offered twice"
    following = await square.offer_to(second)
    assert following is not None
    square.now = following.until
    assert await square.offer_to(second) is None
    assert not await square.free(TEN), "it is handed on, not thrown away"
    await square.round()
    assert await square.free(TEN)
    assert [r["state"] for r in await square.rows("SELECT state FROM waiting_offer ORDER BY made_at")] == [
        "declined", "expired"]  # fmt: skip


async def test_nothing_is_kept_from_anyone_when_nobody_waits_for_it(square: Square) -> None:
    booked = await square.book(TEN)
    await square.cancel(booked)
    assert await square.free(TEN)
    other = await square.book(TEN)
    await square.wait(weekdays=(3,), offices=(square.town.offices[1],))
    await square.cancel(other)
    await square.round()
    assert await square.free(TEN), "somebody waits, but not for this"


async def test_without_a_matcher_the_place_is_everyones_after_a_minute(square: Square) -> None:
    booked = await square.book(TEN)
    entry = await square.wait()
    await square.cancel(booked)
    square.now += MINUTE - SECOND
    assert not await square.free(TEN)
    square.now += SECOND
    assert await square.free(TEN)
    assert await square.round() == 0
    assert await square.offer_to(entry) is None


async def test_an_offer_that_nobody_ends_runs_out_a_minute_after_its_time(square: Square) -> None:
    booked = await square.book(TEN)
    entry = await square.wait()
    await square.cancel(booked)
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    assert not await square.free(TEN)
    square.now = offer.until + MINUTE - SECOND
    assert not await square.free(TEN)
    square.now += SECOND
    assert await square.shown(TEN), "what is remembered knows the time too"
    taken = await square.book(TEN)
    assert await square.round() == 0
    assert [r["state"] for r in await square.rows("SELECT state FROM waiting_offer")] == ["expired"]
    assert [r["id"] for r in await square.rows("SELECT id FROM place")] == [taken.id]


async def test_a_place_that_becomes_free_at_night_waits_for_the_morning(square: Square) -> None:
    booked, unwanted = await square.book(TEN), await square.book(at("11:00"))
    entry = await square.wait(hours=((600, 660),))
    square.now = at("22:30", 0)
    await square.cancel(booked)
    await square.cancel(unwanted)
    assert await square.round() == 2
    assert await square.free(at("11:00")), "nobody waits for it"
    assert not await square.free(TEN)
    assert await square.offer_to(entry) is None
    square.now = at("06:59")
    assert await square.round() == 0
    assert not await square.free(TEN)
    square.now = at("07:00")
    assert await square.round() == 1
    offer = await square.offer_to(entry)
    assert offer is not None
    assert offer.until == at("07:15")


async def test_what_begins_too_early_for_the_morning_is_free_in_the_night(square: Square) -> None:
    eight = at("08:00")
    await square.root.execute("UPDATE opening_hours SET opens_minute = 420")
    booked, later = await square.book(at("07:45")), await square.book(eight)
    await square.wait()
    square.now = at("23:00", 0)
    await square.cancel(booked)
    await square.cancel(later)
    await square.round()
    assert await square.free(at("07:45")), "at seven it would be less than an hour ahead"
    assert not await square.free(eight)


async def test_short_notice_is_for_those_who_asked_for_it(square: Square) -> None:
    booked = await square.book(at("10:00", 0))
    patient, quick = await square.wait(), await square.wait(short_notice=True)
    square.now = at("09:20", 0)
    await square.cancel(booked)
    await square.round()
    assert await square.offer_to(patient) is None
    offer = await square.offer_to(quick)
    assert offer is not None
    square.now = at("09:58", 0)
    await square.round()
    assert await square.free(at("10:00", 0)), "in the last minutes nobody is asked any more"


async def test_at_most_three_offers_a_day(square: Square) -> None:
    booked = [await square.book(at(f"{hour}:00")) for hour in range(10, 15)]
    entry = await square.wait()
    for one in booked[:4]:
        await square.cancel(one)
        await square.round()
        if offer := await square.offer_to(entry):
            await square.decline(offer)
            await square.round()
    assert len(await square.rows("SELECT FROM waiting_offer")) == 3
    assert await square.free(at("13:00")), "the fourth is everyone's"
    square.now = at("07:30")
    await square.cancel(booked[4])
    await square.round()
    assert await square.offer_to(entry) is not None, "the next day is another"


@pytest.mark.parametrize(
    "day, instants",
    [
        # Of 25 hours, with half past two twice; of 23, without it; and one like any other.
        ("2026-10-25", ["00:00+02:00", "02:30+02:00", "02:30+01:00", "23:59+01:00"]),
        ("2027-03-28", ["00:00+01:00", "01:59+01:00", "03:00+02:00", "23:59+02:00"]),
        ("2026-12-07", ["00:00+01:00", "07:00+01:00", "20:00+01:00", "23:59+01:00"]),
    ],
)
async def test_a_day_is_the_citys_from_midnight_to_midnight(square: Square, day: str, instants: list[str]) -> None:
    moments = [datetime.fromisoformat(f"{day}T{instant}") for instant in instants]
    square.settings = with_(square.settings, waiting_quiet_from_hour=0, waiting_quiet_until_hour=0)
    square.now = moments[0] - timedelta(hours=1)
    start = datetime.combine(moments[0].date() + timedelta(days=2), time(10), BERLIN)
    booked = [await square.book(start + timedelta(hours=hour)) for hour in range(6)]
    entry, made = await square.wait(), list[bool]()
    yesterday, *today, tomorrow = booked
    for moment, one in zip(
        [moments[0] - SECOND, *moments, moments[3] + MINUTE], [yesterday, *today, tomorrow], strict=True
    ):
        square.now = moment
        await square.cancel(one)
        await square.round()
        offer = await square.offer_to(entry)
        made.append(offer is not None)
        if offer is not None:
            await square.decline(offer)
            await square.round()
    assert made == [True, True, True, True, False, True], "the fourth of the day is everyone's"


async def test_one_offer_at_a_time_whatever_a_person_waits_for(square: Square) -> None:
    booked = [await square.book(at("10:00")), await square.book(at("11:00"))]
    person = uuid4()
    first, second = await square.wait(person), await square.wait(person, weekdays=(2,))
    other = await square.wait()
    for one in booked:
        await square.cancel(one)
    await square.round()
    assert await square.offer_to(first) is not None
    assert await square.offer_to(second) is None
    assert await square.offer_to(other) is not None


async def test_who_leaves_the_line_leaves_the_offer_to_the_next(square: Square) -> None:
    booked = await square.book(TEN)
    first, second = await square.wait(), await square.wait()
    await square.cancel(booked)
    await square.round()
    await square.leave(first)
    assert not await square.free(TEN)
    await square.round()
    assert await square.offer_to(second) is not None
    assert (await square.look(first)).state == "withdrawn"


async def test_a_closed_office_makes_no_offers(square: Square) -> None:
    booked, open_offer = await square.book(TEN), await square.book(at("12:00"))
    entry = await square.wait()
    await square.add_closure(at("09:00"), at("11:00"))
    await square.cancel(booked, by=Actor("system"))
    await square.round()
    await square.round()
    assert await square.offer_to(entry) is None
    assert await square.rows("SELECT FROM place WHERE id = $1", booked.id) == []
    await square.cancel(open_offer)
    await square.round()
    assert await square.offer_to(entry) is not None


@pytest.mark.parametrize("start, left", [("10:15", "10:00"), ("09:45", "10:15")])
async def test_what_a_clerk_shifts_away_from_is_offered(square: Square, start: str, left: str) -> None:
    booked = await square.book(TEN, persons=2)  # 10:00 to 10:30
    entry = await square.wait()
    clerk = Actor("clerk", uuid4())
    plan = await square.engine.plan_hold(square.office, booked.services, at(start), square.now, staff=True)
    async with square.database.transaction(SYSTEM) as conn:
        await steps.move_appointment(conn, booked.id, plan, "confirmed", clerk, square.now)
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    assert offer.starts_at == at(left)


async def test_a_stranger_never_gets_in_between(square: Square) -> None:
    booked = await square.book(TEN)
    entry = await square.wait()
    for step in (lambda: square.cancel(booked), square.round):
        await step()
        with pytest.raises(SlotTaken):
            await square.hold(TEN)
    assert await square.offer_to(entry) is not None
