"""The desk: each step of an appointment, bookings for people without the app."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.context import Context
from api.declared import OF_STEPS, raises
from api.direct_commands import run_planned
from api.idempotency import Command
from api.routes.clerk_steps import shown, step, told
from api.structs.desk import ClerkAppointmentOut, Viewer
from api.structs.desk_inputs import FoundOut, LookupIn, MoveIn, ShownPassOut, WalkInIn
from api.structs.visit import details_of
from api.texts import clerks_language
from api.wire import expected_version
from backend.appointments import passes, service
from backend.appointments.errors import (
    AppointmentNotFound,
    HoldDiffers,
    PassExpired,
    PassInvalid,
    RulesChanging,
    SlotTaken,
)
from backend.appointments.model import Actor, Appointment
from backend.availability.errors import ServiceNotOffered, SlotNotOffered
from backend.availability.model import Plan, Wanted
from backend.clock import local_day
from backend.db import Connection
from backend.desk import scope
from backend.desk import service as desk
from backend.desk.errors import NothingFreeToday
from backend.errors import FieldError, InvalidInput
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours
from backend.identity.keys import load_keys


class ClerkAppointmentsController(Controller):
    """The desk's side of appointments."""

    path = "/v1/clerk"
    tags = ("Clerks",)
    guards = (clerk_guard,)

    confirm = step("confirm", "confirmAppointment", "Confirm a request")
    reject = step("reject", "rejectAppointment", "Reject a request, with a reason")
    check_in = step("check_in", "checkInVisitor", "Somebody has come")
    call = step("call", "callVisitor", "Call to the counter")
    park = step("park", "parkVisitor", "Let wait and take the next")
    complete = step("complete", "completeAppointment", "Done")
    no_show = step("no_show", "recordNoShow", "Nobody has come")
    cancel = step("cancel", "cancelAsClerk", "Cancel")

    @post(
        "/appointments/{appointment_id:uuid}/reschedule",
        status_code=200,
        operation_id="moveAppointment",
        opt=raises(SlotTaken, SlotNotOffered, ServiceNotOffered, RulesChanging, HoldDiffers, *OF_STEPS),
        summary="Move to another time",
    )
    async def reschedule(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[MoveIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkAppointmentOut]:
        """At the same office, without a hold, also outside of the grid and at counters for staff only. The old place
        stays until the new one is taken. A request is confirmed thereby.
        """
        principal = await scope.principal_of(context.database, clerk, appointment_id)
        actor, version = Actor("clerk", clerk.clerk_id), expected_version(request)
        changed: list[Appointment] = []

        async def plan() -> Plan:
            async with context.database.transaction(principal) as conn:
                now_at = await service.find(conn, principal, appointment_id)
            planned = await context.engine.plan_hold(now_at.office_id, now_at.services, data.start, now, staff=True)
            return planned if data.counter is None else _only(planned, data.counter)

        async def work(conn: Connection, planned: Plan) -> ClerkAppointmentOut:
            done = await service.move(
                conn, context.engine, principal, appointment_id, planned, actor, now, expected_version=version
            )
            changed.append(done)
            return await shown(conn, request, actor, now, done)

        return told(
            context, changed, await run_planned(command, context.engine, principal, plan, work, now, status=200)
        )

    @post(
        "/appointments",
        operation_id="bookAsClerk",
        opt=raises(OfficeNotYours, NothingFreeToday, SlotTaken, SlotNotOffered, ServiceNotOffered, RulesChanging),
        summary="Book for a walk-in or a caller",
    )
    async def book(
        self,
        request: WireRequest,
        data: JSONBody[WalkInIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkAppointmentOut]:
        """Confirmed at once; a walk-in for today is checked in as well. Without `start` it is the next free minute of
        today at any counter, those for staff only included.
        """
        office, principal = await scope.office_of(context.database, clerk, data.office)
        wanted = [Wanted(one.service, one.persons) for one in data.services]
        actor = Actor("clerk", clerk.clerk_id)
        details = details_of(data.person, data.contact, data.note, data.language)
        changed: list[Appointment] = []

        async def plan() -> Plan:
            start = data.start or await context.engine.next_for_staff(office.id, wanted, now)
            if start is None:
                zone = (await context.engine.rules(office.id)).zone
                near = await service.alternatives(context.engine, zone, office.id, wanted, now, now)
                raise NothingFreeToday(alternatives=near)
            return await context.engine.plan_hold(office.id, wanted, start, now, staff=True)

        async def work(conn: Connection, planned: Plan) -> ClerkAppointmentOut:
            done = await service.book_directly(conn, context.engine, planned, details, data.channel, actor, now)
            if data.channel == "walk_in" and local_day(planned.start, planned.zone) == local_day(now, planned.zone):
                done = await service.change(conn, principal, done.id, "check_in", actor, now)
            changed.append(done)
            return await shown(conn, request, actor, now, done)

        answer = await run_planned(
            command, context.engine, principal, plan, work, now, status=201, may_move=data.start is None
        )
        return told(context, changed, answer)

    @post(
        "/appointments/lookup",
        status_code=200,
        operation_id="lookUpAppointment",
        opt=raises(AppointmentNotFound, PassInvalid, PassExpired),
        summary="By reference or pass",
    )
    async def look_up(
        self,
        request: WireRequest,
        data: JSONBody[LookupIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[FoundOut]:
        """Of the clerk's own offices. A pass is checked first: 400 if it is not genuine, 410 once its day is over."""
        shown = _shown_pass(context, data, now)
        actor = Actor("clerk", clerk.clerk_id)

        async def work(conn: Connection) -> FoundOut:
            found = await desk.look_up(conn, principal, data.reference, shown.jti if shown else None)
            rules = await desk.rules_of(conn, found.office_id)
            await desk.record_read(conn, clerk, found.city_id, "appointment.read", "appointment", found.id, now)
            language = clerks_language(request.headers.get("accept-language"))
            return FoundOut(
                appointment=Viewer(rules, actor, now, language).appointment(found),
                pass_=_judged(shown, found),
            )

        principal = await scope.principal_for_lookup(
            context.database, clerk, data.reference, shown.jti if shown else None
        )
        return told(context, [], await command.run(principal, work, status=200))


def _shown_pass(context: Context, data: LookupIn, now: datetime) -> passes.PassClaims | None:
    if (data.reference is None) == (data.pass_ is None):
        raise InvalidInput([FieldError("", "one-of", "Either a reference or a pass is needed")])
    if data.pass_ is None:
        return None
    keys = passes.Jwks([{**key.jwk} for key in load_keys(context.settings.pass_signing_keys, "EdDSA")])
    issuer = context.settings.public_url.rstrip("/")
    return passes.verify(data.pass_.strip(), passes.public_keys(keys), now, issuer=issuer)


def _judged(shown: passes.PassClaims | None, found: Appointment) -> ShownPassOut | None:
    if shown is None:
        return None
    current = shown.start == int(found.starts_at.timestamp()) and shown.office.id == found.office_id
    return ShownPassOut(revision=shown.revision, current=current and found.place_id is not None)


def _only(planned: Plan, counter: UUID) -> Plan:
    if counter not in planned.counters:
        raise InvalidInput(
            [FieldError("/counter", "not-serving", "This counter does not serve the visit at this time")]
        )
    return msgspec.structs.replace(planned, counters=(counter,))
