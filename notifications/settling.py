"""Writes down what became of deliveries, many at a time."""

import asyncio
from datetime import timedelta
from random import SystemRandom

import structlog

from backend.clock import system_now
from backend.db import Database
from backend.db.outage import is_outage
from backend.notices import service
from backend.notices.model import Ending, Gone, Outgoing, Settled
from notifications.backoff import pause_seconds
from notifications.model import Outcome, Result

_GATHER_SECONDS = 0.005
_AT_ONCE = 500
_LONGEST_PAUSE_SECONDS = 2.0
_ENDINGS: dict[Result, Ending | None] = {
    "sent": "sent", "transient": None, "permanent": "dead", "target_gone": "dropped", "expired": "expired",
    "breaker": None,
}  # fmt: skip
_log = structlog.get_logger("wartefrei.settling")


class Settler:
    """One per process. What it could not write yet it keeps, while the database is away."""

    def __init__(self, database: Database, most_attempts: int) -> None:
        self._database, self._most_attempts = database, most_attempts
        self._pending: list[tuple[Settled, Gone | None]] = []
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._random = SystemRandom()

    def add(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Returns at once."""
        self._pending.append((self._settled(outgoing, outcome), _gone(outgoing, outcome)))
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
                await service.settle(
                    self._database, [s for s, _ in batch], [gone for _, gone in batch if gone], system_now()
                )
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

    async def idle(self) -> None:
        """Returns when all is written."""
        await self._idle.wait()

    def _settled(self, outgoing: Outgoing, outcome: Outcome) -> Settled:
        now = system_now()
        ending = _ENDINGS[outcome.result]
        due_at = now
        if outcome.result == "transient":
            pause = pause_seconds(outgoing.attempt, outcome.retry_after_seconds, self._random)
            due_at = now + timedelta(seconds=pause)
            if outgoing.attempt >= self._most_attempts:
                ending = "dead"
        return Settled(
            id=outgoing.id, attempt=outgoing.attempt, ending=ending, detail=outcome.code, due_at=due_at,
            counted=outcome.result != "breaker",
        )  # fmt: skip


def _gone(outgoing: Outgoing, outcome: Outcome) -> Gone | None:
    if outcome.result != "target_gone" or outgoing.device_id is None or outgoing.target is None:
        return None
    return Gone(outgoing.device_id, outgoing.target)
