"""`make run` as a real process: it starts, keeps its data, tells why it ends, and leaves nothing behind."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infra.dev.welcome import clerks_examples, examples
from tests.support.cluster import Cluster
from tests.support.supervised import ROOT, Supervised, alive, command, family

# They share the first start of an instance, so one worker runs them all.
pytestmark = pytest.mark.xdist_group("supervisor")

Start = Callable[..., Supervised]
# On an idle machine a second start takes about three seconds; these share theirs with compilers and browsers.
SECOND_START_SECONDS, END_SECONDS = (5.0, 10.0) if os.environ.get("IDLE_MACHINE") else (30.0, 30.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA_DIR in which a first start has happened; each test starts in it again."""
    found = tmp_path_factory.mktemp("instances") / "data"
    first = Supervised(found)
    try:
        first.ready()
        assert first.stop()[0] == 0
    finally:
        first.end()
    return found


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts an instance in ``folder`` or another; ends what the test left running."""
    started: list[Supervised] = []

    def begin(directory: Path = folder, **environment: str) -> Supervised:
        started.append(Supervised(directory, **environment))
        return started[-1]

    yield begin
    for one in started:
        one.end()


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Supervised]:
    """An instance that tests only look at; its folder is another one."""
    one = Supervised(folder.parent / "running")
    one.ready()
    yield one
    one.end()


def _token(port: int, *options: str) -> "subprocess.CompletedProcess[str]":
    return _asked("token", port, *options)


def _asked(program: str, port: int | str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", f"infra.dev.{program}", *options],
        cwd=ROOT,
        env={**os.environ, "PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_second_start_is_quick_and_keeps_keys_and_data_and_sigterm_ends_all(start: Start) -> None:
    second = start()
    assert second.ready() < SECOND_START_SECONDS
    secrets = second.note.secrets
    await _execute(second, "UPDATE office SET name = 'Kept'")
    processes = family(second.process.pid)
    assert len(processes) > len(second.note.processes) >= 3
    _ends_all(second, signal.SIGTERM)
    third = start()
    third.ready()
    assert third.note.secrets == secrets
    assert await _execute(third, "SELECT FROM office WHERE name <> 'Kept'") == "SELECT 0"
    _ends_all(third, signal.SIGINT)


def _ends_all(one: Supervised, number: signal.Signals) -> None:
    processes = family(one.process.pid)
    status, seconds = one.stop(number)
    assert status == 0 and seconds < END_SECONDS
    assert [pid for pid in processes if alive(pid)] == []


async def _execute(one: Supervised, statement: str) -> str:
    conn = await asyncpg.connect(one.note.environment["DATABASE_URL"])
    try:
        return await conn.execute(statement)
    finally:
        await conn.close()


@pytest.mark.parametrize("victim", ["api", "postgres"])
def test_the_death_of_one_child_is_told_and_ends_all(start: Start, victim: str) -> None:
    one = start()
    one.ready()
    processes = family(one.process.pid)
    os.kill(one.note.processes[victim], signal.SIGKILL)
    assert one.process.wait(END_SECONDS) == 1
    assert f"✗ {victim} was ended by SIGKILL" in one.said
    assert [pid for pid in processes if alive(pid)] == []


def test_after_a_kill_nothing_is_left_and_the_next_start_works(start: Start) -> None:
    one = start()
    one.ready()
    processes = family(one.process.pid)
    one.process.kill()
    one.process.wait()
    deadline = time.monotonic() + END_SECONDS
    while any(alive(pid) for pid in processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [command(pid) for pid in processes if alive(pid)] == []
    assert "no instance runs" in _token(one.port).stderr
    start().ready()


def test_a_second_instance_needs_its_own_folder_and_port(running: Supervised, start: Start, tmp_path: Path) -> None:
    same_folder = start(running.directory)
    same_port = start(tmp_path / "other", PORT=str(running.port))
    assert same_folder.process.wait(20) == 1
    assert "belongs to a running instance" in same_folder.said
    assert same_port.process.wait(20) == 1
    assert f"port {running.port} is in use" in same_port.said


_NO_PORTS = ("abc", "0", "-1", "70000", "80 80", "８０００")


@pytest.mark.parametrize("program, port", [*(("run", port) for port in _NO_PORTS), ("token", "abc"), ("where", "0")])
def test_a_port_that_is_none_is_told(program: str, port: str) -> None:
    refused = _asked(program, port)
    assert refused.returncode == 1
    assert refused.stderr == f"✗ PORT={port} is no port: it has to be a number from 1 to 65535\n"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    environment = {**os.environ, "PORT": "8000", "DATA_DIR": str(tmp_path / "file" / "data")}
    refused = subprocess.run(
        [sys.executable, "-m", "infra.dev.run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    told = f"✗ {tmp_path / 'file' / 'data'} cannot be used (Not a directory); choose another DATA_DIR\n"
    assert refused.stderr == told


async def test_servers_that_are_given_keep_the_embedded_ones_out_beside_another_instance(
    running: Supervised, start: Start, tmp_path: Path, cluster: Cluster, empty_name: str
) -> None:
    given = {"DATABASE_URL": cluster.app_url(empty_name), "DATABASE_OWNER_URL": cluster.owner_url(empty_name)}
    given |= {
        "S3_ENDPOINT_URL": running.note.environment["S3_ENDPOINT_URL"],
        "S3_ACCESS_KEY": "a",
        "S3_SECRET_KEY": "b",
    }
    one = start(tmp_path / "given", **given)
    one.ready()
    assert set(one.note.processes) == {"api", "documents", "notifications", "fcm", "mail"}
    assert not (one.directory / "postgres").exists()
    assert not (one.directory / "s3").exists()
    assert await _execute(one, "SELECT FROM city") == "SELECT 3"


def test_secrets_are_readable_by_their_owner_only_and_marked(running: Supervised) -> None:
    assert stat.S_IMODE((running.directory / "run.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((running.directory / "postgres" / "password").stat().st_mode) == 0o600
    assert all("development-only" in secret for secret in running.note.secrets.values())
    assert "development-only" in running.note.environment["DATABASE_URL"]


def test_a_citizens_token_stands_alone_on_standard_output_and_is_good(running: Supervised) -> None:
    made = _token(running.port, "--role", "citizen")
    assert (made.returncode, made.stdout.count("\n"), made.stdout.count(".")) == (0, 1, 2)
    me = urllib.request.Request(
        f"http://127.0.0.1:{running.port}/v1/me", headers={"Authorization": f"Bearer {made.stdout.strip()}"}
    )
    with urllib.request.urlopen(me, timeout=10) as answer:  # noqa: S310 - loopback
        assert answer.status == 200


def test_where_tells_the_addresses_that_were_printed(running: Supervised) -> None:
    for what in ("fcm", "mail"):
        told = _asked("where", running.port, "--what", what)
        assert told.returncode == 0 and f"\n{what} {told.stdout.strip()}  (" in running.said
        lines = _asked("where", running.port).stdout.splitlines()
        assert [line.split()[0] for line in lines] == ["fcm", "mail", "store"]
        assert told.stdout.strip() in [line.split()[1] for line in lines]
    missing = _asked("where", 1)
    assert (missing.returncode, missing.stdout) == (1, "") and "no instance runs at port 1" in missing.stderr


@pytest.mark.parametrize(
    "role, role_there", [("clerk", "clerk"), ("manager", "office_manager"), ("admin", "city_admin")]
)
async def test_a_clerks_token_comes_with_its_membership(running: Supervised, role: str, role_there: str) -> None:
    made = _token(running.port, "--role", role)
    assert (made.returncode, made.stdout.count("\n"), made.stdout.count(".")) == (0, 1, 2)
    mine = "clerk_id IN (SELECT id FROM clerk WHERE subject LIKE 'dev-%')"
    assert await _execute(running, f"SELECT FROM clerk_membership WHERE role = '{role_there}' AND {mine}") == "SELECT 1"


def test_the_printed_examples_book_an_appointment_as_they_stand(running: Supervised) -> None:
    printed = examples(f"http://127.0.0.1:{running.port}")
    assert "\n".join(f"    {line}".rstrip() for line in printed.splitlines()) in running.said
    done = subprocess.run(
        ["/bin/bash", "-eu", "-c", printed + clerks_examples()],
        cwd=ROOT,
        env={**os.environ, "PORT": str(running.port)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    booked, asked = done.stdout.split("END:VCALENDAR")
    assert '"state":"confirmed"' in booked
    assert "BEGIN:VCALENDAR" in booked
    assert '"title":"Appointment confirmed"' in booked
    pushed = _pushed(running, booked)
    assert pushed["notification"]["title"] == "Appointment confirmed"
    requested, confirmed = asked.split('"state":"requested"')
    assert '"state":"confirmed"' not in requested
    assert '"state":"confirmed"' in confirmed
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert examples("http://127.0.0.1:8000") in readme
    assert clerks_examples() in readme


def _pushed(running: Supervised, booked: str) -> dict[str, Any]:
    """The first message of the loopback FCM about what the inbox in ``booked`` lists, once it has come."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with urllib.request.urlopen(running.note.environment["FCM_URL"] + "/sent", timeout=10) as answer:  # noqa: S310
            sent = [one["message"] for one in json.loads(answer.read())]
        if found := [message for message in sent if message["data"]["notice"] in booked]:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("nothing was pushed")


