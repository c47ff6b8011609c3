"""What is remembered is never out of date: whatever is booked, freed, closed or runs out, in whichever process.

Two engines stand for two processes. After each step both must answer what an engine answers that remembers nothing.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.availability.engine import Engine
from backend.availability.errors import SlotNotOffered
from backend.availability.model import OwnHold, Slot, Wanted
from backend.availability.office import OfficeState
from backend.clock import instant
from backend.db import Database
from backend.errors import DomainError
from backend.ids import new_id
from tests.support import town as towns

DAY = towns.BERLIN
Owner = "asyncpg.Connection[asyncpg.Record]"
STEPS = st.lists(
    st.tuples(st.sampled_from(["book", "hold", "free", "lead", "later", "night"]), st.integers(0, 10_000)),
    min_size=1,
    max_size=12,
)


class World:
    """A small town, two processes, and a clock that only the test moves."""

    def __init__(self, owner: Any, town: towns.Town, engines: list[Engine], fresh: Any) -> None:
        self.owner, self.town, self.engines, self.fresh = owner, town, engines, fresh
        self.now = datetime(2026, 12, 1, 6, tzinfo=UTC)
        self.wanted = [Wanted(town.service)]

    async def slots(self, engine: Engine, own: OwnHold | None = None) -> list[Slot]:
        first = self.now.astimezone(DAY).date()
        return await engine.slots(
            self.town.offices[0], self.wanted, first, first + timedelta(days=3), self.now, own=own
        )

    async def step(self, kind: str, number: int) -> None:
        if kind in ("book", "hold"):
            free = await self.slots(self.fresh())
            if free:
                until = self.now + timedelta(minutes=1 + number % 90) if kind == "hold" else None
                await self.take(free[number % len(free)].start, until)
        elif kind == "free":
            ids = await self.owner.fetch("SELECT id, lower(during) AS at FROM place ORDER BY id")
            if ids:
                gone = ids[number % len(ids)]
                await self.owner.execute("DELETE FROM place WHERE id = $1", gone["id"])
                await self.bump(gone["at"])
        elif kind == "lead":
            await self.owner.execute(
                "UPDATE office SET lead_minutes = $1, rules_version = rules_version + 1", number % 600
            )
        elif kind == "later":
            self.now += timedelta(minutes=number % 120)
        else:
            await self.take(
                instant((self.now + timedelta(days=1)).date(), 8 * 60, DAY) - timedelta(hours=9), None, hours=10
            )

    async def take(self, start: datetime, until: datetime | None, *, hours: float = 0.25) -> UUID | None:
        place, range_ = new_id(), asyncpg.Range(start, start + timedelta(hours=hours))
        for counter in self.town.counters[0]:
            done = await self.owner.execute(
                """INSERT INTO place (id, city_id, office_id, counter_id, during, hold_until)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
                place, towns.CITY, self.town.offices[0], counter, range_, until,
            )  # fmt: skip
            if done == "INSERT 0 1":
                await self.bump(start)
                return place
        return None

    async def bump(self, start: datetime) -> None:
        await self.owner.execute(
            """INSERT INTO office_day (office_id, day) VALUES ($1, $2)
               ON CONFLICT (office_id, day) DO UPDATE SET version = office_day.version + 1""",
            self.town.offices[0], start.astimezone(DAY).date(),
        )  # fmt: skip


@pytest.fixture
async def world(cluster: Any, empty_name: str, database: Database, make_settings: Any, database_url: str) -> Any:
    owner = await asyncpg.connect(cluster.url(empty_name, "postgres"))
    town = await towns.build(owner, counters=2, horizon_days=30)
    configured = make_settings(database_url)
    yield World(
        owner, town, [Engine(database, configured), Engine(database, configured)], lambda: Engine(database, configured)
    )
    await owner.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_memory_equals_a_fresh_look(world: World, steps: list[tuple[str, int]]) -> None:
    for kind, number in steps:
        await world.step(kind, number)
        expected = await world.slots(world.fresh())
        for engine in world.engines:
            assert await world.slots(engine) == expected, kind
            assert await engine.earliest(towns.CITY, world.wanted, world.now, limit=3) == expected[:3]
            day = world.now.astimezone(DAY).date() + timedelta(days=number % 3)
            later = [slot for slot in expected if slot.start.astimezone(DAY).date() >= day]
            assert await engine.earliest(towns.CITY, world.wanted, world.now, first=day, limit=3) == later[:3]


