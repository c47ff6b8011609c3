"""What works at this moment, for everybody: no names, no numbers, no secrets."""

from datetime import datetime
from typing import Literal

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.wire import Wire, respond
from backend.schedule.queries import list_entries
from backend.schedule.rules import DOCUMENTS, NOTICES, State, standing

_CACHE = "public, max-age=15"


class PartOut(Wire, frozen=True, kw_only=True):
    """`api`: everything that is asked for here. `notices`: push and mail. `documents`: checks of what was sent.

    `late`: it takes longer than five minutes. `unknown`: nobody has looked for so long; it probably rests.
    """

    name: Literal["api", "notices", "documents"]
    state: State


class StatusOut(Wire, frozen=True, kw_only=True):
    """`ok` if every part is."""

    status: Literal["ok", "degraded"]
    parts: list[PartOut]
    checked_at: datetime


class StatusController(Controller):
    """For status pages and apps."""

    path = "/v1/status"
    tags = ("Operations",)
    guards = (public,)

    @get("/", operation_id="readStatus", opt=raises(), summary="What works at this moment")
    async def status(
        self, request: WireRequest, context: NamedDependency[Context], now: NamedDependency[datetime]
    ) -> Response[StatusOut]:
        """By part. Without a database there is 503 instead. Ask every 15 seconds at most: caches keep it so long."""
        async with context.database.connection() as conn:
            entries = await list_entries(conn)
        parts = [
            PartOut(name="api", state="ok"),
            PartOut(name="notices", state=standing(entries, NOTICES, now)),
            PartOut(name="documents", state=standing(entries, DOCUMENTS, now)),
        ]
        fine = all(part.state == "ok" for part in parts)
        return respond(
            request,
            StatusOut(status="ok" if fine else "degraded", parts=parts, checked_at=now),
            cache=_CACHE,
        )
