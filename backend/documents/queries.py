"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, Principal, load
from backend.documents.model import Document

STATEMENTS = load(__package__ or "")


async def lock_documents(conn: Connection, person_id: UUID, ids: Sequence[UUID]) -> list[Document]:
    """Those of ``ids`` that are the person's, held until the transaction ends."""
    return await STATEMENTS.all(conn, "lock_documents", Document, list(ids), person_id)


async def attach_document(
    conn: Connection, document: Document, case_id: UUID, city_id: str, office_id: UUID, now: datetime, until: datetime
) -> int:
    """One when the case has taken it up, none when it was not there to take."""
    arguments = (document.id, document.person_id, case_id, city_id, office_id, now, until)
    return await STATEMENTS.run(conn, "attach_document", *arguments)


async def keep_documents(
    conn: Connection, person_id: UUID, ids: Sequence[UUID], until: datetime, now: datetime
) -> None:
    """Keeps them at least until ``until``."""
    await STATEMENTS.run(conn, "keep_documents", list(ids), person_id, until, now)


async def find_documents(conn: Connection, principal: Principal, ids: Sequence[UUID]) -> list[Document]:
    """Those of ``ids`` that the principal may see."""
    offices = list(principal.clerk_office_ids) if principal.clerk_city_id else None
    return await STATEMENTS.all(conn, "find_documents", Document, list(ids), principal.person_id, offices)
