"""Holding and booking at the database: alone while few ask, together while many do.

Together or alone, a call does the same and is answered the same; see 0033_together.sql and 0041_days_come_last.sql.

They wait for each other at the database: at a counter, and at an office whose hours are being changed. However many do,
some connections are left for everybody else.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg

from backend.appointments import queries
from backend.appointments.model import BookCall, HoldCall, Outcome
from backend.db import Connection, Database
from backend.db.gathering import Gathering

C = TypeVar("C")
_IN_THE_WAY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""What ends a statement of several before anything of it has happened: somebody else is at one of their days."""
_FOR_OTHERS = 4
"""Connections of the pool that these calls never take, where it has so many."""


class HotCalls:
    """One per process and event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._room = asyncio.Semaphore(max(1, database.size - _FOR_OTHERS))
        self._holds = Gathering(self._hold, self._hold_all)
        self._books = Gathering(self._book, self._book_all)

    async def hold(self, call: HoldCall) -> Outcome:
        """What ``hold_place`` says; it has been committed."""
        return await self._holds.ask(call)

    async def book(self, call: BookCall) -> Outcome:
        """What ``book_hold`` says; it has been committed."""
        return await self._books.ask(call)

    async def _hold(self, call: HoldCall) -> Outcome:
        async with self._connection() as conn:
            return await queries.hold_place(conn, call)

    async def _hold_all(self, calls: Sequence[HoldCall]) -> list[Outcome | None]:
        return await self._together(queries.hold_places, calls)

    async def _book(self, call: BookCall) -> Outcome:
        async with self._connection() as conn:
            return await queries.book_hold(conn, call)

    async def _book_all(self, calls: Sequence[BookCall]) -> list[Outcome | None]:
        return await self._together(queries.book_holds, calls)

    async def _together(
        self, ask: Callable[[Connection, Sequence[C]], Awaitable[list[Outcome]]], calls: Sequence[C]
    ) -> list[Outcome | None]:
        try:
            async with self._connection() as conn:
                outcomes = await ask(conn, calls)
        except _IN_THE_WAY:
            return [None] * len(calls)
        return [None if one.outcome == "alone" else one for one in outcomes]

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Connection]:
        """As the database's, which it waits for no longer than that: TimeoutError."""
        async with asyncio.timeout(self.database.wait_seconds if self._room.locked() else None):
            await self._room.acquire()
        try:
            async with self.database.connection() as conn:
                yield conn
        finally:
            self._room.release()
