"""What citizens send to hold and book, and how they see their holds and appointments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from api.structs.visit import (
    BookedServiceOut,
    ContactIn,
    ContactOut,
    Email,
    Note,
    PersonIn,
    PersonOut,
    Phone,
    WantedIn,
    contact_out,
    person_out,
    services_out,
)
from api.texts import Language
from api.wire import TEXT, Ruled, Wire, local
from backend.appointments import rules as life
from backend.appointments.model import Actor, Appointment, Confirmation, Hold, State
from backend.catalogue.model import OfficeRules


class HoldIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where, what for and when; `start` as availability lists it."""

    office: UUID
    services: Annotated[list[WantedIn], Meta(min_length=1, max_length=20)]
    start: Annotated[datetime, Meta(tz=True)]


class BookIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Turns a hold into an appointment."""

    hold: UUID
    person: PersonIn
    contact: ContactIn = ContactIn()
    note: Note = ""


class ContactPatchIn(Ruled, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is missing stays, null removes."""

    email: Email | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET


class ContactChangeIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is missing stays, null removes."""

    contact: ContactPatchIn = ContactPatchIn()
    note: Note | UnsetType = UNSET

    def given(self) -> dict[str, str | None]:
        """What the client sent, by field."""
        sent = {"email": self.contact.email, "phone": self.contact.phone, "note": self.note}
        return {name: value for name, value in sent.items() if value is not UNSET}


class RescheduleIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold for the same services at the new time."""

    hold: UUID


class CancelIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reason helps the office; none is owed."""

    reason: Annotated[str, Meta(max_length=500, pattern=TEXT)] | None = None


class CheckInIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing more is needed."""


class OfficeOut(Wire, frozen=True, kw_only=True):
    """Where it is."""

    id: UUID
    city: str
    name: str
    street: str
    postcode: str
    town: str


class HoldOut(Wire, frozen=True, kw_only=True):
    """A place that is kept for you until `expiresAt`."""

    id: UUID
    office: OfficeOut
    services: Sequence[BookedServiceOut]
    start: datetime
    end: datetime
    expires_at: datetime
    confirmation: Annotated[Confirmation, Meta(description="`clerk`: a booking is a request that a clerk confirms.")]


class LinksOut(Wire, frozen=True, kw_only=True):
    """Where the rest of it is."""

    self: str
    calendar: str
    pass_: str
    events: str


class AppointmentOut(Wire, frozen=True, kw_only=True):
    """Your appointment. `version` is its ETag, for `If-Match`."""

    id: UUID
    reference: Annotated[str, Meta(description="Short enough to read out: `GE-7K4M-92XZ`.")]
    state: State
    version: int
    office: OfficeOut
    services: Sequence[BookedServiceOut]
    start: datetime
    end: datetime
    confirmation: Confirmation
    person: PersonOut
    contact: ContactOut
    note: str
    reason: Annotated[str | None, Meta(description="Of a rejection or cancellation.")]
    actions: Annotated[Sequence[str], Meta(description="What you can do with it now: the last part of the address.")]
    links: LinksOut
    created_at: datetime
    updated_at: datetime


def hold_out(one: Hold, rules: OfficeRules, language: Language) -> HoldOut:
    """A hold, with the office's names and offset."""
    zone = rules.zone
    return HoldOut(
        id=one.id,
        office=office_out(rules),
        services=services_out(one.services, rules, language),
        start=local(one.starts_at, zone),
        end=local(one.ends_at, zone),
        expires_at=local(one.expires_at, zone),
        confirmation=one.confirmation,
    )


def appointment_out(one: Appointment, rules: OfficeRules, now: datetime, language: Language) -> AppointmentOut:
    """An appointment as its person sees it at ``now``."""
    zone, path = rules.zone, f"/v1/appointments/{one.id}"
    actions = life.allowed(one, Actor("person", one.person_id), now, zone)
    return AppointmentOut(
        id=one.id,
        reference=one.reference,
        state=one.state,
        version=one.version,
        office=office_out(rules),
        services=services_out(one.services, rules, language),
        start=local(one.starts_at, zone),
        end=local(one.ends_at, zone),
        confirmation=one.confirmation,
        person=person_out(one),
        contact=contact_out(one),
        note=one.note,
        reason=one.reason,
        actions=[life.spoken(action) for action in actions],
        links=LinksOut(self=path, calendar=f"{path}/calendar.ics", pass_=f"{path}/pass", events=f"{path}/events"),
        created_at=local(one.created_at, zone),
        updated_at=local(one.updated_at, zone),
    )


def office_out(rules: OfficeRules) -> OfficeOut:
    """Where an office is."""
    office = rules.office
    return OfficeOut(
        id=office.id,
        city=office.city_id,
        name=office.name,
        street=office.street,
        postcode=office.postcode,
        town=office.town,
    )
