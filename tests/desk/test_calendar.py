"""The calendar entry lands at the right instant in every calendar, keeps its identity, and tells nobody's secrets."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from backend.appointments.calendar import Venue, ics
from backend.appointments.model import Appointment, State
from tests.desk.samples import BERLIN, START, appointment

VENUE = Venue(
    name="Bürgercenter Buer, Rathaus",
    address="Goldbergstr. 12, 45894 Gelsenkirchen",
    zone=BERLIN,
    url="https://termine.gelsenkirchen.example",
    latitude=51.58,
    longitude=7.05,
)
BRING = ("bisheriger Personalausweis oder Reisepass; wenn keiner vorhanden ist, eine Geburtsurkunde", "ein Lichtbild")


def entry(whole: Appointment) -> tuple[Any, Any, bytes]:
    """The calendar and its only event, parsed back, and the bytes."""
    found = ics(whole, VENUE, ["Personalausweis", "Führungszeugnis"], BRING)
    calendar: Any = Calendar.from_ical(found)
    (event,) = calendar.events
    return calendar, event, found


# The days around both changes of the clocks, and the hours beside the changes themselves.
AROUND = [
    datetime(2026, 10, 24, 8, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 26, 8, 0, tzinfo=UTC),
    datetime(2027, 3, 27, 8, 0, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
    datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
    datetime(2027, 3, 29, 8, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("start", AROUND, ids=str)
def test_the_instant_is_the_same_on_both_sides_of_a_change_of_clocks(start: datetime) -> None:
    _, event, _ = entry(appointment(starts_at=start))
    assert event["DTSTART"].dt.astimezone(UTC) == start
    assert event["DTEND"].dt.astimezone(UTC) == start + timedelta(minutes=30)


def test_times_are_wall_times_of_the_office_but_for_an_hour_that_comes_twice() -> None:
    _, plain, _ = entry(appointment())
    assert plain["DTSTART"].params["TZID"] == "Europe/Berlin"
    _, second, _ = entry(appointment(starts_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC)))
    assert second["DTSTART"].to_ical() == b"20261025T013000Z"


@pytest.mark.parametrize("start", AROUND, ids=str)
def test_a_calendar_that_knows_no_zones_reads_the_right_offset_from_the_file(start: datetime) -> None:
    calendar, _, _ = entry(appointment(starts_at=start))
    (zone,) = calendar.timezones
    rules = zone.to_tz()
    for instant in (start, start + timedelta(days=2), start - timedelta(days=2)):
        wall = instant.astimezone(BERLIN)
        if wall.fold == 0 and (wall + timedelta(hours=1)).fold == 0:
            assert wall.replace(tzinfo=rules).utcoffset() == wall.utcoffset()


def test_the_file_holds_both_offsets_of_the_office() -> None:
    calendar, _, _ = entry(appointment())
    offsets = {part["TZOFFSETTO"].td for part in calendar.timezones[0].subcomponents}
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}


def test_a_zone_without_summer_time_works_as_well() -> None:
    venue = Venue(name="Amt", address="Straße 1", zone=ZoneInfo("Africa/Lagos"), url="https://x.example")
    calendar: Any = Calendar.from_ical(ics(appointment(), venue, ["Ausweis"], []))
    event = calendar.events[0]
    assert event["DTSTART"].dt.astimezone(UTC) == START


def test_the_entry_keeps_its_identity_and_counts_its_changes() -> None:
    before = appointment()
    _, first, _ = entry(before)
    after = appointment(id=before.id, starts_at=START + timedelta(days=7), sequence=3)
    _, second, _ = entry(after)
    assert first["UID"] == second["UID"] == f"{before.id}@wartefrei"
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 3)
    assert second["DTSTAMP"].dt == after.updated_at


@pytest.mark.parametrize(
    "state, status, method",
    [
        ("requested", "TENTATIVE", "PUBLISH"),
        ("confirmed", "CONFIRMED", "PUBLISH"),
        ("checked_in", "CONFIRMED", "PUBLISH"),
        ("completed", "CONFIRMED", "PUBLISH"),
        ("no_show", "CONFIRMED", "PUBLISH"),
        ("cancelled", "CANCELLED", "CANCEL"),
        ("rejected", "CANCELLED", "CANCEL"),
        ("expired", "CANCELLED", "CANCEL"),
    ],
)
def test_the_status_follows_the_state(state: State, status: str, method: str) -> None:
    live = state in ("requested", "confirmed", "checked_in")
    calendar, event, _ = entry(appointment(state=state, place_id=appointment().id if live else None))
    assert (event["STATUS"], calendar["METHOD"]) == (status, method)
    assert len(event.alarms.times if live else event.walk("VALARM")) == (2 if live else 0)


def test_reminders_come_a_day_and_an_hour_before() -> None:
    _, event, _ = entry(appointment())
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [timedelta(days=-1), timedelta(hours=-1)]


def test_it_says_where_and_what_to_bring_and_nothing_about_the_person() -> None:
    whole = appointment()
    _, event, found = entry(whole)
    assert event["LOCATION"] == "Bürgercenter Buer, Rathaus, Goldbergstr. 12, 45894 Gelsenkirchen"
    assert whole.reference in event["DESCRIPTION"]
    assert all(document in event["DESCRIPTION"] for document in BRING)
    text = found.replace(b"\r\n ", b"").decode()
    for private in (whole.name, whole.email, whole.phone, whole.note, str(whole.person_id)):
        assert private is not None
        assert private not in text


def test_it_speaks_the_language_of_the_booking() -> None:
    _, german, _ = entry(appointment())
    _, english, _ = entry(appointment(language="en"))
    assert german["SUMMARY"] == "Termin: Personalausweis, Führungszeugnis"
    assert english["SUMMARY"] == "Appointment: Personalausweis, Führungszeugnis"


def test_lines_end_and_fold_as_the_format_wants() -> None:
    _, _, found = entry(appointment())
    assert found.endswith(b"END:VCALENDAR\r\n")
    lines = found.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    assert any(line.startswith(b" ") for line in lines)
    for line in lines:
        line.decode()  # no character is torn in two


def test_the_same_appointment_makes_the_same_file() -> None:
    whole = appointment()
    assert entry(whole)[2] == entry(whole)[2]
    assert date(2026, 12, 3) == whole.starts_at.date()


@pytest.mark.parametrize("start", AROUND, ids=str)
def test_who_knows_no_zones_reads_the_changes_of_clocks_from_the_entry(start: datetime) -> None:
    calendar, _, _ = entry(appointment(starts_at=start))
    (written,) = calendar.walk("VTIMEZONE")
    changes = [
        (begins - rule["TZOFFSETFROM"].td).replace(tzinfo=UTC)
        for rule in written.subcomponents
        if rule["TZOFFSETFROM"].td != rule["TZOFFSETTO"].td
        for begins in (rule["DTSTART"].dt, *(one.dt for one in (rule["RDATE"].dts if "RDATE" in rule else ())))
    ]
    assert datetime(2027, 3, 28, 1, tzinfo=UTC) in changes
    assert datetime(2026, 10, 25, 1, tzinfo=UTC) in changes
    for at in changes:
        before, after = ((at - timedelta(minutes=1)).astimezone(BERLIN), at.astimezone(BERLIN))
        assert before.utcoffset() != after.utcoffset(), at
