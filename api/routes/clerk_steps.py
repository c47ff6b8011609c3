"""Steps of an appointment at the desk: what they share."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.body import WireRequest
from api.context import Context
from api.declared import OF_STEPS, raises
from api.idempotency import Command
from api.structs.desk import ClerkAppointmentOut, Viewer
from api.structs.desk_inputs import StepIn
from api.texts import clerks_language
from api.wire import expected_version
from backend.appointments import service
from backend.appointments.model import Actor, Appointment
from backend.appointments.rules import Action
from backend.db import Connection, Principal
from backend.desk import scope
from backend.desk import service as desk
from backend.identity import Clerk


def step(action: Action, operation_id: str, summary: str) -> Any:
    """The handler of one step; they differ in nothing but the rules behind the action."""
    spoken = action.replace("_", "-")

    @post(
        f"/appointments/{{appointment_id:uuid}}/{spoken}",
        status_code=200,
        operation_id=operation_id,
        summary=summary,
        opt=raises(*OF_STEPS),
    )
    async def handler(
        self: Controller,  # noqa: ARG001 # Litestar binds it
        request: WireRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[StepIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkAppointmentOut]:
        """`If-Match` with the version that was seen: 412 with the present one if it is another. Fails with 409 where
        the state does not allow it; `actions` says what it allows.
        """
        principal = await scope.principal_of(context.database, clerk, appointment_id)
        actor, version = Actor("clerk", clerk.clerk_id), expected_version(request)

        async def work(conn: Connection) -> Appointment:
            return await service.change(
                conn, principal, appointment_id, action, actor, now, reason=data.reason, expected_version=version
            )

        return await take(request, context, command, principal, actor, now, work)

    return handler


async def take(
    request: WireRequest,
    context: Context,
    command: Command,
    principal: Principal,
    actor: Actor,
    now: datetime,
    step: Callable[[Connection], Awaitable[Appointment]],
) -> Response[ClerkAppointmentOut]:
    """One step of an appointment, once, and whoever watches told of it."""
    changed: list[Appointment] = []

    async def work(conn: Connection) -> ClerkAppointmentOut:
        done = await step(conn)
        changed.append(done)
        return await shown(conn, request, actor, now, done)

    return told(context, changed, await command.run(principal, work, status=200))


def told(context: Context, changed: list[Appointment], answer: Response[bytes]) -> Any:
    """The answer, once whoever watches is told."""
    for one in changed:
        context.changed(one.office_id, one.id, one.person_id)
    return answer


async def shown(
    conn: Connection, request: WireRequest, actor: Actor, now: datetime, one: Appointment
) -> ClerkAppointmentOut:
    """The appointment as this clerk sees it."""
    language = clerks_language(request.headers.get("accept-language"))
    return Viewer(await desk.rules_of(conn, one.office_id), actor, now, language).appointment(one)
