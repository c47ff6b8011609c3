"""The schedule: one runner at a time over all workers, and a run that dies is taken up by another."""

import asyncio
from datetime import datetime, timedelta

from backend.availability.engine import Engine
from backend.clock import system_now
from backend.db import Database
from backend.forms.versions import Versions
from backend.identity.sweeping import Sweeper
from backend.schedule import queries
from backend.settings import Settings
from notifications.metrics import Metrics
from notifications.runner import Runner
from notifications.tasks import TASKS, House, Task
from tests.notifications.conftest import MakeSettings
from tests.support.waiting import eventually


def house(database: Database, settings: Settings) -> House:
    return House(settings, database, Sweeper(database, settings), Engine(database, settings), Versions())


async def test_many_runners_run_a_task_one_at_a_time_and_note_how_it_ended(
    database: Database, database_url: str, make_settings: MakeSettings
) -> None:
    at_once, most, runs = 0, 0, 0

    async def work(_: House, __: datetime) -> int:
        nonlocal at_once, most, runs
        at_once, runs = at_once + 1, runs + 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        if runs == 2:
            raise RuntimeError
        return 7

    given = house(database, make_settings(database_url))
    runners = [asyncio.create_task(Runner(given, [Task("t", 0.05, work)], Metrics()).run()) for _ in range(4)]
    seen: set[tuple[str | None, str | None]] = set()

    async def both_ways() -> bool:
        async with database.connection() as conn:
            seen.update((entry.outcome, entry.detail) for entry in await queries.list_entries(conn))
        return runs >= 4 and {("done", "7"), ("failed", "RuntimeError")} <= seen

    await eventually(both_ways, 20, every=0.01)
    for runner in runners:
        runner.cancel()
    await asyncio.gather(*runners, return_exceptions=True)
    assert most == 1


async def test_a_turn_whose_runner_died_is_anothers_and_the_dead_one_has_no_say(database: Database) -> None:
    now = system_now()
    lease = timedelta(seconds=30)
    async with database.connection() as conn:
        await queries.enter_task(conn, "t", 60, now)
        first = await queries.take_turn(conn, now, now + lease, ["t"])
        assert first is not None
        assert await queries.take_turn(conn, now, now + lease, ["t"]) is None
        assert await queries.take_turn(conn, now + lease, now + 2 * lease, ["other"]) is None
        second = await queries.take_turn(conn, now + lease, now + 2 * lease, ["t"])
        assert second is not None
        assert second.run == first.run + 1
        assert not await queries.keep_turn(conn, first, now + 3 * lease)
        await queries.end_turn(conn, first, now, "done", "", now)
        assert (await queries.list_entries(conn))[0].outcome is None
        await queries.end_turn(conn, second, now, "done", "3", now + lease)
        assert (await queries.list_entries(conn))[0].detail == "3"


async def test_every_task_of_the_house_runs(database: Database, database_url: str, make_settings: MakeSettings) -> None:
    given = house(database, make_settings(database_url))
    assert len({task.name for task in TASKS}) == len(TASKS)
    for task in TASKS:
        assert await task.run(given, system_now()) >= 0, task.name
