"""What citizens and clerks say and see alike about a visit: who comes, how to reach them, and what for."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta

from api.faults import RULE
from api.texts import Language
from api.wire import TEXT, Ruled, Wire
from backend.appointments.model import Appointment, Details
from backend.availability.model import Wanted
from backend.catalogue.model import OfficeRules
from backend.clock import local_day, system_now
from backend.mail_address import MAX_LENGTH, PATTERN, ascii_form
from backend.unseen import UNSEEN

Note = Annotated[str, Meta(max_length=2000, pattern=TEXT, description="For the clerk.")]
# A name is one line.
_CONTROLS = rf"{UNSEEN}\t\n\r\u2028\u2029"
_BLANK = r"\s\u200b-\u200f\u2060\ufeff"
PersonName = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=rf"^[^{_CONTROLS}]*[^{_CONTROLS}{_BLANK}][^{_CONTROLS}]*\Z"),
]
FIRST_BIRTH = date(1900, 1, 1)
_ZONE = ZoneInfo("Europe/Berlin")


def _no_address(email: str) -> tuple[str, str] | None:
    return None if ascii_form(email) else ("invalid-email", "This is not an e-mail address")


def _no_birth(born: date) -> tuple[str, str] | None:
    if born < FIRST_BIRTH:
        return "before-1900", "This is before 1900"
    return ("future", "This is in the future") if born > local_day(system_now(), _ZONE) else None


BirthDate = Annotated[date, Meta(description="From 1900-01-01 to today.", extra={RULE: _no_birth})]
Email = Annotated[
    str,
    Meta(
        max_length=MAX_LENGTH,
        pattern=PATTERN,
        description="A plain address: no quotes or comments, ASCII before the @. The domain may be in any script.",
        extra={RULE: _no_address},
    ),
]
_BETWEEN_DIGITS = r"[+()/\s.-]*"
Phone = Annotated[
    str, Meta(min_length=3, max_length=40, pattern=rf"^{_BETWEEN_DIGITS}(?:[0-9]{_BETWEEN_DIGITS}){{3,}}\Z")
]


class WantedIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service, for how many persons."""

    service: UUID
    persons: Annotated[int, Meta(ge=1, le=20)] = 1


class PersonIn(Ruled, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who comes. Fixed once booked."""

    name: PersonName
    date_of_birth: BirthDate | None = None


class ContactIn(Ruled, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the office can reach them. May change later."""

    email: Email | None = None
    phone: Phone | None = None


class BookedServiceOut(Wire, frozen=True, kw_only=True):
    """A booked service."""

    service: UUID
    name: str
    persons: int


class PersonOut(Wire, frozen=True, kw_only=True):
    """Who comes."""

    name: str
    date_of_birth: date | None


class ContactOut(Wire, frozen=True, kw_only=True):
    """How the office can reach them."""

    email: str | None
    phone: str | None


def details_of(person: PersonIn, contact: ContactIn, note: str, language: Language) -> Details:
    """As the rooms behind want it."""
    return Details(
        name=person.name.strip(),
        date_of_birth=person.date_of_birth,
        email=contact.email,
        phone=contact.phone,
        note=note,
        language=language,
    )


def services_out(wanted: Sequence[Wanted], rules: OfficeRules, language: Language) -> list[BookedServiceOut]:
    """The services with their names; a dash for one that the office knows no more."""
    return [
        BookedServiceOut(service=w.service, name=_name(rules, w.service, language), persons=w.persons) for w in wanted
    ]


def person_out(one: Appointment) -> PersonOut:
    """Who comes to it."""
    return PersonOut(name=one.name, date_of_birth=one.date_of_birth)


def contact_out(one: Appointment) -> ContactOut:
    """How to reach them."""
    return ContactOut(email=one.email, phone=one.phone)


def _name(rules: OfficeRules, service_id: UUID, language: Language) -> str:
    service = rules.services.get(service_id)
    return "–" if service is None else service.texts.get(language, service.texts["de"])["name"]
