"""The waiting list under fire, over real HTTP, from two API processes and two workers' matchers.

The last test is the negative control: where a freed place is simply deleted, strangers get it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backend.availability.engine import Engine
from backend.clock import system_now
from backend.db import Database, open_database
from backend.settings import Settings, from_environment
from backend.waiting.matching import hand_on
from tests.bench import load
from tests.proof import people
from tests.proof.conftest import Arena
from tests.proof.test_race import overlaps, start_at
from tests.support.servers import signing_keys
from tests.support.town import CITY, Town
from tests.support.waiting import eventually


class Matcher:
    """What one worker does once a second."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._engine = Engine(database, settings)

    async def look(self) -> int:
        return await hand_on(self._database, self._engine, self._settings, system_now())

    async def keep_looking(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def matchers(arena: Arena) -> AsyncGenerator[list[Matcher]]:
    """Two workers' worth, on pools of their own."""
    environment = {**arena.apis[0].environment, **signing_keys()}
    settings = from_environment(environment)
    databases = [await open_database(settings.database_url, size=3) for _ in range(2)]
    try:
        yield [Matcher(database, settings) for database in databases]
    finally:
        for database in databases:
            await database.close()


@asynccontextmanager
async def looking(arena: Arena) -> AsyncGenerator[None]:
    """Both look all the time."""
    async with matchers(arena) as both:
        tasks = [asyncio.create_task(one.keep_looking()) for one in both]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended


def wait(town: Town, token: str) -> bytes:
    services = [{"service": str(town.service), "persons": 1}]
    return people.post("/v1/waiting-list", {"city": CITY, "mode": "none", "services": services}, token)


def cancel(appointment: UUID, token: str) -> bytes:
    return people.post(f"/v1/appointments/{appointment}/cancel", {}, token)


def accept(offer: UUID, token: str, *, key: str | None = None) -> bytes:
    person = {"person": {"name": "Erika Mustermann"}}
    return people.post(f"/v1/waiting-list/offers/{offer}/accept", person, token, key=key)


def decline(offer: UUID, token: str) -> bytes:
    return people.post(f"/v1/waiting-list/offers/{offer}/decline", {}, token)


async def ask(arena: Arena, *requests: bytes) -> list[Any]:
    """One after the other, each well received."""
    answers = [(await load.volley(arena.ports, [one]))[0] for one in requests]
    assert {a.status for a in answers} <= {200, 201, 204}, [a.body for a in answers]
    return [people.body(a) for a in answers]


async def open_offers(arena: Arena) -> list[tuple[UUID, datetime]]:
    rows = await arena.owner.fetch("SELECT id, until FROM waiting_offer WHERE state = 'open' ORDER BY made_at, id")
    return [(row["id"], row["until"]) for row in rows]


async def is_handed_on(arena: Arena, offer: UUID) -> bool:
    return any(other != offer for other, _ in await open_offers(arena))


async def offered(arena: Arena, town: Town, start: datetime, giver: str) -> tuple[UUID, datetime]:
    """The one open offer, of a place that ``giver`` gave back."""
    await ask(arena, cancel(await arena.booked(town, start, giver), giver))
    async with matchers(arena) as [one, _]:
        await one.look()
    [offer] = await open_offers(arena)
    return offer


async def check_end(arena: Arena) -> None:
    """No place is taken twice, none is lost: each belongs to an appointment, a hold, an offer, or the matcher."""
    assert await overlaps(arena.owner) == 0
    lost = await arena.owner.fetch(
        """SELECT id FROM place p WHERE NOT EXISTS (SELECT FROM hold h WHERE h.id = p.id)
             AND NOT EXISTS (SELECT FROM appointment a WHERE a.place_id = p.id)
             AND NOT EXISTS (SELECT FROM waiting_offer o WHERE o.id = p.id AND o.state = 'open')
             AND NOT EXISTS (SELECT FROM waiting_place w WHERE w.id = p.id)"""
    )
    assert lost == []
    broken = await arena.owner.fetch(
        """SELECT o.id, o.state FROM waiting_offer o LEFT JOIN appointment a ON a.id = o.appointment_id
            WHERE (o.state = 'accepted') <> (a.id IS NOT NULL)"""
    )
    assert broken == []


async def test_fifty_accept_at_once_and_one_wins(arena: Arena) -> None:
    town = await arena.town(counters=1)
    giver, waiter = await people.guests(arena.ports, 2)
    await ask(arena, wait(town, waiter))
    offer, _ = await offered(arena, town, start_at(9 * 60), giver)
    answers = await load.volley(arena.ports, [accept(offer, waiter) for _ in range(50)])
    assert Counter(a.status for a in answers) == {200: 1, 409: 49}
    [won] = [people.body(a) for a in answers if a.status == 200]
    lost = [people.body(a) for a in answers if a.status == 409]
    assert {(p["code"], p["appointment"]) for p in lost} == {("offer-accepted", won["id"])}
    assert await arena.owner.fetchval("SELECT count(*) FROM appointment WHERE state = 'confirmed'") == 1
    assert await arena.owner.fetchval("SELECT count(*) FROM notice WHERE kind = 'appointment.confirmed'") == 2
    await check_end(arena)


async def test_a_repeat_with_the_same_key_gets_the_same_answer(arena: Arena) -> None:
    town = await arena.town(counters=1)
    giver, waiter = await people.guests(arena.ports, 2)
    await ask(arena, wait(town, waiter))
    offer, _ = await offered(arena, town, start_at(9 * 60), giver)
    answers = await load.volley(arena.ports, [accept(offer, waiter, key="one") for _ in range(20)])
    [late] = await load.volley(arena.ports, [accept(offer, waiter, key="one")])
    bodies = {a.body for a in [*answers, late] if a.status == 200}
    codes = {people.body(a)["code"] for a in answers if a.status != 200}
    assert (late.status, len(bodies), codes <= {"idempotency-in-flight"}) == (200, 1, True), codes


async def test_an_offer_that_runs_out_while_it_is_accepted_goes_to_exactly_one(arena_short_offers: Arena) -> None:
    arena = arena_short_offers
    town = await arena.town(counters=1)
    giver, *waiters = await people.guests(arena.ports, 13)
    strangers = await people.guests(arena.ports, 20)
    outcomes: Counter[str] = Counter()
    for number in range(6):
        first, second = waiters[2 * number : 2 * number + 2]
        await ask(arena, wait(town, first), wait(town, second))
        start = start_at(9 * 60 + 15 * number)
        offer, until = await offered(arena, town, start, giver)
        await asyncio.sleep((until - datetime.now(UTC)).total_seconds() - 0.04 + 0.012 * number)
        async with looking(arena):
            rivals = [people.hold(town.offices[0], town.service, start, token) for token in strangers]
            answered, *others = await load.volley(arena.ports, [accept(offer, first), *rivals])
            if answered.status == 410:
                await eventually(lambda offer=offer: is_handed_on(arena, offer))
            else:
                await asyncio.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 0.3)
        assert {a.status for a in others} == {409}, "a stranger has no chance in between"
        assert answered.status in (200, 410), answered.body
        following = await open_offers(arena)
        assert len(following) == (answered.status == 410), "to the next exactly if the first was too late"
        outcomes["first" if answered.status == 200 else "next"] += 1
        await check_end(arena)
        if following:
            second_accepts, *_ = await load.volley(arena.ports, [accept(following[0][0], second)])
            assert second_accepts.status == 200, second_accepts.body
        await arena.owner.execute("UPDATE waiting_entry SET state = 'withdrawn' WHERE state = 'waiting'")
    assert sum(outcomes.values()) == 6


