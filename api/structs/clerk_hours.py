"""Opening hours and closures as clerks send and see them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from api.structs.catalogue import TimeOfDay, WeeklyOut, weekly_out
from api.wire import TEXT, Wire, local
from backend.catalogue.changing import CounterHours
from backend.catalogue.consistency import overlap
from backend.catalogue.document import Weekly
from backend.catalogue.model import Closure
from backend.catalogue.stranding import Stranded
from backend.errors import FieldError, InvalidInput

_FAR = timedelta(days=3660)
Weekday = Annotated[int, Meta(ge=1, le=7, description="1 is Monday.")]
Accept = Annotated[bool, Meta(description="Change it even if live appointments are stranded.")]


class WeeklyIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A weekly rule on the office's clock."""

    weekday: Weekday
    opens: TimeOfDay
    closes: TimeOfDay
    valid_from: date | None = None
    valid_until: Annotated[date | None, Meta(description="Inclusive.")] = None
    every_weeks: Annotated[int, Meta(ge=1, le=52)] = 1
    anchor: Annotated[date | None, Meta(description="With `everyWeeks`: a date in a week in which it applies.")] = None


class HoursIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All weekly rules of the counter: what is not listed is no longer so."""

    rules: Annotated[Sequence[WeeklyIn], Meta(max_length=100)]
    accept_stranded: Accept = False


class ReasonIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For the public, per language."""

    de: Annotated[str, Meta(min_length=1, max_length=500, pattern=TEXT)]
    en: Annotated[str, Meta(min_length=1, max_length=500, pattern=TEXT)] | None = None


class ClosureIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of `city`, `office` and `counter` says what is closed."""

    city: Annotated[str, Meta(max_length=41)] | None = None
    office: UUID | None = None
    counter: UUID | None = None
    start: Annotated[datetime, Meta(tz=True)]
    end: Annotated[datetime, Meta(tz=True)]
    reason: ReasonIn | None = None
    accept_stranded: Accept = False


class StrandedOut(Wire, frozen=True, kw_only=True):
    """A live appointment that would be left at a closed counter."""

    id: UUID
    reference: str
    office: UUID
    counter: UUID
    start: datetime
    end: datetime
    reason: str


class CounterHoursOut(Wire, frozen=True, kw_only=True):
    """A counter's weekly rules."""

    counter: UUID
    office: UUID
    zone: str
    rules: Sequence[WeeklyOut]


class HoursChangeOut(CounterHoursOut, frozen=True, kw_only=True):
    """The rules as they are now, or with `dryRun` as they would be."""

    dry_run: bool
    stranded: Sequence[StrandedOut]


class ClosureOut(Wire, frozen=True, kw_only=True):
    """A closure of a counter, an office (`counter` is null) or a whole city (`office` is null)."""

    id: UUID
    city: str
    office: UUID | None
    counter: UUID | None
    start: datetime
    end: datetime
    reason: dict[str, str]


class ClosureChangeOut(Wire, frozen=True, kw_only=True):
    """The closure that was added or removed, or with `dryRun` would be; then its id is not yet one."""

    dry_run: bool
    closure: ClosureOut
    stranded: Sequence[StrandedOut]


def check_closure(data: ClosureIn, now: datetime) -> None:
    """Raises InvalidInput with every fault."""
    faults: list[FieldError] = []
    if [data.city, data.office, data.counter].count(None) != 2:
        faults.append(FieldError("", "one-of", "Exactly one of city, office and counter is needed"))
    if data.end <= data.start:
        faults.append(FieldError("/end", "not-after", "The end must lie after the start"))
    elif data.end <= now:
        faults.append(FieldError("/end", "past", "This time is over"))
    if data.end > now + _FAR or data.start < now - _FAR:
        faults.append(FieldError("/end", "too-far", "At most ten years from now"))
    if faults:
        raise InvalidInput(faults)


def weekly_of(rules: Sequence[WeeklyIn]) -> list[Weekly]:
    """The rules as the catalogue has them; raises InvalidInput with every fault."""
    faults: list[FieldError] = []
    found: list[Weekly] = []
    for i, rule in enumerate(rules):
        opens, closes = _minute(rule.opens), _minute(rule.closes)
        if closes <= opens:
            faults.append(FieldError(f"/rules/{i}/closes", "not-after", "It must close after it opens"))
        if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
            faults.append(FieldError(f"/rules/{i}/validUntil", "not-after", "It must not lie before validFrom"))
        if rule.every_weeks > 1 and rule.anchor is None:
            faults.append(FieldError(f"/rules/{i}/anchor", "missing", "everyWeeks needs a date in such a week"))
        anchor = rule.anchor if rule.every_weeks > 1 else None
        found.append(
            Weekly(i, rule.weekday, opens, closes, rule.valid_from, rule.valid_until, rule.every_weeks, anchor)
        )
    for one, other in combinations(found, 2):
        if overlap(one, other):
            faults.append(FieldError(f"/rules/{other.line}", "overlap", f"It overlaps with rule {one.line}"))
    if faults:
        raise InvalidInput(faults)
    return found


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def hours_fields(found: CounterHours) -> dict[str, Any]:
    return {
        "counter": found.counter.id,
        "office": found.counter.office_id,
        "zone": found.zone,
        "rules": [weekly_out(hours) for hours in found.hours],
    }


def closure_out(closure: Closure, zone: str) -> ClosureOut:
    return ClosureOut(
        id=closure.id, city=closure.city_id, office=closure.office_id, counter=closure.counter_id,
        start=local(closure.starts_at, zone), end=local(closure.ends_at, zone), reason=closure.reason,
    )  # fmt: skip


def stranded_out(found: Sequence[Stranded]) -> list[StrandedOut]:
    return [msgspec.convert(one.details(), StrandedOut) for one in found]