async def test_a_memory_that_ignores_versions_would_be_found_out(world: World) -> None:
    [engine, _] = world.engines
    before = await world.slots(engine)
    state: OfficeState = engine._known._offices[world.town.offices[0]]  # pyright: ignore[reportPrivateUsage] - breaks it on purpose
    state.missing = lambda days: []  # type: ignore[method-assign]
    for _ in world.town.counters[0]:
        assert await world.take(before[0].start, None)
    assert await world.slots(engine) == before != await world.slots(world.fresh())


@pytest.mark.parametrize(
    "less, more",
    [
        ("UPDATE opening_hours SET closes_minute = 540", "UPDATE opening_hours SET closes_minute = 960"),
        ("UPDATE counter SET retired = true", "UPDATE counter SET retired = false"),
        ("UPDATE service SET max_persons = 1", "UPDATE service SET max_persons = 2"),
    ],
    ids=["hours", "counter", "persons"],
)
async def test_what_one_process_shows_every_process_holds(world: World, less: str, more: str) -> None:
    """The office opens for longer; one process has been asked since, the other remembers what was before."""
    office, wanted = world.town.offices[0], [Wanted(world.town.service, 2)]
    await world.owner.execute(
        f"UPDATE service SET max_persons = 2; {less}; UPDATE office SET rules_version = rules_version + 1"
    )
    shows, holds = world.engines
    start = instant((world.now + timedelta(days=1)).date(), 12 * 60, DAY)
    with pytest.raises(DomainError):
        await holds.plan_hold(office, wanted, start, world.now)
    await world.owner.execute(f"{more}; UPDATE office SET rules_version = rules_version + 1")
    day = start.astimezone(DAY).date()
    assert start in [slot.start for slot in await shows.slots(office, wanted, day, day, world.now)]
    assert (await holds.plan_hold(office, wanted, start, world.now)).start == start
    with pytest.raises(SlotNotOffered):
        await holds.plan_hold(office, wanted, start + timedelta(hours=12), world.now)


async def test_ones_own_hold_hides_nothing_from_oneself(world: World) -> None:
    [engine, other] = world.engines
    before = await world.slots(engine)
    own: OwnHold | None = None
    for _ in world.town.counters[0]:
        place = await world.take(before[0].start, world.now + timedelta(minutes=10))
        assert place is not None
        own = OwnHold(place, world.town.offices[0])
    hidden = await world.slots(other)
    assert before[0].start not in [slot.start for slot in hidden]
    assert before[0].start in [slot.start for slot in await world.slots(engine, own)]
    assert await world.slots(engine) == hidden, "what one person sees is not remembered for others"


async def test_a_hold_that_runs_out_is_free_again_without_anyone_tidying(world: World) -> None:
    [engine, _] = world.engines
    before = await world.slots(engine)
    for _ in world.town.counters[0]:
        await world.take(before[0].start, world.now + timedelta(minutes=10))
    world.now += timedelta(minutes=10) - timedelta(microseconds=1)
    assert before[0] not in await world.slots(engine)
    world.now += timedelta(microseconds=1)
    assert before[0] in await world.slots(engine)


async def test_the_earliest_place_may_be_on_a_later_day_of_another_zone(
    cluster: Any, empty_name: str, database: Database, make_settings: Any, database_url: str
) -> None:
    owner = await asyncpg.connect(cluster.url(empty_name, "postgres"))
    town = await towns.build(owner, offices=2, opens_minute=0, closes_minute=1440)
    await owner.execute("UPDATE office SET zone = 'Asia/Tokyo' WHERE id = $1", town.offices[1])
    await owner.close()
    engine, wanted = Engine(database, make_settings(database_url)), [Wanted(town.service)]
    now = datetime(2026, 12, 1, 17, 50, tzinfo=UTC)  # the second of December in Tokyo
    day = now.date()
    both = [await engine.slots(office, wanted, day, day + timedelta(days=1), now) for office in town.offices]
    expected = sorted((slot for slots in both for slot in slots), key=lambda slot: (slot.start, slot.office))[:6]
    assert {slot.office for slot in expected} == set(town.offices)
    assert await engine.earliest(towns.CITY, wanted, now, limit=6) == expected
