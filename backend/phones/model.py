"""The first screen of an app: what the city offers in short, and what waits for the person; and what changed since."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

Texts = dict[str, str]
"""By language."""


class ServiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A service, to choose from."""

    id: UUID
    slug: str
    category: str
    minutes: int
    max_persons: int
    confirmation: str
    names: Texts


class OfficeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An office, to choose from; ``services``: what citizens can book there."""

    id: UUID
    slug: str
    name: str
    district: str | None
    street: str
    postcode: str
    town: str
    latitude: float | None
    longitude: float | None
    services: list[UUID]


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """The newest published version of a form. ``texts``: by language, its title alone."""

    id: UUID
    slug: str
    version: int
    texts: Texts


class NewsRow(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement that is current. ``texts``: by language, title and body."""

    id: UUID
    district: str | None
    topic: str | None
    texts: dict[str, Texts]
    published_at: datetime
    expires_at: datetime


class ClosureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A closure that begins soon or goes on; ``office`` None: the whole city."""

    office: UUID | None
    starts_at: datetime
    ends_at: datetime
    reason: Texts


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a city shows on the first screen, in all languages."""

    id: str
    name: str
    zone: str
    notice: Texts
    districts: str
    services: list[ServiceRow]
    offices: list[OfficeRow]
    forms: list[FormRow]
    announcements: list[NewsRow]
    closures: list[ClosureRow]


class Start(msgspec.Struct, frozen=True):
    """``mark`` says from which rows it was made; ``content`` None: they are those that the reader knows."""

    mark: str
    content: Content | None


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """At an office. ``zone``: of its clocks."""

    office: UUID
    office_name: str
    zone: str


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A service of an appointment. ``texts``: by language, ``name`` among them."""

    id: UUID
    persons: int
    texts: dict[str, Texts]


class NextRow(Where, frozen=True, kw_only=True):
    """The next appointment."""

    id: UUID
    reference: str
    state: str
    version: int
    starts_at: datetime
    ends_at: datetime
    services: list[VisitRow]


class HoldRow(Where, frozen=True, kw_only=True):
    """A hold that has not run out."""

    id: UUID
    starts_at: datetime
    expires_at: datetime


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that can be gone on with."""

    id: UUID
    form: UUID
    version: int
    updated_at: datetime
    expires_at: datetime


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case that nobody has decided."""

    id: UUID
    reference: str
    form: UUID
    state: str
    due_at: datetime | None


class OfferRow(Where, frozen=True, kw_only=True):
    """An offer of the waiting list that waits for an answer."""

    id: UUID
    entry: UUID
    starts_at: datetime
    until: datetime


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for the person: a few of each kind, the most urgent first, and how many there are."""

    appointment: NextRow | None
    hold: HoldRow | None
    unread: int
    drafts: list[DraftRow]
    draft_count: int
    cases: list[CaseRow]
    case_count: int
    offers: list[OfferRow]
    waiting_count: int


class OwnStart(msgspec.Struct, frozen=True):
    """``Own``, as its statement answers."""

    own: Own


class Change(msgspec.Struct, frozen=True):
    """A row that was written since. ``row`` as its room has it, None: it is not there any more."""

    kind: int
    id: UUID
    row: dict[str, Any] | None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what changed, at the moment of ``snapshot``."""

    snapshot: str
    history: str
    """The timeline of the database: another one after a restore."""
    ahead: bool
    """The reader's snapshot has transactions that this database has not."""
    language: str
    """The person's, for whoever asks for none."""
    wishes: str
    """Digest of the kinds of notices that the person wants listed."""
    news: str
    """Digest of the announcements that concern the person."""
    again: bool
    """Notices are told anew, as the wishes changed."""
    unread: int
    announcements: list[dict[str, Any]] | None
    """All of them, where ``news`` is another than the reader's."""
    changes: list[Change]


class Told(msgspec.Struct, frozen=True):
    """``Changes``, as its statement answers."""

    changes: Changes


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int
