"""Hundreds of clients want one place at one moment, over real HTTP, from two API processes.

The last test is the negative control: without the constraint the same volley oversells, so the others can fail.
"""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from backend.clock import instant
from tests.bench import load
from tests.proof import people
from tests.proof.conftest import Arena
from tests.proof.history import OVERLAPS

CLIENTS = 500
HOLD = timedelta(seconds=1)
"""Of ``arena_short_holds``."""
_BLIND = """
CREATE OR REPLACE FUNCTION take_place(p_now timestamptz, p_id uuid, p_city text, p_office uuid, p_counters uuid[],
  p_during tstzrange, p_until timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN try_place(p_id, p_city, p_office, p_counters[1], p_during, p_until) THEN p_counters[1] END;
END $$"""
BERLIN = ZoneInfo("Europe/Berlin")


def start_at(minute: int, days_ahead: int = 7) -> datetime:
    day: date = (datetime.now(BERLIN) + timedelta(days=days_ahead)).date()
    return instant(day, minute, BERLIN)


async def overlaps(owner: "asyncpg.Connection[asyncpg.Record]") -> int:
    return await owner.fetchval(OVERLAPS)


def check_volley(answers: list[load.Answer], capacity: int) -> None:
    statuses = Counter(answer.status for answer in answers)
    assert statuses == {201: capacity, 409: len(answers) - capacity}
    for answer in answers:
        if answer.status == 409:
            problem = people.body(answer)
            assert problem["code"] == "slot-taken"
            assert len(problem["alternatives"]) == 3


async def test_with_the_constraint_even_a_writer_that_does_not_look_never_oversells(arena: Arena) -> None:
    town = await arena.town(counters=1)
    await arena.owner.execute(_BLIND)
    tokens = await people.guests(arena.ports, 60)
    wanted = [people.hold(town.offices[0], town.service, start_at(9 * 60), token) for token in tokens]
    check_volley(await load.volley(arena.ports, wanted), 1)
    assert await overlaps(arena.owner) == 0


@pytest.mark.parametrize("capacity", [1, 6])
async def test_exactly_the_capacity_wins(arena: Arena, capacity: int) -> None:
    town = await arena.town(counters=capacity)
    tokens = await people.guests(arena.ports, CLIENTS)
    wanted = [people.hold(town.offices[0], town.service, start_at(9 * 60), token) for token in tokens]
    answers = await load.volley(arena.ports, wanted)
    check_volley(answers, capacity)
    winners = [(people.body(a)["id"], token) for a, token in zip(answers, tokens, strict=True) if a.status == 201]
    booked = await load.volley(arena.ports, [people.book(hold, token) for hold, token in winners])
    assert [answer.status for answer in booked] == [201] * capacity
    assert await overlaps(arena.owner) == 0
    assert await arena.owner.fetchval("SELECT count(*) FROM appointment WHERE state = 'confirmed'") == capacity


async def test_a_hold_that_runs_out_while_its_owner_books_goes_to_exactly_one(arena_short_holds: Arena) -> None:
    arena = arena_short_holds
    town = await arena.town(counters=1)
    tokens = await people.guests(arena.ports, 41)
    outcomes: Counter[str] = Counter()
    for round_number in range(8):
        start = start_at(9 * 60 + 15 * round_number)
        [held] = await load.volley(arena.ports, [people.hold(town.offices[0], town.service, start, tokens[0])])
        assert held.status == 201, held.body
        expires = datetime.fromisoformat(people.body(held)["expiresAt"])
        await asyncio.sleep((expires - datetime.now(UTC)).total_seconds() - 0.03 + 0.01 * round_number)
        rivals = [people.hold(town.offices[0], town.service, start, token) for token in tokens[1:]]
        booked, *others = await load.volley(arena.ports, [people.book(people.body(held)["id"], tokens[0]), *rivals])
        assert {a.status for a in others} <= {201, 409}
        assert booked.status in (201, 404, 409, 410)
        won = [a for a in others if a.status == 201]
        assert not won or booked.status != 201
        # On a busy machine the rivals may take longer than a hold lasts: the next one's begins after its end.
        ends = sorted(datetime.fromisoformat(people.body(a)["expiresAt"]) for a in won)
        assert all(later - sooner >= HOLD for sooner, later in pairwise(ends))
        assert await overlaps(arena.owner) == 0
        outcomes["owner" if booked.status == 201 else "rival" if won else "nobody"] += 1
        await asyncio.sleep(1.1)  # the rival's hold runs out, so that the next round starts even
    assert outcomes["owner"] + outcomes["rival"] >= 6, outcomes


