"""A town made to measure for races and benchmarks, written straight into the catalogue's tables by the owner role."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import asyncpg
import msgspec

_SPACE = UUID("6d1f0a52-3c1b-5f0e-9a57-0f2c9b7e4d11")

CITY = "messdorf"


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
    """A city without holidays whose offices open every day of the week from ``opens_minute`` to ``closes_minute``."""
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
    return town


async def fill(
    owner: "asyncpg.Connection[asyncpg.Record]",
    town: Town,
    first: date,
    days: int,
    *,
    share: float,
    clock_minute: int = 8 * 60,
) -> int:
    """Takes ``share`` of all places of ``days`` days, spread evenly by a fixed pattern; answers how many were taken."""
    from zoneinfo import ZoneInfo

    zone, per_day, rows = ZoneInfo("Europe/Berlin"), (16 * 60 - clock_minute) // town.minutes, []
    for o, (office, counters) in enumerate(zip(town.offices, town.counters, strict=True)):
        for d in range(days):
            midnight = datetime.combine(first + timedelta(days=d), datetime.min.time(), zone)
            for c, counter in enumerate(counters):
                for q in range(per_day):
                    if (o * 7 + d * 5 + c * 11 + q * 3) % 100 < share * 100:
                        start = midnight + timedelta(minutes=clock_minute + q * town.minutes)
                        rows.append(
                            (
                                uuid5(counter, f"{d} {q}"),
                                office,
                                counter,
                                start,
                                start + timedelta(minutes=town.minutes),
                            )
                        )
    await owner.copy_records_to_table(
        "place",
        records=[
            (i, CITY, office, counter, asyncpg.Range(start, end), None) for i, office, counter, start, end in rows
        ],
        columns=["id", "city_id", "office_id", "counter_id", "during", "hold_until"],
    )
    return len(rows)
