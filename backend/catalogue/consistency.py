"""What has to be true between the entries of a city's file."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations
from math import gcd
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.catalogue.document import ClosureEntry, Document, OfficeEntry, Weekly
from backend.catalogue.yaml_reader import Fault
from backend.clock import instant

Named = tuple[int, str]


def check(document: Document) -> Iterator[Fault]:
    """Duplicate slugs and ids, references to what is not in the file, hours that overlap, closures of no time."""
    yield from _twice("district", ((d.line, d.slug) for d in document.districts))
    yield from _twice("service", ((s.line, s.slug) for s in document.services))
    yield from _twice("office", ((o.line, o.slug) for o in document.offices))
    yield from _ids_twice(document)
    districts = {d.slug for d in document.districts}
    services = {s.slug for s in document.services}
    for office in document.offices:
        yield from _check_office(office, districts, services)
    yield from _check_closures(document)


def _check_office(office: OfficeEntry, districts: set[str], services: set[str]) -> Iterator[Fault]:
    if office.district and office.district not in districts:
        yield Fault(office.line, f"office {office.slug}: there is no district {office.district}")
    if (office.latitude is None) != (office.longitude is None):
        yield Fault(office.line, f"office {office.slug}: latitude and longitude belong together")
    yield from _twice(f"counter in {office.slug}", ((c.line, c.slug) for c in office.counters))
    for counter in office.counters:
        for slug in counter.services:
            if slug and slug not in services:
                yield Fault(counter.line, f"counter {counter.slug}: there is no service {slug}")
        yield from _overlapping_hours(counter.hours or ())
    yield from _check_specials(office)


def _overlapping_hours(hours: tuple[Weekly, ...]) -> Iterator[Fault]:
    for one, other in combinations(hours, 2):
        if overlap(one, other):
            first, last = sorted((one.line, other.line))
            yield Fault(last, f"hours overlap with those of line {first}")


def _check_specials(office: OfficeEntry) -> Iterator[Fault]:
    counters = {c.slug for c in office.counters}
    for special in office.specials:
        if special.counter and special.counter not in counters:
            yield Fault(special.line, f"special opening: there is no counter {special.counter} in {office.slug}")
    for one, other in combinations(office.specials, 2):
        same = one.day == other.day and (one.counter == other.counter or None in (one.counter, other.counter))
        if same and one.opens_minute < other.closes_minute and other.opens_minute < one.closes_minute:
            yield Fault(other.line, f"special opening: overlaps with that of line {one.line}")


def _check_closures(document: Document) -> Iterator[Fault]:
    offices = {o.slug: o for o in document.offices}
    for closure in document.closures:
        if closure.office is None:
            if closure.counter is not None:
                yield Fault(closure.line, "closure: a counter needs its office")
        elif closure.office not in offices:
            yield Fault(closure.line, f"closure: there is no office {closure.office}")
        elif closure.counter and closure.counter not in {c.slug for c in offices[closure.office].counters}:
            yield Fault(closure.line, f"closure: there is no counter {closure.counter} in {closure.office}")
        office = offices.get(closure.office or "")
        if _is_skipped(closure, ZoneInfo(office.zone if office else document.city.zone)):
            yield Fault(closure.line, "closure: clocks skip all of it when summer time begins")


def _is_skipped(closure: ClosureEntry, zone: ZoneInfo) -> bool:
    starts, ends = (instant(at.date(), at.hour * 60 + at.minute, zone) for at in (closure.starts, closure.ends))
    return closure.starts < closure.ends and starts >= ends


def overlap(one: Weekly, other: Weekly) -> bool:
    """Whether two weekly rules of one counter are ever in force at the same moment."""
    if one.weekday != other.weekday:
        return False
    if one.opens_minute >= other.closes_minute or other.opens_minute >= one.closes_minute:
        return False
    first = max(one.valid_from or date.min, other.valid_from or date.min)
    last = min(one.valid_until or date.max, other.valid_until or date.max)
    if first > last:
        return False
    if one.anchor is None or other.anchor is None:
        return True
    # Two patterns meet in some week exactly if their anchors differ by a multiple of what both periods have in common.
    weeks = (_monday(one.anchor) - _monday(other.anchor)).days // 7
    return weeks % gcd(one.every_weeks, other.every_weeks) == 0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _twice(what: str, entries: Iterable[Named]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for line, slug in entries:
        if slug and slug in seen:
            yield Fault(line, f"{what} {slug} stands in line {seen[slug]} already")
        seen.setdefault(slug, line)


def _ids_twice(document: Document) -> Iterator[Fault]:
    entries: list[tuple[int, UUID | None]] = [(e.line, e.id) for e in (*document.districts, *document.services)]
    for office in document.offices:
        entries += [(office.line, office.id), *((c.line, c.id) for c in office.counters)]
    yield from _twice("id", ((line, str(key)) for line, key in entries if key is not None and key.int))
