"""What a city's file says, before it is known which ids the database has for it. ``line`` is where it stands."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from backend.catalogue.model import City, Confirmation, DistrictLevel, Texts


class Weekly(Struct, frozen=True):
    """One weekly rule on one weekday; ``line`` does not make it another rule."""

    line: int
    weekday: int
    opens_minute: int
    closes_minute: int
    valid_from: date | None
    valid_until: date | None
    every_weeks: int
    anchor: date | None


class DistrictEntry(Struct, frozen=True):
    line: int
    id: UUID | None
    level: DistrictLevel
    slug: str
    parent: str | None
    name: str
    facts: dict[str, Any]


class ServiceEntry(Struct, frozen=True):
    line: int
    id: UUID | None
    slug: str
    leika: str | None
    category: str
    minutes: int
    max_persons: int
    confirmation: Confirmation
    fee: Texts
    texts: dict[str, Texts]
    documents: tuple[Texts, ...]
    max_live_per_person: int | None
    facts: dict[str, Any]


class CounterEntry(Struct, frozen=True):
    """``services`` are slugs; ``hours`` None: the file does not say, what is there stays."""

    line: int
    id: UUID | None
    slug: str
    name: str
    staff_only: bool
    services: tuple[str, ...]
    hours: tuple[Weekly, ...] | None


class SpecialEntry(Struct, frozen=True):
    line: int
    counter: str | None
    day: date
    opens_minute: int
    closes_minute: int


class ClosureEntry(Struct, frozen=True):
    """``starts`` and ``ends`` are wall-clock times in the zone of the office, or of the city."""

    line: int
    office: str | None
    counter: str | None
    starts: datetime
    ends: datetime
    reason: Texts


class OfficeEntry(Struct, frozen=True):
    line: int
    id: UUID | None
    slug: str
    name: str
    district: str | None
    street: str
    postcode: str
    town: str
    latitude: float | None
    longitude: float | None
    zone: str
    grid_minutes: int | None
    lead_minutes: int
    horizon_days: int
    buffer_minutes: int
    release_minute: int | None
    accessibility: dict[str, Any]
    texts: dict[str, Texts]
    facts: dict[str, Any]
    counters: tuple[CounterEntry, ...]
    specials: tuple[SpecialEntry, ...]


class Document(Struct, frozen=True):
    """A whole file, valid in itself."""

    city: City
    city_line: int
    districts: tuple[DistrictEntry, ...]
    services: tuple[ServiceEntry, ...]
    offices: tuple[OfficeEntry, ...]
    closures: tuple[ClosureEntry, ...]
