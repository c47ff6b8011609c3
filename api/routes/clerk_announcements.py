"""What a city tells everybody, or a district, or whoever subscribed to a topic."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import office_manager
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.wire import SOME_TEXT, Page, Wire, decode_cursor, encode_cursor, out, respond, respond_page
from backend.db import Connection
from backend.desk.feed import NEWS
from backend.errors import FieldError, InvalidInput
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours, RoleInsufficient
from backend.notices import queries
from backend.notices.announcements import announce, reach
from backend.notices.model import Announced

_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=40)]


class TextIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In one language. Plain text."""

    title: Annotated[str, Meta(min_length=1, max_length=120, pattern=SOME_TEXT)]
    body: Annotated[str, Meta(min_length=1, max_length=4000, pattern=SOME_TEXT)]


class TextsIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """German is owed; whoever reads another language gets it where it is there."""

    de: TextIn
    en: TextIn | None = None
    de_leicht: TextIn | None = None


class AnnouncementIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An announcement. Without `district` and `topic` it is for everybody in the city."""

    city: Annotated[_Name | None, Meta(description="Needed by who works for several cities.")] = None
    district: Annotated[_Name | None, Meta(description="Id or slug; reaches the districts within it too.")] = None
    topic: Annotated[_Slug | None, Meta(description="For who subscribed to it.")] = None
    texts: TextsIn
    days: Annotated[int, Meta(ge=1, le=90, description="How long inboxes show it.")] = 30


class AnnouncementOut(Wire, frozen=True, kw_only=True):
    """As it was published."""

    id: UUID
    city: str
    district: UUID | None
    topic: str | None
    published_at: datetime
    expires_at: datetime


class AnnouncedOut(Wire, frozen=True, kw_only=True):
    """An announcement that has been published. `district` and `clerk` by their names."""

    id: UUID
    district: str | None
    topic: str | None
    texts: TextsIn
    clerk: str
    published_at: datetime
    expires_at: datetime


class ReachOut(Wire, frozen=True, kw_only=True):
    """Whom an announcement would reach now."""

    people: Annotated[int, Meta(description="Whose inbox would show it.")]
    phones: Annotated[int, Meta(description="That would be sent a push, quiet hours aside.")]


_City = Annotated[str | None, QueryParameter(description="Needed by who works for several cities.")]


class ClerkAnnouncementsController(Controller):
    """Announcements."""

    path = "/v1/clerk/announcements"
    tags = ("Clerks",)
    guards = (office_manager,)

    @post(
        "/",
        operation_id="publishAnnouncement",
        summary="Tell the city",
        opt=raises(InvalidInput, OfficeNotYours, RoleInsufficient),
    )
    async def publish(
        self,
        data: JSONBody[AnnouncementIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AnnouncementOut]:
        """In the inboxes at once; pushes go out over some minutes, so that urgent ones of single people do not wait.
        For managers of an office and administrators of the city.
        """
        city = _city(data.city, clerk)
        texts: dict[str, dict[str, str]] = {
            name: msgspec.to_builtins(text)
            for name, text in (("de", data.texts.de), ("en", data.texts.en), ("de-leicht", data.texts.de_leicht))
            if text is not None
        }

        async def work(conn: Connection) -> Any:
            one = await announce(
                conn, city, data.district, data.topic, texts, clerk.clerk_id, now, lasts=timedelta(days=data.days)
            )
            return AnnouncementOut(
                id=one.id,
                city=one.city_id,
                district=one.district_id,
                topic=one.topic,
                published_at=one.published_at,
                expires_at=one.expires_at,
            )

        answer: Any = await command.run(clerk.principal_in(city), work)
        context.bell.ring()
        context.feed.tell(NEWS)
        return answer

    @get(
        "/",
        operation_id="listAnnouncements",
        summary="What the city has told",
        opt=raises(InvalidInput, OfficeNotYours, RoleInsufficient),
    )
    async def list(
        self,
        request: WireRequest,
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        city: _City = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")] = 20,
    ) -> Response[Page[AnnouncedOut]]:
        """The latest first."""
        wanted = _city(city, clerk)
        before = None if cursor is None else decode_cursor(cursor, UUID)
        async with context.database.transaction(clerk.principal_in(wanted)) as conn:
            found = await queries.list_announcements(conn, wanted, before, limit + 1)
        following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        return respond_page(request, Page(items=[_announced(one) for one in found[:limit]], next=following))

    @get(
        "/reach",
        operation_id="readReach",
        summary="How many would be told",
        opt=raises(InvalidInput, OfficeNotYours, RoleInsufficient),
    )
    async def reach(
        self,
        request: WireRequest,
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        city: _City = None,
        district: Annotated[str | None, QueryParameter(max_length=64, description="Id or slug.")] = None,
        topic: Annotated[str | None, QueryParameter(max_length=40)] = None,
    ) -> Response[ReachOut]:
        """By the same rules by which an announcement is spread. Nothing is sent."""
        wanted = _city(city, clerk)
        silent = now - timedelta(days=context.settings.device_stale_days)
        async with context.database.transaction(clerk.principal_in(wanted)) as conn:
            found = await reach(conn, wanted, district, topic, silent)
        return respond(request, out(found, ReachOut))


def _announced(one: Announced) -> AnnouncedOut:
    texts = {name.replace("-", "_"): msgspec.convert(text, TextIn) for name, text in one.texts.items()}
    return AnnouncedOut(
        id=one.id,
        district=one.district,
        topic=one.topic,
        texts=TextsIn(**texts),
        clerk=one.clerk,
        published_at=one.published_at,
        expires_at=one.expires_at,
    )


def _city(given: str | None, clerk: Clerk) -> str:
    if given is None and len(clerk.cities()) != 1:
        raise InvalidInput([FieldError("/city", "required", "Say for which of your cities")])
    city = given or clerk.cities()[0]
    clerk.require_city(city, "office_manager")
    return city
