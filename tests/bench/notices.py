"""(g) Notices: how soon a booking is at FCM's door, what its notice costs it, how fast an announcement is spread."""

import asyncio
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from backend.clock import system_now
from backend.db import open_database
from backend.db.pool import SYSTEM
from backend.notices import announcements
from backend.notices.service import spread_notices
from backend.settings import from_environment
from notifications.__main__ import PLANS
from tests.bench import costs, load
from tests.bench.ground import Ground
from tests.bench.push import DEVICE, add_city, delivering, environment
from tests.proof import people
from tests.support import town as towns
from tests.support.fcm import Fcm
from tests.support.waiting import eventually

_CONNECTIONS = 16
_PER_SECOND = 50


class WayFigures(msgspec.Struct):
    """From the commit of a booking to the request at FCM, by the clocks of PostgreSQL and of the loopback server."""

    bookings_per_second: float
    booking_p95_ms: float
    commit_to_fcm_p50_ms: float
    commit_to_fcm_p95_ms: float
    commit_to_fcm_p99_ms: float


class OutboxFigures(msgspec.Struct):
    """Milliseconds of PostgreSQL's processor time a booking, with its notice and without, in turn. ``cost``: the share
    that the notice adds."""

    booking_with_notice_ms: float
    booking_without_ms: float
    cost: float


class AnnouncementFigures(msgspec.Struct):
    """Until there is a delivery for every device, without waiting for the pace that a city sets."""

    devices: int
    spread_seconds: float
    postgres_cpu_seconds: float


