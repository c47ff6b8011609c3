"""The queue of an office: for the desk and for the screen in the waiting room."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import clerk as clerk_guard
from api.auth import clerk_at
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.event_stream import MEDIA_TYPE, Event, stream, wants_stream
from api.idempotency import Command
from api.routes.clerk_steps import take
from api.structs.desk import ClerkAppointmentOut, QueueOut, Viewer
from api.structs.desk_inputs import CallNextIn
from api.texts import Language, clerks_language
from api.wire import etag, respond
from backend.appointments.model import Actor, Appointment
from backend.catalogue.model import OfficeRules
from backend.clock import local_day, system_now
from backend.db import Connection, Principal
from backend.desk import scope
from backend.desk import service as desk
from backend.desk.errors import NobodyWaits
from backend.desk.model import Ticket
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours


class ClerkQueueController(Controller):
    """Who is in the house."""

    path = "/v1/clerk"
    tags = ("Clerks",)
    guards = (clerk_guard,)

    @get(
        "/offices/{office:str}/queue",
        operation_id="readQueue",
        summary="Who is in the house",
        opt=raises(OfficeNotYours, also=(MEDIA_TYPE,)),
    )
    async def queue(
        self,
        request: WireRequest,
        office: FromPath[str],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[QueueOut]:
        """Called, waiting and parked. With `Accept: text/event-stream` a stream of whole queues: the present one,
        unless `Last-Event-ID` says that it is known, then the new one within a second of each change.
        """
        seat = await seat_at(request, context, clerk, office)
        async with context.database.transaction(seat.principal) as conn:
            rules = await desk.rules_of(conn, seat.office_id)
            await desk.record_read(conn, clerk, seat.city_id, "queue.read", "office", seat.office_id, now)

        async def read(last: str | None) -> Sequence[Event]:
            at = system_now()
            tickets = await _tickets(context, seat.principal, rules, at)
            tag = _tag(tickets, rules, at)
            shown = seat.viewer(rules, at).queue(tickets, local_day(at, rules.zone))
            return [] if tag == last else [Event(tag, "queue", shown)]

        if wants_stream(request):
            return stream(request, context, seat.office_id, read, lambda at: still_at(request, seat.office_id, at))
        tickets = await _tickets(context, seat.principal, rules, now)
        shown = seat.viewer(rules, now).queue(tickets, local_day(now, rules.zone))
        return respond(request, shown, etag=etag(msgspec.json.encode(shown)))

    @post(
        "/offices/{office:str}/call-next",
        status_code=200,
        operation_id="callNextVisitor",
        summary="Call whose turn it is",
        opt=raises(OfficeNotYours, NobodyWaits),
    )
    async def call_next(
        self,
        request: WireRequest,
        office: FromPath[str],
        data: JSONBody[CallNextIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkAppointmentOut]:
        """The first of `waiting` in today's queue. Of two clerks who ask at once each gets somebody else; 409
        `nobody-waits` where there is nobody.
        """
        seat = await seat_at(request, context, clerk, office)
        rules = await context.engine.rules(seat.office_id)

        async def step(conn: Connection) -> Appointment:
            return await desk.call_next(conn, seat.principal, rules, data.counter, seat.actor, now)

        return await take(request, context, command, seat.principal, seat.actor, now, step)


class Seat(msgspec.Struct, frozen=True):
    """A clerk at an office: what they may see there, and in which language they read it."""

    office_id: UUID
    city_id: str
    principal: Principal
    actor: Actor
    language: Language

    def viewer(self, rules: OfficeRules, now: datetime) -> Viewer:
        """What belongs to the office, as this clerk sees it."""
        return Viewer(rules, self.actor, now, self.language)


async def seat_at(request: WireRequest, context: Context, clerk: Clerk, office: str) -> Seat:
    """At the office of an id or slug; raises OfficeNotYours."""
    found, principal = await scope.office_of(context.database, clerk, office)
    language = clerks_language(request.headers.get("accept-language"))
    return Seat(found.id, found.city_id, principal, Actor("clerk", clerk.clerk_id), language)


async def _tickets(context: Context, principal: Principal, rules: OfficeRules, now: datetime) -> list[Ticket]:
    async with context.database.transaction(principal) as conn:
        return await desk.read_queue(conn, rules, local_day(now, rules.zone))


def _tag(tickets: Sequence[Ticket], rules: OfficeRules, now: datetime) -> str:
    """What the queue is, minutes of waiting aside; of a day, so that an empty one of tomorrow is another."""
    return etag(local_day(now, rules.zone), *((t.id, t.version) for t in tickets)).strip('"')


async def still_at(request: WireRequest, office_id: UUID, now: datetime) -> None:
    """Raises when the clerk may not watch this office any more."""
    (await clerk_at(request, now)).require(office_id)
