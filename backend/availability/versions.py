"""Asks the database whether what is remembered still holds: once for all requests that wait at the same time.

Each answer comes from a query that began after it was asked for, so that a request sees every change that was
committed before it arrived, whichever process made it.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from itertools import chain
from uuid import UUID

from backend.availability import queries
from backend.availability.model import Stamp
from backend.db import Connection, Database

Key = tuple[UUID, date, date]


class Versions:
    """One per process and event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Key, list[asyncio.Future[Stamp | None]]] = {}
        self._running: asyncio.Task[None] | None = None

    def stamp(self, key: Key) -> asyncio.Future[Stamp | None]:
        """The present stamp of (office, first day, last day); None where there is no such office."""
        loop = asyncio.get_running_loop()
        # Everyone has a future of their own: a request that is given up must not take the answer from the others.
        future: asyncio.Future[Stamp | None] = loop.create_future()
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = [future]
            if self._running is None:
                self._running = loop.create_task(self._ask())
        else:
            waiting.append(future)
        return future

    async def stamps(self, keys: Sequence[Key]) -> list[Stamp | None]:
        """Of each key in one query, in their order."""
        return [await future for future in [self.stamp(key) for key in keys]]

    async def _ask(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                try:
                    async with self._database.connection() as conn:
                        found = dict.fromkeys(batch) | await _read(conn, list(batch))
                except Exception as error:  # noqa: BLE001 - told to everyone who waits for this batch
                    for future in chain.from_iterable(batch.values()):
                        if not future.cancelled():
                            future.set_exception(error)
                            future.exception()  # a waiter may be gone
                    continue
                for key, futures in batch.items():
                    for future in futures:
                        if not future.cancelled():
                            future.set_result(found[key])
        finally:
            self._running = None


async def _read(conn: Connection, keys: list[Key]) -> dict[Key, Stamp | None]:
    stamps = await queries.read_stamps(conn, keys)
    if len(stamps) == len(keys):
        return dict(zip(keys, stamps, strict=True))
    known = {stamp.office_id for stamp in stamps}
    return dict(zip([key for key in keys if key[0] in known], stamps, strict=True))
