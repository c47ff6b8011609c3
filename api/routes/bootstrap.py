"""One call for the first screen of an app."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import OF_CITIES, raises
from api.middleware.client_keys import HEADER, admit
from api.structs.bootstrap import BootstrapOut, mine_out
from api.texts import language_of
from api.wire import PRIVATE, etag, respond
from backend.catalogue.errors import CityNotFound
from backend.identity import Citizen
from backend.phones import start

CACHE = "public, no-cache"
"""Caches may keep it and must ask: an announcement of this minute is on the first screen the next time."""


class BootstrapController(Controller):
    """The first screen."""

    path = "/v1/bootstrap"
    tags = ("Phones",)
    guards = (public,)

    @get(
        "/",
        operation_id="readBootstrap",
        opt=raises(CityNotFound, *OF_CITIES, always_served=True),
        summary="All that the first screen needs",
    )
    async def read(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        optional_citizen: NamedDependency[Citizen | None],
        city: Annotated[str, QueryParameter(max_length=60, description="The city's id.")],
        known: Annotated[
            str | None,
            QueryParameter(max_length=40, description="The `version` that you have: `catalogue` is null then."),
        ] = None,
    ) -> Response[BootstrapOut]:
        """Without a token the same for everybody, and cacheable; with one, `mine` as well, for you alone. Keep the
        answer with its `ETag`: 304 when nothing is new. With `known` only what is yours is sent when only that is new.
        """
        admit(request, city)
        language = language_of(request.headers.get("accept-language"))
        headers = {"Content-Language": language, "Vary": f"Accept-Language, Authorization, {HEADER}"}
        screen, mine = await context.first_screens.of(city, language, now), b"null"
        if optional_citizen is not None:
            own = await start.read_own(context.database, optional_citizen.person_id, now)
            mine = msgspec.json.encode(mine_out(own, language))
        catalogue = b"null" if known == screen.version else screen.body
        body = b'{"version":"%b","catalogue":%b,"mine":%b}' % (screen.version.encode(), catalogue, mine)
        tag = etag(screen.version, known == screen.version, mine)
        return respond(request, body, etag=tag, cache=PRIVATE if optional_citizen else CACHE, headers=headers)
