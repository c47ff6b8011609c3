"""When a counter is open: weekly hours, less holidays and closures, plus special openings. Pure; instants are UTC."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from backend.catalogue.holidays import closed_days
from backend.catalogue.model import Closure, CounterRules, OfficeRules, OpeningHours
from backend.clock import instant

Interval = tuple[datetime, datetime]


def openings(rules: OfficeRules, counter: CounterRules, day: date) -> list[Interval]:
    """The intervals in which ``counter`` is open on the local ``day``: sorted, merged where they touch, none empty.

    Special openings stand above closures, closures above weekly hours, and weekly hours rest on holidays.
    """
    zone = rules.zone
    regular: list[Interval] = []
    weekly = [hours for hours in counter.hours if in_force(hours, day)]
    if weekly and holiday(rules, day) is None:
        regular = merged((instant(day, h.opens_minute, zone), instant(day, h.closes_minute, zone)) for h in weekly)
        regular = without(regular, (c for c in rules.closures if concerns(c, rules, counter)))
    special = [s for s in rules.specials if s.day == day and s.counter_id in (None, counter.id)]
    if not special:
        return regular
    return merged(
        [*regular, *((instant(day, s.opens_minute, zone), instant(day, s.closes_minute, zone)) for s in special)]
    )


def holiday(rules: OfficeRules, day: date) -> str | None:
    """The name of the holiday that closes the office on ``day``, if one does."""
    return closed_days(rules.city.state, rules.city.municipal_holidays, day.year).get(day)


def in_force(hours: OpeningHours, day: date) -> bool:
    """Whether a weekly rule applies on ``day``, holidays aside."""
    if hours.weekday != day.isoweekday():
        return False
    if (hours.valid_from and day < hours.valid_from) or (hours.valid_until and day > hours.valid_until):
        return False
    if hours.every_weeks == 1 or hours.anchor is None:
        return True
    return (_monday(day) - _monday(hours.anchor)).days // 7 % hours.every_weeks == 0


def concerns(closure: Closure, rules: OfficeRules, counter: CounterRules) -> bool:
    """Whether a closure closes this counter: its own, its office's or its city's."""
    if closure.counter_id is not None:
        return closure.counter_id == counter.id
    return closure.office_id in (None, rules.office.id)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as sorted intervals that neither overlap nor touch."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue  # wall times that the spring change skips
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def without(intervals: list[Interval], closures: Iterable[Closure]) -> list[Interval]:
    """What is left of sorted intervals outside the closures."""
    for closure in closures:
        intervals = [
            (start, end)
            for opens, closes in intervals
            for start, end in ((opens, min(closes, closure.starts_at)), (max(opens, closure.ends_at), closes))
            if start < end
        ]
    return intervals


def open_throughout(rules: OfficeRules, counter: CounterRules, start: datetime, end: datetime) -> bool:
    """Whether the counter is open without a break from ``start`` to ``end``; neighbouring days join at midnight."""
    first, last = start.astimezone(rules.zone).date(), end.astimezone(rules.zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return any(o <= start and end <= c for o, c in merged(i for day in days for i in openings(rules, counter, day)))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
