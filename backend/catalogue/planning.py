"""From a city's file and what the database has to the city as it should be. Pure.

An entry of the file is the same as a row when its id says so, or, without an id, its slug. What a file no longer names
is retired (offices, counters, services: past appointments point at them) or removed (districts, hours, special
openings, closures that an earlier file made). Closures that clerks made are theirs; so are the hours of a counter for
which the file gives none.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from backend.catalogue.document import ClosureEntry, CounterEntry, Document, OfficeEntry, Weekly
from backend.catalogue.model import (
    CityState,
    Closure,
    Counter,
    District,
    Offer,
    Office,
    OpeningHours,
    Service,
    SpecialOpening,
)
from backend.catalogue.yaml_reader import Fault, InvalidFileError
from backend.clock import instant
from backend.ids import new_id

BY_FILE = "file"
"""``closure.created_by`` of closures that a city's file made."""
_HISTORY = timedelta(days=30)
"""Special openings and closures that are past for longer are nobody's business any more, in the file or not."""


class _Row(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def slug(self) -> str: ...


R = TypeVar("R", Service, Office, Counter)
V = TypeVar("V", OpeningHours, SpecialOpening, Closure)


class _Ids:
    """The id of each entry: the file's own, else that of the row with its slug, else a new one. Notes conflicts."""

    def __init__(self, rows: Iterable[_Row], faults: list[Fault]) -> None:
        self._by_slug = {row.slug: row.id for row in rows}
        self._faults = faults

    def of(self, line: int, slug: str, given: UUID | None) -> UUID:
        """A slug that belongs to another row is a fault: which of the two is meant cannot be known."""
        there = self._by_slug.get(slug)
        if given is None:
            return there or new_id()
        if there is not None and there != given:
            self._faults.append(Fault(line, f"{slug} has another id in the database: {there}"))
        return given


class _Known(Struct, frozen=True):
    """What every office of the file is resolved with."""

    there: CityState
    services: dict[str, Service]
    districts: dict[str, District]
    now: datetime
    faults: list[Fault]


def resolve(document: Document, current: CityState | None, now: datetime) -> CityState:
    """The city as the file wants it. Raises InvalidFileError for ids that contradict the database."""
    faults: list[Fault] = []
    there = current or CityState(document.city)
    services, districts = _services(document, there, faults), _districts(document, there, faults)
    known = _Known(there, services, districts, now, faults)
    office_ids = _Ids(there.offices, faults)
    parts = [_office(entry, office_ids.of(entry.line, entry.slug, entry.id), known) for entry in document.offices]
    if faults:
        raise InvalidFileError(faults)
    offices = [office for part in parts for office in part.offices]
    counters = [counter for part in parts for counter in part.counters]
    named = {counter.id for counter in counters}
    kept = {district.id for district in districts.values()}
    closures = [
        *(closure for closure in there.closures if closure.created_by != BY_FILE),
        *_closures(document, there, {o.slug: o for o in offices}, {(c.office_id, c.slug): c.id for c in counters}, now),
    ]
    return CityState(
        city=replace(document.city, updated_at=there.city.updated_at),
        districts=tuple(districts.values()),
        services=(*services.values(), *_retired(there.services, {s.id for s in services.values()})),
        offices=(*offices, *(_without_district(o, kept) for o in _retired(there.offices, {o.id for o in offices}))),
        counters=(*counters, *_retired(there.counters, named)),
        offers=(*(o for part in parts for o in part.offers), *(o for o in there.offers if o.counter_id not in named)),
        hours=(*(h for part in parts for h in part.hours), *(h for h in there.hours if h.counter_id not in named)),
        specials=tuple(special for part in parts for special in part.specials),
        closures=tuple(closures),
    )


def _services(document: Document, there: CityState, faults: list[Fault]) -> dict[str, Service]:
    ids = _Ids(there.services, faults)
    city_id = document.city.id
    return {
        e.slug: Service(
            ids.of(e.line, e.slug, e.id), city_id, e.slug, e.leika, e.category, e.minutes, e.max_persons,
            e.confirmation, e.fee, e.texts, e.documents, e.max_live_per_person, e.facts,
        )
        for e in document.services
    }  # fmt: skip


def _districts(document: Document, there: CityState, faults: list[Fault]) -> dict[str, District]:
    ids = _Ids(there.districts, faults)
    found: dict[str, District] = {}
    for e in document.districts:
        parent = found[e.parent].id if e.parent else None
        found[e.slug] = District(
            ids.of(e.line, e.slug, e.id), document.city.id, parent, e.level, e.slug, e.name, e.facts
        )
    return found


def _office(entry: OfficeEntry, office_id: UUID, known: _Known) -> CityState:
    """One office of the file with all that belongs to it."""
    there, city_id = known.there, known.there.city.id
    row = next((o for o in there.offices if o.id == office_id), None)
    district_id = known.districts[entry.district].id if entry.district else None
    office = Office(
        office_id, city_id, entry.slug, entry.name, district_id, entry.street, entry.postcode, entry.town,
        entry.latitude, entry.longitude, entry.zone, entry.grid_minutes, entry.lead_minutes, entry.horizon_days,
        entry.buffer_minutes, entry.release_minute, entry.accessibility, entry.texts,
        row.rules_version if row else 1, entry.facts,
    )  # fmt: skip
    ids = _Ids((c for c in there.counters if c.office_id == office_id), known.faults)
    elsewhere = {c.id for c in there.counters if c.office_id != office_id}
    counters: dict[str, Counter] = {}
    offers: list[Offer] = []
    hours: list[OpeningHours] = []
    for position, e in enumerate(entry.counters, 1):
        counter = Counter(
            ids.of(e.line, e.slug, e.id), city_id, office_id, e.slug, e.name, e.staff_only, position, retired=False
        )
        if counter.id in elsewhere:
            known.faults.append(Fault(e.line, f"counter {e.slug} belongs to another office; a counter cannot move"))
        counters[e.slug] = counter
        offers += [Offer(counter.id, known.services[slug].id) for slug in e.services]
        hours += _hours(e, counter, there)
    return CityState(
        there.city,
        offices=(office,),
        counters=tuple(counters.values()),
        offers=tuple(offers),
        hours=tuple(hours),
        specials=tuple(_specials(entry, office, counters, known)),
    )


def _specials(entry: OfficeEntry, office: Office, counters: dict[str, Counter], known: _Known) -> list[SpecialOpening]:
    last = (known.now - _HISTORY).date()
    rows = [s for s in known.there.specials if s.office_id == office.id]
    wanted = [
        SpecialOpening(
            new_id(), office.city_id, office.id, counters[s.counter].id if s.counter else None, s.day, s.opens_minute,
            s.closes_minute,
        )
        for s in entry.specials
        if s.day > last
    ]  # fmt: skip
    return [*(s for s in rows if s.day <= last), *_known(wanted, rows)]


def _hours(entry: CounterEntry, counter: Counter, there: CityState) -> list[OpeningHours]:
    rows = [row for row in there.hours if row.counter_id == counter.id]
    if entry.hours is None:
        return rows
    return _known([weekly(counter, rule) for rule in entry.hours], rows)


def weekly(counter: Counter, rule: Weekly) -> OpeningHours:
    """A new row for a weekly rule."""
    return OpeningHours(
        new_id(), counter.city_id, counter.id, rule.weekday, rule.opens_minute, rule.closes_minute, rule.valid_from,
        rule.valid_until, rule.every_weeks, rule.anchor if rule.every_weeks > 1 else None,
    )  # fmt: skip


def _closures(
    document: Document,
    there: CityState,
    offices: dict[str, Office],
    counters: dict[tuple[UUID, str], UUID],
    now: datetime,
) -> list[Closure]:
    def row(entry: ClosureEntry) -> Closure:
        office = offices[entry.office] if entry.office else None
        zone = ZoneInfo(office.zone if office else document.city.zone)
        starts, ends = (instant(wall.date(), wall.hour * 60 + wall.minute, zone) for wall in (entry.starts, entry.ends))
        counter_id = counters[office.id, entry.counter] if office and entry.counter else None
        return Closure(
            new_id(), document.city.id, office.id if office else None, counter_id, starts, ends, entry.reason, BY_FILE
        )

    made = [c for c in there.closures if c.created_by == BY_FILE]
    past = [c for c in made if c.ends_at <= now - _HISTORY]
    wanted = [c for c in map(row, document.closures) if c.ends_at > now - _HISTORY]
    return [*past, *_known(wanted, made)]


def _known(wanted: Iterable[V], rows: Iterable[V]) -> list[V]:
    """``wanted``, each as the row that says the same, where there is one: what stays the same keeps its id."""
    nobody = UUID(int=0)
    by_value: dict[str, V] = {repr(replace(row, id=nobody)): row for row in rows}
    return [by_value.get(repr(replace(item, id=nobody)), item) for item in wanted]


def _retired(rows: Iterable[R], named: set[UUID]) -> list[R]:
    return [replace(row, retired=True) for row in rows if row.id not in named]


def _without_district(office: Office, kept: set[UUID]) -> Office:
    return office if office.district_id in kept else replace(office, district_id=None)
