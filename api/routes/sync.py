"""What changed since a phone asked last."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.structs.sync import SyncOut, sync_out
from api.texts import language_of
from api.wire import OPAQUE, decode_cursor, etag, respond
from backend.identity import Citizen
from backend.phones import sync
from backend.phones.errors import SyncExpired


class SyncController(Controller):
    """Everything of a person, kept on their phone."""

    path = "/v1/sync"
    tags = ("Phones",)
    guards = (citizen,)

    @get("/", operation_id="readSync", opt=raises(SyncExpired), summary="What changed since")
    async def read(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        since: Annotated[
            str | None,
            QueryParameter(
                max_length=7_000,
                pattern=OPAQUE,
                description="The `since` of the answer before; none: everything, from the beginning.",
            ),
        ] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="At most so many things.")] = 200,
    ) -> Response[SyncOut]:
        """What was written, came or went since: nothing is missed, however many change things at the same moment. With
        `more` ask again at once. When nothing changed the answer is short, and 304 to its `ETag`. 410: begin anew,
        without `since`.
        """
        mark = None if since is None else decode_cursor(since, sync.Mark, parameter="since")
        step = await sync.read(context.database, context.settings, caller.person_id, mark, now, limit=limit)
        accept = request.headers.get("accept-language")
        found = await sync_out(step, context, now, language_of(accept), accept)
        body = msgspec.json.encode(found)
        return respond(request, body, etag=etag(body), headers={"Vary": "Accept-Language"})
