"""Documents that an office sends to go with a decision: declared by a clerk, checked like any other, and taken up by
the decision. Until then their person does not know of them.
"""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from backend.db import Connection, Principal
from backend.documents import queries, service
from backend.documents.errors import DocumentNotFound, DocumentsUnfit, TooManyUploads, UploadExpired, UploadIncomplete
from backend.documents.model import OPEN, AttachedDocument, Document, Unfit
from backend.documents.rules import DECISION, OFFICE_PURPOSES, fitness, key_of_original, shown_name, shown_state
from backend.documents.store import ObjectStore
from backend.errors import FieldError, InvalidInput
from backend.settings import Settings

MOST = 10
"""For one case, whatever has become of them."""


class OfCase(Protocol):
    """What of a case a document needs to know."""

    @property
    def id(self) -> UUID: ...
    @property
    def city_id(self) -> str: ...
    @property
    def office_id(self) -> UUID: ...
    @property
    def person_id(self) -> UUID: ...


async def declare(
    conn: Connection, settings: Settings, case: OfCase, clerk_id: UUID, document_id: UUID, *, name: str, size: int,
    sha256: bytes, now: datetime,
) -> Document:  # fmt: skip
    """A document that may be sent from now on, in one request. The caller holds the case's lock.

    Raises InvalidInput, TooManyUploads.
    """
    most = min(OFFICE_PURPOSES[DECISION].max_bytes, settings.upload_direct_max_bytes)
    if size > most:
        raise InvalidInput([FieldError("/size", "too-large", f"At most {most} bytes for this purpose")])
    if (await queries.count_of_office(conn, case.id)).count >= MOST:
        raise TooManyUploads(limit=MOST)
    await queries.declare_of_office(
        conn, document_id, case.person_id, purpose=DECISION, name=shown_name(name), size=size, sha256=sha256,
        clerk_id=clerk_id, case_id=case.id, city_id=case.city_id, office_id=case.office_id, now=now,
        expires_at=now + timedelta(hours=settings.upload_hours),
        delete_after=now + timedelta(days=settings.document_unattached_days),
    )  # fmt: skip
    office = Principal(clerk_city_id=case.city_id, clerk_office_ids=(case.office_id,))
    return await service.find(conn, office, document_id)


async def prove_sent(store: ObjectStore, document: Document, now: datetime) -> None:
    """Looks whether the bytes are in the store; raises UploadExpired, UploadIncomplete."""
    if shown_state(document, now) == "expired":
        raise UploadExpired
    if document.state in OPEN and await store.size_of("quarantine", key_of_original(document.id)) != document.size:
        raise UploadIncomplete(received=0, size=document.size)


async def find(conn: Connection, principal: Principal, case_id: UUID, document_id: UUID) -> Document:
    """A document that the office has sent for this case; raises DocumentNotFound."""
    found = await service.find(conn, principal, document_id)
    if found.clerk_id is None or found.case_id != case_id:
        raise DocumentNotFound
    return found


async def complete(conn: Connection, principal: Principal, case_id: UUID, document_id: UUID, now: datetime) -> Document:
    """After ``prove_sent``: it waits for its check. Twice is once. Raises DocumentNotFound."""
    await find(conn, principal, case_id, document_id)
    await queries.mark_sent_by_office(conn, document_id, case_id, now)
    return await find(conn, principal, case_id, document_id)


async def take_up(
    conn: Connection, case_id: UUID, document_id: UUID, now: datetime, until: datetime | None = None
) -> AttachedDocument:
    """The document, which may go with a decision; with ``until`` it does from now on, is its person's to see, and is
    kept for so long. Raises DocumentsUnfit for what is not of this case, not clean, or gone along already.
    """
    found = await queries.lock_of_office(conn, document_id, case_id)
    unfit = fitness(found, document_id, case_id)
    if unfit is not None or found is None:
        raise DocumentsUnfit([unfit or Unfit(document_id, "not-found")])
    if until is not None:
        await queries.attach_of_office(conn, document_id, case_id, now, until)
    return service.attached(found)
