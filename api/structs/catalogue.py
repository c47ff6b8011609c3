"""The catalogue as clients see it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from api.wire import Wire, local
from backend.catalogue.calendar import holiday
from backend.catalogue.comparison import clock_text
from backend.catalogue.model import City, District, Office, OfficeRules, OpeningHours, Service, Texts
from backend.catalogue.searching import in_language

_COMING_DAYS = 92
Facts = Annotated[dict[str, Any], Meta(description="What is known beside; `unsure` lists what no source confirmed.")]
TimeOfDay = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z|^24:00\Z", max_length=5, description="On the office's clock.")
]


class CityOut(Wire, frozen=True, kw_only=True):
    """A municipality."""

    id: str
    name: str
    ags: Annotated[str, Meta(description="Amtlicher Gemeindeschlüssel, 8 digits.")]
    state: Annotated[str, Meta(description="Federal state, two letters; `ZZ`: none, as of the sandbox.")]
    zone: Annotated[str, Meta(description="IANA time zone.")]
    municipal_holidays: Sequence[str]
    notice: str | None
    facts: Facts


class DistrictOut(Wire, frozen=True, kw_only=True):
    """Stadtbezirk, Stadtteil or Quartier with what lies in it."""

    id: UUID
    slug: str
    level: str
    name: str
    facts: Facts
    parts: Sequence["DistrictOut"]


class ServiceOut(Wire, frozen=True, kw_only=True):
    """Leistung. `confirmation`: `clerk` means that an appointment is only requested until the office confirms it."""

    id: UUID
    slug: str
    name: str
    description: str | None
    category: str
    leika: Annotated[str | None, Meta(description="LeiKa key, 14 digits.")]
    minutes: Annotated[int, Meta(description="For one person; for several, as many times that.")]
    max_persons: int
    confirmation: str
    fee: str | None
    documents: Annotated[Sequence[str], Meta(description="What to bring.")]
    facts: Facts


class AddressOut(Wire, frozen=True, kw_only=True):
    """Where it is."""

    street: str
    postcode: str
    town: str


class OfficeOut(Wire, frozen=True, kw_only=True):
    """Standort, Bürgercenter."""

    id: UUID
    slug: str
    name: str
    description: str | None
    address: AddressOut
    district: Annotated[str | None, Meta(description="The district's slug.")]
    latitude: float | None
    longitude: float | None
    metres: Annotated[int | None, Meta(description="From `near`, as the crow flies.")]
    zone: str
    horizon_days: Annotated[int, Meta(description="How many days ahead places are offered.")]
    lead_minutes: Annotated[int, Meta(description="How long before its start a place can still be taken.")]
    release: Annotated[TimeOfDay | None, Meta(description="When each day a new last day opens; null: at midnight.")]
    accessibility: dict[str, Any]
    facts: Facts


class WeeklyOut(Wire, frozen=True, kw_only=True):
    """A weekly rule of at least one of the office's counters."""

    weekday: Annotated[int, Meta(ge=1, le=7, description="1 is Monday.")]
    opens: TimeOfDay
    closes: TimeOfDay
    valid_from: date | None
    valid_until: Annotated[date | None, Meta(description="Inclusive.")]
    every_weeks: int
    anchor: Annotated[date | None, Meta(description="In the week of this date the rule applies.")]


class SpecialOut(Wire, frozen=True, kw_only=True):
    """Open on this day, whatever else says closed."""

    day: date
    opens: TimeOfDay
    closes: TimeOfDay


class ClosedOut(Wire, frozen=True, kw_only=True):
    """A closure of the office or the whole city."""

    start: datetime
    end: datetime
    reason: str | None


class HolidayOut(Wire, frozen=True, kw_only=True):
    """A day on which the office rests."""

    day: date
    name: str


class OfficeDetailOut(OfficeOut, frozen=True, kw_only=True):
    """An office with its hours. `services` are ids."""

    notice: str | None
    services: Sequence[UUID]
    opening_hours: Sequence[WeeklyOut]
    special_openings: Sequence[SpecialOut]
    closures: Sequence[ClosedOut]
    holidays: Sequence[HolidayOut]


def city_out(city: City, language: str) -> CityOut:
    return CityOut(
        id=city.id, name=city.name, ags=city.ags, state=city.state, zone=city.zone,
        municipal_holidays=city.municipal_holidays, notice=text(city.notice, language), facts=city.facts,
    )  # fmt: skip


