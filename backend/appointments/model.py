"""What a person holds and books, who changes it, and what every change leaves behind."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.availability.model import Plan, Wanted
from backend.idempotency.model import Answer as Answer
from backend.idempotency.model import Done as Done
from backend.idempotency.model import IdempotencyClaim as IdempotencyClaim

State = Literal[
    "requested",
    "confirmed",
    "checked_in",
    "called",
    "parked",
    "completed",
    "rejected",
    "cancelled",
    "no_show",
    "expired",
]
Confirmation = Literal["automatic", "clerk"]
Channel = Literal["app", "walk_in", "phone"]
ActorKind = Literal["person", "clerk", "system"]

LIVE_STATES: frozenset[State] = frozenset(("requested", "confirmed", "checked_in", "called", "parked"))
"""An appointment in one of these occupies its counter; a CHECK of the table says the same."""


class Actor(msgspec.Struct, frozen=True):
    """Who makes a change; the id of a person or a clerk, none for the system."""

    kind: ActorKind
    id: UUID | None = None


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """The person who holds or books, and the device it happens on."""

    person_id: UUID
    device_id: UUID | None = None


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes, and how to reach them. Name and date of birth are fixed once booked."""

    name: str
    date_of_birth: date | None = None
    email: str | None = None
    phone: str | None = None
    note: str = ""
    language: str = "de"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Reservierung: a place kept for a few minutes. Never changes: it is booked, released or runs out."""

    id: UUID
    city_id: str
    office_id: UUID
    person_id: UUID
    device_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    """Without the office's buffer."""
    services: tuple[Wanted, ...]
    service_ids: tuple[UUID, ...]
    confirmation: Confirmation
    expires_at: datetime
    counter_id: UUID
    """Known to the rules, never shown: a counter is told once it calls."""
    rules_version: int
    """The version of the office's rules under which the place was offered."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """One visit, as its events have made it."""

    id: UUID
    city_id: str
    office_id: UUID
    counter_id: UUID
    place_id: UUID | None
    person_id: UUID
    device_id: UUID | None
    reference: str
    state: State
    starts_at: datetime
    ends_at: datetime
    services: tuple[Wanted, ...]
    service_ids: tuple[UUID, ...]
    confirmation: Confirmation
    name: str
    date_of_birth: date | None
    email: str | None
    phone: str | None
    note: str
    language: str
    reason: str | None
    channel: Channel
    sequence: int
    version: int
    created_at: datetime
    updated_at: datetime


class AppointmentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One change: who, when, what and why. ``version`` is the appointment's version that it made."""

    id: UUID
    city_id: str
    office_id: UUID
    appointment_id: UUID
    person_id: UUID
    version: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    kind: str
    from_state: State | None
    to_state: State
    reason: str | None
    data: dict[str, Any]


class HoldCall(msgspec.Struct, frozen=True):
    """All that ``hold_place`` has to know. ``answer`` is stored beside the hold, for repeats."""

    guest: Guest
    plan: Plan
    hold: Hold
    now: datetime
    claim: IdempotencyClaim
    answer: Answer


class BookCall(msgspec.Struct, frozen=True):
    """All that ``book_hold`` has to know. ``limits``: for each of the hold's services, how many live appointments a
    person may have. Without ``rules_version`` nothing is booked, but a repeat gets its answer."""

    guest: Guest
    hold_id: UUID
    rules_version: int | None
    limits: tuple[int, ...]
    reference: str
    details: Details
    now: datetime
    claim: IdempotencyClaim
    answer: Answer


class Count(msgspec.Struct, frozen=True):
    """How many rows were changed."""

    count: int


class Outcome(msgspec.Struct, frozen=True):
    """What ``hold_place`` and ``book_hold`` return: a word, and what belongs to it."""

    outcome: str
    status: int | None = None
    headers: dict[str, str] | None = None
    body: bytes | None = None
    subject: UUID | None = None


class Live(msgspec.Struct, frozen=True):
    """Appointments of a service that are still to come: how many count, and which of them are the person's own."""

    count: int
    own: tuple[UUID, ...]


class Verdict(msgspec.Struct, frozen=True):
    """The outcome word of a function that returns nothing else."""

    outcome: str


class HeldAt(msgspec.Struct, frozen=True):
    """Where a hold's place is; None: nowhere."""

    counter_id: UUID | None


class HoldUse(msgspec.Struct, frozen=True):
    """The appointment that a hold became, or that moved to it."""

    id: UUID


class Page(msgspec.Struct, frozen=True):
    """Appointments, newest id first; ``next`` is the last id when there may be more."""

    items: list[Appointment]
    next: UUID | None


class Rules(msgspec.Struct, frozen=True):
    """The version of an office's rules, locked."""

    version: int | None


class Zone(msgspec.Struct, frozen=True):
    """An office's IANA zone."""

    zone: str


class Overdue(msgspec.Struct, frozen=True):
    """A request whose time has passed."""

    id: UUID
