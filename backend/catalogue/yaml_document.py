"""A city's YAML file as a ``Document``: its form, every fault with its line. ``infra/demo`` holds two of them to read.

Keys are camelCase as in the API. What is checked across entries (references, duplicates, overlaps) is in
``consistency.py``.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.catalogue.consistency import check
from backend.catalogue.document import (
    ClosureEntry,
    CounterEntry,
    DistrictEntry,
    Document,
    OfficeEntry,
    ServiceEntry,
    SpecialEntry,
    Weekly,
)
from backend.catalogue.holidays import MUNICIPAL_HOLIDAYS, STATES
from backend.catalogue.model import City, Confirmation, DistrictLevel, Texts
from backend.catalogue.yaml_reader import Fields, InvalidFileError, Item, parse

LANGUAGES = ("de", "en")
_SLUG = r"[a-z0-9][a-z0-9-]{0,62}"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NO_DAY, _NO_TIME = date.min, datetime.min  # noqa: DTZ901 stand-ins for what could not be read
_LEVELS: tuple[DistrictLevel, ...] = ("stadtbezirk", "stadtteil", "quartier")


def read(text: str) -> Document:
    """The file's content; raises InvalidFileError with every fault."""
    root = parse(text)
    fields = root.mapping()
    city = fields.need("city", _city, None)
    districts = fields.maybe("districts", lambda item: _districts(item, 0, None), [])
    services = fields.maybe("services", lambda item: [_service(i) for i in item.items()], [])
    everywhere = tuple(service.slug for service in services)
    town, zone = (city.name, city.zone) if city else ("", "Europe/Berlin")
    offices = fields.maybe("offices", lambda item: [_office(i, everywhere, town, zone) for i in item.items()], [])
    closures = fields.maybe("closures", lambda item: [_closure(i) for i in item.items()], [])
    fields.done()
    if city is None:
        raise InvalidFileError(root.faults)
    document = Document(city, root.line, tuple(districts), tuple(services), tuple(offices), tuple(closures))
    faults = [*root.faults, *check(document)]
    if faults:
        raise InvalidFileError(faults)
    return document


def _city(item: Item) -> City:
    fields = item.mapping()
    city = City(
        id=fields.need("id", lambda i: i.text(r"[a-z][a-z0-9-]{1,40}", "a slug like gelsenkirchen"), ""),
        name=fields.need("name", Item.text, ""),
        ags=fields.need("ags", lambda i: i.text(r"\d{8}", "eight digits"), ""),
        state=fields.need("state", lambda i: i.choice(STATES), "NW"),
        zone=fields.maybe("zone", _zone, "Europe/Berlin"),
        reference_prefix=fields.need("referencePrefix", lambda i: i.text(r"[A-Z]{1,3}", "1 to 3 capitals"), ""),
        municipal_holidays=fields.maybe("municipalHolidays", _municipal, ()),
        notice=fields.maybe("notice", _bilingual, {}),
        facts=fields.maybe("facts", _facts, {}),
    )
    fields.done()
    return city


def _districts(item: Item, depth: int, parent: str | None) -> list[DistrictEntry]:
    found: list[DistrictEntry] = []
    for entry in item.items():
        fields = entry.mapping()
        slug = fields.need("slug", _slug, "")
        found.append(
            DistrictEntry(
                line=entry.line,
                id=fields.maybe("id", Item.uuid, None),
                level=_LEVELS[depth],
                slug=slug,
                parent=parent,
                name=fields.need("name", Item.text, ""),
                facts=fields.maybe("facts", _facts, {}),
            )
        )
        if depth + 1 < len(_LEVELS):
            found += fields.maybe("parts", lambda i, slug=slug: _districts(i, depth + 1, slug), [])
        fields.done()
    return found


