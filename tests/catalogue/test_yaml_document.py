"""A city's file is refused with every error and its line, or read as it is meant."""

from pathlib import Path

import pytest

from backend.catalogue.yaml_document import read
from backend.catalogue.yaml_reader import InvalidFileError

DEMO = Path(__file__).parents[2] / "infra" / "demo"

CITY = """\
city:
  id: musterstadt
  name: Musterstadt
  ags: 05999002
  state: NW
  referencePrefix: MU
districts:
  - {slug: mitte, name: Mitte}
services:
  - slug: ausweis
    leika: 99008001000000
    minutes: 15
    texts: {de: {name: Ausweis}}
offices:
  - slug: rathaus
    name: Rathaus
    district: mitte
    street: Markt 1
    postcode: 01067
    release: 08:15
    hours:
      - {days: [mon, tue], opens: 8:00, closes: 12:00}
      - {days: [mon], opens: 12:00, closes: 24:00}
    counters:
      - {slug: eins, name: Eins}
      - {slug: zwei, name: Zwei, staffOnly: true, hours: []}
"""


def faults(text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidFileError) as error:
        read(text)
    return [(fault.line, fault.text) for fault in error.value.faults]


@pytest.mark.parametrize("name", ["gelsenkirchen", "bottrop"])
def test_the_demo_cities_are_valid(name: str) -> None:
    assert read((DEMO / f"{name}.yaml").read_text(encoding="utf-8")).city.id == name


def test_unquoted_times_and_numbers_are_what_they_look_like() -> None:
    """YAML 1.1 would make 12:00 the number 720 and 05999002 an octal one."""
    document = read(CITY)
    office = document.offices[0]
    assert (document.city.ags, office.postcode, office.release_minute) == ("05999002", "01067", 495)
    hours = office.counters[0].hours
    assert hours is not None
    assert [(h.weekday, h.opens_minute, h.closes_minute) for h in hours] == [
        (1, 480, 720),
        (2, 480, 720),
        (1, 720, 1440),
    ]
    assert office.counters[1].hours == (), "its own, none, and not those of the office"
    assert office.counters[1].services == ("ausweis",)


@pytest.mark.parametrize(
    "old,new,line,text",
    [
        ("name: Musterstadt", "name: Musterstadt\n  mayor: Meier", 4, "city: mayor is not known here"),
        ("state: NW", "state: XX", 5, "city.state: must be one of"),
        ("ags: 05999002", "ags: 599", 4, "city.ags: must be eight digits"),
        ("referencePrefix: MU", "referencePrefix: mu", 6, "city.referencePrefix: must be 1 to 3 capitals"),
        ("referencePrefix: MU", "referencePrefix: MU\n  zone: Europe/Buxtehude", 7, "must be an IANA time zone"),
        ("referencePrefix: MU", "referencePrefix: MU\n  municipalHolidays: [ostern]", 7, "must be one of"),
        ("leika: 99008001000000", "leika: 9900800100000", 11, "must be a LeiKa key"),
        ("minutes: 15", "minutes: 0", 12, "must be a whole number from 1 to 480"),
        ("minutes: 15", "minutes: soon", 12, "must be a whole number from 1 to 480"),
        ("texts: {de: {name: Ausweis}}", "texts: {en: {name: Card}}", 13, "de is missing"),
        ("texts: {de: {name: Ausweis}}", "texts: {de: {title: Ausweis}}", 13, "name is missing"),
        ("district: mitte", "district: nord", 15, "there is no district nord"),
        ("release: 08:15", "release: 8.15", 20, "must be a time of day"),
        ("closes: 24:00", "closes: 24:01", 23, "must be a time of day"),
        ("opens: 8:00, closes: 12:00", "opens: 12:00, closes: 8:00", 22, "is not after opens"),
        ("opens: 12:00, closes: 24:00", "opens: 11:00, closes: 24:00", 23, "hours overlap with those of line 22"),
        ("days: [mon]", "days: [montag]", 23, "must be one of"),
        ("days: [mon]", "everyWeeks: 2, days: [mon]", 23, "everyWeeks needs an anchor"),
        ("name: Zwei, staffOnly: true", "name: Zwei, staffOnly: maybe", 26, "must be true or false"),
        ("slug: zwei", "slug: eins", 26, "counter in rathaus eins stands in line 25 already"),
        ("slug: zwei", "slug: zwei, services: [pass]", 26, "there is no service pass"),
        ("  - slug: rathaus\n", "  - slug: rathaus\n    slug: rathaus\n", 16, "slug stands here twice"),
        ("name: Rathaus", "name: ", 15, "name is missing"),
        ("- {slug: mitte, name: Mitte}", "- mitte", 8, "must be a mapping"),
        ("street: Markt 1", "street: [Markt, 1]", 18, "must be a text"),
        ("street: Markt 1", 'street: "Markt\\0 1"', 18, "street: holds a control character"),
        ("street: Markt 1", 'street: "\\e[2J"', 18, "street: holds a control character"),
        ("street: Markt 1", 'street: "\\ud800"', 18, "street: holds a control character"),
        ("street: Markt 1", 'facts: {a: ["\\0"]}\n    street: Markt 1', 18, "facts.a[0]: holds a control character"),
        ("street: Markt 1", "facts: {a: .nan}\n    street: Markt 1", 18, "facts.a: is no number that JSON knows"),
        ("street: Markt 1", "facts: {a: 1:30.5}\n    street: Markt 1", 18, "facts.a: is no number that JSON knows"),
        ("street: Markt 1", "facts: {a: 99999999999999999999}\n    street: Markt 1", 18, "facts.a: is too large"),
        ("street: Markt 1", "latitude: 51.5\n    street: Markt 1", 15, "latitude and longitude belong together"),
    ],
)
def test_each_error_has_its_line(old: str, new: str, line: int, text: str) -> None:
    assert old in CITY
    found = faults(CITY.replace(old, new, 1))
    assert any(at == line and text in told for at, told in found), found


