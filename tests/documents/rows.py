"""Documents written straight into the table, for tests of what may be done with one in a given state."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.documents.model import State
from backend.ids import new_id

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


async def give_document(
    database: Database, person_id: UUID, state: State = "clean", *, document_id: UUID | None = None
) -> UUID:
    """The id of a document of the person."""
    one = document_id or new_id()
    clean = state == "clean"
    async with database.transaction(SYSTEM) as conn:
        await conn.execute(
            "INSERT INTO document (id, person_id, purpose, name, size, sha256, state, reason, media_type, clean_size,"
            " clean_sha256, pages, scanned_by, created_at, updated_at, checked_at, expires_at, delete_after)"
            " VALUES ($1, $2, 'attachment', 'Ausweis.pdf', 3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13,"
            " $14)",
            one, person_id, b"\1" * 32, state, "infected" if state == "refused" else None,
            "application/pdf" if clean else None, 3 if clean else None, b"\2" * 32 if clean else None,
            1 if clean else None, "test" if clean else None, NOW, NOW if clean else None, NOW + timedelta(days=1),
            NOW + timedelta(days=30),
        )  # fmt: skip
    return one
