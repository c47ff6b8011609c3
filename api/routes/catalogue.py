"""What a city offers: public, in the reader's language, the same for everyone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from api import sparse, texts
from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.middleware.client_keys import HEADER, caller_of
from api.parameters import reads
from api.structs.catalogue import (
    CityOut,
    DistrictOut,
    OfficeDetailOut,
    OfficeOut,
    ServiceOut,
    city_out,
    district_tree,
    office_detail_out,
    office_out,
    service_out,
)
from api.wire import Page, decode_cursor, encode_cursor, etag, next_link, respond
from backend.availability.places import distance
from backend.catalogue import queries
from backend.catalogue.errors import CityNotFound, OfficeNotFound, ServiceNotFound
from backend.catalogue.model import City, Office, Service
from backend.catalogue.searching import matches, point, sort_key
from backend.clients.rules import is_sandbox
from backend.db import Connection

CACHE = "public, max-age=60"

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many items at most.")]


class CatalogueController(Controller):
    """Cities, districts, services and offices. Ids and slugs both name them."""

    path = "/v1/cities"
    tags = ("Catalogue",)
    guards = (public,)

    @get("/", operation_id="listCities", opt=raises(), summary="The cities of this installation")
    async def cities(self, request: WireRequest, context: NamedDependency[Context]) -> Response[Page[CityOut]]:
        """By name; few, hence never more than one page. A sandbox is shown to test keys only."""
        language = _language(request)
        async with context.database.connection() as conn:
            found = await queries.list_cities(conn)
        testing = (caller := caller_of(request.scope)) is not None and caller.environment == "test"
        shown = [city_out(city, language) for city in found if testing or not is_sandbox(city.id)]
        return _answer(request, Page(items=shown))

    @get("/{city:str}", operation_id="findCity", opt=raises(CityNotFound), summary="A city")
    async def city(
        self, request: WireRequest, context: NamedDependency[Context], city: FromPath[str]
    ) -> Response[CityOut]:
        """`notice` says what readers should know about the data, for example that hours are illustrative."""
        async with context.database.connection() as conn:
            found = await _city(conn, city)
        return _answer(request, city_out(found, _language(request)))

    @get(
        "/{city:str}/districts",
        operation_id="listDistricts",
        opt=raises(CityNotFound),
        summary="The city's districts as a tree",
    )
    async def districts(
        self, request: WireRequest, context: NamedDependency[Context], city: FromPath[str]
    ) -> Response[Page[DistrictOut]]:
        """Stadtbezirk, in it the Stadtteile as `parts`, in those perhaps Quartiere."""
        async with context.database.connection() as conn:
            found = await queries.list_districts(conn, (await _city(conn, city)).id)
        return _answer(request, Page(items=district_tree(found)))

    @get(
        "/{city:str}/services",
        operation_id="listServices",
        opt=raises(CityNotFound, **reads(fields=sparse.known(ServiceOut))),
        summary="What can be booked",
    )
    async def services(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        city: FromPath[str],
        q: Annotated[
            str | None, QueryParameter(max_length=100, description="Words in the name or description, or a LeiKa key.")
        ] = None,
        category: FromQuery[str | None] = None,
        limit: Limit = 100,
        cursor: FromQuery[str | None] = None,
        fields: Annotated[str | None, sparse.parameter(ServiceOut)] = None,
    ) -> Response[Page[ServiceOut]]:
        """By name in the answer's language. `q` is sought in all languages, whatever the case and accents."""
        language = _language(request)
        async with context.database.connection() as conn:
            found = await queries.list_services(conn, (await _city(conn, city)).id)
        chosen = [s for s in found if category in (None, s.category) and (q is None or matches(s, q))]
        chosen.sort(key=lambda s: sort_key(s, language))
        return _page_of_services(request, chosen, language, limit, cursor, fields)

    @get(
        "/{city:str}/services/{service:str}",
        operation_id="findService",
        opt=raises(CityNotFound, ServiceNotFound),
        summary="A service",
    )
    async def service(
        self, request: WireRequest, context: NamedDependency[Context], city: FromPath[str], service: FromPath[str]
    ) -> Response[ServiceOut]:
        """What it costs, how long it takes and what to bring."""
        async with context.database.connection() as conn:
            found = await _service(conn, await _city(conn, city), service)
        return _answer(request, service_out(found, _language(request)))

    @get(
        "/{city:str}/offices",
        operation_id="listOffices",
        opt=raises(CityNotFound, ServiceNotFound, **reads(near=point, fields=sparse.known(OfficeOut))),
        summary="The city's offices",
    )
    async def offices(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        city: FromPath[str],
        service: Annotated[
            str | None, QueryParameter(description="Only offices that offer this service, by id or slug.")
        ] = None,
        near: Annotated[
            str | None, QueryParameter(description="Latitude and longitude, as in `51.51,7.10`: nearest first.")
        ] = None,
        fields: Annotated[str | None, sparse.parameter(OfficeOut)] = None,
    ) -> Response[Page[OfficeOut]]:
        """By name, or by distance from `near`; offices whose place is not known come last."""
        language, here = _language(request), None if near is None else point(near)
        async with context.database.connection() as conn:
            its_city = await _city(conn, city)
            wanted = None if service is None else (await _service(conn, its_city, service)).id
            found = await queries.list_offices(conn, its_city.id, wanted)
            districts = {d.id: d for d in await queries.list_districts(conn, its_city.id)}
        metres = {office.id: None if here is None else distance(here, office) for office in found}
        found.sort(key=lambda o: _far(metres[o.id]))
        shown = [office_out(o, language, districts, metres[o.id]) for o in found]
        return _answer(request, Page(items=sparse.pick(shown, fields, OfficeOut)))

    @get(
        "/{city:str}/offices/{office:str}",
        operation_id="findOffice",
        opt=raises(CityNotFound, OfficeNotFound),
        summary="An office with its opening hours",
    )
    async def office(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        city: FromPath[str],
        office: FromPath[str],
    ) -> Response[OfficeDetailOut]:
        """Weekly hours, and what differs from them in the coming time. Single counters may keep hours of their own."""
        async with context.database.connection() as conn:
            found = await _office(conn, await _city(conn, city), office)
            rules = await queries.load_office_rules(conn, found.id)
            districts = {d.id: d for d in await queries.list_districts(conn, found.city_id)}
        if rules is None:
            raise OfficeNotFound
        return _answer(request, office_detail_out(rules, _language(request), districts, now))


