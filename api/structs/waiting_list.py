"""What citizens send to wait for a place and to answer an offer, and how they see both."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.structs.appointment import OfficeOut, office_out
from api.structs.catalogue import TimeOfDay
from api.structs.clerk_hours import Weekday
from api.structs.visit import BookedServiceOut, ContactIn, Email, Note, PersonIn, WantedIn, details_of, services_out
from api.texts import Language
from api.wire import Ruled, Wire, local
from backend.appointments.model import Details
from backend.availability.model import Wanted
from backend.catalogue.comparison import clock_text
from backend.catalogue.model import OfficeRules
from backend.waiting.model import ALL_DAY, EVERY_DAY, Entry, EntryState, Minutes, Mode, Offer, OfferState, Wish


class WindowIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the day in which you can come; the whole visit lies in it."""

    from_: TimeOfDay
    until: TimeOfDay


class WaitContactIn(Ruled, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to write to of this wish, and of nothing else. Forgotten when the wait ends."""

    email: Email | None = None


class WaitIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you wait for. What is left out does not matter to you."""

    city: Annotated[str, Meta(min_length=1, max_length=41)]
    mode: Annotated[Mode, Meta(description="`earlier`: sooner than `appointment`; `none`: you have found no place.")]
    appointment: Annotated[UUID | None, Meta(description="With `earlier`: what an accepted offer replaces.")] = None
    services: Annotated[list[WantedIn], Meta(max_length=20, description="With `earlier`: as booked.")] | None = None
    offices: Annotated[list[UUID], Meta(min_length=1, max_length=50, description="Null: any.")] | None = None
    weekdays: Annotated[list[Weekday], Meta(min_length=1, max_length=7)] | None = None
    times: Annotated[list[WindowIn], Meta(min_length=1, max_length=10)] | None = None
    from_: Annotated[date | None, Meta(description="The first day; today if it is left out.")] = None
    until: Annotated[date | None, Meta(description="The last day; 90 days later if it is left out.")] = None
    short_notice: Annotated[bool, Meta(description="Offer places less than an hour ahead too.")] = False
    contact: Annotated[
        WaitContactIn,
        Meta(
            description="With `none`: offers are mailed there too, where no phone takes pushes. Without an address "
            "they come by push and inbox alone. With `earlier` it is the appointment's address."
        ),
    ] = WaitContactIn()


class AcceptIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who comes, for a new appointment. One that moves keeps its person and contact: send `{}`."""

    person: PersonIn | None = None
    contact: ContactIn = ContactIn()
    note: Note = ""


class DeclineIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing more is needed."""


class WindowOut(Wire, frozen=True, kw_only=True):
    """A part of the day."""

    from_: str
    until: str


class WaitedServiceOut(Wire, frozen=True, kw_only=True):
    """A service, for how many persons."""

    service: UUID
    persons: int


class WaitContactOut(Wire, frozen=True, kw_only=True):
    """Whom to write to of this wish."""

    email: Annotated[
        str | None,
        Meta(
            description="Null: none was given with it, or the wait is over. With `earlier` the appointment's is used."
        ),
    ]


class EntryOut(Wire, frozen=True, kw_only=True):
    """Your entry in the waiting list."""

    id: UUID
    city: str
    mode: Mode
    appointment: UUID | None
    services: Sequence[WaitedServiceOut]
    offices: Sequence[UUID] | None
    weekdays: Sequence[int]
    times: Sequence[WindowOut]
    from_: date
    until: date
    short_notice: bool
    state: Annotated[EntryState, Meta(description="`closed`: you booked otherwise, or what it was to replace is over.")]
    ahead: Annotated[
        int | None,
        Meta(description="About how many wait longer for the same: exact up to 10, then in tens, 1000 at most."),
    ]
    offer: Annotated[UUID | None, Meta(description="The offer that waits for your answer.")]
    contact: WaitContactOut
    created_at: datetime


class OfferOut(Wire, frozen=True, kw_only=True):
    """A place that is held for you alone until `until`."""

    id: UUID
    entry: UUID
    state: OfferState
    office: OfficeOut
    services: Sequence[BookedServiceOut]
    start: datetime
    end: datetime
    until: datetime
    replaces: Annotated[UUID | None, Meta(description="The appointment that moves here when you accept.")]
    appointment: Annotated[UUID | None, Meta(description="What accepting it booked or moved.")]


def wish_of(data: WaitIn) -> Wish:
    """What is asked for, with what was left out."""
    return Wish(
        city_id=data.city,
        mode=data.mode,
        appointment_id=data.appointment,
        services=tuple(Wanted(one.service, one.persons) for one in data.services or ()),
        offices=None if data.offices is None else tuple(dict.fromkeys(data.offices)),
        weekdays=EVERY_DAY if data.weekdays is None else tuple(sorted(set(data.weekdays))),
        hours=ALL_DAY if data.times is None else tuple(_minutes(one) for one in data.times),
        first_day=data.from_,
        last_day=data.until,
        short_notice=data.short_notice,
        email=data.contact.email,
    )


def named_in(data: AcceptIn, language: Language) -> Details | None:
    """Who comes; None where nobody is named."""
    return None if data.person is None else details_of(data.person, data.contact, data.note, language)


def entry_out(one: Entry) -> EntryOut:
    """An entry as its person sees it."""
    return EntryOut(
        id=one.id,
        city=one.city_id,
        mode=one.mode,
        appointment=one.appointment_id,
        services=[WaitedServiceOut(service=s.service, persons=s.persons) for s in one.services],
        offices=one.office_ids,
        weekdays=one.weekdays,
        times=[WindowOut(from_=clock_text(opens), until=clock_text(closes)) for opens, closes in one.hours],
        from_=one.first_day,
        until=one.last_day,
        short_notice=one.short_notice,
        state=one.state,
        ahead=None if one.ahead is None else one.ahead if one.ahead <= 10 else one.ahead // 10 * 10,
        offer=one.offer_id,
        contact=WaitContactOut(email=one.email),
        created_at=one.created_at,
    )


def offer_out(one: Offer, rules: OfficeRules, now: datetime, language: Language) -> OfferOut:
    """An offer, with the office's names and offset; one that ran out a moment ago is expired."""
    zone = rules.zone
    return OfferOut(
        id=one.id,
        entry=one.entry_id,
        state="expired" if one.state == "open" and one.until <= now else one.state,
        office=office_out(rules),
        services=services_out(one.services, rules, language),
        start=local(one.starts_at, zone),
        end=local(one.ends_at, zone),
        until=local(one.until, zone),
        replaces=one.replaces,
        appointment=one.appointment_id,
    )


def _minutes(window: WindowIn) -> Minutes:
    return _minute(window.from_), _minute(window.until)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
