"""What the export holds of forms: drafts and what others confirmed."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from api.wire import Wire

Answers = Annotated[dict[str, Any], Meta(description="By the form's schema.")]


class Record(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row."""


class Row(Record, frozen=True, kw_only=True):
    """One row that has an id."""

    id: UUID


class DraftRecord(Row, frozen=True, kw_only=True):
    """A form on its way; without answers once it has become a case."""

    city_id: str
    form_id: UUID
    version: int
    person_id: UUID
    language: str
    answers: Answers
    appointment_id: UUID | None
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    case_id: UUID | None


class ConfirmationRecord(Row, frozen=True, kw_only=True):
    """What somebody else was asked to confirm, and what they said. The link's secret is kept as a hash only."""

    draft_id: UUID
    person_id: UUID
    city_id: str
    kind: str
    shown: Answers
    language: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    outcome: str | None
    name: str | None
    answered_at: datetime | None
