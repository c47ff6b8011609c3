"""What the export holds of forms and of the waiting list."""

from collections.abc import Sequence
from datetime import date, datetime
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


class CaseRecord(Row, frozen=True, kw_only=True):
    """A case. Which clerks worked on it stays out of it; the attached files are at `/v1/documents`."""

    city_id: str
    office_id: UUID
    person_id: UUID
    draft_id: UUID
    form_id: UUID
    form_version: int
    reference: str
    state: str
    language: str
    answers: Answers
    documents: Sequence[dict[str, Any]]
    confirmations: Sequence[dict[str, Any]]
    appointment_id: UUID | None
    request: dict[str, Any] | None
    decision: dict[str, Any] | None
    version: int
    submitted_at: datetime
    updated_at: datetime
    due_at: datetime | None
    keep_until: datetime | None


class CaseEventRecord(Row, frozen=True, kw_only=True):
    """A change of a case. Who made it is told in kind."""

    city_id: str
    office_id: UUID
    case_id: UUID
    person_id: UUID
    version: int
    at: datetime
    actor_kind: str
    kind: str
    from_state: str | None
    to_state: str
    reason: str | None
    data: dict[str, Any]


class WaitingRecord(Row, frozen=True, kw_only=True):
    """What the person waits for, or waited for until a month ago."""

    city_id: str
    person_id: UUID
    mode: str
    appointment_id: UUID | None
    services: list[dict[str, Any]]
    service_ids: list[UUID]
    key_service_id: UUID
    minutes: int
    office_ids: list[UUID] | None
    weekdays: list[int]
    hours: Annotated[str, Meta(description="Minutes of the day, as PostgreSQL writes ranges.")]
    first_day: date
    last_day: date
    short_notice: bool
    email: str | None
    state: str
    version: int
    created_at: datetime
    updated_at: datetime


class OfferRecord(Row, frozen=True, kw_only=True):
    """A place that was offered, and what became of it."""

    city_id: str
    entry_id: UUID
    person_id: UUID
    office_id: UUID
    counter_id: UUID
    starts_at: datetime
    ends_at: datetime
    state: str
    made_at: datetime
    until: datetime
    ended_at: datetime | None
    appointment_id: UUID | None
    rules_version: int | None
    taken_back: bool
