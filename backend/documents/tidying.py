"""What keeps rows and objects together: what ran out, what was deleted, what nobody knows, what is missing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.documents import queries
from backend.documents.errors import StoreUnavailable
from backend.documents.receiving import Receiver
from backend.documents.store import Bucket, ObjectStore

_AT_ONCE = 500
_REMOVAL_PAUSE = timedelta(minutes=5)
# A document that became clean a moment ago may be listed only now.
_SETTLED = timedelta(minutes=10)
_log = structlog.get_logger("wartefrei.documents")


class Tidier:
    """The broom of documents. Every step may be cut off and done again."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        receiver: Receiver,
        clock: Callable[[], datetime],
        unknown_kept: timedelta,
    ) -> None:
        self._database, self._store, self._receiver, self._clock = database, store, receiver, clock
        self._unknown_kept = unknown_kept

    async def tidy(self) -> None:
        """Ends what is over: uploads that did not come, documents that need be kept no longer, objects of both."""
        now = self._clock()
        async with self._database.transaction(SYSTEM) as conn:
            unfinished = await queries.list_unfinished(conn, now)
        for one in unfinished:
            await self._receiver.finish(one.person_id, one.document_id)
        async with self._database.transaction(SYSTEM) as conn:
            for expired in await queries.expire_uploads(conn, now, _AT_ONCE):
                await queries.order_removal(conn, expired.id, ["quarantine"], now)
            await queries.delete_overdue(conn, now, _AT_ONCE)
        while await self.remove_next():
            pass

    async def remove_next(self) -> bool:
        """Removes the objects of one document from one bucket; False when there are none to remove."""
        now = self._clock()
        async with self._database.transaction(SYSTEM) as conn:
            removal = await queries.claim_removal(conn, now, now + _REMOVAL_PAUSE)
        if removal is None:
            return False
        try:
            await self._store.remove(removal.bucket, removal.document_id)
        except (StoreUnavailable, FileNotFoundError):
            _log.warning("objects could not be removed", bucket=removal.bucket, attempt=removal.attempts)
            return False  # it is due again in a while
        async with self._database.transaction(SYSTEM) as conn:
            await queries.end_removal(conn, removal)
        return True

    async def reconcile(self) -> tuple[int, int]:
        """Compares the buckets with the rows; how many documents were found there for nobody, and how many are lost.

        What is to be removed already is not found again, nor is what is known to be lost.
        """
        strays = 0
        for bucket in ("quarantine", "clean"):
            strays += await self._find_strays(bucket)
        lost = await self._find_lost()
        if strays or lost:
            _log.error("rows and objects did not agree", strays=strays, lost=lost)
        return strays, lost

    async def _find_strays(self, bucket: Bucket) -> int:
        found, after = 0, ""
        while True:
            names, following = await self._store.list_documents(bucket, after)
            ids = [one for name in names if (one := _uuid(name)) is not None]
            now = self._clock()
            async with self._database.transaction(SYSTEM) as conn:
                for stray in await queries.list_strays(conn, ids, bucket):
                    # What no row knows may be what a restored database has lost: somebody may restore a newer one yet.
                    due = now if stray.known else now + self._unknown_kept
                    await queries.order_removal(conn, stray.id, [bucket], due)
                    found += 1
            if following is None:
                return found
            after = following

    async def _find_lost(self) -> int:
        """Walks bucket and rows side by side, in the order of ids."""
        lost, after, seen_until = 0, "", UUID(int=0)
        while True:
            names, following = await self._store.list_documents("clean", after)
            there = {one for name in names if (one := _uuid(name)) is not None}
            until = max(there) if following is not None and there else None
            now = self._clock()
            async with self._database.transaction(SYSTEM) as conn:
                for row in await queries.list_clean_between(conn, seen_until, until, now - _SETTLED):
                    if row.id not in there:
                        lost += await queries.report_lost(conn, row.id, now)
            if following is None:
                return lost
            after, seen_until = following, until or seen_until


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
