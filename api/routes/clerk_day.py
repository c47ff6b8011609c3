"""The day at every counter: as it is, or as a stream of what changes in it."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.event_stream import MEDIA_TYPE, Event, stream, wants_stream
from api.routes.clerk_queue import Seat, seat_at, still_at
from api.structs.desk import DayOut, QueueOut, WholeDayOut
from api.wire import etag, matches, respond
from backend.appointments.model import Appointment
from backend.catalogue.model import OfficeRules
from backend.clock import local_day, system_now
from backend.db import Connection
from backend.desk import service as desk
from backend.desk.model import Block
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours

Day = Annotated[date | None, QueryParameter(name="date", description="The local day; today if it is missing.")]
_LOOK_SECONDS = 5.0
"""Holds, new opening hours and closures wake nobody; so late they are seen."""


class ClerkDayController(Controller):
    """The desk's whole day."""

    path = "/v1/clerk"
    tags = ("Clerks",)
    guards = (clerk_guard,)

    @get(
        "/offices/{office:str}/day",
        operation_id="readOfficeDay",
        summary="The day at every counter",
        opt=raises(OfficeNotYours, also=(MEDIA_TYPE,)),
    )
    async def day(
        self,
        request: WireRequest,
        office: FromPath[str],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        on: Day = None,
    ) -> Response[DayOut]:
        """Counters with their openings, appointments of every state, and holds without names. Each look is recorded.

        With `Accept: text/event-stream` a stream: an event `day` with the whole day and today's queue, unless
        `Last-Event-ID` says that it is known, then within a second of each change an event `changes`.
        """
        seat = await seat_at(request, context, clerk, office)
        async with context.database.transaction(seat.principal) as conn:
            look = Look(context, seat, on or local_day(now, (await desk.rules_of(conn, seat.office_id)).zone))
            if wants_stream(request):
                await _record(conn, clerk, "day.watch", seat, now, look.day)
            else:
                body = msgspec.json.encode((await look.whole(conn, now))[1].day)
                tag = etag(body)
                if not matches(request.headers.get("if-none-match"), tag):
                    await _record(conn, clerk, "day.read", seat, now, look.day)
                return respond(request, body, etag=tag)
        still = partial(still_at, request, seat.office_id)
        return stream(request, context, seat.office_id, look.read, still, look_seconds=_LOOK_SECONDS)


async def _record(conn: Connection, clerk: Clerk, action: str, seat: Seat, now: datetime, day: date) -> None:
    await desk.record_read(conn, clerk, seat.city_id, action, "office", seat.office_id, now, date=day.isoformat())


class Look:
    """One client's view of one day of one office: what it has been sent, and hence what it has to be sent."""

    def __init__(self, context: Context, seat: Seat, day: date) -> None:
        self._context, self._seat, self.day = context, seat, day
        self._known: dict[UUID, int] | None = None
        self._blocks: list[Block] = []
        self._requests: list[tuple[UUID, int]] = []
        self._rules_version = 0

    async def read(self, last: str | None) -> Sequence[Event]:
        """As a stream asks for it."""
        now = system_now()
        async with self._context.database.transaction(self._seat.principal) as conn:
            rules = await desk.rules_of(conn, self._seat.office_id)
            if self._known is None or rules.version != self._rules_version:
                tag, whole = await self.whole(conn, now)
                return [] if tag == last else [Event(tag, "day", whole)]
            found = await desk.read_changes(conn, rules, self.day, self._known, now)
            requests = await desk.read_requests(conn, rules, now)
            same = found.blocks == self._blocks and _versions(requests) == self._requests
            if not found.changed and not found.gone and same:
                return []
            queue = await self._queue(conn, rules, now)
        self._known, self._blocks, self._requests = found.versions, found.blocks, _versions(requests)
        return [Event(self._tag(), "changes", self._seat.viewer(rules, now).changes(found, queue, requests))]

    async def whole(self, conn: Connection, now: datetime) -> tuple[str, WholeDayOut]:
        """All of it, and what identifies it."""
        day = await desk.read_day(conn, self._seat.office_id, self.day, now)
        self._known = {a.id: a.version for a in day.appointments}
        self._blocks = sorted((b for c in day.counters for b in c.blocks), key=lambda b: b.starts_at)
        self._rules_version = day.rules.version
        requests = await desk.read_requests(conn, day.rules, now)
        self._requests = _versions(requests)
        viewer = self._seat.viewer(day.rules, now)
        return self._tag(), WholeDayOut(
            day=viewer.day(day),
            queue=await self._queue(conn, day.rules, now),
            requests=[viewer.appointment(one) for one in requests],
        )

    async def _queue(self, conn: Connection, rules: OfficeRules, now: datetime) -> QueueOut | None:
        if self.day != local_day(now, rules.zone):
            return None
        return self._seat.viewer(rules, now).queue(await desk.read_queue(conn, rules, self.day), self.day)

    def _tag(self) -> str:
        versions = sorted((self._known or {}).items())
        blocks = ((b.counter_id, b.starts_at, b.hold_until) for b in self._blocks)
        return etag(self.day, self._rules_version, *versions, *blocks, *self._requests).strip('"')


def _versions(requests: Sequence[Appointment]) -> list[tuple[UUID, int]]:
    return [(one.id, one.version) for one in requests]