def district_tree(districts: Sequence[District]) -> list[DistrictOut]:
    """The roots, each with its parts, in the given order."""
    below: dict[UUID | None, list[District]] = {}
    for district in districts:
        below.setdefault(district.parent_id, []).append(district)

    def grow(parent: UUID | None) -> list[DistrictOut]:
        return [
            DistrictOut(id=d.id, slug=d.slug, level=d.level, name=d.name, facts=d.facts, parts=grow(d.id))
            for d in below.get(parent, [])
        ]

    return grow(None)


def service_out(service: Service, language: str) -> ServiceOut:
    texts = in_language(service.texts, language)
    return ServiceOut(
        id=service.id, slug=service.slug, name=texts.get("name", service.slug), description=texts.get("description"),
        category=service.category, leika=service.leika, minutes=service.minutes, max_persons=service.max_persons,
        confirmation=service.confirmation, fee=text(service.fee, language),
        documents=[text(document, language) or "" for document in service.documents], facts=service.facts,
    )  # fmt: skip


def office_out(office: Office, language: str, districts: Mapping[UUID, District], metres: int | None) -> OfficeOut:
    return OfficeOut(**_office_fields(office, language, districts), metres=metres)


def office_detail_out(
    rules: OfficeRules, language: str, districts: Mapping[UUID, District], now: datetime
) -> OfficeDetailOut:
    """The coming time is three months from ``now``."""
    office, today = rules.office, local(now, rules.zone).date()
    public = [counter for counter in rules.counters if not counter.staff_only]
    closures = [
        c for c in rules.closures if c.counter_id is None and c.office_id in (None, office.id) and c.ends_at > now
    ]
    coming = (today + timedelta(days=n) for n in range(_COMING_DAYS))
    weekly = {_value(hours): hours for counter in public for hours in counter.hours}
    return OfficeDetailOut(
        **_office_fields(office, language, districts),
        metres=None,
        notice=text(rules.city.notice, language),
        services=sorted({service for counter in public for service in counter.service_ids}),
        opening_hours=[
            weekly_out(weekly[key]) for key in sorted(weekly) if (weekly[key].valid_until or today) >= today
        ],
        special_openings=sorted(
            {SpecialOut(day=s.day, opens=clock_text(s.opens_minute), closes=clock_text(s.closes_minute))
             for s in rules.specials if s.day >= today},
            key=lambda s: (s.day, s.opens),
        ),
        closures=[
            ClosedOut(
                start=local(c.starts_at, rules.zone), end=local(c.ends_at, rules.zone), reason=text(c.reason, language)
            )
            for c in closures
        ],
        holidays=[HolidayOut(day=day, name=name) for day in coming if (name := holiday(rules, day)) is not None],
    )  # fmt: skip


def weekly_out(hours: OpeningHours) -> WeeklyOut:
    return WeeklyOut(
        weekday=hours.weekday,
        opens=clock_text(hours.opens_minute),
        closes=clock_text(hours.closes_minute),
        valid_from=hours.valid_from,
        valid_until=hours.valid_until,
        every_weeks=hours.every_weeks,
        anchor=hours.anchor,
    )


def text(texts: Texts, language: str) -> str | None:
    """The text in ``language``, or else in German; None where there is none."""
    return texts.get(language) or texts.get("de")


def _office_fields(office: Office, language: str, districts: Mapping[UUID, District]) -> dict[str, Any]:
    district = districts.get(office.district_id) if office.district_id else None
    return {
        "id": office.id,
        "slug": office.slug,
        "name": office.name,
        "description": in_language(office.texts, language).get("description"),
        "address": AddressOut(street=office.street, postcode=office.postcode, town=office.town),
        "district": district.slug if district else None,
        "latitude": office.latitude,
        "longitude": office.longitude,
        "zone": office.zone,
        "horizon_days": office.horizon_days,
        "lead_minutes": office.lead_minutes,
        "release": None if office.release_minute is None else clock_text(office.release_minute),
        "accessibility": office.accessibility,
        "facts": office.facts,
    }


def _value(hours: OpeningHours) -> tuple[Any, ...]:
    return (
        hours.weekday, hours.opens_minute, hours.closes_minute, str(hours.valid_from), str(hours.valid_until),
        hours.every_weeks, str(hours.anchor),
    )  # fmt: skip