def _service(item: Item) -> ServiceEntry:
    fields = item.mapping()
    service = ServiceEntry(
        line=item.line,
        id=fields.maybe("id", Item.uuid, None),
        slug=fields.need("slug", _slug, ""),
        leika=fields.maybe("leika", lambda i: i.text(r"99\d{12}", "a LeiKa key: 14 digits that begin with 99"), None),
        category=fields.maybe("category", _slug, "other"),
        minutes=fields.need("minutes", lambda i: i.number(1, 480), 1),
        max_persons=fields.maybe("maxPersons", lambda i: i.number(1, 20), 1),
        confirmation=cast(
            "Confirmation", fields.maybe("confirmation", lambda i: i.choice(("automatic", "clerk")), "automatic")
        ),
        fee=fields.maybe("fee", _bilingual, {}),
        texts=fields.need("texts", lambda i: _texts(i, required=("name",)), {}),
        documents=fields.maybe("documents", lambda i: tuple(_bilingual(d) for d in i.items()), ()),
        max_live_per_person=fields.maybe("maxLivePerPerson", lambda i: i.number(1, 100), None),
        facts=fields.maybe("facts", _facts, {}),
    )
    fields.done()
    return service


def _office(item: Item, everywhere: tuple[str, ...], town: str, zone: str) -> OfficeEntry:
    fields = item.mapping()
    services = fields.maybe("services", _slugs, everywhere)
    hours = fields.maybe("hours", _hours, None)
    office = OfficeEntry(
        line=item.line,
        id=fields.maybe("id", Item.uuid, None),
        slug=fields.need("slug", _slug, ""),
        name=fields.need("name", Item.text, ""),
        district=fields.maybe("district", _slug, None),
        street=fields.need("street", Item.text, ""),
        postcode=fields.need("postcode", lambda i: i.text(r"\d{5}", "five digits"), ""),
        town=fields.maybe("town", Item.text, town),
        latitude=fields.maybe("latitude", lambda i: i.decimal(-90, 90), None),
        longitude=fields.maybe("longitude", lambda i: i.decimal(-180, 180), None),
        zone=fields.maybe("zone", _zone, zone),
        grid_minutes=fields.maybe("gridMinutes", lambda i: i.number(1, 240), None),
        lead_minutes=fields.maybe("leadMinutes", lambda i: i.number(0, 100_000), 0),
        horizon_days=fields.maybe("horizonDays", lambda i: i.number(0, 366), 56),
        buffer_minutes=fields.maybe("bufferMinutes", lambda i: i.number(0, 240), 0),
        release_minute=fields.maybe("release", _time_before_midnight, None),
        accessibility=fields.maybe("accessibility", _facts, {}),
        texts=fields.maybe("texts", lambda i: _texts(i, required=()), {}),
        facts=fields.maybe("facts", _facts, {}),
        counters=fields.need("counters", lambda i: tuple(_counter(c, services, hours) for c in i.items()), ()),
        specials=fields.maybe("specialOpenings", lambda i: tuple(_special(s) for s in i.items()), ()),
    )
    fields.done()
    return office


def _counter(item: Item, services: tuple[str, ...], hours: tuple[Weekly, ...] | None) -> CounterEntry:
    fields = item.mapping()
    counter = CounterEntry(
        line=item.line,
        id=fields.maybe("id", Item.uuid, None),
        slug=fields.need("slug", _slug, ""),
        name=fields.need("name", Item.text, ""),
        staff_only=fields.maybe("staffOnly", Item.flag, False),
        services=fields.maybe("services", _slugs, services),
        hours=fields.maybe("hours", _hours, hours),
    )
    fields.done()
    return counter


def _hours(item: Item) -> tuple[Weekly, ...]:
    return tuple(rule for entry in item.items() for rule in _weekly(entry))