async def test_a_cancelled_place_goes_to_exactly_one(arena: Arena) -> None:
    town = await arena.town(counters=1)
    tokens = await people.guests(arena.ports, 100)
    for round_number in range(4):
        start = start_at(10 * 60 + 15 * round_number)
        appointment = await arena.booked(town, start, tokens[0])
        cancel = people.post(f"/v1/appointments/{appointment}/cancel", {}, tokens[0])
        rivals = [people.hold(town.offices[0], town.service, start, token) for token in tokens[1:]]
        answers = await load.volley(arena.ports, [*rivals[:50], cancel, *rivals[50:]])
        assert answers[50].status == 200, answers[50].body
        others = answers[:50] + answers[51:]
        winners = [(a, t) for a, t in zip(others, tokens[1:], strict=True) if a.status == 201]
        assert {a.status for a in others} <= {201, 409}
        assert len(winners) <= 1
        [late] = await load.volley(arena.ports, [people.hold(town.offices[0], town.service, start, tokens[1])])
        assert late.status == (409 if winners else 201), "the place is free exactly if nobody was in time"
        await arena.release_all_holds()
    assert await overlaps(arena.owner) == 0


async def test_a_move_frees_its_old_place_once_and_takes_the_new_one_once(arena: Arena) -> None:
    town = await arena.town(counters=1)
    tokens = await people.guests(arena.ports, 61)
    old, new = start_at(11 * 60), start_at(12 * 60)
    appointment = await arena.booked(town, old, tokens[0])
    [held] = await load.volley(arena.ports, [people.hold(town.offices[0], town.service, new, tokens[0])])
    move = people.post(f"/v1/appointments/{appointment}/reschedule", {"hold": people.body(held)["id"]}, tokens[0])
    rivals = [people.hold(town.offices[0], town.service, (old, new)[i % 2], t) for i, t in enumerate(tokens[1:])]
    moved, *others = await load.volley(arena.ports, [move, *rivals])
    assert moved.status == 200, moved.body
    assert {a.status for a in others} <= {201, 409}
    assert sum(a.status == 201 for a in others[1::2]) == 0, "the new place was held by the mover all along"
    assert sum(a.status == 201 for a in others[::2]) <= 1
    assert await overlaps(arena.owner) == 0
    row = await arena.owner.fetchrow(
        "SELECT a.starts_at, lower(p.during) AS place FROM appointment a JOIN place p ON p.id = a.place_id"
    )
    assert row is not None
    assert row["starts_at"] == row["place"] == new


async def test_a_change_of_opening_hours_strands_nobody(arena: Arena) -> None:
    town = await arena.town(counters=1)
    tokens = await people.guests(arena.ports, 60)
    start = start_at(15 * 60)
    path = f"/v1/clerk/counters/{town.counters[0][0]}/opening-hours"
    shorter = {"rules": [{"weekday": day, "opens": "08:00", "closes": "15:00"} for day in range(1, 8)]}
    by = {"Authorization": f"Bearer {await arena.manager(town)}"}
    put = load.request("PUT", path, by, msgspec.json.encode(shorter))
    wanted = [people.hold(town.offices[0], town.service, start, token) for token in tokens]
    changed, *others = await load.volley(arena.ports, [*[put], *wanted])
    assert {a.status for a in others} <= {201, 409}, Counter(a.status for a in others)
    winners = [(people.body(a)["id"], t) for a, t in zip(others, tokens, strict=True) if a.status == 201]
    assert len(winners) <= 1
    assert changed.status in (200, 409), changed.body
    booked = await load.volley(arena.ports, [people.book(hold, token) for hold, token in winners])
    stranded = await arena.owner.fetchval("SELECT count(*) FROM appointment WHERE starts_at = $1", start)
    if changed.status == 200:
        assert stranded == 0, "an appointment outside the opening hours that nobody was told of"
        assert {a.status for a in booked} <= {409, 410, 404}
    [late] = await load.volley(arena.ports, [people.hold(town.offices[0], town.service, start, tokens[-1])])
    assert late.status == 409


async def test_without_the_constraint_the_same_volley_oversells(arena: Arena) -> None:
    town = await arena.town(counters=1)
    # A writer that does not look whether a counter is free before it takes it, and a constraint of the same name that
    # forbids nothing: the functions name it.
    await arena.owner.execute(_BLIND)
    await arena.owner.execute(
        """ALTER TABLE place DROP CONSTRAINT place_taken_once,
           ADD CONSTRAINT place_taken_once EXCLUDE USING gist (id WITH =)"""
    )
    tokens = await people.guests(arena.ports, CLIENTS)
    wanted = [people.hold(town.offices[0], town.service, start_at(9 * 60), token) for token in tokens]
    answers = await load.volley(arena.ports, wanted)
    with pytest.raises(AssertionError):
        check_volley(answers, 1)
    assert await overlaps(arena.owner) > 0
