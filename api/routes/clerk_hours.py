"""Opening hours and closures in the hands of clerks: first whom a change would strand, then the change."""

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from api.auth import office_manager
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.structs.clerk_hours import (
    ClosureChangeOut,
    ClosureIn,
    ClosureOut,
    CounterHoursOut,
    HoursChangeOut,
    HoursIn,
    check_closure,
    closure_out,
    hours_fields,
    stranded_out,
    weekly_of,
)
from api.wire import Page, etag, matches, respond
from backend.catalogue import changing, queries
from backend.catalogue.changing import Manner
from backend.catalogue.errors import AppointmentsStranded, ClosureNotFound, CounterNotFound, HoursChanged
from backend.catalogue.model import Actor, Closure, Counter
from backend.db import Connection, Principal
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours
from backend.ids import new_id

DryRun = Annotated[
    bool, QueryParameter(name="dryRun", description="Only tell which appointments would be stranded; change nothing.")
]


class ClerkHoursController(Controller):
    """For those who manage an office. Other offices' counters do not exist for them."""

    path = "/v1/clerk"
    tags = ("Clerks",)
    guards = (office_manager,)

    @get(
        "/counters/{counter:uuid}/opening-hours",
        operation_id="readOpeningHours",
        opt=raises(CounterNotFound),
        summary="A counter's weekly hours",
    )
    async def read_hours(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        counter: FromPath[UUID],
    ) -> Response[CounterHoursOut]:
        """The ETag is what a change gives back in `If-Match`."""
        async with context.database.connection() as conn:
            found = await changing.find_hours(conn, await _counter(conn, clerk, counter))
        return respond(request, CounterHoursOut(**hours_fields(found)), etag=etag(found.tag))

    @put(
        "/counters/{counter:uuid}/opening-hours",
        operation_id="changeOpeningHours",
        opt=raises(CounterNotFound, HoursChanged, AppointmentsStranded),
        summary="Change a counter's hours",
    )
    async def change_hours(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        now: NamedDependency[datetime],
        counter: FromPath[UUID],
        data: JSONBody[HoursIn],
        dry_run: DryRun = False,
    ) -> Response[HoursChangeOut]:
        """With stranded appointments: 409 with a list, unless `acceptStranded`. `If-Match` guards others' changes."""
        wanted = weekly_of(data.rules)
        async with context.database.connection() as conn:
            its_counter = await _counter(conn, clerk, counter)
        principal = clerk.principal_for(its_counter.office_id, "office_manager")
        async with context.database.transaction(principal) as conn:
            manner = Manner(Actor("clerk", clerk.clerk_id), now, dry_run, data.accept_stranded)
            expected = await _expected(request, conn, its_counter)
            changed, found = await changing.change_hours(conn, its_counter, wanted, manner, expected)
        answer = HoursChangeOut(**hours_fields(changed), dry_run=dry_run, stranded=stranded_out(found))
        return respond(request, answer, etag=None if dry_run else etag(changed.tag))

    @get("/closures", operation_id="listClosures", opt=raises(OfficeNotYours), summary="An office's closures")
    async def closures(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        office: FromQuery[UUID],
    ) -> Response[Page[ClosureOut]]:
        """Those of the office, of its counters and of the whole city; without the long past ones."""
        clerk.require(office, "office_manager")
        async with context.database.connection() as conn:
            rules = await queries.load_office_rules(conn, office)
        if rules is None:
            raise OfficeNotYours
        page = Page(items=[closure_out(c, rules.office.zone) for c in rules.closures])
        return respond(request, page, etag=etag(msgspec.json.encode(page)))

    @post(
        "/closures",
        operation_id="addClosure",
        opt=raises(OfficeNotYours, CounterNotFound, AppointmentsStranded),
        summary="Close a counter, an office or the whole city for a time",
        responses={200: ResponseSpec(ClosureChangeOut, generate_examples=False, description="What it would change.")},
    )
    async def add_closure(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        now: NamedDependency[datetime],
        command: NamedDependency[Command],
        data: JSONBody[ClosureIn],
        dry_run: DryRun = False,
    ) -> Response[ClosureChangeOut]:
        """Whole cities only by their admins. With stranded appointments: 409 with a list, unless `acceptStranded`."""
        check_closure(data, now)
        async with context.database.connection() as conn:
            closure, zone = await _closure(conn, clerk, data)
        manner = Manner(Actor("clerk", clerk.clerk_id), now, dry_run, data.accept_stranded)

        async def work(conn: Connection) -> ClosureChangeOut:
            found = await changing.add_closure(conn, closure, manner)
            return ClosureChangeOut(dry_run=dry_run, closure=closure_out(closure, zone), stranded=stranded_out(found))

        principal = _principal(clerk, closure)
        if not dry_run:
            return cast("Response[Any]", await command.run(principal, work))
        # The key stays free: the same request without dryRun is another one.
        async with context.database.transaction(principal) as conn:
            return respond(request, await work(conn))

    @delete(
        "/closures/{closure:uuid}",
        status_code=200,
        operation_id="removeClosure",
        opt=raises(ClosureNotFound),
        summary="Open again what was closed",
    )
    async def remove_closure(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        now: NamedDependency[datetime],
        closure: FromPath[UUID],
        dry_run: DryRun = False,
    ) -> Response[ClosureChangeOut]:
        """Strands nobody."""
        async with context.database.connection() as conn:
            found = await queries.find_closure(conn, closure)
            if found is None:
                raise ClosureNotFound
            try:
                principal = _principal(clerk, found)
            except OfficeNotYours:
                raise ClosureNotFound from None
            zone = await _zone(conn, found)
        async with context.database.transaction(principal) as conn:
            await changing.remove_closure(conn, found, Manner(Actor("clerk", clerk.clerk_id), now, dry_run))
        return respond(request, ClosureChangeOut(dry_run=dry_run, closure=closure_out(found, zone), stranded=[]))


