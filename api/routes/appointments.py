"""Booking, and what a person can do with a booked appointment."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api import sparse
from api.appointment_view import AppointmentView
from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import OF_STEPS, raises
from api.idempotency import Command
from api.parameters import reads
from api.structs.appointment import (
    AppointmentOut,
    BookIn,
    CancelIn,
    CheckInIn,
    ContactChangeIn,
    RescheduleIn,
)
from api.structs.visit import details_of
from api.wire import Page, decode_cursor, encode_cursor, etag, expected_version, respond_page
from backend.appointments import service
from backend.appointments.errors import (
    AppointmentChanged,
    AppointmentLimit,
    AppointmentNotFound,
    AppointmentStateError,
    HoldBooked,
    HoldDiffers,
    HoldExpired,
    HoldNotFound,
    RulesChanging,
    SlotTaken,
)
from backend.appointments.model import Actor, Answer, Appointment, Done, Guest, Hold, State
from backend.appointments.rules import Action
from backend.availability.errors import ServiceNotOffered, SlotNotOffered
from backend.db import Connection
from backend.identity import Citizen

States = Annotated[list[State] | None, QueryParameter(name="state", description="Only these; repeat for several.")]
_OF_HOLDS = (HoldNotFound, HoldExpired, HoldBooked, RulesChanging, SlotNotOffered, ServiceNotOffered, SlotTaken)
"""What whoever comes with a hold may meet."""
Changing = Callable[[Connection], Awaitable[Appointment]]


class AppointmentsController(Controller):
    """Appointments of the person who asks."""

    path = "/v1/appointments"
    tags = ("Appointments",)
    guards = (citizen,)

    @post(
        "/",
        operation_id="bookAppointment",
        opt=raises(*_OF_HOLDS, AppointmentLimit, short_way=True, sends=("Location", "ETag")),
        summary="Book a held place",
    )
    async def book(
        self,
        request: WireRequest,
        data: JSONBody[BookIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """`confirmed` at once, or `requested` where a clerk confirms the service. The appointment has the hold's id."""
        view = AppointmentView(request, context, now)
        details = details_of(data.person, data.contact, data.note, view.language)
        told: list[Appointment] = []

        def encode(booked: Appointment) -> Answer:
            told.append(booked)
            headers = {"Location": f"/v1/appointments/{booked.id}", "ETag": f'"{booked.version}"'}
            return Answer(201, headers, msgspec.json.encode(view.known(booked)))

        async def call() -> Done:
            return await service.book(
                context.hot_calls, context.engine, context.settings, context.recent_holds,
                Guest(person_id=caller.person_id, device_id=caller.device_id), data.hold, details,
                now, command.claim, encode,
            )  # fmt: skip

        answer: Any = await command.run_whole(caller.principal, call)
        for booked in told[-1:]:
            context.changed(booked.office_id, booked.id, booked.person_id)
        return answer

    @get(
        "/",
        operation_id="listAppointments",
        opt=raises(**reads(fields=sparse.known(AppointmentOut))),
        summary="Your appointments",
    )
    async def list_(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        states: States = None,
        cursor: Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before.")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
        fields: Annotated[str | None, sparse.parameter(AppointmentOut)] = None,
    ) -> Response[Page[AppointmentOut]]:
        """The latest booking first, those that are over too."""
        before = None if cursor is None else decode_cursor(cursor, UUID)
        async with context.database.transaction(caller.principal) as conn:
            found = await service.list_for_person(conn, caller.person_id, before=before, states=states, limit=limit)
        view = AppointmentView(request, context, now)
        items = sparse.pick([await view.of(one) for one in found.items], fields, AppointmentOut)
        page = Page(items=items, next=None if found.next is None else encode_cursor(found.next))
        return respond_page(request, page, etag=etag(msgspec.json.encode(page)))

    @get(
        "/{appointment_id:uuid}",
        operation_id="readAppointment",
        opt=raises(AppointmentNotFound),
        summary="An appointment of yours",
    )
    async def read(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """With what you can do with it now."""
        async with context.database.transaction(caller.principal) as conn:
            found = await service.find(conn, caller.principal, appointment_id)
        return await AppointmentView(request, context, now).answer(found)

    @patch(
        "/{appointment_id:uuid}",
        operation_id="changeContact",
        opt=raises(AppointmentNotFound, AppointmentChanged, AppointmentStateError),
        summary="Change contact details",
    )
    async def change_contact(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[ContactChangeIn],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """Contact and note only: name and date of birth are fixed. `If-Match` guards against lost changes."""
        actor, version = Actor("person", caller.person_id), expected_version(request)
        async with context.database.transaction(caller.principal) as conn:
            changed = await service.change_contact(
                conn, caller.principal, appointment_id, data.given(), actor, now, expected_version=version
            )
        context.changed(changed.office_id, changed.id, changed.person_id)
        return await AppointmentView(request, context, now).answer(changed)

    @post(
        "/{appointment_id:uuid}/reschedule",
        status_code=200,
        operation_id="rescheduleAppointment",
        opt=raises(*_OF_HOLDS, HoldDiffers, *OF_STEPS),
        summary="Move to a held place",
    )
    async def reschedule(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[RescheduleIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """The old place stays yours until the new one is. Where a clerk confirms the service it is requested anew."""
        actor, version = Actor("person", caller.person_id), expected_version(request)
        judged: Hold | None = None
        for _ in range(3):

            async def work(conn: Connection, held: Hold | None = judged) -> Appointment:
                return await service.reschedule(
                    conn, caller.principal, appointment_id, data.hold, actor, now, judged=held, expected_version=version
                )

            try:
                return await _change(request, context, caller, command, now, work)
            except service.StaleRules as stale:
                judged = await service.judge_again(context.database, context.engine, context.settings, stale.hold, now)
        raise RulesChanging

    @post(
        "/{appointment_id:uuid}/cancel",
        status_code=200,
        operation_id="cancelAppointment",
        opt=raises(*OF_STEPS, always_served=True),
        summary="Cancel",
    )
    async def cancel(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CancelIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """Until it begins. The place is free for others at once."""
        return await _step(request, context, caller, command, now, appointment_id, "cancel", data.reason)

    @post(
        "/{appointment_id:uuid}/check-in",
        status_code=200,
        operation_id="checkIn",
        opt=raises(*OF_STEPS),
        summary="I am here",
    )
    async def check_in(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CheckInIn],  # noqa: ARG002 # declared for the document
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """On the day of the appointment, in the waiting room."""
        return await _step(request, context, caller, command, now, appointment_id, "check_in", None)


async def _step(
    request: WireRequest,
    context: Context,
    caller: Citizen,
    command: Command,
    now: datetime,
    appointment_id: UUID,
    action: Action,
    reason: str | None,
) -> Response[Any]:
    actor, version = Actor("person", caller.person_id), expected_version(request)

    async def work(conn: Connection) -> Appointment:
        return await service.change(
            conn, caller.principal, appointment_id, action, actor, now, reason=reason, expected_version=version
        )

    return await _change(request, context, caller, command, now, work)


async def _change(
    request: WireRequest, context: Context, caller: Citizen, command: Command, now: datetime, work: Changing
) -> Response[Any]:
    """Runs ``work`` once for its key, answers with what became of the appointment, and tells whoever watches."""
    view = AppointmentView(request, context, now)
    changed: list[Appointment] = []

    async def change(conn: Connection) -> AppointmentOut:
        done = await work(conn)
        changed.append(done)
        return await view.of(done)

    answer = await command.run(caller.principal, change, status=200)
    for done in changed:
        context.changed(done.office_id, done.id, done.person_id)
    return answer
