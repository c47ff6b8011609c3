"""What other rooms do with documents, within their own transactions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Connection, Principal
from backend.documents import queries
from backend.documents.errors import DocumentNotFound, DocumentsUnfit
from backend.documents.model import AttachedDocument, Document, Unfit
from backend.documents.rules import EVERY_PURPOSE, Purpose, fitness


async def attach(
    conn: Connection,
    person_id: UUID,
    document_ids: Sequence[UUID],
    *,
    case_id: UUID,
    city_id: str,
    office_id: UUID,
    now: datetime,
) -> list[AttachedDocument]:
    """The case takes the person's documents up, all or none, in the order given; twice is once.

    Raises DocumentsUnfit that names each that is missing, another's, not checked, refused or already used.
    """
    wanted = list(dict.fromkeys(document_ids))
    found = {one.id: one for one in await queries.lock_documents(conn, person_id, wanted)}
    unfit = [why for one in wanted if (why := fitness(found.get(one), one, case_id)) is not None]
    if unfit:
        raise DocumentsUnfit(unfit)
    for document in (found[one] for one in wanted):
        until = now + timedelta(days=purpose_of(document).retention_days)
        if (
            document.case_id is None
            and await queries.attach_document(conn, document, case_id, city_id, office_id, now, until) != 1
        ):
            raise DocumentsUnfit([Unfit(document.id, "used")])
    return [attached(found[one]) for one in wanted]


async def keep(
    conn: Connection, person_id: UUID, document_ids: Sequence[UUID], *, until: datetime, now: datetime
) -> None:
    """What a draft refers to is kept at least until ``until``; ids that are not the person's change nothing."""
    await queries.keep_documents(conn, person_id, document_ids, until, now)


async def find_many(conn: Connection, principal: Principal, document_ids: Sequence[UUID]) -> list[Document]:
    """Those of the documents that the principal may see: a person their own, a clerk those of their offices' cases."""
    return await queries.find_documents(conn, principal, document_ids)


async def find(conn: Connection, principal: Principal, document_id: UUID) -> Document:
    """One document that the principal may see; raises DocumentNotFound."""
    found = await queries.find_documents(conn, principal, [document_id])
    if not found:
        raise DocumentNotFound
    return found[0]


def purpose_of(document: Document) -> Purpose:
    """The rules of the document's purpose."""
    return EVERY_PURPOSE[document.purpose]


def attached(one: Document) -> AttachedDocument:
    """A clean document as a case keeps it."""
    assert one.media_type is not None and one.clean_size is not None  # noqa: PT018 - what `clean` means, as the schema says
    assert one.sha256 is not None and one.clean_sha256 is not None  # noqa: PT018
    return AttachedDocument(
        id=one.id,
        purpose=one.purpose,
        name=one.name,
        media_type=one.media_type,
        size=one.size,
        sha256=one.sha256,
        clean_size=one.clean_size,
        clean_sha256=one.clean_sha256,
        pages=one.pages,
    )
