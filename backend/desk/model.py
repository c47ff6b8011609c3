"""The day and the queue of an office, and the changes that wake whoever watches."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.appointments.model import Appointment, AppointmentEvent
from backend.catalogue.model import CounterRules, OfficeRules

__all__ = [
    "Appointment",
    "AppointmentEvent",
    "AppointmentId",
    "Block",
    "Change",
    "CounterDay",
    "DayChanges",
    "DayVersion",
    "OfficeDay",
    "Ticket",
]


class Block(msgspec.Struct, frozen=True):
    """A live hold as the desk sees it: a counter is spoken for until ``hold_until``, by nobody it needs to know."""

    counter_id: UUID
    starts_at: datetime
    ends_at: datetime
    hold_until: datetime


class Change(msgspec.Struct, frozen=True):
    """That something happened, not what. ``keys``: to whom or what."""

    id: UUID
    keys: tuple[UUID, ...]


class Waiting(msgspec.Struct, frozen=True):
    """Whether anybody waits."""

    waiting: bool


class AppointmentId(msgspec.Struct, frozen=True):
    """An appointment that the principal may see."""

    id: UUID


class DayVersion(msgspec.Struct, frozen=True):
    """Which version of an appointment is the present one."""

    id: UUID
    version: int


class DayChanges(msgspec.Struct, frozen=True):
    """What is other than a watcher knows: changed appointments, and those that are not of this day any more."""

    versions: dict[UUID, int]
    changed: list[Appointment]
    gone: list[UUID]
    blocks: list[Block]


class Display(msgspec.Struct, frozen=True):
    """A screen in a waiting room."""

    id: UUID
    name: str
    created_at: datetime


class OpenDisplay(msgspec.Struct, frozen=True):
    """What a screen's key opens."""

    id: UUID
    city_id: str
    office_id: UUID


class Call(msgspec.Struct, frozen=True):
    """Somebody who is called: the last four characters of their reference, and where to. ``version``: which call."""

    number: str
    counter: str
    since: datetime
    version: int


class CounterDay(msgspec.Struct, frozen=True):
    """One counter on one local day; appointments of every state, by start."""

    counter: CounterRules
    openings: list[tuple[datetime, datetime]]
    appointments: list[Appointment]
    blocks: list[Block]


class OfficeDay(msgspec.Struct, frozen=True):
    """An office on one local day. ``elsewhere``: appointments at counters that are no longer in use."""

    rules: OfficeRules
    day: date
    counters: list[CounterDay]
    elsewhere: list[Appointment]

    @property
    def appointments(self) -> list[Appointment]:
        """All of the day, by start."""
        every = [a for counter in self.counters for a in counter.appointments] + self.elsewhere
        return sorted(every, key=lambda a: (a.starts_at, a.id))


class Ticket(msgspec.Struct, frozen=True):
    """Somebody in the queue. ``since``: when they checked in; ``changed``: when they were called or parked last."""

    id: UUID
    reference: str
    state: str
    version: int
    counter_id: UUID
    counter: str
    starts_at: datetime
    name: str
    service_ids: list[UUID]
    since: datetime
    changed: datetime
