"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.cases.model import Actor, Case, CaseEvent, CaseKey, ClerkName, Count, Letterhead, Note, Revision, State
from backend.db import Connection, Principal, load
from backend.ids import new_id

STATEMENTS = load(__package__ or "")
NOBODY = UUID(int=0)
"""As an assignee: cases that are nobody's."""


async def insert_case(conn: Connection, case: Case) -> Case | None:
    """None where the reference is taken."""
    return await STATEMENTS.optional(
        conn, "insert_case", Case, case.id, case.city_id, case.office_id, case.person_id, case.draft_id, case.form_id,
        case.form_version, case.reference, case.language, case.answers, case.documents, case.confirmations,
        case.appointment_id, case.submitted_at,
    )  # fmt: skip


async def find_case(conn: Connection, principal: Principal, case_id: UUID) -> Case | None:
    return await STATEMENTS.optional(conn, "find_case", Case, case_id, principal.person_id, _offices(principal))


async def lock_case(conn: Connection, principal: Principal, case_id: UUID) -> Case | None:
    return await STATEMENTS.optional(conn, "lock_case", Case, case_id, principal.person_id, _offices(principal))


async def find_visible(conn: Connection, case_id: UUID, office_ids: Sequence[UUID]) -> CaseKey | None:
    return await STATEMENTS.optional(conn, "find_visible", CaseKey, case_id, office_ids)


async def list_cases(conn: Connection, person_id: UUID, before: UUID | None, most: int) -> list[Case]:
    return await STATEMENTS.all(conn, "list_cases", Case, person_id, before, most)


async def list_queue(
    conn: Connection,
    office_ids: Sequence[UUID],
    after: UUID | None,
    states: Sequence[State],
    form_id: UUID | None,
    assignee_id: UUID | None,
    submitted_before: datetime | None,
    due_before: datetime | None,
    most: int,
) -> list[Case]:
    return await STATEMENTS.all(
        conn, "list_queue", Case, office_ids, after, states, form_id, assignee_id, submitted_before, due_before, most
    )


async def change_case(conn: Connection, case: Case, now: datetime) -> Case:
    """Writes ``case`` over the row of its version, which the caller has locked."""
    return await STATEMENTS.one(
        conn, "change_case", Case, case.id, case.version, case.state, case.assignee_id, case.answers, case.documents,
        case.request, case.proposal, case.decision, case.due_at, case.keep_until, now, case.confirmations,
    )  # fmt: skip


async def record_change(
    conn: Connection,
    case: Case,
    actor: Actor,
    kind: str,
    before: State | None,
    now: datetime,
    *,
    reason: str | None = None,
    internal: bool = False,
    data: dict[str, Any] | None = None,
    notice: str | None = None,
    told: dict[str, Any] | None = None,
) -> None:
    """What a change leaves behind."""
    ids = [new_id(), new_id(), new_id()]
    await STATEMENTS.run(
        conn, "record_change", now, case.id, actor.kind, actor.id, kind, before, reason, internal, data or {}, ids,
        notice, told or {},
    )  # fmt: skip


async def list_events(conn: Connection, case_id: UUID, after: int = 0) -> list[CaseEvent]:
    return await STATEMENTS.all(conn, "list_events", CaseEvent, case_id, after)


async def add_note(conn: Connection, case: Case, clerk_id: UUID, text: str, now: datetime) -> UUID:
    note_id = new_id()
    await STATEMENTS.run(conn, "add_note", note_id, case.city_id, case.office_id, case.id, clerk_id, now, text)
    return note_id


async def list_notes(conn: Connection, case_id: UUID) -> list[Note]:
    return await STATEMENTS.all(conn, "list_notes", Note, case_id)


async def find_clerk_name(conn: Connection, clerk_id: UUID, city_id: str, office_id: UUID) -> ClerkName | None:
    return await STATEMENTS.optional(conn, "find_clerk_name", ClerkName, clerk_id, city_id, office_id)


async def list_clerk_names(conn: Connection, clerk_ids: Sequence[UUID]) -> dict[UUID, str]:
    found = await STATEMENTS.all(conn, "list_clerk_names", ClerkName, list(clerk_ids))
    return {one.id: one.name for one in found}


async def list_colleagues(conn: Connection, city_id: str, office_id: UUID) -> list[ClerkName]:
    return await STATEMENTS.all(conn, "list_colleagues", ClerkName, city_id, office_id)


async def list_revisions(conn: Connection, office_id: UUID, ended_since: datetime) -> list[Revision]:
    return await STATEMENTS.all(conn, "list_revisions", Revision, office_id, ended_since)


async def find_letterhead(conn: Connection, office_id: UUID) -> Letterhead:
    return await STATEMENTS.one(conn, "find_letterhead", Letterhead, office_id)


async def add_audit_entry(
    conn: Connection, city_id: str, now: datetime, clerk_id: UUID, action: str, case_id: UUID
) -> None:
    await STATEMENTS.run(conn, "add_audit_entry", new_id(), city_id, now, clerk_id, action, str(case_id))


async def remind(conn: Connection, case: Case, told: dict[str, Any], now: datetime, at: datetime | None) -> None:
    await STATEMENTS.run(
        conn, "remind", new_id(), case.city_id, case.person_id, case.id, told, now, at, case.due_at or now
    )


async def empty_cases(conn: Connection, now: datetime, most: int) -> int:
    return (await STATEMENTS.one(conn, "empty_cases", Count, now, most)).count


def _offices(principal: Principal) -> list[UUID] | None:
    return list(principal.clerk_office_ids) if principal.clerk_city_id else None
