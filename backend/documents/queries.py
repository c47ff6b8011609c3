"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.db import Connection, Principal, load
from backend.documents.model import (
    Backlog,
    CheckTask,
    Clean,
    Count,
    Document,
    DocumentId,
    Number,
    Removal,
    Stored,
    Stray,
    Unfinished,
    Upload,
    Usage,
)
from backend.ids import new_id

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


async def lock_person(conn: Connection, person_id: UUID) -> None:
    """Waits for other declarations of the person."""
    await STATEMENTS.run(conn, "lock_person", person_id)


async def measure_usage(conn: Connection, person_id: UUID, now: datetime) -> Usage:
    """What counts against the person's limits."""
    return await STATEMENTS.one(conn, "measure_usage", Usage, person_id, now)


async def declare_document(
    conn: Connection,
    document_id: UUID,
    person_id: UUID,
    *,
    purpose: str,
    name: str,
    size: int,
    sha256: bytes | None,
    now: datetime,
    expires_at: datetime,
    delete_after: datetime,
) -> None:
    """A document that is to come."""
    arguments = (document_id, person_id, purpose, name, size, sha256, now, expires_at, delete_after)
    await STATEMENTS.run(conn, "declare_document", *arguments)


async def begin_upload(conn: Connection, document_id: UUID, person_id: UUID, metadata: str | None) -> None:
    """Its upload."""
    await STATEMENTS.run(conn, "begin_upload", document_id, person_id, metadata)


async def find_upload(conn: Connection, document_id: UUID, person_id: UUID) -> Upload | None:
    """How far the bytes have come."""
    return await STATEMENTS.optional(conn, "find_upload", Upload, document_id, person_id)


async def lock_upload(conn: Connection, document_id: UUID, person_id: UUID) -> Upload | None:
    """The same, held until the transaction ends."""
    return await STATEMENTS.optional(conn, "lock_upload", Upload, document_id, person_id)


async def lease_upload(conn: Connection, upload: Upload, lease: UUID, until: datetime) -> None:
    """Makes ``lease`` the writer."""
    await STATEMENTS.run(conn, "lease_upload", upload.document_id, upload.person_id, lease, until)


async def renew_lease(conn: Connection, upload: Upload, lease: UUID, until: datetime) -> int:
    """None when another is the writer."""
    return await STATEMENTS.run(conn, "renew_lease", upload.document_id, upload.person_id, lease, until)


async def take_number(conn: Connection, upload: Upload, lease: UUID, until: datetime) -> Number | None:
    """A number for the next object; None when another is the writer."""
    arguments = (upload.document_id, upload.person_id, lease, until)
    return await STATEMENTS.optional(conn, "take_number", Number, *arguments)


async def record_received(
    conn: Connection,
    upload: Upload,
    lease: UUID,
    received: int,
    multipart_id: str | None,
    parts: Sequence[Stored],
    pieces: Sequence[Stored],
    until: datetime,
) -> int:
    """None when another is the writer."""
    listed = [[msgspec.to_builtins(one) for one in some] for some in (parts, pieces)]
    arguments = (upload.document_id, upload.person_id, lease, received, multipart_id, *listed, until)
    return await STATEMENTS.run(conn, "record_received", *arguments)


async def end_lease(conn: Connection, upload: Upload, lease: UUID) -> None:
    """The next writer may come at once."""
    await STATEMENTS.run(conn, "end_lease", upload.document_id, upload.person_id, lease)


async def mark_uploading(conn: Connection, upload: Upload, now: datetime) -> None:
    """The first bytes are on their way."""
    await STATEMENTS.run(conn, "mark_uploading", upload.document_id, upload.person_id, now)


async def mark_uploaded(conn: Connection, document_id: UUID, person_id: UUID, now: datetime) -> int:
    """One when it waits for its check from now on; none when it did so already."""
    return await STATEMENTS.run(conn, "mark_uploaded", document_id, person_id, now)


async def use_direct(conn: Connection, document: Document) -> None:
    """What the presigned PUT brought is what is checked."""
    await STATEMENTS.run(conn, "use_direct", document.id, document.person_id, document.size)


async def delete_document(conn: Connection, document_id: UUID, person_id: UUID) -> int:
    """None when there is none, or a case has taken it up."""
    return await STATEMENTS.run(conn, "delete_document", document_id, person_id)


async def list_documents(conn: Connection, person_id: UUID, before: UUID | None, limit: int) -> list[Document]:
    """A page, newest first."""
    return await STATEMENTS.all(conn, "list_documents", Document, person_id, before, limit)


async def add_audit_entry(
    conn: Connection,
    city_id: str | None,
    now: datetime,
    actor_kind: str,
    actor_id: UUID | None,
    action: str,
    document_id: UUID,
) -> None:
    """That somebody was given the bytes."""
    arguments = (new_id(), city_id, now, actor_kind, actor_id, action, str(document_id))
    await STATEMENTS.run(conn, "add_audit_entry", *arguments)


