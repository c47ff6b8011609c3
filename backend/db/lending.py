"""Connections are lent from asyncpg's pool and kept at hand when they come back in order.

For each loan the pool starts a task and a timer and looks at every connection it has: more than a short statement
costs us. It stays the one that makes, resets and closes connections. Whatever came back from an error, is broken, was
used very often or lay idle for long goes back to it.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import TypeAlias

import asyncpg
import msgspec

from backend.db.errors import ACTS_NO_MORE, PersonActsNoMore

_MOST_LOANS = 50_000
"""A server process remembers what it has planned and read: after so many loans it is replaced."""
_IDLE_SECONDS = 240.0
"""Something between here and there may have forgotten a connection that was silent for longer."""

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Proxy: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


class _Kept(msgspec.Struct):
    connection: Proxy
    loans: int = 0
    since: float = 0.0


class Lender:
    """One per pool of ``size`` connections and event loop. Who finds none free waits in line,
    ``wait_seconds`` at most."""

    def __init__(self, pool: Pool, size: int, wait_seconds: float) -> None:
        self._pool, self._size, self._wait_seconds = pool, size, wait_seconds
        self._idle: list[_Kept] = []
        self._waiting: deque[asyncio.Future[_Kept | None]] = deque()
        self._taken = 0  # from the pool, idle ones included
        self._closing = False

    @property
    def used(self) -> int:
        """How many connections are lent."""
        return self._taken - len(self._idle)

    @property
    def idle(self) -> int:
        """How many connections are open and not lent."""
        return len(self._idle) + self._pool.get_idle_size()

    def lend(self) -> "Loan":
        """``async with`` it. Raises TimeoutError when none became free in time, PersonActsNoMore, what asyncpg does."""
        return Loan(self)

    async def close(self) -> None:
        """Waits until everything was given back, then closes the pool."""
        self._closing = True
        while self._idle:
            await self._return(self._idle.pop())
        await self._pool.close()

    async def borrow(self) -> _Kept:
        while True:
            now = asyncio.get_running_loop().time()
            while self._idle:
                kept = self._idle.pop()
                if not _is_lost(kept) and now - kept.since < _IDLE_SECONDS:
                    return kept
                await self._return(kept)
            if self._taken < self._size or self._closing:
                return await self._take()
            if (handed := await self._wait()) is not None:
                return handed

    async def give_back(self, kept: _Kept, *, clean: bool) -> None:
        kept.loans += 1
        if not clean or self._closing or kept.loans >= _MOST_LOANS or _is_lost(kept):
            await self._return(kept)
        else:
            self._hand_on(kept)

    async def _take(self) -> _Kept:
        self._taken += 1
        try:
            return _Kept(await self._pool.acquire(timeout=self._wait_seconds))
        except BaseException:
            self._taken -= 1
            self._hand_on(None)
            raise

    async def _return(self, kept: _Kept) -> None:
        try:
            await self._pool.release(kept.connection)
        finally:
            self._taken -= 1
            self._hand_on(None)  # whoever waits may take one from the pool

    def _hand_on(self, kept: _Kept | None) -> None:
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(kept)
                return
        if kept is not None:
            kept.since = asyncio.get_running_loop().time()
            self._idle.append(kept)

    async def _wait(self) -> _Kept | None:
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[_Kept | None] = loop.create_future()
        self._waiting.append(mine)
        timer = loop.call_later(self._wait_seconds, _give_up, mine)
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                self._hand_on(mine.result())  # it came in the moment in which we were given up
            raise
        finally:
            timer.cancel()


class Loan:
    """One loan."""

    __slots__ = ("_kept", "_lender")

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        self._kept: _Kept | None = None

    async def __aenter__(self) -> Proxy:
        self._kept = kept = await self._lender.borrow()
        return kept.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._kept is not None:
            await self._lender.give_back(self._kept, clean=error is None)
        if isinstance(error, asyncpg.PostgresError) and error.sqlstate == ACTS_NO_MORE:
            raise PersonActsNoMore from error


def _is_lost(kept: _Kept) -> bool:
    try:
        return kept.connection.is_closed()
    except asyncpg.InterfaceError:  # it broke, and the pool has taken it back by itself
        return True


def _give_up(waiting: "asyncio.Future[_Kept | None]") -> None:
    if not waiting.done():
        waiting.set_exception(TimeoutError())
