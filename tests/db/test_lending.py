"""Connections are lent in line, one borrower each, and what broke is never lent again."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from backend.db import Database, open_database

PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Database]:
    """A database with two connections."""
    opened = await open_database(database_url, size=2)
    yield opened
    await opened.close()


async def test_many_borrowers_share_two_connections_and_none_is_lent_twice(two: Database) -> None:
    lent: set[int] = set()
    seen: set[int] = set()

    async def borrow() -> None:
        async with two.connection() as conn:
            pid: int = await conn.fetchval(PID)
            assert pid not in lent
            lent.add(pid)
            seen.add(pid)
            await asyncio.sleep(0)
            lent.discard(pid)

    await asyncio.gather(*(borrow() for _ in range(100)))
    assert len(seen) <= 2
    assert (two.lender.used, two.lender.idle) == (0, len(seen))


async def test_who_gives_up_waiting_takes_nothing_along(two: Database) -> None:
    async with two.connection(), two.connection():
        waiting = [asyncio.create_task(_pid(two)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
    # The second was handed a connection in the moment in which it is given up.
    waiting[1].cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert isinstance(done[2], int)
    assert two.lender.used == 0
    assert len({await _pid(two) for _ in range(5)}) == 1, "the one that came back last is lent first"


async def test_what_broke_or_was_broken_off_is_not_lent_again(two: Database) -> None:
    first = await _pid(two)
    async with two.connection() as conn, two.connection() as other:
        assert await conn.fetchval(PID) == first
        await other.execute("SELECT pg_terminate_backend($1)", first)
        await asyncio.sleep(0.05)  # until the socket has said so
    assert first not in await asyncio.gather(_pid(two), _pid(two))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), two.connection() as conn:
            await conn.execute("SELECT pg_sleep(5)")
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with two.connection() as conn:
            await conn.execute("SELECT 1 / 0")
    assert two.lender.used == 0
    assert len(await asyncio.gather(_pid(two), _pid(two))) == 2


async def test_closing_waits_for_what_is_lent_and_lends_no_more(database_url: str) -> None:
    database = await open_database(database_url, size=1)
    async with database.connection() as conn:
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        assert await conn.fetchval("SELECT 1") == 1
        assert not closing.done()
    await closing
    with pytest.raises(asyncpg.InterfaceError):
        await _pid(database)


async def _pid(database: Database) -> int:
    async with database.connection() as conn:
        return int(await conn.fetchval(PID))
