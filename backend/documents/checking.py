"""From quarantine to clean: what was sent is read once, from its bytes, and nothing is believed that was said about it.

Fails closed: a document is clean only by the last statement of ``Checker.check``, after everything else went well. What
is not the file's fault (no scanner, no store) is tried again without end; what the file does to its checker five times,
and what it does to the process that reads it twice, at once.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.documents import queries
from backend.documents.errors import StoreUnavailable
from backend.documents.inspection.run import TRIES, InspectionFailed, inspect
from backend.documents.metrics import Metrics
from backend.documents.model import CheckTask, Clean, Reason
from backend.documents.refusals import REFUSALS
from backend.documents.rules import (
    EVERY_PURPOSE,
    Purpose,
    key_of_content,
    key_of_original,
    key_of_part,
    key_of_thumbnail,
)
from backend.documents.scanning import Scanner, ScannerUnavailable
from backend.documents.store import ObjectStore
from backend.ids import new_id
from backend.notices.model import Telling
from backend.notices.service import tell
from backend.settings import Settings

MAX_ATTEMPTS = 5
_OUTAGE_PAUSE = timedelta(seconds=30)
_LEASE_SLACK = timedelta(seconds=60)
_FIRST_PAUSE_SECONDS = 5
_log = structlog.get_logger("wartefrei.documents")


class Refusal(Exception):
    """The document cannot be accepted; ``engine`` looked for malware, if it came that far."""

    def __init__(self, reason: Reason, engine: str | None = None) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.engine = engine


class Checker:
    """Checks documents, one at a time; a process may run several."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        scanner: Scanner,
        settings: Settings,
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
    ) -> None:
        self._database, self._store, self._scanner = database, store, scanner
        self._settings, self._clock, self._metrics = settings, clock, metrics or Metrics()
        longest = settings.document_check_seconds * TRIES + settings.clamd_timeout_seconds * 2
        self._lease = timedelta(seconds=longest) + _LEASE_SLACK

    async def check_next(self) -> bool:
        """Checks the document that waits longest; False when none waits. Raises ScannerUnavailable after postponing."""
        now = self._clock()
        async with self._database.transaction(SYSTEM) as conn:
            task = await queries.claim_check(conn, new_id(), now, now + self._lease)
        if task is None:
            return False
        try:
            if task.attempts > MAX_ATTEMPTS:
                raise Refusal("too-complex")
            with tempfile.TemporaryDirectory(prefix="wartefrei-check-") as work:
                await self._record_clean(task, await self._check(task, Path(work)))
        except Refusal as refusal:
            await self._record_refused(task, refusal)
        except (ScannerUnavailable, StoreUnavailable) as error:
            await self._postpone(task, _OUTAGE_PAUSE, innocent=True)
            _log.error("nothing can be checked at this moment", cause=str(error))
            if isinstance(error, ScannerUnavailable):
                raise
        except (InspectionFailed, FileNotFoundError) as error:
            pause = timedelta(seconds=_FIRST_PAUSE_SECONDS * 4 ** (task.attempts - 1))
            await self._postpone(task, pause, innocent=False)
            _log.warning("a check failed", cause=type(error).__name__, attempt=task.attempts)
        except asyncio.CancelledError:
            await self._postpone(task, timedelta(), innocent=True)
            raise
        return True

    async def _check(self, task: CheckTask, work: Path) -> Clean:
        purpose = EVERY_PURPOSE.get(task.purpose, Purpose(types=()))
        if task.size == 0:
            raise Refusal("empty")
        original, copy, thumbnail = work / "original", work / "clean", work / "thumbnail"
        fetched = await self._store.fetch("quarantine", _key(task), original, most=task.size)
        if fetched.size != task.size:
            raise Refusal("size-differs")
        if task.sha256 is not None and fetched.sha256 != task.sha256:
            raise Refusal("hash-differs")
        # First in a process that can be given up: a picture of a billion pixels would keep a scanner busy for minutes.
        findings = await inspect(self._settings, purpose, original, copy, thumbnail)
        if findings.refused is not None or findings.media_type is None:
            raise Refusal(findings.refused or "unreadable")
        verdict = await self._scanner.scan(original)
        if verdict.found is not None:
            raise Refusal("infected", verdict.engine)
        if verdict.incomplete:
            raise Refusal("too-complex", verdict.engine)
        size, digest = await asyncio.to_thread(_measure, copy)
        await self._store.put_file("clean", key_of_content(task.id), copy, findings.media_type)
        if findings.has_thumbnail:
            await self._store.put_file("clean", key_of_thumbnail(task.id), thumbnail, "image/webp")
        return Clean(
            sha256=fetched.sha256,
            media_type=findings.media_type,
            clean_size=size,
            clean_sha256=digest,
            pages=findings.pages,
            has_thumbnail=findings.has_thumbnail,
            scanned_by=verdict.engine,
        )

    async def _record_clean(self, task: CheckTask, clean: Clean) -> None:
        now = self._clock()
        async with self._database.transaction(SYSTEM) as conn:
            if await queries.record_clean(conn, task, clean, now):
                await queries.order_removal(conn, task.id, ["quarantine"], now)
                self._count(task, "clean", now)
            # Else another checks it, or its person has deleted it: the sweep finds what lies in the store for nobody.

    async def _record_refused(self, task: CheckTask, refusal: Refusal) -> None:
        now = self._clock()
        until = now + timedelta(days=self._settings.document_refused_days)
        told = Telling(
            city_id=task.city_id,
            person_id=task.person_id,
            kind="document.refused",
            subject_id=task.id,
            dedupe=str(task.id),
            data={"name": task.name, "code": refusal.reason, "reason": REFUSALS[refusal.reason]},
        )
        async with self._database.transaction(SYSTEM) as conn:
            if await queries.record_refused(conn, task, refusal.reason, refusal.engine, now, until):
                await queries.order_removal(conn, task.id, ["quarantine", "clean"], now)
                if task.clerk_id is None:  # else the clerk looks, and the person knows nothing of it
                    await tell(conn, told, now)
                self._count(task, refusal.reason, now)

    async def _postpone(self, task: CheckTask, pause: timedelta, *, innocent: bool) -> None:
        async with self._database.transaction(SYSTEM) as conn:
            await queries.postpone_check(conn, task, self._clock() + pause, innocent=innocent)
        self._metrics.checks.labels("postponed").inc()

    def _count(self, task: CheckTask, outcome: str, now: datetime) -> None:
        self._metrics.checks.labels(outcome).inc()
        self._metrics.seconds.observe((now - task.uploaded_at).total_seconds())


def _key(task: CheckTask) -> str:
    """Where its bytes lie: whole under a number, or as the store put them together, or where the presigned PUT led."""
    if task.multipart_id is None and task.parts:
        return key_of_part(task.id, task.parts[0].number)
    return key_of_original(task.id)


def _measure(path: Path) -> tuple[int, bytes]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").digest()
