"""A busy day at an office of the demo city: written straight into the tables, at the times that make every state."""

import random
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from backend.catalogue.holidays import closed_days
from backend.clock import instant, system_now
from backend.reference import new_reference
from tests.support.noon import zone_at_noon

CITY, OFFICE = "gelsenkirchen", "hans-sachs-haus"
NAMES = (
    "Erika Mustermann", "Ayşe Demir", "Jürgen Großkopf", "Thi Lan Nguyen", "Katarzyna Wiśniewska", "Max Schulte",
    "Fatima El-Sayed", "Hans-Peter von der Heide", "Olena Kovalenko", "Marco Rossi", "Sofie Brinkmann",
    "Ibrahim Yıldız", "Ewa Nowicka", "Paul Overbeck", "Amina Diallo", "Torsten Kuhlmann", "Leyla Öztürk",
    "Greta Lindemann", "Dmitri Petrow", "Chiara Conti", "Björn Althaus", "Nadia Haddad", "Werner Pötter", "Zoë Jansen",
)  # fmt: skip


class House(msgspec.Struct, frozen=True):
    """The office, where it is about noon now."""

    office_id: UUID
    slug: str
    zone: ZoneInfo
    counters: list[tuple[UUID, str]]
    services: dict[str, tuple[UUID, int]]

    @property
    def today(self) -> date:
        """Its day."""
        return system_now().astimezone(self.zone).date()

    def at(self, minute: int) -> datetime:
        """An instant of today by the office's clock."""
        return instant(self.today, minute, self.zone)


def next_open(house: House, weekdays: Collection[int] = range(1, 6)) -> int:
    """In how many days its weekly hours next open it, on one of these days of the week (1 is Monday): no holiday."""
    days = 1
    while True:
        then = house.today + timedelta(days=days)
        customs = ("weiberfastnacht", "rosenmontag")
        if then.isoweekday() in weekdays and then not in closed_days("NW", customs, then.year):
            return days
        days += 1


async def open_today(conn: "asyncpg.Connection[asyncpg.Record]") -> House:
    """An office like the Hans-Sachs-Haus in a zone where it is about noon, open from 7:30 to 17:00 today; who works
    there works here from now on.
    """
    zone = zone_at_noon()
    office_id, slug = uuid4(), f"{OFFICE}-{uuid4().hex[:6]}"
    await conn.execute(
        """INSERT INTO office SELECT (jsonb_populate_record(o, jsonb_build_object('id', $3::uuid, 'slug', $4::text,
             'zone', $5::text))).* FROM office o WHERE o.city_id = $1 AND o.slug = $2""",
        CITY, OFFICE, office_id, slug, zone,
    )  # fmt: skip
    await conn.execute(
        """WITH copied AS (
             SELECT c.id AS before, gen_random_uuid() AS id FROM counter c JOIN office o ON o.id = c.office_id
              WHERE o.city_id = $1 AND o.slug = $2 AND NOT c.retired
           ), counters AS (
             INSERT INTO counter SELECT (jsonb_populate_record(c, jsonb_build_object('id', n.id,
               'office_id', $3::uuid))).* FROM counter c JOIN copied n ON n.before = c.id
           ), services AS (
             INSERT INTO counter_service SELECT s.city_id, n.id, s.service_id FROM counter_service s
               JOIN copied n ON n.before = s.counter_id
           )
           INSERT INTO opening_hours SELECT (jsonb_populate_record(h, jsonb_build_object('id', gen_random_uuid(),
             'counter_id', n.id))).* FROM opening_hours h JOIN copied n ON n.before = h.counter_id""",
        CITY, OFFICE, office_id,
    )  # fmt: skip
    await conn.execute(
        """INSERT INTO special_opening (id, city_id, office_id, day, opens_minute, closes_minute)
           VALUES ($1, $2, $3, (now() AT TIME ZONE $4)::date, 450, 1020)""",
        uuid4(), CITY, office_id, zone,
    )  # fmt: skip
    await conn.execute(
        "UPDATE clerk_membership SET office_id = $1 WHERE office_id IN (SELECT id FROM office WHERE slug LIKE $2)",
        office_id, f"{OFFICE}%",
    )  # fmt: skip
    counters = await conn.fetch("SELECT id, name FROM counter WHERE office_id = $1 ORDER BY position, slug", office_id)
    services = await conn.fetch("SELECT id, slug, minutes FROM service WHERE city_id = $1", CITY)
    return House(
        office_id,
        slug,
        ZoneInfo(zone),
        [(row["id"], row["name"]) for row in counters],
        {row["slug"]: (row["id"], row["minutes"]) for row in services},
    )


