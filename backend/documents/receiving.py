"""Bytes that come in pieces, at any pace, from a client that may vanish at any of them.

An upload is written by one request at a time, which holds a lease: no transaction is open while bytes are awaited or
stored. What is stored is recorded under the lease, so a writer that was overtaken records nothing, and under numbers
that are given out once, so it overwrites nothing either. Memory: one part of 5 MiB, whatever the size of the file.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.db import Database, Principal
from backend.documents import queries
from backend.documents.errors import (
    ChecksumDiffers,
    DocumentNotFound,
    OffsetDiffers,
    UploadExpired,
    UploadLocked,
    UploadsBusy,
    UploadTooLarge,
)
from backend.documents.model import OPEN, Upload
from backend.documents.store import ObjectStore
from backend.documents.writing import Writer
from backend.ids import new_id
from backend.settings import Settings

CHECKSUMS = ("sha1", "sha256", "sha512", "md5")
_WAIT_SECONDS = 10.0


class Checksum(msgspec.Struct, frozen=True):
    """What the bytes of one request must come to; ``algorithm`` is one of ``CHECKSUMS``."""

    algorithm: str
    digest: bytes


class CutError(Exception):
    """The client is gone, or silent for too long."""


class Receiver:
    """Receives for one process."""

    def __init__(
        self, database: Database, store: ObjectStore, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._store, self._clock = database, store, clock
        self._lease = timedelta(seconds=settings.upload_lease_seconds)
        self._places = asyncio.Semaphore(settings.uploads_at_once)

    async def find(self, person_id: UUID, document_id: UUID) -> Upload:
        """How far it has come; raises DocumentNotFound, UploadExpired."""
        async with self._database.transaction(Principal(person_id=person_id)) as conn:
            upload = await queries.find_upload(conn, document_id, person_id)
        return _usable(upload, self._clock())

    async def receive(
        self,
        person_id: UUID,
        document_id: UUID,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        length: int | None,
        checksum: Checksum | None,
    ) -> Upload:
        """Takes ``chunks`` (of ``length`` bytes, if that is known) at ``offset``; the upload as it is then.

        With a checksum all of them count or none; without one, what came before the client vanished is kept. Raises
        the errors of uploads, and CutError.
        """
        upload, lease = await self._begin(person_id, document_id, offset, length)
        if lease is None:
            return upload
        writer = self._writer(upload, lease, all_or_nothing=checksum is not None)
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            await writer.release()
            raise UploadsBusy from None
        try:
            await self._take(writer, chunks, checksum)
            return await self.find(person_id, document_id)
        except Exception:
            # Whoever goes on need not wait for the lease to run out. Where this fails as well, it does.
            with suppress(Exception):
                await writer.release()
            raise
        finally:
            self._places.release()

    async def finish(self, person_id: UUID, document_id: UUID) -> None:
        """Ends what a crash left between the last byte and its being whole; nothing where that is not so."""
        async with self._database.transaction(Principal(person_id=person_id)) as conn:
            upload = await queries.lock_upload(conn, document_id, person_id)
            now = self._clock()
            if upload is None or upload.state not in OPEN or upload.received != upload.size or _is_leased(upload, now):
                return
            lease = new_id()
            await queries.lease_upload(conn, upload, lease, self._until())
        await self._writer(upload, lease).make_whole()

    async def _begin(
        self, person_id: UUID, document_id: UUID, offset: int, length: int | None
    ) -> tuple[Upload, UUID | None]:
        """The upload and the lease of its new writer; none where it is complete already."""
        async with self._database.transaction(Principal(person_id=person_id)) as conn:
            now = self._clock()
            upload = _usable(await queries.lock_upload(conn, document_id, person_id), now)
            if _is_leased(upload, now) and upload.leased_until is not None:
                raise UploadLocked(retry_after_seconds=max(1, round((upload.leased_until - now).total_seconds())))
            if offset != upload.received:
                raise OffsetDiffers(offset=upload.received)
            if offset + (length or 0) > upload.size:
                raise UploadTooLarge(maxBytes=upload.size)
            if upload.state not in OPEN:
                return upload, None
            lease = new_id()
            await queries.lease_upload(conn, upload, lease, self._until())
            await queries.mark_uploading(conn, upload, now)
        return upload, lease

    async def _take(self, writer: Writer, chunks: AsyncIterator[bytes], checksum: Checksum | None) -> None:
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        renewed = time.monotonic()
        try:
            async for chunk in chunks:
                if digest is not None:
                    digest.update(chunk)
                await writer.add(chunk)
                if time.monotonic() - renewed > self._lease.total_seconds() / 3:
                    await writer.renew()
                    renewed = time.monotonic()
        except CutError:
            if checksum is None:
                await writer.keep()
            raise
        if checksum is not None and digest is not None and not hmac.compare_digest(digest.digest(), checksum.digest):
            raise ChecksumDiffers
        await writer.end()

    def _writer(self, upload: Upload, lease: UUID, *, all_or_nothing: bool = False) -> Writer:
        return Writer(
            self._database, self._store, upload, lease, self._clock, self._lease, all_or_nothing=all_or_nothing
        )

    def _until(self) -> datetime:
        return self._clock() + self._lease


def _usable(upload: Upload | None, now: datetime) -> Upload:
    if upload is None:
        raise DocumentNotFound
    if upload.state == "expired" or (upload.state in OPEN and upload.expires_at <= now):
        raise UploadExpired
    return upload


def _is_leased(upload: Upload, now: datetime) -> bool:
    return upload.lease is not None and upload.leased_until is not None and upload.leased_until > now
