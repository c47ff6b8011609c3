"""The servers of one measured part: a durable PostgreSQL, an API process, pgbench and the constant to compare with."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from infra.dev import migrate
from infra.dev.ports import free_port
from infra.dev.postgres import Postgres
from tests.support import town as towns
from tests.support.servers import ApiProcess, Server

DATABASE = "wartefrei"
# As an operator would set it for a small server; the yardstick runs on the same one.
_SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "track_commit_timestamp": "on",
}
_API = {
    "MODE": "embedded",
    "RATE_LIMITS": "off",
    "LOG_LEVEL": "warning",
    "DATABASE_POOL_SIZE": "16",
    # What development alone installs is not there, as where an operator runs it.
    "PYTHONPATH": str(Path(__file__).with_name("absent")),
    # A person of the benchmark books again and again, a citizen does not.
    "MAX_LIVE_APPOINTMENTS_PER_SERVICE": "1000000",
}


class Ground:
    """What a part of the benchmark stands on."""

    def __init__(self, postgres: Postgres, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.postgres, self.owner = postgres, owner
        self.running: list[Server] = []

    async def town(self, *, offices: int, counters: int, horizon_days: int) -> towns.Town:
        """Writes the town to measure; its offices open from 08:00 to 16:00 every day."""
        return await towns.build(self.owner, offices=offices, counters=counters, horizon_days=horizon_days)

    async def api(self, **environment: str) -> ApiProcess:
        """Starts one API process with one worker; ``environment`` adds to its settings."""
        api = ApiProcess({**_API, **environment, "DATABASE_URL": self.postgres.url(DATABASE, migrate.APP)})
        self.running.append(api)
        await api.start()
        return api

    async def constant(self, size: int) -> int:
        """The port of the same framework and server, answering ``size`` ready-made bytes at /constant."""
        server = Server("tests.bench.constant:app", free_port(), {"CONSTANT_BYTES": str(size)})
        self.running.append(server)
        await server.start(path="/constant")
        return server.port

    async def database(self, name: str) -> str:
        """A database of its own on the same server, for the superuser."""
        await self.psql(self.postgres.url("postgres"), "-c", f"CREATE DATABASE {name}")
        return self.postgres.url(name)

    async def psql(self, url: str, *arguments: str) -> str:
        return await _run(self.postgres.tool("psql"), "-v", "ON_ERROR_STOP=1", "-q", *arguments, url)

    async def pgbench(self, url: str, seconds: int, script: str) -> str:
        """32 connections, prepared statements, transactions of ``script``."""
        options = ["-M", "prepared", "-c", "32", "-j", "2", "-n", "-D", "i=0", "-T", str(seconds), "-f", script]
        return await _run(self.postgres.tool("pgbench"), *options, url)


@asynccontextmanager
async def open_ground() -> AsyncGenerator[Ground]:
    """A fresh server in a temporary folder, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-bench-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - the server may run as another user
        postgres = Postgres(Path(folder) / "postgres", durable=True, settings=_SETTINGS)
        ground: Ground | None = None
        try:
            postgres.start()
            await migrate.prepare(
                postgres.url("postgres"), postgres.url(DATABASE, migrate.OWNER), DATABASE, postgres.password
            )
            ground = Ground(postgres, await asyncpg.connect(postgres.url(DATABASE)))
            yield ground
        finally:
            for server in ground.running if ground else ():
                server.stop()
            postgres.stop()


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    if process.returncode:
        sys.stderr.write(errors.decode())
        raise RuntimeError(f"{Path(command[0]).name} failed")
    return out.decode()
