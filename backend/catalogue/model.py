"""What a city offers: offices, their counters and services, and the rules that decide when they are open.

Fields are named as the columns. ``*_minute`` is minutes since midnight on the wall clock of the office's zone. Texts
are objects by language, ``{"de": …, "en": …}``.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

Texts = dict[str, str]
Confirmation = Literal["automatic", "clerk"]
DistrictLevel = Literal["stadtbezirk", "stadtteil", "quartier"]


class City(Struct, frozen=True):
    """A municipality, the tenant of everything below it."""

    id: str
    name: str
    ags: str
    state: str
    zone: str
    reference_prefix: str
    municipal_holidays: tuple[str, ...] = ()
    notice: Texts = {}
    facts: dict[str, Any] = {}
    updated_at: datetime | None = None


class District(Struct, frozen=True):
    """Stadtbezirk ⊃ Stadtteil ⊃ Quartier."""

    id: UUID
    city_id: str
    parent_id: UUID | None
    level: DistrictLevel
    slug: str
    name: str
    facts: dict[str, Any] = {}


class Office(Struct, frozen=True):
    """Standort, Bürgercenter: where people go, and how its places are offered.

    ``grid_minutes``: starts lie this far apart, None: by the booked duration. ``release_minute``: the time of day at
    which the last day of the horizon opens, None: midnight. ``rules_version`` grows with every change of what is open.
    """

    id: UUID
    city_id: str
    slug: str
    name: str
    district_id: UUID | None
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
    rules_version: int
    facts: dict[str, Any] = {}
    retired: bool = False
    updated_at: datetime | None = None


class Service(Struct, frozen=True):
    """Leistung, with its LeiKa key. ``minutes`` is for one person; the fee is a text, as it is published."""

    id: UUID
    city_id: str
    slug: str
    leika: str | None
    category: str
    minutes: int
    max_persons: int
    confirmation: Confirmation
    fee: Texts
    texts: dict[str, Texts]
    documents: tuple[Texts, ...]
    max_live_per_person: int | None = None
    facts: dict[str, Any] = {}
    retired: bool = False
    updated_at: datetime | None = None

    def most_live(self, usual: int) -> int:
        """How many live appointments of it a person may have; ``usual`` where it says nothing of its own."""
        return self.max_live_per_person or usual


class Counter(Struct, frozen=True):
    """Schalter. ``staff_only``: bookable by clerks, invisible to citizens. Places are taken by ``position``."""

    id: UUID
    city_id: str
    office_id: UUID
    slug: str
    name: str
    staff_only: bool
    position: int
    retired: bool


class OpeningHours(Struct, frozen=True):
    """A weekly rule of one counter. ``weekday`` is ISO (1 is Monday), ``closes_minute`` 1440 is 24:00.

    ``valid_from`` and ``valid_until`` are both inclusive.
    ``every_weeks`` = n: only in every n-th ISO week, counted from the one that ``anchor`` lies in.
    """

    id: UUID
    city_id: str
    counter_id: UUID
    weekday: int
    opens_minute: int
    closes_minute: int
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1
    anchor: date | None = None


class SpecialOpening(Struct, frozen=True):
    """Open on one day whatever else says closed; without ``counter_id`` at every counter of the office."""

    id: UUID
    city_id: str
    office_id: UUID
    counter_id: UUID | None
    day: date
    opens_minute: int
    closes_minute: int


class Closure(Struct, frozen=True):
    """Schließzeit of a counter, an office (no ``counter_id``) or the whole city (no ``office_id``)."""

    id: UUID
    city_id: str
    office_id: UUID | None
    counter_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    reason: Texts
    created_by: str


class CounterRules(Struct, frozen=True):
    """A counter with what it offers and when."""

    id: UUID
    slug: str
    name: str
    staff_only: bool
    position: int
    service_ids: frozenset[UUID]
    hours: tuple[OpeningHours, ...]


class OfficeRules(Struct, frozen=True):
    """Everything that decides what an office has open: one consistent snapshot, immutable per ``version``.

    ``counters`` are those in use, by position; ``services`` the city's; ``closures`` the city's, the office's and its
    counters', without the long past ones.
    """

    office: Office
    city: City
    version: int
    counters: tuple[CounterRules, ...]
    services: dict[UUID, Service]
    specials: tuple[SpecialOpening, ...] = ()
    closures: tuple[Closure, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The office's zone, in which its rules are meant."""
        return ZoneInfo(self.office.zone)


class RulesRow(Struct, frozen=True):
    """``OfficeRules`` as one row of the database."""

    office: Office
    city: City
    counters: tuple[CounterRules, ...]
    services: tuple[Service, ...]
    specials: tuple[SpecialOpening, ...]
    closures: tuple[Closure, ...]


class Offer(Struct, frozen=True):
    """A counter offers a service."""

    counter_id: UUID
    service_id: UUID


class CityState(Struct, frozen=True):
    """Everything of a city's catalogue, retired parts too: one consistent snapshot."""

    city: City
    districts: tuple[District, ...] = ()
    services: tuple[Service, ...] = ()
    offices: tuple[Office, ...] = ()
    counters: tuple[Counter, ...] = ()
    offers: tuple[Offer, ...] = ()
    hours: tuple[OpeningHours, ...] = ()
    specials: tuple[SpecialOpening, ...] = ()
    closures: tuple[Closure, ...] = ()


class LiveAppointment(Struct, frozen=True):
    """What stranding looks at: no names."""

    id: UUID
    reference: str
    state: str
    office_id: UUID
    counter_id: UUID
    starts_at: datetime
    ends_at: datetime
    service_ids: tuple[UUID, ...]


class Key(Struct, frozen=True):
    """An id alone."""

    id: UUID


class Actor(Struct, frozen=True):
    """Who changes the rules: a clerk, or the operator by a command."""

    kind: Literal["clerk", "system"]
    id: UUID | None = None
