"""Forms: public, the same for everyone; a published version never changes and may be kept for good."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter
from msgspec import Meta

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import OF_CITIES, raises
from api.middleware.client_keys import HEADER, admit_reader
from api.texts import language_of
from api.wire import Page, Wire, etag, respond
from backend.catalogue.errors import CityNotFound
from backend.catalogue.queries import find_city
from backend.forms.content import ConfirmationRule
from backend.forms.errors import FormNotFound
from backend.forms.versions import Version, vectors_of

FOREVER = "public, max-age=31536000, immutable"
_SOON = "public, max-age=60"
_OF_WHO_ASKS = {"Vary": f"{HEADER}, Cookie"}
"""What a cache keeps is for requests that show the same key, or the same clerk."""
_Number = Annotated[int, PathParameter(ge=1, le=2_000_000_000)]


class FormOut(Wire, frozen=True, kw_only=True):
    """A form that is offered, by its newest version."""

    id: UUID
    slug: str
    version: int
    title: str
    description: str
    appointment: Annotated[str, Meta(description="`none`, `optional` or `required`: whether it goes with a visit.")]
    hash: Annotated[str, Meta(description="SHA-256 of the version: the same hash, the same form.")]
    content: Annotated[str, Meta(description="Where the version is, for good.")]


class ConfirmationOffer(Wire, frozen=True, kw_only=True):
    """What somebody else can confirm by a link, and which answers they are shown."""

    kind: str
    shows: Sequence[str]
    needed: Annotated[dict[str, Any] | None, Meta(description="The condition under which it is owed.")]


class FormVersionOut(Wire, frozen=True, kw_only=True):
    """A version. `schema` is JSON Schema 2020-12, `ui` and `texts` are in JSON Forms' shape."""

    id: UUID
    city: str
    slug: str
    version: int
    hash: str
    schema: Annotated[dict[str, Any], Meta(description="What is `required` is so where it is shown.")]
    ui: dict[str, Any]
    texts: Annotated[dict[str, dict[str, str]], Meta(description="By language, then by JSON Forms' i18n key.")]
    appointment: str
    confirmations: Sequence[ConfirmationOffer]
    prefill: dict[str, str]


class VectorOut(Wire, frozen=True, kw_only=True):
    """Answers, what is shown for them, what of them counts, and every error."""

    name: str
    answers: dict[str, Any]
    kept: dict[str, Any]
    visible: Sequence[str]
    errors: Sequence[dict[str, str]]


class FormsController(Controller):
    """What a city offers to be filled in."""

    path = "/v1"
    tags = ("Forms",)
    guards = (public,)

    @get("/cities/{city:str}/forms", operation_id="listForms", opt=raises(CityNotFound), summary="The city's forms")
    async def forms(
        self, request: WireRequest, city: FromPath[str], context: NamedDependency[Context]
    ) -> Response[Page[FormOut]]:
        """By slug; few, hence never more than one page."""
        language = language_of(request.headers.get("accept-language"))
        async with context.database.connection() as conn:
            found = await find_city(conn, city)
            if found is None:
                raise CityNotFound
            offered = await context.forms.offered(conn, found.id)
        body = msgspec.json.encode(Page(items=[_form_out(version, language) for version in offered]))
        headers = {"Content-Language": language, "Vary": f"Accept-Language, {HEADER}"}
        return respond(request, body, etag=etag(body, language), cache=_SOON, headers=headers)

    @get(
        "/forms/{form:uuid}/versions/{number:int}",
        operation_id="readForm",
        opt=raises(FormNotFound, *OF_CITIES),
        summary="A version of a form",
    )
    async def version(
        self, request: WireRequest, form: FromPath[UUID], number: _Number, context: NamedDependency[Context]
    ) -> Response[FormVersionOut]:
        """All of it, in all languages. It never changes: keep it, and ask `listForms` for a newer one."""
        _expect_plain(request, number)
        async with context.database.connection() as conn:
            found = await context.forms.find(conn, form, number)
        await admit_reader(request, found.row.city_id)
        return respond(request, _version_out(found), etag=f'"{found.tag}"', cache=FOREVER, headers=_OF_WHO_ASKS)

    @get(
        "/forms/{form:uuid}/versions/{number:int}/vectors",
        operation_id="readFormVectors",
        opt=raises(FormNotFound, *OF_CITIES),
        summary="Test vectors of a version",
    )
    async def vectors(
        self, request: WireRequest, form: FromPath[UUID], number: _Number, context: NamedDependency[Context]
    ) -> Response[Sequence[VectorOut]]:
        """Hold your app's own checks against these: for each `answers`, what is shown and what is wrong."""
        _expect_plain(request, number)
        async with context.database.connection() as conn:
            found = await context.forms.find(conn, form, number)
        await admit_reader(request, found.row.city_id)
        body = await vectors_of(context.database, form, number)
        return respond(request, body, etag=etag(body), cache=FOREVER, headers=_OF_WHO_ASKS)


def _expect_plain(request: WireRequest, number: int) -> None:
    """Raises FormNotFound where the number is written with a sign or a zero before it: a version has one address."""
    if request.scope["path"].partition("/versions/")[2].partition("/")[0] != str(number):
        raise FormNotFound


def _form_out(version: Version, language: str) -> FormOut:
    row, form = version.row, version.form
    return FormOut(
        id=row.form_id,
        slug=row.slug,
        version=row.number,
        title=form.text("form.title", language) or row.slug,
        description=form.text("form.description", language) or "",
        appointment=version.content.appointment,
        hash=version.tag,
        content=f"/v1/forms/{row.form_id}/versions/{row.number}",
    )


def _version_out(version: Version) -> FormVersionOut:
    row, content = version.row, version.content
    return FormVersionOut(
        id=row.form_id,
        city=row.city_id,
        slug=row.slug,
        version=row.number,
        hash=version.tag,
        schema=content.schema,
        ui=content.ui,
        texts=content.texts,
        appointment=content.appointment,
        confirmations=[_offer(rule) for rule in content.confirmations],
        prefill=dict(content.prefill),
    )


def _offer(rule: ConfirmationRule) -> ConfirmationOffer:
    return ConfirmationOffer(kind=rule.kind, shows=rule.shows, needed=rule.needed)
