"""The first screen as apps see it: names and ids to choose from, no more; the rest is a request away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.middleware.app_versions import versions
from api.texts import Language
from api.wire import Wire, local, out
from backend.documents.rules import MAX_BYTES
from backend.phones.model import Content, NewsRow, Own, Texts
from backend.settings import Settings


class ServiceBriefOut(Wire, frozen=True, kw_only=True):
    """A service, to choose from."""

    id: UUID
    slug: str
    name: str
    category: str
    minutes: int
    max_persons: int
    confirmation: str


class OfficeBriefOut(Wire, frozen=True, kw_only=True):
    """An office, to choose from."""

    id: UUID
    slug: str
    name: str
    district: Annotated[str | None, Meta(description="The district's slug.")]
    address: str
    latitude: float | None
    longitude: float | None
    services: Annotated[Sequence[UUID], Meta(description="What can be booked there.")]


class FormBriefOut(Wire, frozen=True, kw_only=True):
    """A form, by its newest version."""

    id: UUID
    slug: str
    version: int
    title: str


class AnnouncementBriefOut(Wire, frozen=True, kw_only=True):
    """An announcement that is current. The person's own are in the inbox; these are everybody's to read."""

    id: UUID
    district: Annotated[str | None, Meta(description="The district's slug; null: the whole city.")]
    topic: str | None
    title: str
    body: str
    published_at: datetime
    expires_at: datetime


class ClosureBriefOut(Wire, frozen=True, kw_only=True):
    """A closure that begins within a month, or goes on."""

    office: Annotated[UUID | None, Meta(description="Null: the whole city.")]
    start: datetime
    end: datetime
    reason: str | None


class LimitsOut(Wire, frozen=True, kw_only=True):
    """What this installation bounds."""

    hold_seconds: int
    services_per_appointment: int
    availability_days: int
    upload_bytes: int


class AppVersionOut(Wire, frozen=True, kw_only=True):
    """Of one platform. Below `minimum` requests are 426, but for those that every app may make; below `recommended`
    say that there is a new one."""

    platform: Annotated[str, Meta(description="`android`, `ios` or `web`.")]
    minimum: str | None
    recommended: str | None
    store: Annotated[str | None, Meta(description="Where the new version is.")]


class CatalogueOut(Wire, frozen=True, kw_only=True):
    """What the city offers, in short: the same for everybody."""

    city: str
    name: str
    zone: str
    notice: str | None
    languages: Annotated[Sequence[str], Meta(description="Of texts and errors, by `Accept-Language`.")]
    services: Sequence[ServiceBriefOut]
    offices: Sequence[OfficeBriefOut]
    districts: Annotated[str, Meta(description="Changes when `listDistricts` has something new.")]
    forms: Sequence[FormBriefOut]
    announcements: Sequence[AnnouncementBriefOut]
    closures: Sequence[ClosureBriefOut]
    limits: LimitsOut
    apps: Annotated[Sequence[AppVersionOut], Meta(description="What the installation says of apps' versions.")]


class NextVisitOut(Wire, frozen=True, kw_only=True):
    """The next appointment, to show; the whole of it is at `/v1/appointments/{id}`."""

    id: UUID
    reference: str
    state: str
    version: int
    start: datetime
    end: datetime
    office: UUID
    office_name: str
    services: Sequence[str]


class OpenHoldOut(Wire, frozen=True, kw_only=True):
    """A hold to go on with: somebody left the app in the middle of booking."""

    id: UUID
    office: UUID
    office_name: str
    start: datetime
    expires_at: datetime


class OpenDraftOut(Wire, frozen=True, kw_only=True):
    """A draft to go on with."""

    id: UUID
    form: UUID
    version: int
    updated_at: datetime
    expires_at: datetime


class OpenCaseOut(Wire, frozen=True, kw_only=True):
    """A case that is not decided."""

    id: UUID
    reference: str
    form: UUID
    state: str
    due_at: Annotated[datetime | None, Meta(description="Until when you are asked to answer.")]


class OpenOfferOut(Wire, frozen=True, kw_only=True):
    """An offer that waits for an answer."""

    id: UUID
    entry: UUID
    office: UUID
    office_name: str
    start: datetime
    until: datetime


class CountsOut(Wire, frozen=True, kw_only=True):
    """How many there are: of drafts and cases five at most are listed."""

    unread: int
    drafts: int
    cases: int
    waiting: int


class MineOut(Wire, frozen=True, kw_only=True):
    """What waits for you."""

    appointment: NextVisitOut | None
    hold: OpenHoldOut | None
    drafts: Sequence[OpenDraftOut]
    cases: Sequence[OpenCaseOut]
    offers: Sequence[OpenOfferOut]
    counts: CountsOut


class BootstrapOut(Wire, frozen=True, kw_only=True):
    """All that an app's first screen needs."""

    version: Annotated[str, Meta(description="Of `catalogue`: send it as `known` the next time.")]
    catalogue: Annotated[CatalogueOut | None, Meta(description="Null: the one that you know.")]
    mine: Annotated[MineOut | None, Meta(description="Null without a token.")]


