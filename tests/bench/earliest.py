"""(c) The earliest place anywhere: 60 days, about 80,000 taken places, 4, 42 (Berlin) and 420 offices."""

import asyncio
import itertools
import random
from datetime import datetime, timedelta

import msgspec

from tests.bench import load
from tests.bench.ground import Ground
from tests.support import town as towns


class EarliestFigures(msgspec.Struct):
    """Latency in milliseconds at 4 connections while twenty places a second are taken all over the city."""

    offices: int
    taken_places: int
    cold_ms: float
    p50_ms: float
    p95_ms: float
    per_second: float


async def measure(ground: Ground, *, offices: int, seconds: float) -> EarliestFigures:
    """Two counters an office, full for the first half of the 60 days, so that a search has to go deep."""
    town = await ground.town(offices=offices, counters=2, horizon_days=70)
    first = datetime.now(towns.BERLIN).date() + timedelta(days=1)
    taken = await towns.take(ground.owner, town, towns.places(town, first, 30, share_taken=1.0))
    api = await ground.api()
    path = f"/v1/cities/{towns.CITY}/availability/earliest?service={town.service}&limit=5"
    wanted = load.request("GET", path)
    cold = (await load.run(api.port, iter([wanted]), connections=1, keep=True)).answers[0]
    if cold.status != 200:
        raise RuntimeError(f"the search failed: {cold.body[:300]!r}")
    free = list(towns.places(town, first + timedelta(days=30), 2, share_taken=0))
    random.Random(4711).shuffle(free)
    changes = asyncio.create_task(_change(ground, town, free))
    result = await load.run(api.port, itertools.repeat(wanted), connections=4, seconds=seconds)
    changes.cancel()
    await asyncio.wait([changes])
    if set(result.statuses()) != {200}:
        raise RuntimeError(f"a search failed: {result.statuses()}")
    return EarliestFigures(
        offices=offices,
        taken_places=taken,
        cold_ms=cold.seconds * 1000,
        p50_ms=result.percentile_ms(0.5),
        p95_ms=result.percentile_ms(0.95),
        per_second=result.per_second,
    )


async def _change(ground: Ground, town: towns.Town, free: list[towns.Place]) -> None:
    for place in free:
        await towns.take(ground.owner, town, [msgspec.structs.replace(place, taken=True)], vacuum=False)
        await ground.owner.execute(
            """INSERT INTO office_day (office_id, day) VALUES ($1, $2)
               ON CONFLICT (office_id, day) DO UPDATE SET version = office_day.version + 1""",
            place.office, place.start.astimezone(towns.BERLIN).date(),
        )  # fmt: skip
        await asyncio.sleep(0.05)
