"""Holding a place for the minutes that it takes to fill in a name."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import OF_CITIES, raises
from api.idempotency import Command
from api.middleware.client_keys import admit, caller_of
from api.problems import header
from api.structs.appointment import HoldIn, HoldOut, hold_out
from api.texts import language_of
from api.wire import respond
from backend.appointments import service
from backend.appointments.booking import alternatives
from backend.appointments.errors import HoldBooked, HoldExists, HoldExpired, HoldNotFound, RulesChanging, SlotTaken
from backend.appointments.model import Answer, Done, Guest, Hold
from backend.availability.errors import ServiceNotOffered, SlotNotOffered
from backend.availability.model import Wanted
from backend.catalogue.errors import OfficeNotFound
from backend.identity import Citizen
from backend.sandbox.magic import Sandbox, sandbox_of


class HoldsController(Controller):
    """Holds."""

    path = "/v1/holds"
    tags = ("Appointments",)
    guards = (citizen,)

    @post(
        "/",
        operation_id="holdPlace",
        opt=raises(
            OfficeNotFound,
            ServiceNotOffered,
            SlotNotOffered,
            SlotTaken,
            HoldExists,
            RulesChanging,
            *OF_CITIES,
            short_way=True,
            sends=("Location",),
        ),
        summary="Hold a place",
    )
    async def hold(
        self,
        request: WireRequest,
        data: JSONBody[HoldIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[HoldOut]:
        """The place is yours until `expiresAt`; one hold at a time. 409 `slot-taken` names the nearest alternatives,
        409 `hold-exists` the hold that you have: book or release it first.
        """
        guest = Guest(person_id=caller.person_id, device_id=caller.device_id)
        wanted = [Wanted(one.service, one.persons) for one in data.services]
        language = language_of(header(request.scope, b"accept-language"))

        def encode(held: Hold) -> Answer:
            admit(request, held.city_id)
            body = hold_out(held, context.engine.known_rules(held.office_id), language)
            return Answer(201, {"Location": f"/v1/holds/{held.id}"}, msgspec.json.encode(body))

        async def call() -> Done:
            if (magic := sandbox_of(caller_of(request.scope))) is not None:
                await _lose(request, magic, context, data, wanted, now)
            return await service.hold(
                context.hot_calls, context.engine, context.settings, context.recent_holds, guest, data.office, wanted,
                data.start, now, command.claim, encode,
            )  # fmt: skip

        answer: Any = await command.run_whole(caller.principal, call)
        return answer

    @get(
        "/{hold_id:uuid}",
        operation_id="readHold",
        opt=raises(HoldNotFound, HoldExpired, HoldBooked),
        summary="A hold of yours",
    )
    async def read(
        self,
        request: WireRequest,
        hold_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[HoldOut]:
        """410 `hold-expired` once it has run out, 409 `hold-booked` once an appointment has its place."""
        held = await service.find_hold(context.database, context.settings, caller.person_id, hold_id, now)
        rules = await context.engine.rules(held.office_id)
        return respond(request, hold_out(held, rules, language_of(request.headers.get("accept-language"))))

    @delete("/{hold_id:uuid}", operation_id="releaseHold", opt=raises(HoldNotFound), summary="Release a hold")
    async def release(
        self, hold_id: FromPath[UUID], caller: NamedDependency[Citizen], context: NamedDependency[Context]
    ) -> None:
        """The place is free again at once."""
        async with context.database.transaction(caller.principal) as conn:
            await service.release(conn, caller.person_id, hold_id)


async def _lose(
    request: WireRequest, magic: Sandbox, context: Context, data: HoldIn, wanted: list[Wanted], now: datetime
) -> None:
    """In a sandbox some places are always lost; SlotTaken as it comes when somebody else was quicker."""
    rules = await context.engine.rules(data.office)
    admit(request, rules.city.id)
    zone = ZoneInfo(rules.office.zone)
    if magic.loses(data.start, zone):
        near = await alternatives(context.engine, zone, data.office, wanted, data.start, now)
        left = [one for one in near if not magic.loses(datetime.fromisoformat(one["start"]), zone)]
        raise SlotTaken(alternatives=left)