async def measure_way(ground: Ground, *, bookings: int) -> WayFigures:
    """``bookings`` at an even pace, each by a person with a phone; the API, one worker and FCM as processes."""
    async with delivering(ground) as (fcm, _):
        held, port = await _held(ground, bookings, phones=True)
        answers = await _paced(port, held)
        await eventually(lambda: _came(fcm, bookings), 60)
        came = {one["message"]["data"]["notice"]: datetime.fromisoformat(one["at"]) for one in await fcm.sent()}
    told = await ground.owner.fetch(
        "SELECT id::text, pg_xact_commit_timestamp(touched::xid) AS at FROM notice WHERE kind = 'appointment.confirmed'"
    )
    ways = sorted((came[row["id"]] - row["at"]).total_seconds() * 1000 for row in told)
    if len(ways) != bookings:
        raise RuntimeError(f"{bookings} were booked, {len(ways)} notices were written")
    return WayFigures(
        bookings_per_second=answers.per_second,
        booking_p95_ms=answers.percentile_ms(0.95),
        commit_to_fcm_p50_ms=ways[len(ways) // 2],
        commit_to_fcm_p95_ms=ways[int(len(ways) * 0.95)],
        commit_to_fcm_p99_ms=ways[int(len(ways) * 0.99)],
    )


async def measure_outbox(ground: Ground, *, bookings: int, rounds: int) -> OutboxFigures:
    """``rounds`` times ``bookings`` with the notice and as many without it, in turn, through the API."""
    batches = 2 * rounds + 1
    held, port = await _held(ground, batches * bookings)
    full = str(await ground.owner.fetchval("SELECT pg_get_functiondef('record_change'::regproc)"))
    bare, count = re.subn(r"INSERT INTO notice .*?;", "DELETE FROM hold WHERE false;", full, flags=re.DOTALL)
    if count != 1:
        raise RuntimeError("record_change writes no notice, or more than one")
    assert ground.postgres.process is not None
    pid = ground.postgres.process.pid
    spent = {full: 0.0, bare: 0.0}
    for number in range(batches):
        variant = (full, bare)[number % 2]
        await ground.owner.execute(variant)
        batch, before = held[number * bookings : (number + 1) * bookings], costs.read(api=None, postgres=pid)
        _expect(await load.run(port, iter(batch), connections=_CONNECTIONS, keep=True))
        if number:  # the first warms up
            spent[variant] += costs.read(api=None, postgres=pid).postgres - before.postgres
    with_it, without = (1000 * spent[variant] / bookings / rounds for variant in (full, bare))
    return OutboxFigures(booking_with_notice_ms=with_it, booking_without_ms=without, cost=with_it / without - 1)


async def measure_announcement(ground: Ground, *, devices: int) -> AnnouncementFigures:
    """A district's announcement: every person has chosen a quarter in it."""
    owner, now = ground.owner, system_now()
    await add_city(ground)
    outer, inner = uuid4(), uuid4()
    persons = [uuid4() for _ in range(devices)]
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(
            "INSERT INTO district (id, city_id, slug, name, level, parent_id) VALUES"
            " ($1, 'messdorf', 'a', 'A', 'stadtbezirk', NULL), ($2, 'messdorf', 'b', 'B', 'stadtteil', $1)",
            outer, inner,
        )  # fmt: skip
        phones = [(p, p, "android", "de", "token", p.hex, now, now) for p in persons]
        await owner.copy_records_to_table("device", columns=DEVICE, records=phones)
        chosen = [(p, "messdorf", inner, now) for p in persons]
        await owner.copy_records_to_table(
            "preference", columns=("person_id", "city_id", "district_id", "updated_at"), records=chosen
        )
    settings = from_environment({**environment(ground, None), "ANNOUNCEMENT_PUSHES_PER_SECOND": "1000000"})
    database = await open_database(settings.database_url, size=2, parameters=PLANS)
    async with database.transaction(SYSTEM) as conn:
        texts = {"de": {"title": "Straßenfest", "body": "Am Samstag."}}
        await announcements.announce(
            conn, "messdorf", str(outer), None, texts, uuid4(), now, lasts=timedelta(days=1)
        )  # fmt: skip
    assert ground.postgres.process is not None
    before, begun = costs.read(api=None, postgres=ground.postgres.process.pid), asyncio.get_running_loop().time()
    while not await owner.fetchval("SELECT spread_at FROM notice WHERE person_id IS NULL"):
        await spread_notices(database, settings, system_now(), 500)
    seconds = asyncio.get_running_loop().time() - begun
    spent = costs.read(api=None, postgres=ground.postgres.process.pid) - before
    await database.close()
    if await owner.fetchval("SELECT count(*) FROM delivery") != devices:
        raise RuntimeError("not every device has a delivery")
    return AnnouncementFigures(devices=devices, spread_seconds=seconds, postgres_cpu_seconds=spent.postgres)


async def _held(ground: Ground, count: int, *, phones: bool = False) -> tuple[list[bytes], int]:
    """Bookings that are ready to be sent, each by a person of its own with a place in hand; the port of the API."""
    town = await ground.town(offices=8, counters=17, horizon_days=70)
    first = datetime.now(towns.BERLIN).date() + timedelta(days=2)
    free = list(towns.places(town, first, 60, share_taken=0))
    random.Random(4711).shuffle(free)
    api = await ground.api()
    names = [f"bench-{uuid4()}" for _ in range(count)]
    tokens = await people.guests((api.port,), count, names=names)
    if phones:
        _expect(await load.run(api.port, _phones(names, tokens), connections=_CONNECTIONS, keep=True), 204)
    wanted = [people.hold((p := free.pop()).office, town.service, p.start, token) for token in tokens]
    holds = _expect(await load.run(api.port, iter(wanted), connections=_CONNECTIONS, keep=True))
    return [people.book(people.body(answer)["id"], tokens[answer.index]) for answer in holds.answers], api.port


def _phones(names: list[str], tokens: list[str]) -> Iterator[bytes]:
    for name, token in zip(names, tokens, strict=True):
        body: dict[str, Any] = {"fcmToken": f"target-{name}", "platform": "android", "language": "de"}
        headers = {"Authorization": f"Bearer {token}"}
        yield load.request("PUT", f"/v1/devices/{name}", headers, msgspec.json.encode(body))


async def _paced(port: int, requests: list[bytes]) -> load.Result:
    """One after the other at an even pace, each on a kept connection that is free; an answer delays nobody."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    answers: list[load.Answer] = []

    async def send(number: int) -> None:
        await asyncio.sleep(max(0.0, begun + number / _PER_SECOND - loop.time()))
        answers.extend(_expect(await load.run(port, iter([requests[number]]), connections=1, keep=True)).answers)

    await asyncio.gather(*(send(number) for number in range(len(requests))))
    return load.Result(answers, loop.time() - begun)


async def _came(fcm: Fcm, count: int) -> bool:
    return await fcm.count() >= count


def _expect(result: load.Result, status: int = 201) -> load.Result:
    if set(result.statuses()) != {status}:
        other = next(answer for answer in result.answers if answer.status != status)
        raise RuntimeError(f"a measured call failed: {result.statuses()}, e.g. {other.body[:300]!r}")
    return result
