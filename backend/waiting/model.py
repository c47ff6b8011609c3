"""What people wait for, what they are offered, and the places that are to be offered.

No row holds a name or a contact: who comes is said when an offer is accepted, or stands in the appointment that moves.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.availability.model import Wanted

Mode = Literal["earlier", "none"]
"""``earlier``: has an appointment and wants to come sooner. ``none``: has found no place."""
EntryState = Literal["waiting", "fulfilled", "withdrawn", "closed", "expired"]
"""``closed``: the house ended it, since the person booked otherwise or the appointment to replace is over."""
OfferState = Literal["open", "accepted", "declined", "expired", "withdrawn"]
Minutes = tuple[int, int]
"""From and until, minutes since midnight on the wall clock of the office."""
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
ALL_DAY: tuple[Minutes, ...] = ((0, 1440),)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to wait for, as it came in. ``offices`` None: any of the city; days None: from today, and for
    as long as is usual."""

    city_id: str
    mode: Mode
    appointment_id: UUID | None = None
    services: tuple[Wanted, ...]
    offices: tuple[UUID, ...] | None = None
    weekdays: tuple[int, ...] = EVERY_DAY
    hours: tuple[Minutes, ...] = ALL_DAY
    first_day: date | None = None
    last_day: date | None = None
    short_notice: bool = False
    email: str | None = None


class Planned(msgspec.Struct, frozen=True):
    """A wish that the rules agree with. ``minutes`` is the visit's; ``limits`` belong to its services, in order."""

    wish: Wish
    first_day: date
    last_day: date
    minutes: int
    limits: tuple[int, ...]


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to look for in the line of one place."""

    services: list[UUID]
    """What the counter offers."""
    day: date
    minutes: int
    """How long a visit may be."""
    freed_from: datetime
    freed_until: datetime
    opens: int
    closes: int
    """The freed time on the wall clock, the buffer of a visit before it added: minutes of ``day``."""
    short_only: bool
    """It begins so soon that only those who asked for short notice are told."""
    offers_per_day: int
    day_begins: datetime
    """Since when offers count as today's."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Wartelisteneintrag. ``hours`` are sorted, merged; ``offer_id`` is the open offer's."""

    id: UUID
    city_id: str
    person_id: UUID
    mode: Mode
    appointment_id: UUID | None
    services: tuple[Wanted, ...]
    office_ids: tuple[UUID, ...] | None
    weekdays: tuple[int, ...]
    hours: tuple[Minutes, ...]
    first_day: date
    last_day: date
    short_notice: bool
    email: str | None
    """Whom to mail what becomes of it, where it has an address of its own."""
    state: EntryState
    version: int
    created_at: datetime
    ahead: int | None
    """How many wait longer for the same, 1,000 at most; None when it does not wait any more."""
    offer_id: UUID | None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is held for one person. ``until`` is the last moment to accept it."""

    id: UUID
    city_id: str
    entry_id: UUID
    person_id: UUID
    office_id: UUID
    counter_id: UUID
    starts_at: datetime
    ends_at: datetime
    state: OfferState
    made_at: datetime
    until: datetime
    appointment_id: UUID | None
    mode: Mode
    services: tuple[Wanted, ...]
    replaces: UUID | None
    """The appointment that accepting it moves."""


class DuePlace(msgspec.Struct, frozen=True):
    """A freed place that the waiting list has in hand."""

    id: UUID
    city_id: str
    office_id: UUID
    counter_id: UUID
    starts_at: datetime


class LockedPlace(msgspec.Struct, frozen=True):
    """The freed place and the free time around it at its counter."""

    rules_version: int
    freed_from: datetime
    freed_until: datetime
    room_from: datetime
    room_until: datetime


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that may be offered a place as far as SQL can tell, in the order of waiting."""

    id: UUID
    person_id: UUID
    services: tuple[Wanted, ...]
    hours: tuple[Minutes, ...]
    short_notice: bool
    before: datetime | None
    """The start of the appointment that is to be replaced: only what begins sooner is of use."""
    created_at: datetime


class Former(msgspec.Struct, frozen=True):
    """A place that somebody was offered before."""

    office_id: UUID
    starts_at: datetime
    ends_at: datetime


class Unoffered(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is to be offered a place though nobody gave one back."""

    id: UUID
    city_id: str
    services: tuple[Wanted, ...]
    office_ids: tuple[UUID, ...] | None
    weekdays: tuple[int, ...]
    hours: tuple[Minutes, ...]
    first_day: date
    last_day: date
    short_notice: bool
    before: datetime | None
    """The start of the appointment that is to be replaced."""
    former: tuple[Former, ...]


class Match(msgspec.Struct, frozen=True):
    """An entry and where its visit would lie; epoch seconds, the buffer after it left out."""

    entry_id: UUID
    start: int
    end: int


class Verdict(msgspec.Struct, frozen=True):
    """The outcome word of a function, and what belongs to it."""

    outcome: str
    subject: UUID | None = None


class Found(msgspec.Struct, frozen=True):
    """Whether a statement did what it should."""

    done: bool


class Count(msgspec.Struct, frozen=True):
    """A number of rows."""

    count: int


class Waiting(msgspec.Struct, frozen=True):
    """How many wait for a service at an office."""

    service_id: UUID
    waiting: int


class Page(msgspec.Struct, frozen=True):
    """Entries, newest first; ``next`` is the last id when there may be more."""

    items: Sequence[Entry]
    next: UUID | None