def _weekly(item: Item) -> list[Weekly]:
    """One entry of hours: a rule for each of its days."""
    fields = item.mapping()
    days = fields.need("days", lambda i: [d.choice(_WEEKDAYS) for d in i.items()], [])
    opens, closes = _span(fields, item)
    valid_from = fields.maybe("validFrom", Item.date, None)
    valid_until = fields.maybe("validUntil", Item.date, None)
    every = fields.maybe("everyWeeks", lambda i: i.number(1, 52), 1)
    anchor = fields.maybe("anchor", Item.date, None)
    fields.done()
    if valid_from and valid_until and valid_until < valid_from:
        item.fault("validUntil lies before validFrom")
    if every > 1 and anchor is None:
        item.fault("everyWeeks needs an anchor: a date in a week in which it applies")
    return [
        Weekly(item.line, _WEEKDAYS.index(day) + 1, opens, closes, valid_from, valid_until, every, anchor)
        for day in days
    ]


def _special(item: Item) -> SpecialEntry:
    fields = item.mapping()
    day, counter = fields.need("day", Item.date, _NO_DAY), fields.maybe("counter", _slug, None)
    opens, closes = _span(fields, item)
    fields.done()
    return SpecialEntry(item.line, counter, day, opens, closes)


def _closure(item: Item) -> ClosureEntry:
    fields = item.mapping()
    starts = fields.need("starts", Item.local_time, _NO_TIME)
    ends = fields.need("ends", Item.local_time, _NO_TIME)
    closure = ClosureEntry(
        line=item.line,
        office=fields.maybe("office", _slug, None),
        counter=fields.maybe("counter", _slug, None),
        starts=starts,
        ends=ends,
        reason=fields.maybe("reason", _bilingual, {}),
    )
    fields.done()
    if _NO_TIME not in (starts, ends) and ends <= starts:
        item.fault("ends is not after starts")
    return closure


def _span(fields: Fields, item: Item) -> tuple[int, int]:
    opens, closes = fields.get("opens"), fields.get("closes")
    if opens is None or closes is None:
        if not fields.broken:
            item.fault("opens and closes are needed")
        return 0, 1
    span = opens.minute(), closes.minute()
    if span[1] <= span[0]:
        closes.fault("is not after opens")
    return span


def _slug(item: Item) -> str:
    return item.text(_SLUG, "a slug: small letters, digits and hyphens")


def _slugs(item: Item) -> tuple[str, ...]:
    found = [_slug(entry) for entry in item.items()]
    if len(set(found)) < len(found):
        item.fault("names something twice")
    return tuple(found)


def _zone(item: Item) -> str:
    name = item.text()
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        item.fault("must be an IANA time zone like Europe/Berlin")
        return "UTC"


def _time_before_midnight(item: Item) -> int:
    minute = item.minute()
    if minute == 1440:
        item.fault("must be before 24:00; leave it out for midnight")
    return minute


def _municipal(item: Item) -> tuple[str, ...]:
    return tuple(entry.choice(MUNICIPAL_HOLIDAYS) for entry in item.items())


def _facts(item: Item) -> dict[str, Any]:
    found = item.anything()
    if isinstance(found, dict):
        return cast("dict[str, Any]", found)
    item.fault("must be a mapping")
    return {}


def _by_language(item: Item, read: Callable[[Item], Any]) -> dict[str, Any]:
    """``read`` for each language; German has to be there, for it is what every text falls back to."""
    fields = item.mapping()
    found = {name: read(entry) for name in LANGUAGES if (entry := fields.get(name)) is not None}
    if LANGUAGES[0] not in found and not fields.broken:
        item.fault(f"{LANGUAGES[0]} is missing")
    fields.done()
    return found


def _bilingual(item: Item) -> Texts:
    return _by_language(item, Item.text)


def _texts(item: Item, required: tuple[str, ...]) -> dict[str, Texts]:
    """Name and description, per language."""

    def one(entry: Item) -> Texts:
        fields = entry.mapping()
        found = {name: text.text() for name in ("name", "description") if (text := fields.get(name)) is not None}
        for name in required:
            if name not in found and not fields.broken:
                entry.fault(f"{name} is missing")
        fields.done()
        return found

    return _by_language(item, one)