async def retire(conn: "asyncpg.Connection[asyncpg.Record]", house: House) -> None:
    """Nobody is offered a place there any more."""
    await conn.execute(
        "UPDATE office SET retired = true, rules_version = rules_version + 1 WHERE id = $1", house.office_id
    )


async def add(
    conn: "asyncpg.Connection[asyncpg.Record]",
    house: House,
    counter: int,
    minute: int,
    state: str = "confirmed",
    *,
    name: str = "Erika Mustermann",
    service: str = "personalausweis",
    minutes: int | None = None,
    days: int = 0,
    waited: int = 3,
    **columns: Any,
) -> tuple[UUID, str]:
    """One appointment as if it had come to ``state`` by its events; its id and reference."""
    service_id, usual = house.services[service]
    counter_id = house.counters[counter][0]
    start = instant(house.today + timedelta(days=days), minute, house.zone)
    end = start + timedelta(minutes=minutes or usual)
    ids = uuid4()
    live = state in ("requested", "confirmed", "checked_in", "called", "parked")
    if live:
        await conn.execute(
            "INSERT INTO place (id, city_id, office_id, counter_id, during) VALUES ($1, $2, $3, $4, $5)",
            ids, CITY, house.office_id, counter_id, asyncpg.Range(start, end),
        )  # fmt: skip
    reference = new_reference("GE")
    path = {
        "requested": [], "confirmed": [], "checked_in": ["checked_in"], "called": ["checked_in", "called"],
        "parked": ["checked_in", "called", "parked"], "completed": ["checked_in", "called", "completed"],
        "no_show": ["no_show"], "cancelled": ["cancelled"],
    }[state]  # fmt: skip
    person, made = uuid4(), start - timedelta(days=3)
    now = system_now()
    arrived = min(start - timedelta(minutes=4 + counter % 5), now - timedelta(minutes=3 + counter % 17))
    steps = {"checked_in": arrived, "called": min(start + timedelta(minutes=waited), now - timedelta(minutes=2))}
    last = "requested" if state == "requested" else "confirmed"
    events: list[tuple[Any, ...]] = [(1, made, "booked", None, last)]
    for number, to in enumerate(path, start=2):
        at = steps.get(to, min(end, now))
        events.append((number, at, to, last, to))
        last = to
    values = {
        "id": ids, "city_id": CITY, "office_id": house.office_id, "counter_id": counter_id,
        "place_id": ids if live else None,
        "person_id": person, "reference": reference, "state": state, "starts_at": start, "ends_at": end,
        "services": msgspec.json.encode([{"service": service_id, "persons": 1}]).decode(), "service_ids": [service_id],
        "confirmation": "clerk" if state == "requested" else "automatic", "name": name, "channel": "app",
        "email": "gast@example.org", "phone": "+49 209 555 01 23", "version": len(events), "created_at": made,
        "updated_at": events[-1][1], **columns,
    }  # fmt: skip
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await conn.execute(f"INSERT INTO appointment ({', '.join(values)}) VALUES ({marks})", *values.values())
    await conn.executemany(
        """INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind,
             kind, from_state, to_state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'system', $8, $9, $10)""",
        [(uuid4(), CITY, house.office_id, ids, person, *event) for event in events],
    )
    return ids, reference


