"""Runs scheduled tasks: one runner at a time for each, whichever worker is first."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta

import structlog

from backend.clock import system_now
from backend.db.outage import OUTAGES, is_outage
from backend.schedule import queries
from backend.schedule.model import RunOutcome, Turn
from notifications.metrics import Metrics
from notifications.tasks import House, Task

_POLL_SECONDS = 1.0
_LEASE = timedelta(seconds=30)
_RENEWED_SECONDS = 10.0
_LONGEST_SECONDS = 900.0
_AFTER_FAILURE_SECONDS = 60.0
_log = structlog.get_logger("wartefrei.schedule")


class Runner:
    """One per worker; tasks run beside one another, each on its own."""

    def __init__(self, house: House, tasks: Sequence[Task], metrics: Metrics) -> None:
        self._house, self._metrics = house, metrics
        self._tasks = {task.name: task for task in tasks}
        self._running: set[asyncio.Task[None]] = set()
        self._entered = False

    async def run(self) -> None:
        """Until it is cancelled; what runs then is ended and is somebody else's once its lease is over."""
        try:
            while True:
                try:
                    turn = await self._next()
                except Exception as error:
                    if not is_outage(error):
                        raise
                    turn = None
                if turn is None:
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
                running = asyncio.create_task(self._run(self._tasks[turn.task], turn))
                self._running.add(running)
                running.add_done_callback(self._running.discard)
        finally:
            for running in self._running:
                running.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _next(self) -> Turn | None:
        now = system_now()
        async with self._house.database.connection() as conn:
            if not self._entered:
                for task in self._tasks.values():
                    await queries.enter_task(conn, task.name, task.every_seconds, now)
                self._entered = True
            return await queries.take_turn(conn, now, now + _LEASE, list(self._tasks))

    async def _run(self, task: Task, turn: Turn) -> None:
        keeping = asyncio.create_task(self._keep(turn))
        outcome: RunOutcome = "failed"
        pause = min(task.every_seconds, _AFTER_FAILURE_SECONDS)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                detail = str(await task.run(self._house, system_now()))
            outcome, pause = "done", task.every_seconds
        except Exception as error:  # noqa: BLE001 - a broken broom must not end the process, whatever broke it
            detail = type(error).__name__
            level = _log.warning if is_outage(error) else _log.error
            level("a task failed", task=task.name, cause=detail)
        finally:
            keeping.cancel()
        self._metrics.task_runs.labels(task.name, outcome).inc()
        now = system_now()
        with contextlib.suppress(*OUTAGES):
            async with self._house.database.connection() as conn:
                await queries.end_turn(conn, turn, now, outcome, detail, now + timedelta(seconds=pause))

    async def _keep(self, turn: Turn) -> None:
        while True:
            await asyncio.sleep(_RENEWED_SECONDS)
            with contextlib.suppress(*OUTAGES):
                async with self._house.database.connection() as conn:
                    await queries.keep_turn(conn, turn, system_now() + _LEASE)
