"""An appointment as a calendar file (RFC 5545): where, when and what to bring, and nothing about the person.

The entry keeps its UID for life and counts its changes in SEQUENCE, so that a calendar which fetches it again moves or
strikes what it has, instead of adding another.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress

from backend.appointments.model import Appointment, State

T = TypeVar("T", Calendar, Event, Alarm)
_STRUCK: frozenset[State] = frozenset(("rejected", "cancelled", "expired"))
_WORDS = {
    "de": {
        "summary": "Termin: {services}",
        "reference": "Terminnummer: {reference}",
        "requested": "Noch nicht bestätigt. Sie bekommen Bescheid.",
        "bring": "Bitte bringen Sie mit:",
        "reminder": "Ihr Termin: {office}",
    },
    "en": {
        "summary": "Appointment: {services}",
        "reference": "Reference: {reference}",
        "requested": "Not confirmed yet. You will be told.",
        "bring": "Please bring:",
        "reminder": "Your appointment: {office}",
    },
}


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """What the entry says of the office."""

    name: str
    address: str
    zone: ZoneInfo
    url: str
    """Of the installation; stands for the organiser."""
    latitude: float | None = None
    longitude: float | None = None


class Invited(msgspec.Struct, frozen=True):
    """Between whom a letter carries the entry (RFC 6047): two addresses."""

    organizer: str
    attendee: str


def ics(
    appointment: Appointment,
    venue: Venue,
    services: Sequence[str],
    bring: Sequence[str],
    invited: Invited | None = None,
) -> bytes:
    """The calendar file in the appointment's language. ``services``: their names; ``bring``: the documents to bring.

    With ``invited`` it is an invitation or its withdrawal, which mail programs enter and strike by themselves.
    """
    words = _WORDS.get(appointment.language, _WORDS["de"])
    struck = appointment.state in _STRUCK
    calendar = _filled(
        Calendar(),
        prodid="-//Wartefrei//Appointments//DE",
        version="2.0",
        calscale="GREGORIAN",
        method="CANCEL" if struck else "REQUEST" if invited else "PUBLISH",
    )
    calendar.add_component(_timezone(venue.zone, appointment.starts_at))
    event = _event(appointment, venue, invited)
    _filled(
        event,
        summary=words["summary"].format(services=", ".join(services)),
        description="\n".join(_description(appointment, bring, words)),
    )
    if appointment.place_id is not None:
        for before in (timedelta(days=1), timedelta(hours=1)):
            text = words["reminder"].format(office=venue.name)
            event.add_component(_filled(Alarm(), action="DISPLAY", description=text, trigger=-before))
    calendar.add_component(event)
    return calendar.to_ical()


def _event(appointment: Appointment, venue: Venue, invited: Invited | None) -> Event:
    organizer = vCalAddress(f"mailto:{invited.organizer}" if invited else venue.url)
    organizer.params["CN"] = venue.name
    event = _filled(
        Event(),
        uid=f"{appointment.id}@wartefrei",
        sequence=appointment.sequence,
        dtstamp=appointment.updated_at,
        created=appointment.created_at,
        last_modified=appointment.updated_at,
        dtstart=_wall(appointment.starts_at, venue.zone),
        dtend=_wall(appointment.ends_at, venue.zone),
        status=_status(appointment.state),
        transp="TRANSPARENT" if appointment.state in _STRUCK else "OPAQUE",
        location=f"{venue.name}, {venue.address}",
        organizer=organizer,
    )
    if invited is not None:
        attendee = vCalAddress(f"mailto:{invited.attendee}")
        # Who booked comes: nobody has to answer, and nobody would read it.
        attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
        _filled(event, attendee=attendee)
    if venue.latitude is not None and venue.longitude is not None:
        _filled(event, geo=(venue.latitude, venue.longitude))
    return event


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    # The format cannot tell the second 02:30 of an autumn night from the first, and readers take the first: UTC can.
    wall = at.astimezone(zone)
    return at.astimezone(UTC) if wall.fold else wall


def _status(state: State) -> str:
    if state in _STRUCK:
        return "CANCELLED"
    return "TENTATIVE" if state == "requested" else "CONFIRMED"


def _description(appointment: Appointment, bring: Sequence[str], words: dict[str, str]) -> list[str]:
    lines = [words["reference"].format(reference=appointment.reference)]
    if appointment.state == "requested":
        lines.append(words["requested"])
    if bring:
        lines += ["", words["bring"], *(f"– {document}" for document in bring)]
    return lines


def _timezone(zone: ZoneInfo, at: datetime) -> Timezone:
    # A year on either side: calendars that know no IANA names take the rules from here, and both offsets are in it.
    day, year = at.astimezone(zone).date(), timedelta(days=366)
    found = Timezone.from_tzinfo(zone, zone.key, first_date=day - year, last_date=day + year)
    for rule in found.subcomponents:
        _begin_by_the_old_clock(rule)
    return found


def _begin_by_the_old_clock(rule: Any) -> None:
    # A change begins when the clocks of before it show this time (RFC 5545, 3.6.5). In spring the library writes what
    # they show after it, and whoever believes that has summer time begin an hour late.
    ahead = rule["TZOFFSETTO"].td - rule["TZOFFSETFROM"].td
    if ahead > timedelta():
        for begins in (rule["DTSTART"], *(rule["RDATE"].dts if "RDATE" in rule else ())):
            begins.dt -= ahead


def _filled(component: T, **properties: object) -> T:
    """``component`` with properties added; the library leaves their types open."""
    untyped: Any = component
    for name, value in properties.items():
        untyped.add(name.replace("_", "-"), value)
    return component