async def test_accepting_and_declining_at_once_is_one_of_the_two(arena: Arena) -> None:
    town = await arena.town(counters=1)
    giver, *waiters = await people.guests(arena.ports, 9)
    outcomes: Counter[str] = Counter()
    for number, waiter in enumerate(waiters):
        await ask(arena, wait(town, waiter))
        start = start_at(9 * 60 + 15 * number)
        offer, _ = await offered(arena, town, start, giver)
        both = [decline(offer, waiter), accept(offer, waiter)]
        answers = await load.volley(arena.ports, both if number % 2 else both[::-1])
        declined, accepted = answers if number % 2 else answers[::-1]
        assert (declined.status, accepted.status) in {(200, 410), (409, 200)}, (declined.body, accepted.body)
        outcomes["declined" if declined.status == 200 else "accepted"] += 1
        state = await arena.owner.fetchval("SELECT state FROM waiting_offer WHERE id = $1", offer)
        assert state == ("declined" if declined.status == 200 else "accepted")
        await check_end(arena)
        await arena.owner.execute("UPDATE waiting_entry SET state = 'withdrawn' WHERE state = 'waiting'")
    assert sum(outcomes.values()) == 8


async def test_two_cancel_at_once_and_one_person_waits(arena: Arena) -> None:
    town = await arena.town(counters=1)
    one, other, waiter, stranger = await people.guests(arena.ports, 4)
    await ask(arena, wait(town, waiter))
    starts = [start_at(9 * 60), start_at(11 * 60)]
    booked = [await arena.booked(town, start, token) for start, token in zip(starts, (one, other), strict=True)]
    async with matchers(arena) as both:
        cancels = [cancel(a, token) for a, token in zip(booked, (one, other), strict=True)]
        answers = await load.volley(arena.ports, cancels)
        assert {a.status for a in answers} == {200}
        for _ in range(3):
            await asyncio.gather(*(matcher.look() for matcher in both))
    assert len(await open_offers(arena)) == 1
    kept = await arena.owner.fetchval("SELECT starts_at FROM waiting_offer")
    free = [people.hold(town.offices[0], town.service, start, stranger) for start in starts if start != kept]
    taken = [people.hold(town.offices[0], town.service, start, stranger) for start in starts if start == kept]
    [refused] = await load.volley(arena.ports, taken)
    [held] = await load.volley(arena.ports, free)
    assert (refused.status, held.status) == (409, 201)
    await check_end(arena)


