"""The sandbox's clock."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import OF_CITIES, raises
from api.idempotency import Command
from api.middleware.client_keys import admit
from api.wire import Wire
from backend.clients.rules import SANDBOX
from backend.db import Connection
from backend.identity import Citizen
from backend.identity.errors import PersonNotFound
from backend.sandbox import service
from backend.sandbox.errors import ClockBlocked, ClockOfSandbox


class ClockIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far."""

    forward_minutes: Annotated[int, Meta(ge=1, le=service.MOST_MINUTES)]


class ClockOut(Wire, frozen=True, kw_only=True):
    """How far it was moved."""

    forward_minutes: int


class SandboxController(Controller):
    """What only a sandbox has."""

    path = "/v1/sandbox"
    tags = ("Sandbox",)
    guards = (citizen,)

    @post(
        "/clock",
        operation_id="forwardClock",
        opt=raises(*OF_CITIES, ClockOfSandbox, ClockBlocked, PersonNotFound),
        status_code=200,
        summary="Move your time forward",
    )
    async def forward(
        self,
        request: WireRequest,
        data: JSONBody[ClockIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClockOut]:
        """For the person of the token alone: holds, drafts, offers and appointments lie so much earlier, and what their
        time brings (reminders, expiries) comes within the minute. It cannot be moved back.
        """
        admit(request, SANDBOX)

        async def work(conn: Connection) -> ClockOut:
            await service.forward(conn, caller.person_id, data.forward_minutes, now)
            return ClockOut(forward_minutes=data.forward_minutes)

        answer: Any = await command.run(caller.principal, work, status=200)
        context.changed()
        return answer
