"""A town made to measure for races and benchmarks, written straight into the catalogue's tables by the owner role."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from backend.catalogue.holidays import closed_days
from backend.clock import instant

_SPACE = UUID("6d1f0a52-3c1b-5f0e-9a57-0f2c9b7e4d11")

CITY = "messdorf"
BERLIN = ZoneInfo("Europe/Berlin")


class Town(msgspec.Struct, frozen=True):
    """Ids of what was written: offices, each with its counters, and the one service of ``minutes``."""

    offices: tuple[UUID, ...]
    counters: tuple[tuple[UUID, ...], ...]
    service: UUID
    minutes: int


async def build(
    owner: "asyncpg.Connection[asyncpg.Record]",
    *,
    offices: int = 1,
    counters: int = 1,
    minutes: int = 15,
    horizon_days: int = 60,
    opens_minute: int = 8 * 60,
    closes_minute: int = 16 * 60,
    confirmation: str = "automatic",
) -> Town:
    """A city whose offices open every day, holidays too, from ``opens_minute`` to ``closes_minute``."""
    town = Town(
        offices=tuple(uuid5(_SPACE, f"office {o}") for o in range(offices)),
        counters=tuple(tuple(uuid5(_SPACE, f"counter {o} {c}") for c in range(counters)) for o in range(offices)),
        service=uuid5(_SPACE, "service"),
        minutes=minutes,
    )
    await owner.execute(
        "INSERT INTO city (id, name, ags, state, reference_prefix) VALUES ($1, 'Messdorf', '05999001', 'NW', 'MD')",
        CITY,
    )
    await owner.execute(
        """INSERT INTO service (id, city_id, slug, minutes, confirmation, texts)
           VALUES ($1, $2, 'ausweis', $3, $4, '{"de": {"name": "Ausweis"}, "en": {"name": "ID card"}}')""",
        town.service, CITY, minutes, confirmation,
    )  # fmt: skip
    await owner.executemany(
        """INSERT INTO office (id, city_id, slug, name, street, postcode, town, zone, horizon_days, latitude, longitude)
           VALUES ($1, $2, $3, $4, 'Hauptstr. 1', '45879', 'Messdorf', 'Europe/Berlin', $5, $6, $7)""",
        [
            (office, CITY, f"office-{i}", f"Office {i}", horizon_days, 51.5 + i / 1000, 7.1)
            for i, office in enumerate(town.offices)
        ],
    )
    every = [
        (office, i, counter)
        for office, row in zip(town.offices, town.counters, strict=True)
        for i, counter in enumerate(row)
    ]
    await owner.executemany(
        "INSERT INTO counter (id, city_id, office_id, slug, name, position) VALUES ($1, $2, $3, $4, $5, $6)",
        [(counter, CITY, office, f"counter-{i}", f"Counter {i}", i) for office, i, counter in every],
    )
    await owner.executemany(
        "INSERT INTO counter_service (city_id, counter_id, service_id) VALUES ($1, $2, $3)",
        [(CITY, counter, town.service) for _, _, counter in every],
    )
    await owner.executemany(
        """INSERT INTO opening_hours (id, city_id, counter_id, weekday, opens_minute, closes_minute)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        [
            (uuid5(counter, str(weekday)), CITY, counter, weekday, opens_minute, closes_minute)
            for _, _, counter in every
            for weekday in range(1, 8)
        ],
    )
    years = {(datetime.now(BERLIN) + timedelta(days=n)).year for n in (0, 366)}
    holidays = sorted(day for year in years for day in closed_days("NW", (), year))
    await owner.executemany(
        """INSERT INTO special_opening (id, city_id, office_id, day, opens_minute, closes_minute)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        [
            (uuid5(office, day.isoformat()), CITY, office, day, opens_minute, closes_minute)
            for office in town.offices
            for day in holidays
        ],
    )
    return town


class Place(msgspec.Struct, frozen=True):
    """One range of one counter of the town, on the default grid."""

    office: UUID
    counter: UUID
    start: datetime
    taken: bool


def places(town: Town, first: date, days: int, *, share_taken: float) -> Iterator[Place]:
    """Every place from 08:00 to 16:00 of ``days`` days; a fixed pattern calls ``share_taken`` (0..1) of them taken."""
    for o, (office, counters) in enumerate(zip(town.offices, town.counters, strict=True)):
        for d in range(days):
            opens = instant(first + timedelta(days=d), 8 * 60, BERLIN)
            for q in range(8 * 60 // town.minutes):
                start = opens + timedelta(minutes=q * town.minutes)
                for c, counter in enumerate(counters):
                    taken = (o * 7 + d * 5 + c * 11 + q * 3) % 100 < share_taken * 100
                    yield Place(office, counter, start, taken)


async def take(
    owner: "asyncpg.Connection[asyncpg.Record]", town: Town, chosen: Iterable[Place], *, vacuum: bool = True
) -> int:
    """Books the places that are ``taken``, without appointments behind them; answers how many."""
    length = timedelta(minutes=town.minutes)
    rows = [
        (
            uuid5(place.counter, place.start.isoformat()),
            CITY,
            place.office,
            place.counter,
            asyncpg.Range(place.start, place.start + length),
        )
        for place in chosen
        if place.taken
    ]
    await owner.copy_records_to_table(
        "place", records=rows, columns=["id", "city_id", "office_id", "counter_id", "during"]
    )
    if vacuum:
        await owner.execute("VACUUM ANALYZE")
    return len(rows)
