"""What operators see of what waits and of what could not be delivered, and how they try it again."""

import os
import subprocess
import sys
from uuid import UUID

from backend.db import Database
from infra.dev.ports import free_port
from notifications.channels.memory import MemoryChannel
from notifications.model import SENT, Outcome
from tests.notifications.conftest import Working
from tests.notifications.people import deliveries, phone, rows, told
from tests.support.waiting import eventually


def state(url: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "notices", "state"],
        env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.splitlines()


async def test_an_operator_sees_from_the_database_alone_who_sends_and_what_waits(
    working: Working, database: Database, database_url: str
) -> None:
    one = await phone(database)
    await told(database, one)
    alone = ["workers   none: nobody sends", "notices   1 not taken up by a worker"]
    assert state(database_url) == (3, [*alone, "lanes     nothing waits", "dead      0"])
    channel = MemoryChannel(lambda _: Outcome(result="transient", code="UNAVAILABLE", retry_after_seconds=3600.0))

    async def tried() -> bool:
        return [code for _, _, code in await deliveries(database)] == ["UNAVAILABLE"]

    async with working(channel):
        await eventually(tried)
        status, lines = state(database_url)
        assert status == 0
        # The listener; the rest of this worker's connections are the test's own.
        assert lines[0] == "workers   1 connections"
        assert lines[2].startswith("android   1 waiting, for ")
        assert lines[2].endswith(" s, failed last with UNAVAILABLE")
        await rows(database, "UPDATE notice SET due_at = due_at - interval '5 minutes' RETURNING 1")
        status, lines = state(database_url)
        assert status == 3, "it has waited for minutes, although its next attempt lies ahead"
        assert " waiting, for 3" in lines[2]

        async def failure_told() -> bool:
            # The worker may do the task at the same moment, and then it has not failed.
            await rows(
                database,
                """UPDATE schedule SET outcome = 'failed', detail = 'TimeoutError' WHERE task = 'notices.remind'
                     RETURNING 1""",
            )
            return state(database_url)[1][-1].startswith("task      notices.remind failed ")

        await eventually(failure_told)
    await rows(database, "UPDATE delivery SET outcome = 'dead', done_at = now() RETURNING 1")
    assert state(database_url)[1][2:4] == ["lanes     nothing waits", "dead      1 (wartefrei notices dead)"]


def command(url: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "notices", "dead", *options],
        env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


async def test_dead_letters_are_listed_without_a_person_and_tried_again(
    working: Working, database: Database, database_url: str
) -> None:
    one = await phone(database)
    await told(database, one)
    channel = MemoryChannel(lambda _: Outcome(result="permanent", code="INVALID_ARGUMENT"))

    async def ended() -> bool:
        return [outcome for outcome, _, _ in await deliveries(database)] in (["dead"], ["sent"])

    async with working(channel):
        await eventually(ended)
    listed = command(database_url)
    assert "appointment.confirmed  1  INVALID_ARGUMENT" in listed
    [row] = await rows(database, "SELECT person_id, device_id FROM delivery")
    private: list[UUID | str] = [row["person_id"], row["device_id"], one.target, "Mustermann"]
    assert [word for word in private if str(word) in listed] == []
    assert command(database_url, "--code", "OTHER", "--retry") == "0 tried again\n"
    assert command(database_url, "--code", "INVALID_ARGUMENT", "--retry") == "1 tried again\n"
    channel.answer = MemoryChannel(lambda _: SENT).answer
    async with working(channel):
        await eventually(ended)
    assert await deliveries(database) == [("sent", 1, None)]


def asked(url: str, *options: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "notices", "dead", *options],
        env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


async def test_an_operator_is_told_what_there_is_and_what_is_wrong(database_url: str, database: Database) -> None:
    assert asked(database_url) == (0, "", "no dead letters\n")
    assert asked(database_url, "--id", str(UUID(int=1)))[0] == 2
    status, said, why = asked(f"postgresql://wartefrei_app:x@127.0.0.1:{free_port()}/wartefrei")
    assert (status, said) == (1, "")
    assert why.startswith("the database does not answer as it should: ")
    assert "Traceback" not in why