def test_all_errors_come_at_once() -> None:
    broken = CITY.replace("state: NW", "state: XX").replace("minutes: 15", "minutes: 0").replace("8:00", "8 Uhr")
    assert [line for line, _ in faults(broken)] == [5, 12, 22]


@pytest.mark.parametrize(
    "text,line", [("", 1), ("city: [", 1), ("city:\n\tid: x", 2), ("- 1", 1), ("just words", 1), ("a: &a [*a]", 1)]
)
def test_what_is_no_city_at_all(text: str, line: int) -> None:
    assert faults(text)[0][0] == line


def test_what_is_nested_without_end_is_refused() -> None:
    assert "nested too deep" in faults("[" * 20_000)[0][1]
    assert "nested too deep" in faults(CITY.replace("state: NW", "state: NW\n  facts: &f {a: *f}"))[0][1]


@pytest.mark.parametrize(
    "one,other,clash",
    [
        ("everyWeeks: 2, anchor: 2026-01-05", "everyWeeks: 2, anchor: 2026-01-12", False),
        ("everyWeeks: 2, anchor: 2026-01-05", "everyWeeks: 2, anchor: 2026-01-25", True),
        ("everyWeeks: 2, anchor: 2026-01-05", "everyWeeks: 3, anchor: 2026-01-12", True),
        ("validUntil: 2026-06-30", "validFrom: 2026-07-01", False),
        ("validUntil: 2026-07-01", "validFrom: 2026-07-01", True),
    ],
)
def test_rules_overlap_only_if_they_meet_in_some_week(one: str, other: str, clash: bool) -> None:
    hours = "".join(f"      - {{days: [mon], opens: 8:00, closes: 12:00, {rule}}}\n" for rule in (one, other))
    start, end = CITY.index("      - {days: [mon, tue]"), CITY.index("    counters:")
    text = CITY[:start] + hours + CITY[end:]
    if clash:
        assert "overlap" in faults(text)[0][1]
    else:
        read(text)


def test_closures_name_what_is_there() -> None:
    text = CITY + (
        "closures:\n"
        "  - {starts: 2026-12-24T00:00, ends: 2026-12-25T00:00, office: bahnhof}\n"
        "  - {starts: 2026-12-24T00:00, ends: 2026-12-24T00:00}\n"
        "  - {starts: 2026-12-24T00:00, ends: 2026-12-25T00:00, counter: eins}\n"
        "  - {starts: 2026-12-24T00:00Z, ends: 2026-12-25}\n"
    )
    assert [(line, told.rpartition(": ")[2]) for line, told in faults(text)] == [
        (28, "there is no office bahnhof"),
        (29, "ends is not after starts"),
        (30, "a counter needs its office"),
        (31, "must be a local time like 2026-12-31T12:00"),
        (31, "must be a local time like 2026-12-31T12:00"),
    ]


def test_a_closure_of_a_time_that_no_clock_shows_is_refused() -> None:
    text = CITY + (
        "closures:\n"
        "  - {starts: 2027-03-28T02:15, ends: 2027-03-28T03:00}\n"
        "  - {starts: 2027-03-28T02:00, ends: 2027-03-28T02:45, office: rathaus}\n"
        "  - {starts: 2027-03-28T02:15, ends: 2027-03-28T03:15}\n"
        "  - {starts: 2027-10-31T02:15, ends: 2027-10-31T02:45}\n"
    )
    skipped = "closure: clocks skip all of it when summer time begins"
    assert faults(text) == [(28, skipped), (29, skipped)]
