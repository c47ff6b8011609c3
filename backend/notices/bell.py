"""Wakes the workers after a commit, so that a notice is on its way within milliseconds.

A hint, as for clerks' screens (decision 0004): sent after the commit on a connection of its own, at most once in
``_PAUSE_SECONDS`` by each process. A worker that misses it finds the notice by polling.
"""

import asyncio

import structlog

from backend.db import Database
from backend.db.outage import is_outage
from backend.notices import queries

CHANNEL = "notice"
_PAUSE_SECONDS = 0.02
_log = structlog.get_logger("wartefrei.bell")


class Bell:
    """One per process and event loop; ``close`` it before the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted = False
        self._ringing: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """There is something to be told. Returns at once."""
        self._wanted = True
        if self._ringing is None:
            self._ringing = asyncio.get_running_loop().create_task(self._ring())

    async def close(self) -> None:
        """What was not rung is found by polling."""
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)

    async def _ring(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                async with self._database.connection() as conn:
                    await queries.ring(conn)
                await asyncio.sleep(_PAUSE_SECONDS)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("notices are not announced", cause=type(error).__name__)
        finally:
            self._ringing = None
