"""What happens to an office's cases: for a page that shows some of them and would like to know when to look again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.event_stream import MEDIA_TYPE, Event, stream, wants_stream
from api.routes.clerk_queue import Seat, seat_at, still_at
from api.wire import Wire, etag, out, respond
from backend.cases import queries
from backend.cases.model import Revision
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours

_ENDED_WITHIN = timedelta(hours=1)
"""How long a page may have been away and still hear, when it comes back, that a case has ended."""


class RevisionOut(Wire, frozen=True, kw_only=True):
    """How far a case has come."""

    id: UUID
    version: int
    notes: Annotated[int, Meta(description="How many; a note leaves the version as it is.")]


class RevisionsOut(Wire, frozen=True, kw_only=True):
    """Cases by their versions; what is in them is read one by one."""

    items: Sequence[RevisionOut]


class ClerkCaseEventsController(Controller):
    """Cases of an office, as they change."""

    path = "/v1/clerk"
    tags = ("Clerks",)
    guards = (clerk_guard,)

    @get(
        "/offices/{office:str}/cases",
        operation_id="watchCases",
        summary="Which cases have changed",
        opt=raises(OfficeNotYours, also=(MEDIA_TYPE,)),
    )
    async def watch(
        self,
        request: WireRequest,
        office: FromPath[str],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[RevisionsOut]:
        """Open cases, and those that ended within the last hour, by their versions. With `Accept: text/event-stream` a
        stream: an event `cases` with all of them, unless `Last-Event-ID` says that they are known, then within a second
        of each change an event `changes` with those that are other than before.
        """
        seat = await seat_at(request, context, clerk, office)
        look = _Look(context, seat, now - _ENDED_WITHIN)
        if wants_stream(request):
            return stream(request, context, seat.office_id, look.read, partial(still_at, request, seat.office_id))
        found = await look.revisions()
        return respond(request, _out(found), etag=_tag(found))


class _Look:
    """One client's view: what it has been sent, and hence what it has to be sent."""

    def __init__(self, context: Context, seat: Seat, ended_since: datetime) -> None:
        self._context, self._seat, self._ended_since = context, seat, ended_since
        self._known: set[Revision] | None = None

    async def revisions(self) -> list[Revision]:
        async with self._context.database.transaction(self._seat.principal) as conn:
            return await queries.list_revisions(conn, self._seat.office_id, self._ended_since)

    async def read(self, last: str | None) -> Sequence[Event]:
        """As a stream asks for it."""
        found = await self.revisions()
        tag = _tag(found).strip('"')
        before, self._known = self._known, set(found)
        if before is None:
            return [] if tag == last else [Event(tag, "cases", _out(found))]
        fresh = [one for one in found if one not in before]
        return [Event(tag, "changes", _out(fresh))] if fresh else []


def _out(found: Sequence[Revision]) -> RevisionsOut:
    return RevisionsOut(items=[out(one, RevisionOut) for one in found])


def _tag(found: Sequence[Revision]) -> str:
    return etag(*sorted((str(one.id), one.version, one.notes) for one in found))
