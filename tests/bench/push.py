"""(g) Pushes: messages a second through the whole worker, beside a bare client that posts the same bytes.

Both sides go to the same loopback FCM, one after the other in the same run, with as many messages under way. Rates
are taken from the times at which the server got them.
"""

import asyncio
import os
import tempfile
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec

from backend.clock import system_now
from backend.ids import new_id
from infra.dev import migrate
from tests.bench import costs
from tests.bench.ground import DATABASE, Ground
from tests.support.background import WorkerProcess
from tests.support.fcm import Fcm
from tests.support.servers import signing_keys
from tests.support.waiting import eventually

UNDER_WAY = 128
DEVICE = ("id", "person_id", "platform", "language", "target_kind", "target", "registered_at", "seen_at")
_NOTICE = ("id", "city_id", "person_id", "kind", "subject_id", "dedupe", "created_at", "due_at", "expires_at")
_KIND = "appointment.confirmed"


class PushFigures(msgspec.Struct):
    """Messages a second, medians over the rounds; ratios of the medians. ``cpu``: milliseconds of processor time a
    message, all rounds together."""

    bare_per_second: float
    worker_per_second: float
    ratio: float
    bare_per_second_at_80_ms: float
    worker_per_second_at_80_ms: float
    ratio_at_80_ms: float
    bare_cpu: dict[str, float]
    worker_cpu: dict[str, float]


async def measure(ground: Ground, *, messages: int, rounds: int) -> PushFigures:
    """``rounds`` times, without and with latency: bare, then a worker that finds ``messages`` notices waiting."""
    async with delivering(ground) as (fcm, worker):
        return await _measure(ground, fcm, worker, messages, rounds)


@asynccontextmanager
async def delivering(ground: Ground) -> AsyncGenerator[tuple[Fcm, WorkerProcess]]:
    """FCM and one worker, as processes of their own."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-bench-") as folder:
        fcm = Fcm(Path(folder))
        await fcm.start()
        worker = WorkerProcess(environment(ground, fcm))
        try:
            await worker.start()
            yield fcm, worker
        finally:
            worker.kill()
            fcm.stop()


def environment(ground: Ground, fcm: Fcm | None) -> dict[str, str]:
    """Of a worker."""
    return {
        "MODE": "embedded", "LOG_LEVEL": "warning", "DATABASE_URL": ground.postgres.url(DATABASE, migrate.APP),
        "PUSH_CONCURRENCY": str(UNDER_WAY), **signing_keys(), **(fcm.environment if fcm else {}),
    }  # fmt: skip


async def _measure(ground: Ground, fcm: Fcm, worker: WorkerProcess, messages: int, rounds: int) -> PushFigures:
    await add_city(ground)
    await _through_worker(ground, fcm, worker, messages // 4)  # warms it up, and gives the bytes to post
    bodies = 4 * [msgspec.json.encode({"message": one["message"]}) for one in await fcm.sent()]
    rates: dict[tuple[str, bool], list[float]] = {}
    spent: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for slow in (False, True):
            if slow:
                await fcm.script({"delaySeconds": 0.08}, forever=True)
            for side in ("bare", "worker"):
                await _forget(fcm)
                if side == "bare":
                    cost = await _bare(ground, fcm, bodies[:messages])
                else:
                    cost = await _through_worker(ground, fcm, worker, messages)
                rates.setdefault((side, slow), []).append(_rate(await fcm.sent()))
                total = spent.setdefault(side, {})
                for name, seconds in cost.items() if not slow else ():
                    total[name] = total.get(name, 0.0) + 1000 * seconds / messages / rounds
            await fcm.calm()
    found = {key: sorted(values)[len(values) // 2] for key, values in rates.items()}
    return PushFigures(
        bare_per_second=found["bare", False],
        worker_per_second=found["worker", False],
        ratio=found["worker", False] / found["bare", False],
        bare_per_second_at_80_ms=found["bare", True],
        worker_per_second_at_80_ms=found["worker", True],
        ratio_at_80_ms=found["worker", True] / found["bare", True],
        bare_cpu=spent["bare"],
        worker_cpu=spent["worker"],
    )


async def _bare(ground: Ground, fcm: Fcm, bodies: list[bytes]) -> dict[str, float]:
    """Nothing but posting: ``UNDER_WAY`` at once, over kept connections, with a token fetched once. Its cost."""
    before = _read(ground, fcm, os.getpid())
    waiting = deque(bodies)
    url = f"{fcm.url}/v1/projects/{fcm.project}/messages:send"
    headers = {"Authorization": f"Bearer {await fcm.token()}", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=UNDER_WAY)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def post() -> None:
            while waiting:
                async with http.post(url, data=waiting.popleft(), headers=headers) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise RuntimeError(f"the loopback FCM answered {answer.status}")

        await asyncio.gather(*(post() for _ in range(UNDER_WAY)))
    return _since(before, _read(ground, fcm, os.getpid()))


async def _through_worker(ground: Ground, fcm: Fcm, worker: WorkerProcess, messages: int) -> dict[str, float]:
    """Notices that are all due at one moment, each for a device of its own. The cost from their commit to the last."""
    assert worker.process is not None
    await _forget(fcm)
    now = system_now()
    people = [new_id() for _ in range(messages)]  # a random id would pass for an old notice, which is forgotten
    async with ground.owner.transaction():
        await ground.owner.execute("SET LOCAL session_replication_role = replica")
        await ground.owner.copy_records_to_table(
            "device", columns=DEVICE, records=[(p, p, "android", "de", "token", 4 * p.hex, now, now) for p in people]
        )
        await ground.owner.copy_records_to_table(
            "notice", columns=_NOTICE,
            records=[(p, "messdorf", p, _KIND, p, str(p), now, now, now + timedelta(hours=2)) for p in people],
        )  # fmt: skip
        before = _read(ground, fcm, worker.process.pid)
    await ground.owner.execute("SELECT pg_notify('notice', '')")
    deadline = asyncio.get_running_loop().time() + 120
    while await fcm.count() < messages:
        if asyncio.get_running_loop().time() > deadline:
            raise RuntimeError(f"of {messages} messages {await fcm.count()} came")
        await asyncio.sleep(0.1)
    await eventually(lambda: _all_settled(ground), 60)
    return _since(before, _read(ground, fcm, worker.process.pid))


async def _all_settled(ground: Ground) -> bool:
    return not await ground.owner.fetchval("SELECT EXISTS (SELECT FROM delivery WHERE done_at IS NULL)")


async def add_city(ground: Ground) -> None:
    """The one that tells."""
    await ground.owner.execute(
        "INSERT INTO city (id, name, ags, state, reference_prefix)"
        " VALUES ('messdorf', 'Messdorf', '05999001', 'NW', 'MD') ON CONFLICT DO NOTHING"
    )


async def _forget(fcm: Fcm) -> None:
    async with aiohttp.ClientSession() as http, http.delete(f"{fcm.url}/sent"):
        pass


def _rate(sent: list[dict[str, object]]) -> float:
    times = sorted(datetime.fromisoformat(str(one["at"])) for one in sent)
    return (len(times) - 1) / (times[-1] - times[0]).total_seconds()


def _read(ground: Ground, fcm: Fcm, sender: int) -> dict[str, float]:
    """Processor seconds of all that take part."""
    assert ground.postgres.process is not None
    postgres = costs.read(api=None, postgres=ground.postgres.process.pid).postgres
    return {"sender": costs.of(sender), "postgres": postgres, "fcm": costs.of(fcm.pid)}


def _since(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in after}
