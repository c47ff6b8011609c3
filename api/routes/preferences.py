"""What a person wants to hear of, where, when and in which language."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from litestar import Controller, Response, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.wire import Wire, expected_version, respond
from backend.errors import FieldError, InvalidInput
from backend.identity import Citizen
from backend.notices import preferences
from backend.notices.errors import PreferencesChanged, RecipientNotFound
from backend.notices.kinds import GROUPS, Group
from backend.notices.model import Mail, Preference

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", max_length=5, description="`22:00`.")]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=40)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Language = Annotated[
    Literal["de", "en", "de-leicht"], Meta(description="Of notices and mails; `de-leicht` is plain German.")
]


class Channels(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a group of notices is told. The inbox cannot be switched off for what the city must be able to tell."""

    inbox: bool = True
    push: bool = True
    mail: bool = True


class KindsIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Groups of notices; one that is left out is told everywhere."""

    appointments: Channels = Channels()
    reminders: Channels = Channels()
    calls: Channels = Channels()
    offers: Channels = Channels()
    cases: Channels = Channels()
    documents: Channels = Channels()
    announcements: Channels = Channels()

    def without(self, channel: str) -> tuple[Group, ...]:
        """The groups that are not wanted by ``channel``."""
        return tuple(group for group in GROUPS if not getattr(getattr(self, group), channel))


class QuietHours(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No push or mail between these times, save for a call to the counter and for an offer that runs out."""

    start: Clock
    end: Clock
    zone: Annotated[str, Meta(max_length=64, description="IANA: `Europe/Berlin`.")] = "Europe/Berlin"


class Subscriptions(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose announcements. Without a city those of the one that last told this person something."""

    city: Slug | None = None
    district: Annotated[Name | None, Meta(description="Id or slug; those of the districts around it too.")] = None
    topics: Annotated[Sequence[Slug], Meta(max_length=20)] = ()


class PreferencesIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All preferences: what is left out goes back to its default."""

    language: Language
    kinds: KindsIn = KindsIn()
    mail: Annotated[
        Mail, Meta(description="To the address of an appointment; by default only where no device takes pushes.")
    ] = "without_device"
    quiet_hours: QuietHours | None = None
    subscriptions: Subscriptions = Subscriptions()


class PreferencesOut(Wire, frozen=True, kw_only=True):
    """All preferences. `version` is the ETag, for `If-Match`."""

    version: int
    language: Language
    kinds: KindsIn
    mail: Mail
    quiet_hours: QuietHours | None
    subscriptions: Subscriptions


class PreferencesController(Controller):
    """Preferences."""

    path = "/v1/me/preferences"
    tags = ("Notices",)
    guards = (citizen,)

    @get("/", operation_id="readPreferences", opt=raises(RecipientNotFound), summary="What I want to hear of")
    async def read(
        self, request: WireRequest, caller: NamedDependency[Citizen], context: NamedDependency[Context]
    ) -> Response[PreferencesOut]:
        """As they were set, or the defaults."""
        async with context.database.transaction(caller.principal) as conn:
            return _answer(request, await preferences.find(conn, caller.person_id))

    @put(
        "/",
        operation_id="replacePreferences",
        opt=raises(RecipientNotFound, PreferencesChanged),
        summary="Set all of it",
    )
    async def replace(
        self,
        request: WireRequest,
        data: JSONBody[PreferencesIn],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[PreferencesOut]:
        """Replaces them; with `If-Match` only if nobody else has meanwhile. Pushes of every group may be silenced."""
        wanted, version = _preference(data), expected_version(request)
        district = data.subscriptions.district
        async with context.database.transaction(caller.principal) as conn:
            saved = await preferences.save(conn, caller.person_id, wanted, now, district=district, version=version)
        return _answer(request, saved)


def _preference(data: PreferencesIn) -> Preference:
    quiet, wish = data.quiet_hours, data.subscriptions
    faults: list[FieldError] = []
    if quiet is not None and quiet.zone not in available_timezones():
        faults.append(FieldError("/quietHours/zone", "unknown", "There is no such zone"))
    if quiet is not None and quiet.start == quiet.end:
        faults.append(FieldError("/quietHours/end", "conflict", "These are all hours of the day, or none"))
    if wish.district is not None and wish.city is None:
        faults.append(FieldError("/subscriptions/city", "required", "A district is one of a city"))
    if faults:
        raise InvalidInput(faults)
    return Preference(
        inbox_off=data.kinds.without("inbox"),
        push_off=data.kinds.without("push"),
        mail_off=data.kinds.without("mail"),
        mail=data.mail,
        quiet_from_minute=quiet and _minute(quiet.start),
        quiet_until_minute=quiet and _minute(quiet.end),
        zone=str(ZoneInfo(quiet.zone)) if quiet else "Europe/Berlin",
        city_id=wish.city,
        topics=tuple(dict.fromkeys(wish.topics)),
        language=data.language,
    )


def _answer(request: WireRequest, one: Preference) -> Response[PreferencesOut]:
    quiet = None
    if one.quiet_from_minute is not None and one.quiet_until_minute is not None:
        quiet = QuietHours(start=_clock(one.quiet_from_minute), end=_clock(one.quiet_until_minute), zone=one.zone)
    shown = PreferencesOut(
        version=one.version,
        language=msgspec.convert(one.language if one.language in ("en", "de-leicht") else "de", Language),
        kinds=KindsIn(
            **{
                group: Channels(
                    inbox=group not in one.inbox_off, push=group not in one.push_off, mail=group not in one.mail_off
                )
                for group in GROUPS
            }
        ),
        mail=one.mail,
        quiet_hours=quiet,
        subscriptions=Subscriptions(city=one.city_id, district=_text(one.district_id), topics=one.topics),
    )
    return respond(request, shown, etag=f'"{one.version}"')


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _text(district: UUID | None) -> str | None:
    return None if district is None else str(district)
