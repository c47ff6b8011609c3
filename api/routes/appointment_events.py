"""What happens to an appointment, as a list or as it happens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.event_stream import MEDIA_TYPE, Event, stream, wants_stream
from api.wire import Page, Wire, local, respond
from backend.appointments import service
from backend.appointments.errors import AppointmentNotFound
from backend.appointments.model import ActorKind, AppointmentEvent, State
from backend.desk import queries
from backend.identity import Citizen


class EventOut(Wire, frozen=True, kw_only=True):
    """One change of an appointment."""

    version: Annotated[int, Meta(description="Which the change made; the id of the event in a stream.")]
    at: datetime
    kind: Annotated[str, Meta(description="`booked`, `confirmed`, `rejected`, `rescheduled`, `cancelled`, …")]
    from_state: State | None
    to_state: State
    by: Annotated[ActorKind, Meta(description="Who did it, in kind.")]
    reason: str | None
    data: dict[str, Any]


class AppointmentEventsController(Controller):
    """Events."""

    path = "/v1/appointments"
    tags = ("Appointments",)
    guards = (citizen,)

    @get(
        "/{appointment_id:uuid}/events",
        operation_id="listAppointmentEvents",
        summary="What happened, or what happens",
        opt=raises(AppointmentNotFound, also=(MEDIA_TYPE,)),
    )
    async def events(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[Page[EventOut]]:
        """Every change, first to last. With `Accept: text/event-stream` a stream: first what is newer than
        `Last-Event-ID`, then each change within a second, until the token ends. Comments keep the connection open.
        """
        async with context.database.transaction(caller.principal) as conn:
            appointment = await service.find(conn, caller.principal, appointment_id)
            found = [] if wants_stream(request) else await queries.list_events_after(conn, appointment_id, 0)
        zone = (await context.engine.rules(appointment.office_id)).zone
        if not wants_stream(request):
            page = Page(items=[_shown(event, zone) for event in found])
            return respond(request, page)

        async def read(last: str | None) -> Sequence[Event]:
            async with context.database.transaction(caller.principal) as conn:
                fresh = await queries.list_events_after(conn, appointment_id, _version(last))
            return [Event(str(event.version), event.kind, _shown(event, zone)) for event in fresh]

        token = request.headers["authorization"].partition(" ")[2].strip()
        return stream(request, context, appointment_id, read, lambda now: context.callers.citizen(token, now))


def _shown(event: AppointmentEvent, zone: ZoneInfo) -> EventOut:
    return EventOut(
        version=event.version,
        at=local(event.at, zone),
        kind=event.kind,
        from_state=event.from_state,
        to_state=event.to_state,
        by=event.actor_kind,
        reason=event.reason,
        data=event.data,
    )


def _version(last: str | None) -> int:
    """The version that a client has seen; whatever is none of ours counts as nothing seen."""
    return int(last) if last is not None and last.isascii() and last.isdigit() and len(last) < 10 else 0
