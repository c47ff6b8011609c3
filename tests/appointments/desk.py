"""A small town of its own rules in the database, and people who hold places in it."""

import random
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from backend.appointments import service
from backend.appointments.booking import RecentHolds
from backend.appointments.hot_calls import HotCalls
from backend.appointments.model import Answer, Appointment, Details, Guest, Hold
from backend.availability.engine import Engine
from backend.availability.model import Wanted
from backend.clock import instant
from backend.db import Database, Principal
from backend.idempotency.model import IdempotencyClaim
from backend.ids import new_id
from backend.settings import Settings
from tests.support.town import BERLIN, CITY


class Made(msgspec.Struct, frozen=True):
    """Ids of what was drawn: one office, and services that not every counter offers."""

    office: UUID
    counters: list[UUID]
    services: list[UUID]


async def draw_town(owner_url: str, seed: int, days: list[date]) -> Made:
    """Three counters with hours, buffer, lead time, grid and services as ``seed`` draws them; some places are taken.

    One counter is for staff only. ``days`` are the days on which places are taken.
    """
    dice = random.Random(seed)
    made = Made(new_id(), [new_id() for _ in range(4)], [new_id(), new_id()])
    conn = await asyncpg.connect(owner_url)
    try:
        await conn.execute(
            "INSERT INTO city (id, name, ags, state, reference_prefix) VALUES ($1, $1, '05999001', 'NW', 'MD')", CITY
        )
        await conn.execute(
            """INSERT INTO office (id, city_id, slug, name, street, postcode, town, zone, grid_minutes, lead_minutes,
                 horizon_days, buffer_minutes)
               VALUES ($1, $2, 'o', 'O', '', '', '', 'Europe/Berlin', $3, $4, 60, $5)""",
            made.office, CITY, dice.choice([None, 5, 15, 20]), dice.choice([0, 90, 600]), dice.choice([0, 5, 10]),
        )  # fmt: skip
        for one, minutes in zip(made.services, (dice.choice([10, 15]), dice.choice([20, 25])), strict=True):
            await conn.execute(
                """INSERT INTO service (id, city_id, slug, minutes, max_persons, confirmation, texts)
                   VALUES ($1, $2, $3, $4, 3, 'clerk', '{"de": {"name": "x"}}')""",
                one, CITY, str(one), minutes,
            )  # fmt: skip
        for number, counter in enumerate(made.counters):
            await conn.execute(
                "INSERT INTO counter (id, city_id, office_id, slug, name, staff_only, position)"
                " VALUES ($1, $2, $3, $4, $4, $5, $6)",
                counter, CITY, made.office, f"c{number}", number == 3, number,
            )  # fmt: skip
            offered = made.services if number != 1 else made.services[: dice.choice([1, 2])]
            await conn.executemany(
                "INSERT INTO counter_service (city_id, counter_id, service_id) VALUES ($1, $2, $3)",
                [(CITY, counter, one) for one in offered],
            )
            # Opening at night, so that a change of the clock falls into it.
            opens = dice.choice([0, 30, 60])
            spans = [(opens, opens + dice.choice([170, 215])), (300, 300 + dice.choice([60, 75]))]
            await conn.executemany(
                """INSERT INTO opening_hours (id, city_id, counter_id, weekday, opens_minute, closes_minute)
                   VALUES ($1, $2, $3, $4, $5, $6)""",
                [(new_id(), CITY, counter, day, a, b) for day in range(1, 8) for a, b in spans],
            )
            for day in days:
                start = instant(day, dice.randrange(0, 300, 5), BERLIN)
                await conn.execute(
                    """INSERT INTO place (id, city_id, office_id, counter_id, during)
                       VALUES ($1, $2, $3, $4, tstzrange($5, $6))""",
                    new_id(), CITY, made.office, counter, start, start + timedelta(minutes=dice.choice([10, 35])),
                )  # fmt: skip
    finally:
        await conn.close()
    return made


class Town:
    """Somebody who holds, books and lets go, by the same calls as the API."""

    def __init__(self, database: Database, settings: Settings, made: Made) -> None:
        self.database, self.settings, self.made = database, settings, made
        self.calls, self.engine, self.recent = HotCalls(database), Engine(database, settings), RecentHolds()

    async def hold(self, guest: Guest, wanted: list[Wanted], start: datetime, now: datetime) -> Hold:
        """The hold; raises what ``service.hold`` raises."""
        kept: list[Hold] = []

        def encode(held: Hold) -> Answer:
            kept.append(held)
            return Answer(201, {}, b"{}")

        await service.hold(
            self.calls, self.engine, self.settings, self.recent, guest, self.made.office, wanted, start, now,
            claim(), encode,
        )  # fmt: skip
        return kept[-1]

    async def book(self, guest: Guest, held: Hold, now: datetime) -> Appointment:
        """The appointment."""
        kept: list[Appointment] = []

        def encode(booked: Appointment) -> Answer:
            kept.append(booked)
            return Answer(201, {}, b"{}")

        details = Details(name="Erika Mustermann", email="erika@example.org", note="mit Hund")
        await service.book(
            self.calls, self.engine, self.settings, self.recent, guest, held.id, details, now, claim(), encode
        )
        return kept[-1]

    async def release(self, guest: Guest, held: Hold) -> None:
        """Free again."""
        async with self.database.transaction(Principal(person_id=guest.person_id)) as conn:
            await service.release(conn, guest.person_id, held.id)


def claim() -> IdempotencyClaim:
    """A fresh one."""
    return IdempotencyClaim("test", str(new_id()), b"")


def somebody() -> Guest:
    """A person on no device."""
    return Guest(person_id=new_id())