async def _counter(conn: Connection, clerk: Clerk, counter_id: UUID) -> Counter:
    found = await queries.find_counter(conn, counter_id)
    if found is None or found.retired:
        raise CounterNotFound
    try:
        clerk.require(found.office_id, "office_manager")
    except OfficeNotYours:
        raise CounterNotFound from None
    return found


async def _expected(request: WireRequest, conn: Connection, counter: Counter) -> str | None:
    """What If-Match stands for: the present tag where it names it, and one that nothing has where it does not."""
    given = request.headers.get("if-match")
    if given is None:
        return None
    current = (await changing.find_hours(conn, counter)).tag
    return current if matches(given, etag(current)) else ""


def _principal(clerk: Clerk, closure: Closure) -> Principal:
    if closure.office_id is not None:
        return clerk.principal_for(closure.office_id, "office_manager")
    clerk.require_city(closure.city_id, "city_admin")
    return clerk.principal_in(closure.city_id)


async def _closure(conn: Connection, clerk: Clerk, data: ClosureIn) -> tuple[Closure, str]:
    """The closure that is asked for, with the zone to show it in; only what is in the clerk's reach exists."""
    office_id, counter_id = data.office, data.counter
    if counter_id is not None:
        office_id = (await _counter(conn, clerk, counter_id)).office_id
    if office_id is not None:
        city_id = clerk.require(office_id, "office_manager").city_id
    else:
        city_id = clerk.require_city(data.city or "", "city_admin").city_id
    reason = {} if data.reason is None else {"de": data.reason.de, **({"en": data.reason.en} if data.reason.en else {})}
    closure = Closure(
        new_id(), city_id, office_id, counter_id, data.start, data.end, reason, created_by=f"clerk:{clerk.clerk_id}"
    )
    return closure, await _zone(conn, closure)


async def _zone(conn: Connection, closure: Closure) -> str:
    if closure.office_id is not None:
        office = await queries.find_office(conn, closure.city_id, str(closure.office_id))
        if office is not None:
            return office.zone
    city = await queries.find_city(conn, closure.city_id)
    return "UTC" if city is None else city.zone
