"""What differs between two states of a city, entry by entry and field by field. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from backend.catalogue.model import (
    City,
    CityState,
    Closure,
    Counter,
    CounterRules,
    District,
    Offer,
    Office,
    OfficeRules,
    OpeningHours,
    Service,
    SpecialOpening,
)

Row = City | District | Service | Office | Counter | Offer | OpeningHours | SpecialOpening | Closure
Op = Literal["add", "change", "retire", "remove"]
_NOT_CONTENT = frozenset(("updated_at", "rules_version"))


class Change(Struct, frozen=True):
    """One entry that differs. ``before`` is None for what is added, ``after`` for what is removed."""

    op: Op
    label: str
    before: Row | None
    after: Row | None

    def fields(self) -> dict[str, tuple[Any, Any]]:
        """What changes, by field: before and after. Empty unless ``op`` is change."""
        if self.op != "change" or self.before is None or self.after is None:
            return {}
        return _differences(_content(self.before), _content(self.after))


def compare(before: CityState | None, after: CityState) -> list[Change]:
    """Every change, in an order in which they can be saved: parents first, removals of districts last."""
    old = before or CityState(replace(after.city, id=""))
    name = _Labels(old, after)
    return [
        *_one("city", before.city if before else None, after.city),
        *_pairs(name, old.services, after.services),
        *(c for c in _pairs(name, old.districts, after.districts) if c.op != "remove"),
        *_pairs(name, old.offices, after.offices),
        *_pairs(name, old.counters, after.counters),
        *_pairs(name, old.offers, after.offers),
        *_pairs(name, old.hours, after.hours),
        *_pairs(name, old.specials, after.specials),
        *_pairs(name, old.closures, after.closures),
        *reversed([c for c in _pairs(name, _parents_first(old.districts), after.districts) if c.op == "remove"]),
    ]


def rules_by_office(state: CityState) -> dict[UUID, OfficeRules]:
    """The rules of every office, alike for states that say the same: without versions and times of change."""
    return {office.id: _rules(state, office) for office in state.offices}


def _rules(state: CityState, office: Office) -> OfficeRules:
    services = {s.id: replace(s, updated_at=None) for s in state.services if not s.retired}
    counters = [c for c in state.counters if c.office_id == office.id and not c.retired and not office.retired]
    return OfficeRules(
        office=replace(office, rules_version=0, updated_at=None),
        city=replace(state.city, updated_at=None),
        version=0,
        counters=tuple(
            _counter_rules(state, c, services) for c in sorted(counters, key=lambda c: (c.position, c.slug))
        ),
        services=services,
        specials=tuple(sorted((s for s in state.specials if s.office_id == office.id), key=lambda s: (s.day, s.id))),
        closures=tuple(
            sorted((c for c in state.closures if c.office_id in (None, office.id)), key=lambda c: (c.starts_at, c.id))
        ),
    )


def _counter_rules(state: CityState, counter: Counter, services: dict[UUID, Service]) -> CounterRules:
    offered = (o.service_id for o in state.offers if o.counter_id == counter.id)
    hours = (h for h in state.hours if h.counter_id == counter.id)
    return CounterRules(
        counter.id, counter.slug, counter.name, counter.staff_only, counter.position,
        service_ids=frozenset(s for s in offered if s in services),
        hours=tuple(sorted(hours, key=lambda h: (h.weekday, h.opens_minute, h.id))),
    )  # fmt: skip


def _one(label: str, before: Row | None, after: Row | None) -> Iterator[Change]:
    if before is None or after is None:
        yield Change("add" if before is None else "remove", label, before, after)
    elif _content(before) != _content(after):
        retires = getattr(after, "retired", False) and not getattr(before, "retired", False)
        yield Change("retire" if retires else "change", label, before, after)


def _pairs(name: "_Labels", before: Iterable[Row], after: Iterable[Row]) -> list[Change]:
    old, new = {_key(row): row for row in before}, {_key(row): row for row in after}
    return [
        change
        for key in {**old, **new}
        for change in _one(name.of(new.get(key) or old[key]), old.get(key), new.get(key))
    ]


def _key(row: Row) -> Any:
    return (row.counter_id, row.service_id) if isinstance(row, Offer) else row.id


def _content(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__ if name not in _NOT_CONTENT}


def _differences(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> dict[str, tuple[Any, Any]]:
    """Down into mappings: one line per text that changes, not the whole object."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inner_old, inner_new = msgspec.convert(old, dict[str, Any]), msgspec.convert(new, dict[str, Any])
            found |= _differences(inner_old, inner_new, f"{prefix}{key}.")
        elif old != new:
            found[prefix + key] = (old, new)
    return found


def _parents_first(districts: Iterable[District]) -> list[District]:
    levels = ("stadtbezirk", "stadtteil", "quartier")
    return sorted(districts, key=lambda d: levels.index(d.level))


class _Labels:
    """How a change names what it changes."""

    def __init__(self, *states: CityState) -> None:
        self._services = {s.id: s.slug for state in states for s in state.services}
        self._offices = {o.id: o.slug for state in states for o in state.offices}
        self._counters = {c.id: f"{self._offices[c.office_id]}/{c.slug}" for state in states for c in state.counters}

    def of(self, row: Row) -> str:
        """For people: slugs, days and times."""
        match row:
            case City() | District() | Service() | Office():
                return f"{type(row).__name__.lower()} {row.id if isinstance(row, City) else row.slug}"
            case Counter():
                return f"counter {self._counters[row.id]}"
            case Offer():
                return f"counter {self._counters[row.counter_id]} offers {self._services[row.service_id]}"
            case OpeningHours():
                return f"hours {self._counters[row.counter_id]} {hours_text(row)}"
            case SpecialOpening():
                return f"special opening {self._where(row.office_id, row.counter_id)} {row.day} {span_text(row)}"
            case Closure():
                times = f"{row.starts_at:%Y-%m-%dT%H:%MZ} to {row.ends_at:%Y-%m-%dT%H:%MZ}"
                return f"closure {self._where(row.office_id, row.counter_id)} {times}"

    def _where(self, office_id: UUID | None, counter_id: UUID | None) -> str:
        if counter_id is not None:
            return self._counters[counter_id]
        return "whole city" if office_id is None else self._offices[office_id]


def hours_text(hours: OpeningHours) -> str:
    """Like ``Mon 08:00-12:00, from 2027-01-01, every 2 weeks (2027-01-04)``."""
    parts = [f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[hours.weekday - 1]} {span_text(hours)}"]
    if hours.valid_from:
        parts.append(f"from {hours.valid_from}")
    if hours.valid_until:
        parts.append(f"until {hours.valid_until}")
    if hours.every_weeks > 1:
        parts.append(f"every {hours.every_weeks} weeks ({hours.anchor})")
    return ", ".join(parts)


def span_text(span: OpeningHours | SpecialOpening) -> str:
    """Like ``08:00-12:00``."""
    return f"{clock_text(span.opens_minute)}-{clock_text(span.closes_minute)}"


def clock_text(minute: int) -> str:
    """Minutes since midnight as ``HH:MM``."""
    return f"{minute // 60:02}:{minute % 60:02}"
