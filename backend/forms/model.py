"""Forms as they are stored, drafts, and what others confirm."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

VersionState = Literal["draft", "published", "retired"]


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """A form, whatever its versions."""

    id: UUID
    city_id: str
    slug: str


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version as its row says. ``content`` is JSON."""

    form_id: UUID
    city_id: str
    slug: str
    number: int
    state: VersionState
    content: str
    content_hash: bytes
    published_at: datetime | None


class VersionHead(msgspec.Struct, frozen=True, kw_only=True):
    """The same without what makes it long."""

    form_id: UUID
    city_id: str
    slug: str
    number: int
    state: VersionState
    content_hash: bytes
    published_at: datetime | None
    retired_at: datetime | None


class Vectors(msgspec.Struct, frozen=True):
    """The test vectors of a version, as JSON."""

    vectors: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is about to hand in. ``revision`` grows with every change."""

    id: UUID
    city_id: str
    form_id: UUID
    version: int
    person_id: UUID
    language: str
    answers: dict[str, Any]
    appointment_id: UUID | None
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    case_id: UUID | None


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """Asked of somebody else, and what they said."""

    id: UUID
    draft_id: UUID
    person_id: UUID
    city_id: str
    kind: str
    shown: dict[str, Any]
    language: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    outcome: Literal["confirmed", "refused"] | None
    name: str | None
    answered_at: datetime | None
    form_id: UUID | None = None
    version: int | None = None
    """Of the draft's form, where it was asked for together."""


class Visit(msgspec.Struct, frozen=True):
    """The person's own appointment, as far as forms want to know it."""

    id: UUID
    city_id: str
    state: str
    name: str
    date_of_birth: str | None
    email: str | None
    phone: str | None


class Verdict(msgspec.Struct, frozen=True):
    """The outcome word of a function."""

    outcome: str


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int


class OfficeKey(msgspec.Struct, frozen=True):
    """An office by its slug."""

    id: UUID
    slug: str
