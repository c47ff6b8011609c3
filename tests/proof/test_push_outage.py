"""PostgreSQL is killed under the worker, FCM and its tokens are black holes beside the API: nothing lost or slower."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

from backend.clock import system_now
from backend.db import Database, open_database
from infra.dev import migrate
from infra.dev.postgres import Postgres, PostgresError
from tests.bench import load
from tests.notifications.people import deliveries, phone, told
from tests.proof import people
from tests.proof.conftest import BLACK_HOLE_SECONDS, DATABASE, Arena
from tests.support import town as towns
from tests.support.background import WorkerProcess
from tests.support.fcm import Fcm
from tests.support.servers import signing_keys
from tests.support.waiting import eventually

_LEASE_SECONDS = 3.0
_CALLS = 60
_ROUNDS = max(1, int(BLACK_HOLE_SECONDS // 3))


def worker_of(url: str, fcm: Fcm) -> WorkerProcess:
    return WorkerProcess(
        {
            **signing_keys(),
            **fcm.environment,
            "MODE": "embedded",
            "DATABASE_URL": url,
            "LOG_LEVEL": "error",
            "NOTICE_LEASE_SECONDS": str(_LEASE_SECONDS),
            "PUSH_TIMEOUT_SECONDS": "2",
            "WEBHOOK_TIMEOUT_SECONDS": "2",
            "NOTICE_POLL_SECONDS": "0.2",
        }
    )


async def kill_9(postgres: Postgres) -> None:
    """The postmaster dies on the spot; its children notice, and the next start recovers from the log."""
    assert postgres.process is not None
    port = postgres.port
    os.kill(postgres.process.pid, signal.SIGKILL)
    await asyncio.to_thread(postgres.process.wait, 10)
    for _ in range(50):
        try:
            await asyncio.to_thread(postgres.start, port=port)
        except PostgresError:  # what it shared with its children is still theirs
            await asyncio.sleep(0.2)
        else:
            return
    raise TimeoutError


async def test_postgres_is_killed_under_the_worker_and_every_notice_arrives(tmp_path: Path, fcm: Fcm) -> None:
    postgres = Postgres(tmp_path / "postgres", durable=True)
    worker: WorkerProcess | None = None
    try:
        postgres.start()
        await migrate.prepare(
            postgres.url("postgres"), postgres.url(DATABASE, migrate.OWNER), DATABASE, postgres.password
        )
        url = postgres.url(DATABASE, migrate.APP)
        worker = worker_of(url, fcm)
        await worker.start(60)
        database = await open_database(url, size=2)
        phones = [await phone(database, platform=("android", "ios", "web")[n % 3]) for n in range(6)]
        await fcm.script({"delaySeconds": 0.2}, forever=True)
        for n in range(90):
            await told(database, phones[n % 6])
        await eventually(lambda: came(fcm, 20), 30)
        await kill_9(postgres)
        back = system_now()
        await database.close()
        database = await open_database(url, size=2)
        await told(database, phones[0])
        await eventually(lambda: came(fcm, 91))
        sent = await fcm.sent()
        first: dict[str, datetime] = {}
        keys: dict[str, set[str]] = {}
        for one in sent:
            message = one["message"]
            first.setdefault(message["data"]["notice"], datetime.fromisoformat(one["at"]))
            how = message.get("android", {}).get("collapse_key") or str(
                message.get("apns", message.get("webpush"))["headers"].get("apns-collapse-id")
            )
            keys.setdefault(message["data"]["notice"], set()).add(how)
        assert len(first) == 91
        assert {len(found) for found in keys.values()} == {1}, "what came twice came under the same key"
        assert max(first.values()) - back < timedelta(seconds=_LEASE_SECONDS + 15)
        await eventually(lambda: settled(database, 91))
        await database.close()
        postgres.stop()
        assert await worker.stop(9.0) == 0, "it ends although its database is away"
    finally:
        if worker is not None:
            worker.kill()
        postgres.stop()


async def came(fcm: Fcm, notices: int) -> bool:
    return len({one["message"]["data"]["notice"] for one in await fcm.sent()}) >= notices


async def settled(database: Database, count: int) -> bool:
    return [outcome for outcome, _, _ in await deliveries(database)].count("sent") == count


async def test_a_black_hole_behind_the_worker_makes_no_call_slower(arena: Arena, database_url: str, fcm: Fcm) -> None:
    place = await arena.town(counters=8)
    first = datetime.now(towns.BERLIN).date() + timedelta(days=2)
    free = list(towns.places(place, first, 20, share_taken=0))
    names = [f"proof-{number:08d}" for number in range(4 * _ROUNDS * _CALLS)]
    tokens = await people.guests(arena.ports, len(names), names=names)
    guests = iter(list(zip(names, tokens, strict=True)))
    worker = worker_of(database_url, fcm)
    try:
        await worker.start(60)
        slow: dict[str, list[float]] = {}
        for hole in ("", "*", "token", ""):  # what else the machine has to do comes and goes
            over = time.monotonic() + BLACK_HOLE_SECONDS
            if hole:
                await fcm.script({"hang": True}, target=hole, forever=True)
            for number in range(_ROUNDS):
                chosen = list(islice(guests, _CALLS))
                await asyncio.sleep((over - time.monotonic()) / (_ROUNDS - number) if number else 0)
                slow[hole] = slow.get(hole, []) + await _book(arena, place, chosen, [free.pop() for _ in chosen])
            await fcm.calm()
    finally:
        worker.kill()
    # The worst of all calls, bounded: a call that waited for FCM or a token would take seconds. The median, compared.
    for hole in ("*", "token"):
        assert max(slow[hole]) < max(slow[""]) + 1.5, hole
        assert median(slow[hole]) < 3 * median(slow[""]) + 0.02, hole


async def _book(
    arena: Arena, place: towns.Town, chosen: Sequence[tuple[str, str]], free: Sequence[towns.Place]
) -> list[float]:
    """Registers these guests' phones, holds and books for each; how many seconds each of the two took."""
    tokens = [token for _, token in chosen]
    phones = [
        load.request("PUT", f"/v1/devices/{name}", {"Authorization": f"Bearer {token}"}, _device(name))
        for name, token in chosen
    ]
    await load.run(arena.ports[0], iter(phones), connections=4)
    holds = [people.hold(p.office, place.service, p.start, token) for p, token in zip(free, tokens, strict=True)]
    held = await load.run(arena.ports[0], iter(holds), connections=4, keep=True)
    books = [people.book(people.body(one)["id"], tokens[one.index]) for one in held.answers]
    booked = await load.run(arena.ports[1], iter(books), connections=4, keep=True)
    assert (held.statuses(), booked.statuses()) == ({201: _CALLS}, {201: _CALLS})
    return [one.seconds for one in (*held.answers, *booked.answers)]


def _device(name: str) -> bytes:
    return b'{"fcmToken": "target-%s", "platform": "android"}' % name.encode()
