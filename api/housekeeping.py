"""Rows that time has made useless are cleared away, a few at a time. Nothing depends on it: they count for nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from api.context import Context
from backend.appointments import service as appointments
from backend.clock import system_now
from backend.db.outage import is_outage
from backend.limits.queries import clear_buckets

_PAUSE_SECONDS = 60.0
_BUCKETS_AFTER = timedelta(hours=2)
_AT_ONCE = 5_000
_log = structlog.get_logger("wartefrei.housekeeping")


async def keep_house(context: Context) -> None:
    """Runs until it is cancelled."""
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        try:
            await tidy(context)
        except Exception as error:  # noqa: BLE001 - a broken broom must not end the process, whatever broke it
            level = _log.warning if is_outage(error) else _log.error
            level("housekeeping failed", cause=type(error).__name__)


async def tidy(context: Context) -> None:
    """One round."""
    async with context.database.connection() as conn:
        await clear_buckets(conn, system_now() - _BUCKETS_AFTER, _AT_ONCE)
    while await appointments.tidy(context.database, context.settings, system_now(), limit=_AT_ONCE) >= _AT_ONCE:
        pass
    await context.callers.sessions.sweep(system_now())


async def end(task: "asyncio.Task[Any]") -> None:
    """Cancels and waits."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
