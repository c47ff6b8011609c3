"""Wakes whoever watches an appointment, an office or an inbox as soon as something happened to it, in any process.

Two ways lead here. After its commit the API sends ``pg_notify``, many changes of one moment together; one connection
per process listens. Behind that, once in ``POLL_SECONDS``, one statement per process reads which events are new, so
that a change without a notify (a crash after the commit, another writer) is late by that much and never lost. Both only
wake; what happened is then read by whoever was woken, with their own rights. Nothing runs while nobody watches.
"""

import asyncio
import contextlib
from collections.abc import Generator
from datetime import timedelta
from uuid import UUID

import structlog

from backend.clock import system_now
from backend.db import Database
from backend.db.listening import listen
from backend.db.outage import is_outage
from backend.db.pool import SYSTEM
from backend.desk import queries
from backend.ids import id_at

CHANNEL = "appointment"
NEWS = UUID(int=1)
"""What every inbox watches beside its person's: that a city has announced something."""
POLL_SECONDS = 0.8
_COALESCE_SECONDS = 0.02
_NEWS_SECONDS = 0.8
"""Over which those who watch for news are woken."""
_OVERLAP_SECONDS = 15
"""How long after its id was made an event may become visible: longer than any statement may run."""
_log = structlog.get_logger("wartefrei.feed")


class Watcher:
    """Waits for changes of one thing that is watched. What happens between two waits is not missed."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """True as soon as something happened, False when ``seconds`` have passed without."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class Feed:
    """One per process and event loop; ``close`` it before the database."""

    def __init__(self, database: Database, url: str) -> None:
        self._database, self._url = database, url
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._pending: set[UUID] = set()
        self._sending: asyncio.Task[None] | None = None
        self._running: list[asyncio.Task[None]] = []
        self.closing = False

    @property
    def watched(self) -> int:
        """How many things somebody watches."""
        return len(self._watchers)

    def tell(self, *changed: UUID) -> None:
        """After a commit: wakes who watches these offices, appointments and people here, and soon elsewhere."""
        for key in changed:
            self._wake(key)
        self._pending.update(changed)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    @contextlib.contextmanager
    def watch(self, *keys: UUID) -> Generator[Watcher]:
        """A watcher of an office, an appointment, or a person's inbox, by its id; of several, whichever comes first."""
        if not self._running:
            loop = asyncio.get_running_loop()
            listening = listen(self._url, CHANNEL, self._heard, name="wartefrei feed", back=lambda: None)
            self._running = [loop.create_task(listening), loop.create_task(self._poll())]
        watcher = Watcher()
        for key in keys:
            self._watchers.setdefault(key, set()).add(watcher)
        try:
            yield watcher
        finally:
            for key in keys:
                self._watchers[key].discard(watcher)
                if not self._watchers[key]:
                    del self._watchers[key]

    async def close(self) -> None:
        """Ends listening and every stream; what waits to be told is told no more (others find it by polling)."""
        self.closing = True
        for key in self._watchers:
            self._wake(key)
        tasks = [*self._running, *([self._sending] if self._sending else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running = []

    def _wake(self, key: UUID) -> None:
        watchers = self._watchers.get(key, ())
        if key == NEWS and not self.closing:
            # Everybody's at once would be thousands of readings in one moment.
            loop, pause = asyncio.get_running_loop(), _NEWS_SECONDS / max(1, len(watchers))
            for number, watcher in enumerate(watchers):
                loop.call_later(number * pause, watcher.wake)
            return
        for watcher in watchers:
            watcher.wake()

    async def _send(self) -> None:
        try:
            while self._pending:
                await asyncio.sleep(_COALESCE_SECONDS)
                changed, self._pending = self._pending, set()
                # A payload holds 8,000 bytes at most; 37 for each id.
                every = [str(key) for key in changed]
                async with self._database.connection() as conn:
                    for at in range(0, len(every), 200):
                        await queries.notify(conn, ",".join(every[at : at + 200]))
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("changes are not announced", cause=type(error).__name__)
        finally:
            self._sending = None

    def _heard(self, payload: str) -> None:
        for part in payload.split(","):
            with contextlib.suppress(ValueError):
                self._wake(UUID(part))

    async def _poll(self) -> None:
        seen: set[UUID] = set()
        fresh = True
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if not self._watchers:
                fresh = True
                continue
            try:
                async with self._database.transaction(SYSTEM) as conn:
                    changes = await queries.list_changes(
                        conn, id_at(system_now() - timedelta(seconds=_OVERLAP_SECONDS))
                    )
            except Exception as error:
                if not is_outage(error):
                    raise
                continue
            # The first reading after a pause only wakes: whoever is woken for nothing finds nothing new.
            for change in changes:
                if fresh or change.id not in seen:
                    for key in change.keys:
                        self._wake(key)
            seen, fresh = {change.id for change in changes}, False
