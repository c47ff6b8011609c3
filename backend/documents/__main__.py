"""``python -m backend.documents``: checks what people send and keeps rows and objects together.

SIGTERM and SIGINT end it at once; what is under way is given back and done by the next process.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import structlog
import uvloop

from backend import logs
from backend.clock import system_now
from backend.db import open_database
from backend.db.outage import is_outage
from backend.db.pool import SYSTEM
from backend.documents import queries
from backend.documents.checking import Checker
from backend.documents.metrics import Metrics
from backend.documents.receiving import Receiver
from backend.documents.scanning import Scanner, ScannerUnavailable, open_scanner
from backend.documents.store import ObjectStore
from backend.documents.tidying import Tidier
from backend.health.listener import Pulse, listen
from backend.settings import Settings, SettingsError, from_environment

_UNPROVEN_PAUSE_SECONDS = 15.0
_TIDY_SECONDS = 20.0
_COUNT_SECONDS = 15.0
_SLACK_SECONDS = 90.0
_log = structlog.get_logger("wartefrei.documents")


async def work(settings: Settings) -> None:
    """Until a signal comes."""
    async with AsyncExitStack() as stack:
        database = await open_database(
            settings.database_url,
            size=settings.document_check_workers + 2,
            statement_timeout_seconds=settings.database_statement_timeout_seconds,
            name="wartefrei documents",
        )
        stack.push_async_callback(database.close)
        store = ObjectStore(settings)
        stack.push_async_callback(store.close)
        scanner, metrics, pulse = open_scanner(settings), Metrics(), Pulse()
        checker = Checker(database, store, scanner, settings, system_now, metrics)
        receiver = Receiver(database, store, settings, system_now)
        kept = timedelta(days=settings.document_stray_days)
        tidier = Tidier(database, store, receiver, system_now, kept)

        async def reconcile() -> None:
            strays, lost = await tidier.reconcile()
            metrics.faults.labels("strays").inc(strays)
            metrics.faults.labels("lost").inc(lost)

        async def count() -> None:
            async with database.transaction(SYSTEM) as conn:
                metrics.waits(await queries.read_backlog(conn, system_now()))

        if settings.documents_port is not None:
            listener = await listen(
                settings.documents_port, pulse, database, metrics.page,
                lambda: None if metrics.believed else "the scanner cannot be relied on",
            )  # fmt: skip
            stack.push_async_callback(listener.cleanup)
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        # A document may take as long as its check and two waits for the scanner: only then is a loop stuck.
        longest = settings.document_check_seconds + settings.clamd_timeout_seconds * 2 + _SLACK_SECONDS
        tasks = [
            asyncio.create_task(
                _check(checker, scanner, settings, metrics, partial(pulse.beat, f"check {number}", longest))
            )
            for number in range(settings.document_check_workers)
        ]
        for seconds, step in (
            (_TIDY_SECONDS, tidier.tidy), (settings.document_sweep_minutes * 60.0, reconcile), (_COUNT_SECONDS, count),
        ):  # fmt: skip
            tasks.append(asyncio.create_task(_again(seconds, step)))
        await ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _check(
    checker: Checker, scanner: Scanner, settings: Settings, metrics: Metrics, beat: Callable[[], None]
) -> None:
    """Claims nothing before the scanner has shown that it can be believed, and asks again whenever it failed."""
    proven = False
    while True:
        beat()
        try:
            if not proven:
                await scanner.prove()
                proven = True
                metrics.believe(True)
            if not await checker.check_next():
                await asyncio.sleep(settings.document_check_pause_seconds)
        except ScannerUnavailable as error:
            proven = False
            metrics.believe(False)
            _log.error("no document is checked: the scanner cannot be relied on", cause=str(error))
            await asyncio.sleep(_UNPROVEN_PAUSE_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever one document or the database did, the next may go well
            _complain("checking failed", error)
            await asyncio.sleep(settings.document_check_pause_seconds)


async def _again(seconds: float, step: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - a broken broom must not end the process, whatever broke it
            _complain("tidying failed", error)
        await asyncio.sleep(seconds)


def _complain(what: str, error: Exception) -> None:
    level = _log.warning if is_outage(error) else _log.error
    level(what, cause=type(error).__name__)


def main() -> int:
    """0 after a signal, 1 where it cannot begin, with the reason in the log."""
    try:
        settings = from_environment(role="documents")
        logs.configure(settings.log_level)
        uvloop.run(work(settings))
    except (SettingsError, OSError) as error:
        _log.error("the checker cannot begin", cause=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