async def give_back_among_strangers(
    arena: Arena, town: Town, tokens: list[str], rounds: int, *, until_lucky: bool = False
) -> tuple[int, int]:
    """Places are given back while strangers want each of them at that moment, and the line is looked after.

    Answers how many strangers got one, and how many offers were made. ``until_lucky``: ends with the first.
    """
    giver, *strangers = tokens
    lucky = 0
    async with looking(arena):
        for number in range(rounds):
            start = start_at(9 * 60 + 15 * number)
            appointment = await arena.booked(town, start, giver)
            rivals = [people.hold(town.offices[0], town.service, start, token) for token in strangers]
            # Some ask before, some at that very moment, some right after: a machine may deal with all of a volley in an
            # order of its own.
            third = len(rivals) // 3
            volley = [*rivals[:third], cancel(appointment, giver), *rivals[third : 2 * third]]
            answers = await load.volley(arena.ports, volley)
            assert answers[third].status == 200, answers[third].body
            answers += await load.volley(arena.ports, rivals[2 * third :])
            lucky += sum(a.status == 201 for a in answers)
            await asyncio.sleep(0.3)
            if lucky and until_lucky:
                break
    return lucky, await arena.owner.fetchval("SELECT count(*) FROM waiting_offer")


async def test_among_strangers_the_line_gets_every_place_and_each_once(arena: Arena) -> None:
    town = await arena.town(counters=1)
    waiters = await people.guests(arena.ports, 6)
    await ask(arena, *(wait(town, token) for token in waiters))
    tokens = await people.guests(arena.ports, 41)
    lucky, made = await give_back_among_strangers(arena, town, tokens, 6)
    assert (lucky, made) == (0, 6)
    offers = await open_offers(arena)
    booked = await load.volley(arena.ports, [accept(o, t) for (o, _), t in zip(offers, waiters, strict=True)])
    assert [a.status for a in booked] == [200] * 6, "in the order in which they came"
    await check_end(arena)


async def test_where_a_freed_place_is_deleted_strangers_get_it(arena: Arena) -> None:
    town = await arena.town(counters=1)
    await arena.owner.execute(
        """CREATE OR REPLACE FUNCTION free_place(p_now timestamptz, p_place uuid) RETURNS void
           LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
           AS 'DELETE FROM place WHERE id = p_place'"""
    )
    waiters = await people.guests(arena.ports, 6)
    await ask(arena, *(wait(town, token) for token in waiters))
    tokens = await people.guests(arena.ports, 41)
    # On a busy machine nobody may happen to ask in the moment after the place was given back; each round is a chance.
    lucky, made = await give_back_among_strangers(arena, town, tokens, 20, until_lucky=True)
    assert lucky > 0
    assert made < 20
