"""Fixtures for every room: a real PostgreSQL, and for each test a database of its own.

A database is a clone of a migrated template (tens of milliseconds): tests commit, race and break what they like.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from backend.db import Database, open_database
from backend.documents.store import ObjectStore
from backend.settings import Settings
from infra.dev.keys import development_keys
from infra.dev.store import Store, new_keys
from tests.support import cluster as clusters
from tests.support import demo as demo_city
from tests.support.cluster import Cluster
from tests.support.leaks import leaks

_IN_CI = os.environ.get("CI") == "true"
_KEYS = {"token_signing_keys": "unused", "pass_signing_keys": "unused"}
_record = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
_keeper = pytest.StashKey[subprocess.Popen[bytes]]()


_MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it have names that nobody can guess
_ENOUGH_BYTES = 3 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Starts the run's server while tests are being collected; xdist's workers share the main process's.

    Every test has a database of its own, a thousand files: where memory can hold them (a container may have 64 MB of
    it), cloning one takes 20 ms instead of up to 800 on a disk that is busy.
    """
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
            os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
        config.stash[_keeper] = clusters.start_keeper()
        # What any loopback FCM of the run gets, in whatever process; looked through at the end.
        config.stash[_record] = tempfile.TemporaryDirectory(prefix="wartefrei-sent-")
        os.environ["FCM_RECORD"] = str(Path(config.stash[_record].name) / "requests.jsonl")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends it, after Ctrl-C as well."""
    keeper = config.stash.get(_keeper, None)
    if keeper is not None and keeper.stdin is not None:
        keeper.stdin.close()
        keeper.wait(30)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names what was skipped; see ``pytest_sessionfinish``."""
    for report in terminalreporter.stats.get("skipped", []) if _IN_CI else []:
        terminalreporter.write_line(f"skipped in CI, which counts as failed: {report.nodeid}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run fails in CI where a test is skipped, which protects nothing, and where any test has sent anything about a
    person to FCM."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (record := session.config.stash.get(_record, None)) is not None:
        sent = Path(record.name) / "requests.jsonl"
        found = leaks(sent.read_text(encoding="utf-8").splitlines()) if sent.exists() else []
        record.cleanup()
        for leak in found[:20]:
            print(f"\nsent to FCM: {leak}")  # noqa: T201 - the summary is not written yet
        if found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if _IN_CI and reporter is not None and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _bytecode() -> None:
    """Tests start some hundred processes, and where the environment forbids bytecode, as in many containers, each would
    compile the whole project. It is kept beside the run's server, and goes with it: no run sees another's."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = str(clusters.directory() / "bytecode")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The run's server."""
    return clusters.find()


@pytest.fixture(scope="session")
def demo_template(cluster: Cluster) -> str:
    """The name of the template database that holds the demo cities; made by the first worker that asks."""
    with cluster.once(clusters.DEMO) as first:
        if first:
            demo_city.make_template(cluster)
    return clusters.DEMO


async def clone_database(cluster: Cluster, template: str, whose: str = "test") -> AsyncIterator[str]:
    """A clone of ``template``: its name, and its end when the iterator goes on.

    Each worker's tests use the same names one after the other, so that their settings are equal and an application that
    was put together for one test serves the next.
    """
    name = f"{whose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{template}"
    server = await asyncpg.connect(cluster.superuser_url)
    try:
        await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # of a test that could not tidy up
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy OWNER {clusters.OWNER}")
        yield name
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()


@pytest.fixture
async def empty_name(cluster: Cluster) -> AsyncIterator[str]:
    """The name of this test's own migrated database without any row."""
    async for name in clone_database(cluster, clusters.EMPTY):
        yield name


@pytest.fixture
async def demo_name(cluster: Cluster, demo_template: str) -> AsyncIterator[str]:
    """The name of this test's own database with the demo cities."""
    async for name in clone_database(cluster, demo_template):
        yield name


@pytest.fixture
def owner_url(cluster: Cluster, empty_name: str) -> str:
    """This test's empty database for the role that owns the schema."""
    return cluster.owner_url(empty_name)


@pytest.fixture
def database_url(cluster: Cluster, empty_name: str) -> str:
    """This test's empty database for the role the API works with."""
    return cluster.app_url(empty_name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on ``database_url``."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def demo_owner_url(cluster: Cluster, demo_name: str) -> str:
    """This test's database with the demo cities, for the role that owns the schema."""
    return cluster.owner_url(demo_name)


@pytest.fixture
def demo_url(cluster: Cluster, demo_name: str) -> str:
    """This test's database with the demo cities, for the role the API works with."""
    return cluster.app_url(demo_name)


@pytest.fixture
async def demo(demo_url: str) -> AsyncIterator[Database]:
    """A pool on ``demo_url``."""
    opened = await open_database(demo_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A real S3 store of this worker, as settings take it; its buckets are made by ``buckets``."""
    directory = tmp_path_factory.mktemp("s3")
    store = Store(directory / "data", directory / "log")
    keys = new_keys()
    store.start(keys["s3_access_key"], keys["s3_secret_key"])
    assert store.process is not None
    deadline = time.monotonic() + 60
    while not store.is_ready():
        assert time.monotonic() < deadline and store.process.poll() is None, store.log.read_text("utf-8")
        time.sleep(0.05)
    yield {"s3_endpoint_url": store.url, **keys}
    store.process.kill()
    store.process.wait()


@pytest.fixture
async def buckets(object_store: dict[str, str]) -> dict[str, str]:
    """``object_store`` with two buckets of this test alone."""
    name = f"t{uuid4().hex[:12]}"
    settings = {**object_store, "s3_quarantine_bucket": f"{name}-quarantine", "s3_clean_bucket": f"{name}-clean"}
    store = ObjectStore(msgspec.convert({"mode": "embedded", "database_url": "-", **_KEYS, **settings}, Settings))
    await store.make_buckets()
    await store.close()
    return settings


@pytest.fixture(scope="session")
def test_keys() -> dict[str, str]:
    """Signing keys of this worker, as the settings take them."""
    return development_keys()


@pytest.fixture
def make_settings(test_keys: dict[str, str]) -> Callable[..., Settings]:
    """``make_settings(database_url, **overrides)``: embedded mode with test keys."""

    def make(database_url: str, **overrides: Any) -> Settings:
        given = {"mode": "embedded", "database_url": database_url, **test_keys, **overrides}
        return msgspec.convert(given, Settings)

    return make
