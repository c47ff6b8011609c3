"""Rules of a small office, made by hand."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from backend.catalogue.model import City, Closure, CounterRules, Office, OfficeRules, OpeningHours, SpecialOpening

OFFICE = UUID("0193a0ff-0003-7000-8000-000000000001")
COUNTER = UUID("0193a0ff-0004-7000-8000-000000000001")
OTHER = UUID("0193a0ff-0004-7000-8000-000000000002")
SERVICE = UUID("0193a0ff-0002-7000-8000-000000000001")


def weekly(
    weekday: int,
    opens: str,
    closes: str,
    *,
    counter: UUID = COUNTER,
    first: date | None = None,
    last: date | None = None,
    every: int = 1,
    anchor: date | None = None,
) -> OpeningHours:
    return OpeningHours(
        uuid4(), "musterstadt", counter, weekday, minute(opens), minute(closes), first, last, every, anchor
    )


def special(day: date, opens: str, closes: str, counter: UUID | None = None) -> SpecialOpening:
    return SpecialOpening(uuid4(), "musterstadt", OFFICE, counter, day, minute(opens), minute(closes))


def closure(starts: datetime, ends: datetime, office: UUID | None = OFFICE, counter: UUID | None = None) -> Closure:
    return Closure(uuid4(), "musterstadt", office, counter, starts, ends, {}, "clerk")


def rules(
    *hours: OpeningHours,
    specials: Sequence[SpecialOpening] = (),
    closures: Sequence[Closure] = (),
    municipal: tuple[str, ...] = (),
    zone: str = "Europe/Berlin",
) -> OfficeRules:
    """One office in North Rhine-Westphalia with two counters; ``hours`` say whose they are."""
    office = Office(
        OFFICE, "musterstadt", "rathaus", "Rathaus", None, "Markt 1", "45879", "Musterstadt", None, None, zone, None, 0,
        56, 0, None, {}, {}, 1,
    )  # fmt: skip
    counters = tuple(
        CounterRules(key, slug, slug, False, i, frozenset((SERVICE,)), tuple(h for h in hours if h.counter_id == key))
        for i, (key, slug) in enumerate(((COUNTER, "eins"), (OTHER, "zwei")))
    )
    city = City("musterstadt", "Musterstadt", "05999002", "NW", zone, "MU", municipal)
    return OfficeRules(office, city, 1, counters, {}, tuple(specials), tuple(closures))


def minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
