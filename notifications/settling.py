"""Writes down what became of deliveries, many at a time."""

import asyncio
from collections.abc import Callable
from typing import Generic

import structlog

from backend.clock import system_now
from backend.db.outage import is_outage
from notifications.model import Outcome
from notifications.queues import D, E, Queue

_GATHER_SECONDS = 0.005
_AT_ONCE = 500
_LONGEST_PAUSE_SECONDS = 2.0
_log = structlog.get_logger("wartefrei.settling")


class Settler(Generic[D, E]):
    """One per queue and process. What it could not write yet it keeps, while the database is away.

    ``written`` is called whenever something was.
    """

    def __init__(self, queue: Queue[D, E], written: Callable[[], None] = lambda: None) -> None:
        self._queue, self._written = queue, written
        self._pending: list[E] = []
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, claimed: D, outcome: Outcome) -> None:
        """Returns at once."""
        self._pending.append(self._queue.judged(claimed, outcome))
        self._some.set()
        self._idle.clear()

    async def run(self) -> None:
        """Writes until it is cancelled."""
        pause = 0.1
        while True:
            await self._some.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            batch = self._pending[:_AT_ONCE]
            try:
                await self._queue.settle(batch, system_now())
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("outcomes wait for the database", count=len(self._pending), cause=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause = 0.1
            del self._pending[: len(batch)]
            if not self._pending:
                self._some.clear()
                self._idle.set()
            self._written()

    async def idle(self) -> None:
        """Returns when all is written."""
        await self._idle.wait()