async def claim_check(conn: Connection, lease: UUID, now: datetime, until: datetime) -> CheckTask | None:
    """The next document to check, leased."""
    return await STATEMENTS.optional(conn, "claim_check", CheckTask, lease, now, until)


async def record_clean(conn: Connection, task: CheckTask, clean: Clean, now: datetime) -> int:
    """None when the lease is another's by now."""
    arguments = (
        clean.sha256, clean.media_type, clean.clean_size, clean.clean_sha256, clean.pages, clean.has_thumbnail,
        clean.scanned_by,
    )  # fmt: skip
    return await STATEMENTS.run(conn, "record_clean", task.id, task.lease, *arguments, now)


async def record_refused(
    conn: Connection, task: CheckTask, reason: str, scanned_by: str | None, now: datetime, delete_after: datetime
) -> int:
    """None when the lease is another's by now."""
    return await STATEMENTS.run(conn, "record_refused", task.id, task.lease, reason, scanned_by, now, delete_after)


async def postpone_check(conn: Connection, task: CheckTask, due: datetime, *, innocent: bool) -> None:
    """Not now."""
    await STATEMENTS.run(conn, "postpone_check", task.id, task.lease, due, innocent)


async def order_removal(conn: Connection, document_id: UUID, buckets: Sequence[str], now: datetime) -> None:
    """Objects of the document in these buckets are to go."""
    await STATEMENTS.run(conn, "order_removal", document_id, list(buckets), now)


async def claim_removal(conn: Connection, now: datetime, until: datetime) -> Removal | None:
    """The next removal."""
    return await STATEMENTS.optional(conn, "claim_removal", Removal, now, until)


async def end_removal(conn: Connection, removal: Removal) -> None:
    """Done."""
    await STATEMENTS.run(conn, "end_removal", removal.document_id, removal.bucket)


async def expire_uploads(conn: Connection, now: datetime, limit: int) -> list[DocumentId]:
    """What has just become expired."""
    return await STATEMENTS.all(conn, "expire_uploads", DocumentId, now, limit)


async def delete_overdue(conn: Connection, now: datetime, limit: int) -> int:
    """How many went."""
    return await STATEMENTS.run(conn, "delete_overdue", now, limit)


async def read_backlog(conn: Connection, now: datetime) -> Backlog:
    """What waits at this moment."""
    return await STATEMENTS.one(conn, "read_backlog", Backlog, now)


async def list_unfinished(conn: Connection, now: datetime) -> list[Unfinished]:
    """Uploads to end for somebody who died."""
    return await STATEMENTS.all(conn, "list_unfinished", Unfinished, now)


async def list_strays(conn: Connection, ids: Sequence[UUID], bucket: str) -> list[Stray]:
    """Those of ``ids`` whose objects in the bucket nobody needs, and nobody is about to remove."""
    return await STATEMENTS.all(conn, "list_strays", Stray, list(ids), bucket)


async def list_clean_between(
    conn: Connection, after: UUID, until: UUID | None, checked_before: datetime
) -> list[DocumentId]:
    """Clean documents with ids in the range."""
    return await STATEMENTS.all(conn, "list_clean_between", DocumentId, after, until, checked_before)


async def report_lost(conn: Connection, document_id: UUID, now: datetime) -> bool:
    """Leaves word for operators, once; whether it was not known yet."""
    return bool(await STATEMENTS.all(conn, "report_lost", DocumentId, str(document_id), now))


async def count_of_office(conn: Connection, case_id: UUID) -> Count:
    """Documents that the office has sent for the case."""
    return await STATEMENTS.one(conn, "count_of_office", Count, case_id)


async def declare_of_office(
    conn: Connection, document_id: UUID, person_id: UUID, *, purpose: str, name: str, size: int, sha256: bytes,
    clerk_id: UUID, case_id: UUID, city_id: str, office_id: UUID, now: datetime, expires_at: datetime,
    delete_after: datetime,
) -> None:  # fmt: skip
    """A document of an office that is to come."""
    await STATEMENTS.run(
        conn, "declare_of_office", document_id, person_id, purpose, name, size, sha256, clerk_id, case_id, city_id,
        office_id, now, expires_at, delete_after,
    )  # fmt: skip


async def mark_sent_by_office(conn: Connection, document_id: UUID, case_id: UUID, now: datetime) -> None:
    """It waits for its check."""
    await STATEMENTS.run(conn, "mark_sent_by_office", document_id, case_id, now)


async def lock_of_office(conn: Connection, document_id: UUID, case_id: UUID) -> Document | None:
    """None where the office has sent no such document for the case, or a decision has taken it up."""
    return await STATEMENTS.optional(conn, "lock_of_office", Document, document_id, case_id)


async def attach_of_office(conn: Connection, document_id: UUID, case_id: UUID, now: datetime, until: datetime) -> None:
    """The decision has taken it up."""
    await STATEMENTS.run(conn, "attach_of_office", document_id, case_id, now, until)
