"""Offices made to measure, in memory: for tests of the arithmetic, which needs no database."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from backend.availability.free_days import FreeDay, FreeDays
from backend.availability.model import TakenPlace, Wanted
from backend.availability.office import OfficeState
from backend.availability.visits import visit
from backend.catalogue.model import City, CounterRules, Office, OfficeRules, OpeningHours, Service, SpecialOpening

SPACE = UUID("0b1f4b4e-93f8-5c8e-8f0d-9d0c2a5b7f10")
OFFICE, SERVICE = uuid5(SPACE, "office"), uuid5(SPACE, "service")
BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2000, 1, 1, tzinfo=BERLIN)


def minute(wall: str) -> int:
    """ "08:30" in minutes since midnight."""
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def spans(*walls: str) -> list[tuple[int, int]]:
    """ "09:00-12:00" as minutes since midnight."""
    return [(minute(a), minute(b)) for a, b in (wall.split("-") for wall in walls)]


def office_rules(
    opens: Sequence[Sequence[tuple[int, int]]],
    *,
    minutes: int = 15,
    max_persons: int = 20,
    specials: Iterable[tuple[date, int, int]] = (),
    every_day: Sequence[int] = range(1, 8),
    **office: Any,
) -> OfficeRules:
    """One counter for each item of ``opens``: its hours on every day of ``every_day``. No lead time, no buffer."""
    given: dict[str, Any] = {
        "grid_minutes": None,
        "lead_minutes": 0,
        "horizon_days": 366,
        "buffer_minutes": 0,
        "release_minute": None,
    }
    counters = [
        CounterRules(
            id=counter(index), slug=f"c{index}", name=f"Counter {index}", staff_only=False, position=index,
            service_ids=frozenset({SERVICE}),
            hours=tuple(
                OpeningHours(uuid5(SPACE, f"{index} {n} {day}"), "x", counter(index), day, begin, end)
                for n, (begin, end) in enumerate(hours)
                for day in every_day
            ),
        )
        for index, hours in enumerate(opens)
    ]  # fmt: skip
    return OfficeRules(
        office=Office(
            id=OFFICE, city_id="x", slug="o", name="O", district_id=None, street="", postcode="", town="",
            latitude=None, longitude=None, zone="Europe/Berlin", accessibility={}, texts={}, rules_version=1,
            **{**given, **office},
        ),
        city=City("x", "X", "00000000", "NW", "Europe/Berlin", "X"),
        version=1,
        counters=tuple(counters),
        services={
            SERVICE: Service(SERVICE, "x", "s", None, "other", minutes, max_persons, "automatic", {}, {}, ())
        },
        specials=tuple(
            SpecialOpening(uuid5(SPACE, f"{day} {a}"), "x", OFFICE, None, day, a, b) for day, a, b in specials
        ),
    )  # fmt: skip


def counter(index: int) -> UUID:
    return uuid5(SPACE, f"counter {index}")


def taken(index: int, start: datetime, end: datetime, *, hold_until: datetime | None = None) -> TakenPlace:
    """A place on counter ``index``."""
    until = None if hold_until is None else hold_until.timestamp()
    return TakenPlace(
        uuid5(SPACE, f"{index} {start}"), OFFICE, counter(index), int(start.timestamp()), int(end.timestamp()), until
    )


def free_day(
    rules: OfficeRules, day: date, *, persons: int = 1, now: datetime = LONG_AGO, places: Iterable[TakenPlace] = ()
) -> FreeDay:
    """What the engine finds free on ``day``."""
    state = OfficeState(rules, FreeDays())
    state.learn({day: 0}, sorted(places, key=lambda place: (str(place.counter_id), place.starts)))
    asked = visit(rules, [Wanted(SERVICE, persons)], staff=False, max_services=5)
    return state.free_day(asked, day, now.timestamp())


def walls(found: FreeDay) -> list[str]:
    """The starts as clocks in Berlin show them."""
    return [f"{datetime.fromtimestamp(start, BERLIN):%H:%M}" for start, _ in found.starts]


def last_sunday(year: int, month: int) -> date:
    """The day on which clocks change, in March and in October."""
    day = date(year, month, 31)
    return day - timedelta(days=day.isoweekday() % 7)
