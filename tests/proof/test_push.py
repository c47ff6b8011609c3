"""The worker is killed at every step of a send, FCM and its tokens are black holes: every notice arrives, as one."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from backend.clock import system_now
from backend.db import Database
from tests.notifications.people import deliveries, phone, told
from tests.proof.conftest import BLACK_HOLE_SECONDS
from tests.proof.gate import Gate
from tests.support.background import WorkerProcess
from tests.support.fcm import Fcm
from tests.support.servers import signing_keys
from tests.support.waiting import eventually

LEASE_SECONDS = 3.0
BUSY_SECONDS = 15.0
"""What a machine that is busy with everything else may add; without the lease's end it would be for ever."""
_PRIVATE = ("Erika", "Mustermann", "Geheim", "@", "GE-", "reason")
STEPS = ("spread", "claim", "before FCM", "before its answer", "settle")


@pytest.fixture
async def gate(fcm: Fcm) -> AsyncIterator[Gate]:
    found = Gate(fcm.port)
    await found.start()
    yield found
    found.close()


class House:
    """Workers over one database, and its owner, who sees and locks everything."""

    def __init__(self, environment: dict[str, str], owner: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._environment, self.owner = environment, owner
        self.workers: list[WorkerProcess] = []

    async def worker(self) -> WorkerProcess:
        one = WorkerProcess(self._environment)
        self.workers.append(one)
        await one.start(60)
        return one

    async def waits_for_a_lock(self) -> bool:
        return bool(
            await self.owner.fetchval(
                """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name = 'wartefrei worker' AND wait_event_type = 'Lock')"""
            )
        )


@pytest.fixture
async def house(cluster: Any, empty_name: str, database_url: str, fcm: Fcm, gate: Gate) -> AsyncIterator[House]:
    owner = await asyncpg.connect(cluster.url(empty_name, "postgres"))
    environment = {
        **signing_keys(), **fcm.environment, "FCM_URL": f"http://127.0.0.1:{gate.port}", "MODE": "embedded",
        "DATABASE_URL": database_url, "NOTICE_LEASE_SECONDS": str(LEASE_SECONDS), "PUSH_TIMEOUT_SECONDS": "2",
        "WEBHOOK_TIMEOUT_SECONDS": "2",
        "NOTICE_POLL_SECONDS": "0.2", "LOG_LEVEL": "error",
    }  # fmt: skip
    found = House(environment, owner)
    yield found
    for one in found.workers:
        one.kill()
    await owner.close()


async def test_killed_at_every_step_of_a_send_every_notice_arrives(
    house: House, database: Database, fcm: Fcm, gate: Gate
) -> None:
    one = await phone(database)
    victim = await house.worker()
    for number, step in enumerate(STEPS, start=1):
        begun = system_now()
        transaction = house.owner.transaction()
        await _die_at(step, house, database, one, gate, transaction, victim)
        victim.kill()
        if step in {"spread", "claim", "settle"}:
            await transaction.rollback()
        gate.open()
        victim = await house.worker()
        free = max(system_now(), begun + timedelta(seconds=LEASE_SECONDS))
        await eventually(lambda number=number: _sent(database, number))
        assert system_now() - free < timedelta(seconds=LEASE_SECONDS + BUSY_SECONDS), step
    by_notice = Counter(message["message"]["data"]["notice"] for message in await fcm.sent())
    assert len(by_notice) == len(STEPS)
    # What was killed between FCM and settling was sent again, the same in every respect that the phone looks at.
    assert sorted(by_notice.values()) == [1, 1, 1, 2, 2]
    _one_of_each_notice(await fcm.sent())


async def _die_at(
    step: str, house: House, database: Database, one: Any, gate: Gate, transaction: Any, victim: WorkerProcess
) -> None:
    """Makes a notice and returns when ``victim`` stands at the step."""
    if step in {"spread", "claim"}:
        await transaction.start()
        await house.owner.execute(f"LOCK TABLE {'delivery' if step == 'spread' else 'person'} IN ACCESS EXCLUSIVE MODE")
        telling = asyncio.create_task(told(database, one))
        await eventually(house.waits_for_a_lock)
        await telling
        return
    gate.hold("request" if step == "before FCM" else "answer")
    await told(database, one)

    async def held() -> bool:
        return gate.held > 0

    await eventually(held)
    assert victim.process is not None
    if step == "settle":
        await transaction.start()
        await house.owner.fetch("SELECT FROM delivery WHERE done_at IS NULL FOR UPDATE")
        gate.open()
        await eventually(house.waits_for_a_lock)


async def _sent(database: Database, count: int) -> bool:
    return [outcome for outcome, _, _ in await deliveries(database)].count("sent") == count


def _one_of_each_notice(sent: list[dict[str, Any]]) -> None:
    """All messages of a notice are one to the phone, and none says anything about the person."""
    keys: dict[str, set[tuple[str, str, str]]] = {}
    for message in (one["message"] for one in sent):
        android = message["android"]
        key = (android["collapse_key"], android["notification"]["tag"], message["notification"]["title"])
        keys.setdefault(message["data"]["notice"], set()).add(key)
        assert set(message["data"]) == {"notice", "kind"}
    assert {len(found) for found in keys.values()} == {1}
    said = msgspec.json.encode(sent).decode()
    assert [word for word in _PRIVATE if word in said] == []


async def test_of_two_workers_one_dies_in_the_midst_and_the_other_takes_over(
    house: House, database: Database, fcm: Fcm
) -> None:
    phones = [await phone(database) for _ in range(5)]
    await fcm.script({"delaySeconds": 0.1}, forever=True)
    first, _ = await asyncio.gather(house.worker(), house.worker())
    begun = system_now()
    for n in range(60):
        await told(database, phones[n % 5])
        if n == 40:
            first.kill()
    await eventually(lambda: _sent(database, 60))
    sent = await fcm.sent()
    arrived = {one["message"]["data"]["notice"]: datetime.fromisoformat(one["at"]) for one in reversed(sent)}
    assert len(arrived) == 60
    assert max(arrived.values()) - begun < timedelta(seconds=LEASE_SECONDS + 5 + BUSY_SECONDS)
    _one_of_each_notice(sent)


@pytest.mark.parametrize("hole", ["*", "token"])
async def test_a_black_hole_holds_no_connection_and_all_is_delivered_afterwards(
    house: House, database: Database, fcm: Fcm, hole: str
) -> None:
    await fcm.script({"hang": True}, target=hole, forever=True)
    one = await phone(database)
    await house.worker()
    for _ in range(20):
        await told(database, one)
    busy, over = 0, time.monotonic() + BLACK_HOLE_SECONDS
    while time.monotonic() < over:
        await asyncio.sleep(0.05)
        busy += await house.owner.fetchval(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND application_name = 'wartefrei worker' AND state <> 'idle'
                AND now() - xact_start > interval '0.5 seconds'"""
        )
    assert busy == 0, "a connection was held over a send"
    assert not await _sent(database, 20)
    await fcm.calm()
    await eventually(lambda: _sent(database, 20), 60)
    _one_of_each_notice(await fcm.sent())


async def test_sigterm_drains_within_eight_seconds_and_loses_nothing(
    house: House, database: Database, fcm: Fcm
) -> None:
    one = await phone(database)
    await fcm.script({"delaySeconds": 0.3}, forever=True)
    worker = await house.worker()
    for _ in range(30):
        await told(database, one)

    async def begun() -> bool:
        return len(await fcm.sent()) > 0

    await eventually(begun)
    assert await worker.stop(8.0) == 0
    await fcm.calm()
    await house.worker()
    await eventually(lambda: _sent(database, 30), 30)
    assert len(await fcm.sent()) == 30, "nothing was sent twice"
