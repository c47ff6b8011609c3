"""The pool, and the principal that row-level security asks for.

A transaction tells PostgreSQL for whom it works in the same round trip as BEGIN. What a principal may see is
decided by the policies in the migrations; a transaction without one sees no personal row at all.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from backend.db.lending import Lender, Loan

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a transaction works: a person, a clerk's offices in one city, or the system itself."""

    person_id: UUID | None = None
    clerk_city_id: str | None = None
    clerk_office_ids: tuple[UUID, ...] = ()
    system: bool = False

    def settings(self) -> dict[str, str]:
        """The values of the ``app.*`` parameters; the empty string means "none"."""
        return {
            "app.person": str(self.person_id or ""),
            "app.clerk_city": self.clerk_city_id or "",
            "app.clerk_offices": "{" + ",".join(map(str, self.clerk_office_ids)) + "}",
            "app.system": "on" if self.system else "",
        }


SYSTEM = Principal(system=True)
"""Housekeeping and commands of the operator: sees every row."""


class Database:
    """A pool of one event loop. ``transaction`` is the only way to write personal rows from Python."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", size: int, wait_seconds: float = 5.0) -> None:
        self.pool = pool
        self.size, self.wait_seconds = size, wait_seconds
        self.lender = Lender(pool, size, wait_seconds)

    @asynccontextmanager
    async def transaction(self, principal: Principal, *, durable: bool = True) -> AsyncGenerator[Connection]:
        """One transaction for ``principal``: committed when the block ends, rolled back when it raises.

        ``durable`` False: the commit does not wait for the disk. All see it, but where PostgreSQL crashes in the next
        half second it has not happened, whole: for steps that are taken again then.
        Raises PersonActsNoMore for a person who became another's, or was forgotten, a moment ago.
        """
        async with self.lender.lend() as conn:
            try:
                await conn.execute(_begin(principal, durable=durable))
                yield conn
            except BaseException:
                await conn.execute("ROLLBACK")
                raise
            await conn.execute("COMMIT")

    def connection(self) -> Loan:
        """A connection without a transaction, for single statements: on rows that are nobody's (the catalogue), or that
        set the principal themselves. Raises PersonActsNoMore as ``transaction`` does."""
        return self.lender.lend()

    async def close(self) -> None:
        """Waits for running statements, then closes."""
        await self.lender.close()


def _begin(principal: Principal, *, durable: bool) -> str:
    # Values are UUIDs, city ids and fixed words; quotes are doubled all the same.
    quoted = ((name, value.replace("'", "''")) for name, value in principal.settings().items())
    values = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in quoted)
    check = "; SELECT check_person()" if principal.person_id else ""
    waits = "" if durable else "; SET LOCAL synchronous_commit = off"
    return f"BEGIN; SELECT {values}{check}{waits}"


async def open_database(
    url: str,
    *,
    size: int = 10,
    statement_timeout_seconds: float = 10.0,
    name: str = "wartefrei",
    parameters: Mapping[str, str] | None = None,
) -> Database:
    """Connects ``size`` connections at most to ``url``; raises what asyncpg raises when it cannot.

    ``name`` is what the server calls them, ``parameters`` are the server's for each of them.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=min(2, size),
        max_size=size,
        init=_prepare,
        # The pool's reset query would cost every request a round trip. Nothing of ours outlives a transaction:
        # parameters are set LOCAL, locks are transaction locks, and LISTEN has a connection of its own.
        reset=_no_reset,
        server_settings={
            "statement_timeout": str(int(statement_timeout_seconds * 1000)),
            "application_name": name,
            **(parameters or {}),
        },
    )
    return Database(pool, size)


async def _no_reset(_: Any) -> None:
    return None


async def _prepare(conn: Connection) -> None:
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode, decoder=msgspec.json.decode)


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()
