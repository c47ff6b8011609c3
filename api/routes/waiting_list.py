"""The waiting list: entries, and the offers that come of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api.auth import citizen
from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.context import Context
from api.declared import OF_CITIES, raises
from api.direct_commands import run_planned
from api.idempotency import Command
from api.middleware.client_keys import admit
from api.structs.appointment import AppointmentOut, appointment_out
from api.structs.waiting_list import (
    AcceptIn,
    DeclineIn,
    EntryOut,
    OfferOut,
    WaitIn,
    entry_out,
    named_in,
    offer_out,
    wish_of,
)
from api.texts import language_of
from api.wire import Page, Wire, decode_cursor, encode_cursor, etag, respond, respond_page
from backend.appointments.errors import (
    AppointmentLimit,
    AppointmentNotFound,
    AppointmentStateError,
    RulesChanging,
    SlotTaken,
    TooLate,
)
from backend.appointments.model import Appointment, Guest
from backend.availability.errors import ServiceNotOffered, SlotNotOffered
from backend.availability.model import Plan
from backend.catalogue.errors import OfficeNotFound
from backend.db import Connection
from backend.desk import scope
from backend.identity import Citizen, Clerk
from backend.identity.errors import OfficeNotYours
from backend.waiting import service
from backend.waiting.errors import AlreadyWaiting, EntryLimit, EntryNotFound, OfferAccepted, OfferNotFound, OfferOver
from backend.waiting.model import Offer
from backend.waiting.wishes import plan_wish


class WaitingCountOut(Wire, frozen=True, kw_only=True):
    """How many wait for a service."""

    service: UUID
    waiting: int


class WaitingCountsOut(Wire, frozen=True, kw_only=True):
    """Those who would come to this office: numbers, nothing about anybody."""

    items: Sequence[WaitingCountOut]


class WaitingListController(Controller):
    """Waiting for a place, and answering offers."""

    path = "/v1/waiting-list"
    tags = ("Waiting list",)
    guards = (citizen,)

    @post(
        "/",
        operation_id="joinWaitingList",
        opt=raises(
            AppointmentLimit,
            AppointmentNotFound,
            AppointmentStateError,
            TooLate,
            AlreadyWaiting,
            EntryLimit,
            ServiceNotOffered,
            *OF_CITIES,
            sends=("Location",),
        ),
        summary="Wait for a place",
    )
    async def join(
        self,
        request: WireRequest,
        data: JSONBody[WaitIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[EntryOut]:
        """When a place that fits becomes free and you are next in line, it is held for you for a quarter of an hour,
        and you get a notice `waiting.offer`. At most three a day, none at night. Who comes is asked when you accept. A
        phone that takes no pushes hears of it in time only by `contact.email`.
        """
        wish = wish_of(data)
        admit(request, wish.city_id)
        guest = Guest(person_id=caller.person_id, device_id=caller.device_id)

        async def work(conn: Connection) -> EntryOut:
            return entry_out(await service.join(conn, context.settings, guest, planned, now))

        planned = await plan_wish(context.database, context.engine, context.settings, caller.person_id, wish, now)
        answer: Any = await command.run(caller.principal, work, within="/v1/waiting-list")
        return answer

    @get("/", operation_id="listWaitingEntries", opt=raises(), summary="What you wait for")
    async def list_(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        cursor: Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before.")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Response[Page[EntryOut]]:
        """The newest first; those that ended are kept for a month."""
        before = None if cursor is None else decode_cursor(cursor, UUID)
        async with context.database.transaction(caller.principal) as conn:
            found = await service.list_for_person(conn, caller.person_id, now, before=before, limit=limit)
        following = None if found.next is None else encode_cursor(found.next)
        page = Page(items=[entry_out(one) for one in found.items], next=following)
        return respond_page(request, page, etag=etag(msgspec.json.encode(page)))

    @get("/{entry_id:uuid}", operation_id="readWaitingEntry", opt=raises(EntryNotFound), summary="An entry of yours")
    async def read(
        self,
        request: WireRequest,
        entry_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[EntryOut]:
        """With how many wait longer, and the offer that waits for your answer."""
        async with context.database.transaction(caller.principal) as conn:
            found = entry_out(await service.find(conn, caller.person_id, entry_id, now))
        return respond(request, found, etag=etag(msgspec.json.encode(found)))

    @delete("/{entry_id:uuid}", operation_id="leaveWaitingList", opt=raises(EntryNotFound), summary="Wait no longer")
    async def leave(
        self,
        entry_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> None:
        """An open offer goes to the next in line."""
        async with context.database.transaction(caller.principal) as conn:
            await service.withdraw(conn, caller.person_id, entry_id, now)

    @get("/offers/{offer_id:uuid}", operation_id="readOffer", opt=raises(OfferNotFound), summary="An offer to you")
    async def offer(
        self,
        request: WireRequest,
        offer_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[OfferOut]:
        """A place that nobody else can take until `until`."""
        async with context.database.transaction(caller.principal) as conn:
            found = await service.find_offer(conn, caller.person_id, offer_id)
        shown = await _shown(request, context, found, now)
        return respond(request, shown, etag=etag(msgspec.json.encode(shown)))

    @post(
        "/offers/{offer_id:uuid}/accept",
        status_code=200,
        operation_id="acceptOffer",
        opt=raises(
            OfferNotFound,
            OfferOver,
            OfferAccepted,
            AppointmentLimit,
            AppointmentNotFound,
            AppointmentStateError,
            TooLate,
            SlotNotOffered,
            SlotTaken,
            ServiceNotOffered,
            OfficeNotFound,
            RulesChanging,
        ),
        summary="Take the place",
    )
    async def accept(
        self,
        request: WireRequest,
        offer_id: FromPath[UUID],
        data: JSONBody[AcceptIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[AppointmentOut]:
        """Books it, or moves the appointment that you wanted sooner; the place that it leaves is offered on. 410
        `offer-over` when the time to answer is over.
        """
        language = language_of(request.headers.get("accept-language"))
        guest, details = Guest(person_id=caller.person_id, device_id=caller.device_id), named_in(data, language)
        offers: list[Offer] = []
        booked: list[Appointment] = []

        async def plan() -> Plan:
            offer, planned = await service.plan_acceptance(
                context.database, context.engine, caller.person_id, offer_id, details, now
            )
            offers.append(offer)
            return planned

        async def work(conn: Connection, planned: Plan) -> AppointmentOut:
            done = await service.accept(
                conn, context.engine, context.settings, guest, offers[-1], planned, details, now
            )  # fmt: skip
            booked.append(done)
            return appointment_out(done, context.engine.known_rules(done.office_id), now, language)

        answer: Any = await run_planned(command, context.engine, caller.principal, plan, work, now, status=200)
        for done in booked[-1:]:
            context.feed.tell(done.office_id, done.id)
        return answer

    @post(
        "/offers/{offer_id:uuid}/decline",
        status_code=200,
        operation_id="declineOffer",
        opt=raises(OfferNotFound, OfferOver, OfferAccepted, always_served=True),
        summary="Let it go",
    )
    async def decline(
        self,
        request: WireRequest,
        offer_id: FromPath[UUID],
        data: JSONBody[DeclineIn],  # noqa: ARG002 # declared for the document
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[OfferOut]:
        """The place goes to the next in line. You wait on, for another time than this."""

        async def work(conn: Connection) -> OfferOut:
            declined = await service.decline(conn, caller.person_id, offer_id, now)
            return offer_out(
                declined,
                await context.engine.rules(declined.office_id),
                now,
                language_of(request.headers.get("accept-language")),
            )

        answer: Any = await command.run(caller.principal, work, status=200)
        return answer


class ClerkWaitingController(Controller):
    """The desk's side of the waiting list."""

    path = "/v1/clerk"
    tags = ("Clerks",)
    guards = (clerk_guard,)

    @get(
        "/offices/{office:str}/waiting-list",
        operation_id="countWaiting",
        opt=raises(OfficeNotYours),
        summary="How many wait for which service",
    )
    async def count(
        self,
        request: WireRequest,
        office: FromPath[str],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
    ) -> Response[WaitingCountsOut]:
        """Numbers only: who waits is nobody's business at the desk."""
        found, principal = await scope.office_of(context.database, clerk, office)
        async with context.database.transaction(principal) as conn:
            counts = await service.count_waiting(conn, found.city_id, found.id)
        shown = WaitingCountsOut(items=[WaitingCountOut(service=c.service_id, waiting=c.waiting) for c in counts])
        return respond(request, shown, etag=etag(msgspec.json.encode(shown)))


async def _shown(request: WireRequest, context: Context, offer: Offer, now: datetime) -> OfferOut:
    rules = await context.engine.rules(offer.office_id)
    return offer_out(offer, rules, now, language_of(request.headers.get("accept-language")))
