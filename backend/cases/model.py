"""A case, its events, and what clerks write on it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

State = Literal["submitted", "in_review", "info_requested", "approved", "rejected", "withdrawn"]
LIVE: tuple[State, ...] = ("submitted", "in_review", "info_requested")
"""Nobody has decided yet."""
Outcome = Literal["approved", "rejected"]


class Actor(msgspec.Struct, frozen=True):
    """Who makes a change."""

    kind: Literal["person", "clerk", "system"]
    id: UUID | None = None


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the case, as it was when it was attached. ``sha256`` is of the bytes as sent, hexadecimal."""

    pointer: str
    id: UUID
    purpose: str
    size: int
    sha256: str
    media_type: str
    name: str = "–"


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What a third party said."""

    kind: str
    outcome: Literal["confirmed", "refused"]
    name: str
    at: datetime


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk asks for: ``fields`` are pointers to answers that are open again, ``due`` until when."""

    message: str
    fields: list[str]
    due: datetime


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the first of two clerks would decide."""

    outcome: Outcome
    reason: str | None
    by: UUID
    at: datetime
    document: UUID | None = None
    """What would go with it."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended. ``by``: the clerk; ``first``: the other one, where it took two."""

    outcome: Outcome
    by: UUID
    at: datetime
    reason: str | None = None
    first: UUID | None = None
    document: Attached | None = None
    """What went with it, for the person to read and keep."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed in, as its events have made it."""

    id: UUID
    city_id: str
    office_id: UUID
    person_id: UUID
    draft_id: UUID
    form_id: UUID
    form_version: int
    reference: str
    state: State
    language: str
    answers: dict[str, Any]
    documents: list[Attached]
    confirmations: list[Confirmed]
    appointment_id: UUID | None
    assignee_id: UUID | None
    request: Request | None
    proposal: Proposal | None
    decision: Decision | None
    version: int
    submitted_at: datetime
    updated_at: datetime
    due_at: datetime | None
    keep_until: datetime | None


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change: who, when, what and why. ``version`` is the case's version that it made."""

    id: UUID
    case_id: UUID
    version: int
    at: datetime
    actor_kind: Literal["person", "clerk", "system"]
    actor_id: UUID | None
    kind: str
    from_state: State | None
    to_state: State
    reason: str | None
    internal: bool
    data: dict[str, Any]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk has written for other clerks."""

    id: UUID
    case_id: UUID
    clerk_id: UUID
    name: str
    at: datetime
    text: str


class ClerkName(msgspec.Struct, frozen=True):
    """Who a clerk is."""

    id: UUID
    name: str


class Revision(msgspec.Struct, frozen=True):
    """How far a case has come: by changes, and by what clerks wrote to each other."""

    id: UUID
    version: int
    notes: int


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """The city and the office, for a receipt."""

    city: str
    reference_prefix: str
    zone: str
    office: str
    street: str
    postcode: str
    town: str


class CaseKey(msgspec.Struct, frozen=True):
    """A case that the principal may see."""

    id: UUID


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int