def catalogue_out(content: Content, language: Language, settings: Settings) -> CatalogueOut:
    """In the reader's language, else in German."""
    return CatalogueOut(
        city=content.id,
        name=content.name,
        zone=content.zone,
        notice=_text(content.notice, language),
        languages=("de", "en"),
        services=[
            ServiceBriefOut(
                id=s.id, slug=s.slug, name=_text(s.names, language) or s.slug, category=s.category, minutes=s.minutes,
                max_persons=s.max_persons, confirmation=s.confirmation,
            )
            for s in content.services
        ],
        offices=[
            OfficeBriefOut(
                id=o.id, slug=o.slug, name=o.name, district=o.district, address=f"{o.street}, {o.postcode} {o.town}",
                latitude=o.latitude, longitude=o.longitude, services=o.services,
            )
            for o in content.offices
        ],
        districts=content.districts[:12],
        forms=[
            FormBriefOut(id=f.id, slug=f.slug, version=f.version, title=_text(f.texts, language) or f.slug)
            for f in content.forms
        ],
        announcements=[_news(one, language, content.zone) for one in content.announcements],
        closures=[
            ClosureBriefOut(
                office=c.office, start=local(c.starts_at, content.zone), end=local(c.ends_at, content.zone),
                reason=_text(c.reason, language),
            )
            for c in content.closures
        ],
        limits=LimitsOut(
            hold_seconds=settings.hold_seconds,
            services_per_appointment=settings.max_services_per_appointment,
            availability_days=settings.availability_max_days,
            upload_bytes=MAX_BYTES,
        ),
        apps=[out(one, AppVersionOut) for one in versions(settings)],
    )  # fmt: skip


def mine_out(own: Own, language: Language) -> MineOut:
    """What waits for the person, with the offices' offsets."""
    visit, hold = own.appointment, own.hold
    return MineOut(
        appointment=visit
        and NextVisitOut(
            id=visit.id, reference=visit.reference, state=visit.state, version=visit.version,
            start=local(visit.starts_at, visit.zone), end=local(visit.ends_at, visit.zone), office=visit.office,
            office_name=visit.office_name,
            services=[_text({tag: one.get("name", "") for tag, one in s.texts.items()}, language) or "–"
                      for s in visit.services],
        ),
        hold=hold and OpenHoldOut(id=hold.id, office=hold.office, office_name=hold.office_name,
                                  start=local(hold.starts_at, hold.zone), expires_at=local(hold.expires_at, hold.zone)),
        drafts=[OpenDraftOut(id=d.id, form=d.form, version=d.version, updated_at=d.updated_at, expires_at=d.expires_at)
                for d in own.drafts],
        cases=[OpenCaseOut(id=c.id, reference=c.reference, form=c.form, state=c.state, due_at=c.due_at)
               for c in own.cases],
        offers=[OpenOfferOut(id=o.id, entry=o.entry, office=o.office, office_name=o.office_name,
                             start=local(o.starts_at, o.zone), until=local(o.until, o.zone)) for o in own.offers],
        counts=CountsOut(unread=own.unread, drafts=own.draft_count, cases=own.case_count, waiting=own.waiting_count),
    )  # fmt: skip


def _news(one: NewsRow, language: Language, zone: str) -> AnnouncementBriefOut:
    text = one.texts.get(language) or one.texts.get("de") or next(iter(one.texts.values()), Texts())
    return AnnouncementBriefOut(
        id=one.id, district=one.district, topic=one.topic, title=text.get("title", ""), body=text.get("body", ""),
        published_at=local(one.published_at, zone), expires_at=local(one.expires_at, zone),
    )  # fmt: skip


def _text(texts: Texts, language: Language) -> str | None:
    return texts.get(language) or texts.get("de")