async def _city(conn: Connection, city_id: str) -> City:
    if (found := await queries.find_city(conn, city_id)) is None:
        raise CityNotFound
    return found


async def _service(conn: Connection, city: City, id_or_slug: str) -> Service:
    if (found := await queries.find_service(conn, city.id, id_or_slug)) is None:
        raise ServiceNotFound
    return found


async def _office(conn: Connection, city: City, id_or_slug: str) -> Office:
    if (found := await queries.find_office(conn, city.id, id_or_slug)) is None:
        raise OfficeNotFound
    return found


def _far(metres: int | None) -> float:
    return float("inf") if metres is None else metres


def _language(request: WireRequest) -> texts.Language:
    return texts.language_of(request.headers.get("accept-language"))


def _page_of_services(
    request: WireRequest,
    chosen: Sequence[Service],
    language: texts.Language,
    limit: int,
    cursor: str | None,
    fields: str | None,
) -> Response[Page[ServiceOut]]:
    if cursor is not None:
        after = decode_cursor(cursor, tuple[str, str])
        chosen = [s for s in chosen if sort_key(s, language) > after]
    shown = chosen[:limit]
    following = encode_cursor(sort_key(shown[-1], language)) if len(chosen) > limit else None
    items = sparse.pick([service_out(s, language) for s in shown], fields, ServiceOut)
    return _answer(request, Page(items=items, next=following))


def _answer(request: WireRequest, content: Any) -> Response[Any]:
    """Tagged by its own bytes: the same in every process, whatever it was made from."""
    body = msgspec.json.encode(content)
    headers = {"Content-Language": _language(request), "Vary": f"Accept-Language, {HEADER}"}
    if isinstance(content, Page):
        headers |= next_link(request, content.next)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    return respond(request, body, etag=etag(body, headers["Content-Language"]), cache=CACHE, headers=headers)
