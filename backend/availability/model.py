"""What is asked of availability and what it answers. Instants are aware; ``free`` counts counters."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct


class Wanted(Struct, frozen=True):
    """One service for a number of persons; a visit is several of them, one after the other at one counter."""

    service: UUID
    persons: int = 1


class Slot(Struct, frozen=True):
    """A start that can be held: ``free`` counters are free from ``start`` to ``end`` (without the office's buffer)."""

    office: UUID
    start: datetime
    end: datetime
    free: int


class DayFree(Struct, frozen=True):
    """How many places can be held on a local day: the sum of free counters over the day's starts."""

    date: date
    free: int


class Plan(Struct, frozen=True):
    """How a visit that may be held would lie: everything that holding it needs, decided from one version of the rules.

    ``counters`` offer all services and are open for the whole visit, in the order in which places are taken; which
    of them is free is for the database to say. ``until`` includes the office's buffer.
    """

    office_id: UUID
    city_id: str
    zone: ZoneInfo
    rules_version: int
    reference_prefix: str
    start: datetime
    end: datetime
    until: datetime
    buffer_minutes: int
    counters: tuple[UUID, ...]
    confirmation: Literal["automatic", "clerk"]
    services: tuple[Wanted, ...]
    service_ids: tuple[UUID, ...]


class Stamp(Struct, frozen=True):
    """What an office's answers for a range of days depend on: equal stamps mean equal rules and equal places."""

    office_id: UUID
    rules_version: int
    places_version: int
    """The sum of the days' versions: each visible change of a place makes it larger."""


class DayVersion(Struct, frozen=True):
    """The version of one office's day; days that no writer ever touched have none."""

    office_id: UUID
    day: date
    version: int


class TakenPlace(Struct, frozen=True):
    """What a live hold or appointment occupies, buffer included, in seconds since the epoch."""

    id: UUID
    office_id: UUID
    counter_id: UUID
    starts: int
    ends: int
    hold_until: float | None


class OwnHold(Struct, frozen=True):
    """A person's live hold: its place does not hide the slot from that person."""

    id: UUID
    office_id: UUID


class OfficeId(Struct, frozen=True):
    """One office of a city."""

    id: UUID
