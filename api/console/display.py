"""The screen in the waiting room: called numbers and counters, nothing about anyone. Its key comes in a header.

The address that a manager opens on the screen has the key behind the #, which no browser sends and no log holds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import office_manager, public
from api.body import WireRequest
from api.console.errors_page import PAGE_HANDLERS
from api.console.rendering import render
from api.context import Context
from api.event_stream import Event, stream
from api.idempotency import Command
from api.wire import SOME_TEXT, Page, Wire, etag, local, out, respond
from backend.clock import local_day, system_now
from backend.db import Connection
from backend.desk import displays, scope
from backend.desk.errors import DisplayNotFound
from backend.desk.model import OpenDisplay
from backend.identity import Clerk

KEY_HEADER = "x-display-key"
_DAY = timedelta(hours=24)


class DisplayIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A screen: where it hangs, and the SHA-256 of the key that only it has."""

    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=SOME_TEXT)]
    key_hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class DisplayOut(Wire, frozen=True, kw_only=True):
    """A screen that is in use."""

    id: UUID
    name: str
    created_at: datetime


class CallOut(Wire, frozen=True, kw_only=True):
    """A number that is called."""

    number: str
    counter: str
    since: datetime


class CallsOut(Wire, frozen=True, kw_only=True):
    """All that are called now, the latest first."""

    calls: Sequence[CallOut]


class DisplayPageController(Controller):
    """The page itself is the same for everyone and says nothing."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS

    @get("/console/display/{office:str}", guards=[public])
    async def show(self, request: WireRequest, office: FromPath[str]) -> Response[Any]:
        """What is called comes with the key only."""
        return render(request, "display.html", data={"office": office})


class DisplayController(Controller):
    """What is called, and the screens of an office."""

    include_in_schema = False

    @get("/console/display/{office:str}/calls", guards=[public])
    async def calls(
        self, request: WireRequest, office: FromPath[str], context: NamedDependency[Context]
    ) -> Response[Any]:
        """A stream of what is called. The screen comes back by itself once a day."""
        key = request.headers.get(KEY_HEADER) or ""
        display = await displays.opened(context.database, key, office)

        async def still(_: datetime) -> None:
            if (await displays.opened(context.database, key, office)).id != display.id:
                raise DisplayNotFound

        async def read(last: str | None) -> Sequence[Event]:
            await still(system_now())
            return await _calls(context, display, last)

        return stream(request, context, display.office_id, read, still, expires=system_now() + _DAY)

    @get("/console/displays/{office:str}", guards=[office_manager])
    async def list_all(
        self,
        request: WireRequest,
        office: FromPath[str],
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
    ) -> Response[Page[DisplayOut]]:
        """Those in use."""
        found, _ = await scope.office_of(context.database, clerk, office)
        async with context.database.transaction(clerk.principal_for(found.id, "office_manager")) as conn:
            items = [out(one, DisplayOut) for one in await displays.list_in_use(conn, found.id)]
        return respond(request, Page(items=items))

    @post("/console/displays/{office:str}", guards=[office_manager])
    async def add(
        self,
        office: FromPath[str],
        data: JSONBody[DisplayIn],
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """One more."""
        found, _ = await scope.office_of(context.database, clerk, office)
        key_hash = bytes.fromhex(data.key_hash)

        async def work(conn: Connection) -> DisplayOut:
            name = data.name.strip()
            made = await displays.add(conn, clerk, found.city_id, found.id, name, key_hash, now)
            return out(made, DisplayOut)

        return await command.run(clerk.principal_for(found.id, "office_manager"), work)

    @delete("/console/displays/{office:str}/{display:uuid}", guards=[office_manager], status_code=200)
    async def end(
        self,
        request: WireRequest,
        office: FromPath[str],
        display: FromPath[UUID],
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Its key opens nothing any more."""
        found, _ = await scope.office_of(context.database, clerk, office)
        async with context.database.transaction(clerk.principal_for(found.id, "office_manager")) as conn:
            await displays.end(conn, clerk, found.city_id, found.id, display, now)
        context.feed.tell(found.id)
        return respond(request, {})


async def _calls(context: Context, display: OpenDisplay, last: str | None) -> Sequence[Event]:
    rules = await context.engine.rules(display.office_id)
    found = await displays.read_calls(context.database, display, rules, local_day(system_now(), rules.zone))
    tag = etag(*((c.number, c.counter, c.version) for c in found)).strip('"')
    if tag == last:
        return []
    calls = [CallOut(number=c.number, counter=c.counter, since=local(c.since, rules.zone)) for c in found]
    return [Event(tag, "calls", CallsOut(calls=calls))]