def test_a_token_for_an_unknown_office_is_refused_with_the_known_ones(running: Supervised) -> None:
    made = _token(running.port, "--role", "clerk", "--office", "no-such-office")
    assert (made.returncode, made.stdout) == (1, "")
    assert "hans-sachs-haus" in made.stderr


def test_a_token_is_of_the_city_whose_office_was_named(running: Supervised) -> None:
    """An administrator has no office, but whoever names one means its city."""

    offices = {"bottrop": "rathaus", "gelsenkirchen": "rathaus-buer"}

    def opened(*options: str) -> set[str]:
        made = _token(running.port, *options)
        assert (made.returncode, made.stderr) == (0, "")
        found: set[str] = set()
        for city, office in offices.items():
            asked = urllib.request.Request(
                f"http://127.0.0.1:{running.port}/v1/clerk/offices/{office}/day",
                headers={"Authorization": f"Bearer {made.stdout.strip()}"},
            )
            with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(asked, timeout=10):  # noqa: S310
                found.add(city)
        return found

    for role in ("admin", "manager", "clerk"):
        for city, office in offices.items():
            assert opened("--role", role, "--office", office) == {city}, (role, office)
    assert opened("--role", "admin", "--city", "bottrop") == {"bottrop"}
    assert opened("--role", "admin") == {"gelsenkirchen"}
    both = _token(running.port, "--role", "admin", "--office", "rathaus-buer", "--city", "bottrop")
    assert (both.returncode, both.stdout) == (1, "")
    assert "no office rathaus-buer" in both.stderr


def test_production_refuses_what_was_made_for_development(start: Start) -> None:
    one = start(MODE="production", PUBLIC_URL="https://termine.example")
    assert one.process.wait(20) == 1
    assert "TOKEN_SIGNING_KEYS is a development secret" in one.said
    assert "DEV_ISSUER_KEYS belongs to the embedded mode only" in one.said
