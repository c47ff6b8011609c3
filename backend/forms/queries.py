"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.db import Connection, load
from backend.forms.model import (
    Confirmation,
    Count,
    Draft,
    FormRow,
    OfficeKey,
    Vectors,
    Verdict,
    VersionHead,
    VersionRow,
    Visit,
)
from backend.ids import new_id

STATEMENTS = load(__package__ or "")


async def ensure_form(conn: Connection, form_id: UUID, city_id: str, slug: str, now: datetime) -> FormRow:
    return await STATEMENTS.one(conn, "ensure_form", FormRow, form_id, city_id, slug, now)


async def lock_form(conn: Connection, city_id: str, slug: str) -> FormRow | None:
    return await STATEMENTS.optional(conn, "lock_form", FormRow, city_id, slug)


async def list_forms(conn: Connection, city_id: str) -> list[VersionHead]:
    return await STATEMENTS.all(conn, "list_forms", VersionHead, city_id)


async def list_versions(conn: Connection, city_id: str | None = None) -> list[VersionHead]:
    return await STATEMENTS.all(conn, "list_versions", VersionHead, city_id)


async def find_version(conn: Connection, form_id: UUID, number: int) -> VersionRow | None:
    return await STATEMENTS.optional(conn, "find_version", VersionRow, form_id, number)


async def find_newest(conn: Connection, form_id: UUID) -> VersionHead | None:
    return await STATEMENTS.optional(conn, "find_newest", VersionHead, form_id)


async def find_state(conn: Connection, form_id: UUID, number: int) -> VersionHead | None:
    return await STATEMENTS.optional(conn, "find_state", VersionHead, form_id, number)


async def find_vectors(conn: Connection, form_id: UUID, number: int) -> Vectors | None:
    return await STATEMENTS.optional(conn, "find_vectors", Vectors, form_id, number)


async def save_version(
    conn: Connection, form_id: UUID, content: str, content_hash: bytes, vectors: str, now: datetime
) -> VersionHead:
    return await STATEMENTS.one(conn, "save_version", VersionHead, form_id, content, content_hash, vectors, now)


async def publish_version(conn: Connection, form_id: UUID, number: int, now: datetime) -> int:
    return await STATEMENTS.run(conn, "publish_version", form_id, number, now)


async def retire_versions(conn: Connection, form_id: UUID, number: int | None, now: datetime) -> int:
    return await STATEMENTS.run(conn, "retire_versions", form_id, number, now)


async def list_office_slugs(conn: Connection, city_id: str, slugs: Sequence[str]) -> list[OfficeKey]:
    return await STATEMENTS.all(conn, "list_office_slugs", OfficeKey, city_id, slugs)


async def add_audit_entry(
    conn: Connection, city_id: str, at: datetime, action: str, form_id: UUID, detail: dict[str, Any]
) -> None:
    await STATEMENTS.run(conn, "add_audit_entry", new_id(), city_id, at, action, str(form_id), detail)


async def insert_draft(conn: Connection, draft: Draft) -> Draft | None:
    return await STATEMENTS.optional(
        conn, "insert_draft", Draft, draft.id, draft.city_id, draft.form_id, draft.version, draft.person_id,
        draft.language, draft.answers, draft.appointment_id, draft.created_at, draft.expires_at,
    )  # fmt: skip


async def find_draft(conn: Connection, draft_id: UUID, person_id: UUID) -> Draft | None:
    return await STATEMENTS.optional(conn, "find_draft", Draft, draft_id, person_id)


async def lock_draft(conn: Connection, draft_id: UUID, person_id: UUID) -> Draft | None:
    return await STATEMENTS.optional(conn, "lock_draft", Draft, draft_id, person_id)


async def list_drafts(conn: Connection, person_id: UUID, now: datetime, most: int) -> list[Draft]:
    return await STATEMENTS.all(conn, "list_drafts", Draft, person_id, now, most)


async def lock_drafts_of(conn: Connection, person_id: UUID) -> None:
    await STATEMENTS.run(conn, "lock_drafts_of", person_id)


async def count_drafts(conn: Connection, person_id: UUID, now: datetime) -> int:
    return (await STATEMENTS.one(conn, "count_drafts", Count, person_id, now)).count


async def change_draft(conn: Connection, draft: Draft, now: datetime) -> Draft | None:
    """Writes ``draft`` over the row of its revision."""
    return await STATEMENTS.optional(
        conn, "change_draft", Draft, draft.id, draft.person_id, draft.revision, draft.answers, draft.appointment_id,
        draft.language, draft.version, now, draft.expires_at,
    )  # fmt: skip


async def delete_draft(conn: Connection, draft_id: UUID, person_id: UUID) -> int:
    return await STATEMENTS.run(conn, "delete_draft", draft_id, person_id)


async def close_draft(conn: Connection, draft_id: UUID, person_id: UUID, case_id: UUID, now: datetime) -> int:
    return await STATEMENTS.run(conn, "close_draft", draft_id, person_id, case_id, now)


async def sweep_drafts(conn: Connection, now: datetime, most: int) -> int:
    return (await STATEMENTS.one(conn, "sweep_drafts", Count, now, most)).count


async def remind(
    conn: Connection, draft: Draft, kind: str, data: dict[str, Any], now: datetime, due: datetime | None
) -> None:
    await STATEMENTS.run(
        conn, "remind", new_id(), draft.city_id, draft.person_id, kind, draft.id, data, now, due, draft.expires_at
    )


async def find_visit(conn: Connection, appointment_id: UUID, person_id: UUID) -> Visit | None:
    return await STATEMENTS.optional(conn, "find_visit", Visit, appointment_id, person_id)


async def insert_confirmation(conn: Connection, asked: Confirmation, token_hash: bytes) -> Confirmation:
    return await STATEMENTS.one(
        conn, "insert_confirmation", Confirmation, asked.id, asked.draft_id, asked.person_id, asked.city_id, asked.kind,
        token_hash, asked.shown, asked.language, asked.created_at, asked.expires_at,
    )  # fmt: skip


async def revoke_confirmations(conn: Connection, draft_id: UUID, person_id: UUID, kind: str, now: datetime) -> int:
    return await STATEMENTS.run(conn, "revoke_confirmations", draft_id, person_id, kind, now)


async def list_confirmations(conn: Connection, draft_id: UUID, person_id: UUID) -> list[Confirmation]:
    return await STATEMENTS.all(conn, "list_confirmations", Confirmation, draft_id, person_id)


async def confirmation_by_token(conn: Connection, token_hash: bytes) -> Confirmation | None:
    return await STATEMENTS.optional(conn, "confirmation_by_token", Confirmation, token_hash)


async def answer_confirmation(conn: Connection, now: datetime, token_hash: bytes, outcome: str, name: str) -> str:
    ids = [new_id(), new_id()]
    return (await STATEMENTS.one(conn, "answer_confirmation", Verdict, now, token_hash, outcome, name, ids)).outcome