async def fill(conn: "asyncpg.Connection[asyncpg.Record]", house: House, *, most: int = 120, seed: int = 7) -> int:
    """A day with something of everything; how many appointments."""
    chance = random.Random(seed)
    now = int((system_now() - house.at(0)).total_seconds() // 60)
    kinds = ["personalausweis", "reisepass", "meldebescheinigung", "fuehrungszeugnis", "wohnsitz-anmelden"]
    made = 0
    for counter in range(len(house.counters)):
        minute = 450 + chance.choice((0, 10, 30))
        while minute < 1000 and made < most:
            kind = chance.choice(kinds)
            minutes = max(house.services[kind][1], 10)
            if chance.random() < 0.72 and minute + minutes <= 1020:
                state = _state(chance, minute - now, minutes)
                name = chance.choice(NAMES)
                await add(conn, house, counter, minute, state, name=name, service=kind, minutes=minutes)
                made += 1
            minute += minutes
    return made


async def fill_gaps(conn: "asyncpg.Connection[asyncpg.Record]", house: House, most: int) -> int:
    """Puts short appointments that are over where there is room for nothing longer; how many."""
    rows = await conn.fetch(
        "SELECT counter_id, starts_at, ends_at FROM appointment WHERE office_id = $1 AND place_id IS NOT NULL",
        house.office_id,
    )
    taken = {(row["counter_id"], row["starts_at"]) for row in rows}
    made = 0
    for counter, (counter_id, _) in enumerate(house.counters):
        for minute in range(452, 700, 5):
            if made < most and (counter_id, house.at(minute)) not in taken:
                await add(conn, house, counter, minute, "completed", name=NAMES[made % len(NAMES)], minutes=4)
                made += 1
    return made


async def remember(conn: "asyncpg.Connection[asyncpg.Record]", house: House, days: int) -> None:
    """What the office has seen on the working days before: who was served after how long, who did not come."""
    chance = random.Random(days)
    for back in range(days, 0, -1):
        if (house.today - timedelta(days=back)).isoweekday() < 6:
            for n in range(10):
                state = "no_show" if chance.random() < 0.12 else "completed"
                minute = 480 + 45 * n + chance.choice((0, 5, 15))
                waited = chance.choice((2, 4, 7, 9, 14, 22))
                await add(conn, house, n, minute, state, days=-back, minutes=15, waited=waited)
    await conn.execute(
        """INSERT INTO lead_time
             SELECT $1, $2, s.id, d::date, 1440 * (3 + 4 * abs(sin(extract(day FROM d)::float8 / 5)))
             FROM service s, generate_series($3::date - $4::int, $3::date, interval '1 day') d
            WHERE s.city_id = $1 AND s.slug IN ('personalausweis', 'reisepass')""",
        CITY, house.office_id, house.today, days,
    )  # fmt: skip


async def arrive(conn: "asyncpg.Connection[asyncpg.Record]", appointment: UUID) -> None:
    """Checks somebody in behind every process's back."""
    await conn.execute(
        """WITH changed AS (UPDATE appointment SET state = 'checked_in', version = version + 1, updated_at = now()
                             WHERE id = $1 RETURNING *)
           INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind,
             kind, from_state, to_state)
           SELECT gen_random_uuid(), city_id, office_id, id, person_id, version, now(), 'system', 'checked_in',
             'confirmed', state FROM changed""",
        appointment,
    )


def _state(chance: random.Random, ahead: int, minutes: int) -> str:
    """What an appointment that begins ``ahead`` minutes from now is likely to be."""
    if ahead + minutes < -25:
        return chance.choices(("completed", "no_show"), (9, 1))[0]
    if ahead < 0:
        return chance.choices(("called", "checked_in", "parked", "completed", "confirmed"), (3, 3, 1, 2, 1))[0]
    if ahead < 25:
        return chance.choices(("checked_in", "confirmed"), (2, 3))[0]
    return "confirmed" if chance.random() < 0.94 else "requested"
