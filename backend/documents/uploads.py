"""Declaring what is to come, proving that it came, taking it back."""

import base64
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.db import Connection, Database, Principal
from backend.documents import queries, service
from backend.documents.errors import (
    DocumentInUse,
    DocumentNotFound,
    StorageFull,
    TooManyUploads,
    UploadExpired,
    UploadIncomplete,
)
from backend.documents.model import OPEN, Document
from backend.documents.receiving import Receiver
from backend.documents.rules import PURPOSES, key_of_original, shown_name, shown_state
from backend.documents.store import ObjectStore, Signed
from backend.errors import FieldError, InvalidInput
from backend.settings import Settings

_SENT_AS = "application/octet-stream"
"""The type that a presigned PUT carries; which type it is, the bytes say."""


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone says that it will send. ``metadata``: Upload-Metadata of a tus client, as it was sent."""

    name: str
    size: int
    purpose: str
    sha256: bytes | None
    metadata: str | None = None


async def declare(
    conn: Connection, settings: Settings, person_id: UUID, document_id: UUID, wanted: Declaration, now: datetime
) -> Document:
    """A document with a fresh id that may be sent from now on. Raises InvalidInput, TooManyUploads, StorageFull."""
    purpose = PURPOSES.get(wanted.purpose)
    if purpose is None:
        raise InvalidInput([FieldError("/purpose", "unknown-purpose", f"One of {', '.join(PURPOSES)}")])
    if wanted.size > purpose.max_bytes:
        raise InvalidInput([FieldError("/size", "too-large", f"At most {purpose.max_bytes} bytes for this purpose")])
    await queries.lock_person(conn, person_id)
    used = await queries.measure_usage(conn, person_id, now)
    if used.open_uploads >= settings.max_open_uploads_per_person:
        raise TooManyUploads(limit=settings.max_open_uploads_per_person)
    if used.total_bytes + wanted.size > settings.max_document_bytes_per_person:
        raise StorageFull(limit=settings.max_document_bytes_per_person)
    await queries.declare_document(
        conn,
        document_id,
        person_id,
        purpose=wanted.purpose,
        name=shown_name(wanted.name),
        size=wanted.size,
        sha256=wanted.sha256,
        now=now,
        expires_at=now + timedelta(hours=settings.upload_hours),
        delete_after=now + timedelta(days=settings.document_unattached_days),
    )
    await queries.begin_upload(conn, document_id, person_id, wanted.metadata)
    if wanted.size == 0:
        await queries.mark_uploaded(conn, document_id, person_id, now)  # nothing is to come, so all of it is there
    return await service.find(conn, Principal(person_id=person_id), document_id)


async def sign_direct(
    store: ObjectStore, settings: Settings, document_id: UUID, size: int, sha256: bytes | None
) -> Signed | None:
    """Where a short file may be put in one request; None where tus is the only way."""
    if sha256 is None or not 0 < size <= settings.upload_direct_max_bytes:
        return None
    return await store.sign_put(
        key_of_original(document_id),
        size=size,
        media_type=_SENT_AS,
        sha256_base64=base64.b64encode(sha256).decode(),
        seconds=settings.upload_url_seconds,
    )


async def prove_complete(
    database: Database, store: ObjectStore, receiver: Receiver, person_id: UUID, document_id: UUID, now: datetime
) -> None:
    """Looks whether all bytes are in the store; raises DocumentNotFound, UploadExpired, UploadIncomplete."""
    principal = Principal(person_id=person_id)
    async with database.transaction(principal) as conn:
        document = await service.find(conn, principal, document_id)
        upload = await queries.find_upload(conn, document_id, person_id)
    if shown_state(document, now) == "expired":
        raise UploadExpired
    if document.state not in OPEN:
        return
    if upload is not None and upload.received == document.size:
        await receiver.finish(person_id, document_id)
        return
    if await store.size_of("quarantine", key_of_original(document_id)) != document.size:
        raise UploadIncomplete(received=0 if upload is None else upload.received, size=document.size)


async def complete(conn: Connection, person_id: UUID, document_id: UUID, now: datetime) -> Document:
    """After ``prove_complete``: the document waits for its check. Twice is once."""
    principal = Principal(person_id=person_id)
    upload = await queries.lock_upload(conn, document_id, person_id)
    document = await service.find(conn, principal, document_id)
    if document.state in OPEN:
        if upload is None or upload.received != document.size:
            await queries.use_direct(conn, document)
        await queries.mark_uploaded(conn, document_id, person_id, now)
        document = await service.find(conn, principal, document_id)
    return document


async def delete(conn: Connection, person_id: UUID, document_id: UUID) -> None:
    """Takes it back, whatever its state; raises DocumentNotFound, DocumentInUse."""
    if await queries.delete_document(conn, document_id, person_id) == 0:
        found = await service.find_many(conn, Principal(person_id=person_id), [document_id])
        raise DocumentInUse if found else DocumentNotFound
