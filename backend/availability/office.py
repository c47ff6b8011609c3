"""What a process remembers of one office: its rules, its places by day, and the free starts computed from both.

Everything here is derived and may be forgotten at any time. A day's memory is valid for one version of that day (and of
the day before, whose last places may reach over midnight) and, where holds or the lead time decide, until an instant.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from backend.availability import rules as arithmetic
from backend.availability.free_days import FreeDay, FreeDays
from backend.availability.model import TakenPlace, Wanted
from backend.availability.rules import Range
from backend.availability.visits import Visit, visit
from backend.catalogue.calendar import openings
from backend.catalogue.model import CounterRules, OfficeRules
from backend.clock import day_bounds

_DAYS_KEPT = 2_000
_VISITS_KEPT = 500
NEVER = float("inf")


class DayPlaces(Struct):
    """What is taken on a day, by counter, sorted; ``version`` is the sum of this day's and the day before's."""

    version: int
    by_counter: dict[UUID, list[TakenPlace]]


class OfficeState:
    """One office under one version of its rules; ``free`` remembers its free starts beside those of other offices."""

    def __init__(self, rules: OfficeRules, free: FreeDays) -> None:
        self.rules = rules
        self.zone = rules.zone
        self.days: dict[date, DayPlaces] = {}
        self.versions: dict[date, int] = {}
        self.seen: dict[tuple[date, date], int] = {}
        """The places_version under which ``versions`` of a range was last read."""
        self._openings: dict[tuple[UUID, date], list[Range]] = {}
        self._visits: dict[tuple[tuple[Wanted, ...], bool], Visit] = {}
        self._alike: dict[tuple[tuple[UUID, ...], int, date], list[tuple[tuple[Range, ...], tuple[UUID, ...]]]] = {}
        """Counters of the same hours together: by services, number of counters, day."""
        self._free = free

    def openings(self, counter: CounterRules, day: date) -> list[Range]:
        """The counter's opening intervals of the day, in epoch seconds."""
        key = (counter.id, day)
        known = self._openings.get(key)
        if known is None:
            if len(self._openings) > 20_000:
                self._openings.clear()  # days pass; what is still asked for is quickly there again
            known = [(int(a.timestamp()), int(b.timestamp())) for a, b in openings(self.rules, counter, day)]
            self._openings[key] = known
        return known

    def visit(self, wanted: Sequence[Wanted], *, staff: bool, max_services: int) -> Visit:
        """``visits.visit`` under these rules, worked out once."""
        key = (tuple(wanted), staff)
        known = self._visits.get(key)
        if known is None:
            known = visit(self.rules, wanted, staff=staff, max_services=max_services)
            if len(self._visits) >= _VISITS_KEPT:
                self._visits.clear()
            self._visits[key] = known
        return known

    def open_at(self, asked: Visit, day: date, start: int, step: int) -> tuple[UUID, ...]:
        """The visit's counters, in order, whose hours of ``day`` let it begin at ``start`` (epoch seconds)."""
        # The same services are served by fewer counters where staff's own do not count: the number tells which.
        key = (asked.service_ids, len(asked.counters), day)
        alike = self._alike.get(key)
        if alike is None:
            by_hours: dict[tuple[Range, ...], list[UUID]] = {}
            for counter in asked.counters:
                by_hours.setdefault(tuple(self.openings(counter, day)), []).append(counter.id)
            if len(self._alike) >= _DAYS_KEPT:
                self._alike.clear()
            alike = self._alike[key] = [(hours, tuple(ids)) for hours, ids in by_hours.items()]
        fitting = [ids for hours, ids in alike if arithmetic.is_start(hours, start, asked.seconds, step)]
        if len(fitting) < 2:
            return fitting[0] if fitting else ()
        found = {one for ids in fitting for one in ids}
        return tuple(counter.id for counter in asked.counters if counter.id in found)

    def version_of(self, day: date) -> int:
        """What a day's memory depends on, as far as ``versions`` knows."""
        return self.versions.get(day, 0) + self.versions.get(day - timedelta(days=1), 0)

    def missing(self, days: Iterable[date]) -> list[date]:
        """The days whose places are not known in their present version."""
        return [day for day in days if (known := self.days.get(day)) is None or known.version != self.version_of(day)]

    def see(self, day: date, version: int) -> None:
        """Takes note of a day's version; versions only grow, and answers may overtake each other."""
        self.versions[day] = max(version, self.versions.get(day, 0))

    def remember_stamp(self, first: date, last: date, places_version: int) -> None:
        """``versions`` of this range are at least those behind ``places_version``."""
        if len(self.seen) > 200:
            self.seen.clear()
        self.seen[first, last] = places_version

    def learn(self, versions: Mapping[date, int], places: Iterable[TakenPlace]) -> None:
        """Remembers all that is taken on the days of ``versions``, which were read before the places were."""
        fresh = {day: DayPlaces(version, {}) for day, version in versions.items()}
        ends = {day: int(day_bounds(day, self.zone)[1].timestamp()) for day in fresh}
        for place in places:
            day = datetime.fromtimestamp(place.starts, self.zone).date()
            if day in fresh:
                fresh[day].by_counter.setdefault(place.counter_id, []).append(place)
            if place.ends > ends.get(day, place.ends) or day not in fresh:
                after = day + timedelta(days=1)  # it reaches over midnight
                if after in fresh and place.ends > int(day_bounds(after, self.zone)[0].timestamp()):
                    fresh[after].by_counter.setdefault(place.counter_id, []).append(place)
        for day, known in fresh.items():
            older = self.days.get(day)
            if older is None or older.version <= known.version:
                self.days[day] = known

    def free_day(self, visit: Visit, day: date, now: float, *, without: UUID | None = None) -> FreeDay:
        """The free starts of ``day`` at ``now``, lead time considered; ``without`` is a place that does not count."""
        if without is not None:
            return self._compute(visit, day, now, without)
        key = (self.rules.office.id, self.rules.version, day, visit.counter_ids, visit.seconds)
        known = self._free.find(key, self.version_of(day), now)
        if known is None:
            known = self._compute(visit, day, now, None)
            self._free.keep(key, known)
        return known

    def _compute(self, visit: Visit, day: date, now: float, without: UUID | None) -> FreeDay:
        office = self.rules.office
        step = arithmetic.step_seconds(office, visit.seconds)
        length = visit.seconds + office.buffer_minutes * 60
        earliest = arithmetic.first_start(office, now)
        counts: dict[int, int] = {}
        until = NEVER
        known = self.days[day]
        for counter in visit.counters:
            opened = self.openings(counter, day)
            if not opened:
                continue
            taken: list[Range] = []
            for place in known.by_counter.get(counter.id, ()):
                if place.id == without:
                    continue
                if place.hold_until is not None:
                    if place.hold_until <= now:
                        continue
                    until = min(until, place.hold_until)
                taken.append((place.starts, place.ends))
            for start in arithmetic.free_starts(opened, taken, length, visit.seconds, step):
                if start >= earliest:
                    counts[start] = counts.get(start, 0) + 1
        starts = tuple(sorted(counts.items()))
        if starts:
            # The next moment at which a start falls out because its lead time has begun.
            until = min(until, starts[0][0] - office.lead_minutes * 60 + 1e-6)
        # The version of the places it came from, not the newest heard of: that may have overtaken them.
        return FreeDay(known.version, starts, now, until)

    def utc(self, seconds: int) -> datetime:
        """An epoch second in the office's zone."""
        return datetime.fromtimestamp(seconds, self.zone)
