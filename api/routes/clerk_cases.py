"""The clerks' side of cases: the queue, questions, notes, decisions."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.case_forms import ClerkCaseOut, QueuedOut, clerk_case_out, clerks_in, queued_out
from api.case_inputs import ApproveIn, AssignIn, NoteIn, RejectIn, RequestInfoIn
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.texts import language_of
from api.wire import Page, decode_cursor, encode_cursor, expected_version, respond, respond_page
from backend.cases import desk, queries, service
from backend.cases.errors import CaseChanged, CaseNotFound, CaseStateError, SecondClerkNeeded
from backend.cases.model import LIVE, Case, State
from backend.db import Connection, Principal
from backend.desk import scope
from backend.errors import FieldError, InvalidInput
from backend.forms.errors import RevisionMissing
from backend.identity import Clerk
from backend.identity.errors import OfficeNotYours

_States = Annotated[
    list[State] | None,
    QueryParameter(name="state", description="Only these; without one, all that nobody has decided yet."),
]
_Days = Annotated[
    int | None, QueryParameter(name="olderThanDays", ge=0, le=3650, description="Handed in at least so long ago.")
]
_OF_CHANGES = (CaseNotFound, CaseChanged, CaseStateError, RevisionMissing)
Change = Callable[[Connection, Principal, int], Awaitable[Case]]


class ClerkCasesController(Controller):
    """Cases of the clerk's offices."""

    path = "/v1/clerk/cases"
    tags = ("Clerks",)
    guards = (clerk_guard,)

    @get(
        "/",
        operation_id="listQueuedCases",
        opt=raises(OfficeNotYours),
        summary="What waits for you and your colleagues",
    )
    async def list(
        self,
        request: WireRequest,
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        office: Annotated[str | None, QueryParameter(description="One of your offices, by id or slug.")] = None,
        city: Annotated[str | None, QueryParameter(description="Where you work in several.")] = None,
        states: _States = None,
        form: FromQuery[UUID | None] = None,
        assignee: Annotated[
            str | None, QueryParameter(max_length=36, description="`me`, `none` or a clerk's id.")
        ] = None,
        older_than_days: _Days = None,
        overdue: Annotated[
            Literal["true"] | None, QueryParameter(description="Only those whose answer is late.")
        ] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")] = 50,
    ) -> Response[Page[QueuedOut]]:
        """The oldest first."""
        principal = await _scope(context, clerk, office, city)
        after = None if cursor is None else decode_cursor(cursor, UUID)
        before = None if older_than_days is None else now - timedelta(days=older_than_days)
        language = language_of(request.headers.get("accept-language") or "de")
        async with context.database.transaction(principal) as conn:
            found = await queries.list_queue(
                conn, principal.clerk_office_ids, after, states or LIVE, form, _assignee(assignee, clerk), before,
                now if overdue else None, limit + 1,
            )  # fmt: skip
            names = await queries.list_clerk_names(conn, [c.assignee_id for c in found if c.assignee_id])
            items = [
                queued_out(one, await service.version_of(conn, context.forms, one), language, names)
                for one in found[:limit]
            ]
        following = encode_cursor(items[-1].id) if len(found) > limit else None
        return respond_page(request, Page(items=items, next=following))

    @get(
        "/{case_id:uuid}",
        operation_id="readCaseAsClerk",
        opt=raises(CaseNotFound),
        summary="A case with everything about it",
    )
    async def read(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkCaseOut]:
        """Each look is recorded."""
        principal = await desk.principal_of(context.database, clerk, case_id)
        async with context.database.transaction(principal) as conn:
            case = await service.find(conn, principal, case_id)
            body = await _shown(conn, context, request, case)
            await queries.add_audit_entry(conn, case.city_id, now, clerk.clerk_id, "case.read", case.id)
        return respond(request, body, etag=f'"{case.version}"')

    @post(
        "/{case_id:uuid}/assign",
        status_code=200,
        operation_id="assignCase",
        opt=raises(*_OF_CHANGES),
        summary="Give to a clerk",
    )
    async def assign(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        data: JSONBody[AssignIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkCaseOut]:
        """With `If-Match`: 412 when somebody else was quicker. Whoever takes up a new case puts it into review."""

        async def change(conn: Connection, principal: Principal, version: int) -> Case:
            return await desk.assign(
                conn, context.forms, principal, clerk.clerk_id, case_id, data.assignee, version, now
            )

        return await _run(request, context, clerk, command, case_id, change)

    @post(
        "/{case_id:uuid}/request-info",
        status_code=200,
        operation_id="requestInfo",
        opt=raises(*_OF_CHANGES),
        summary="Ask the person for more",
    )
    async def request_info(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        data: JSONBody[RequestInfoIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkCaseOut]:
        """Opens just the named answers again. The person is told, and reminded before `due`."""

        async def change(conn: Connection, principal: Principal, version: int) -> Case:
            return await desk.request_info(
                conn, context.forms, principal, clerk.clerk_id, case_id, data.message, [*data.fields], data.due,
                version, now,
            )  # fmt: skip

        return await _run(request, context, clerk, command, case_id, change)

    @post(
        "/{case_id:uuid}/approve",
        status_code=200,
        operation_id="approveCase",
        opt=raises(SecondClerkNeeded, *_OF_CHANGES),
        summary="Approve",
    )
    async def approve(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        data: JSONBody[ApproveIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkCaseOut]:
        """Where the form wants four eyes (`fourEyes`) the first approval is a `proposal`, and another clerk's makes it
        so; the same clerk's is 409 `second-clerk-needed`.
        """

        async def change(conn: Connection, principal: Principal, version: int) -> Case:
            return await desk.decide(
                conn, context.forms, principal, clerk.clerk_id, case_id, "approved", data.reason, version, now
            )

        return await _run(request, context, clerk, command, case_id, change)

    @post(
        "/{case_id:uuid}/reject",
        status_code=200,
        operation_id="rejectCase",
        opt=raises(SecondClerkNeeded, *_OF_CHANGES),
        summary="Reject, with a reason",
    )
    async def reject(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        data: JSONBody[RejectIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkCaseOut]:
        """As `approve`."""

        async def change(conn: Connection, principal: Principal, version: int) -> Case:
            return await desk.decide(
                conn, context.forms, principal, clerk.clerk_id, case_id, "rejected", data.reason, version, now
            )

        return await _run(request, context, clerk, command, case_id, change)

    @post(
        "/{case_id:uuid}/notes", operation_id="addCaseNote", opt=raises(CaseNotFound), summary="A note for other clerks"
    )
    async def note(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        data: JSONBody[NoteIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClerkCaseOut]:
        """It cannot be changed, and the person is not shown it."""
        principal = await desk.principal_of(context.database, clerk, case_id)

        async def work(conn: Connection) -> ClerkCaseOut:
            await desk.add_note(conn, principal, clerk.clerk_id, case_id, data.text, now)
            return await _shown(conn, context, request, await service.find(conn, principal, case_id))

        answer: Any = await command.run(principal, work)
        context.feed.tell(*principal.clerk_office_ids)
        return answer


async def _run(
    request: WireRequest, context: Context, clerk: Clerk, command: Command, case_id: UUID, change: Change
) -> Any:
    """One change of a clerk, from the version that was seen."""
    version = expected_version(request)
    if version is None:
        raise RevisionMissing
    principal = await desk.principal_of(context.database, clerk, case_id)
    done: list[Case] = []

    async def work(conn: Connection) -> ClerkCaseOut:
        case = await change(conn, principal, version)
        done.append(case)
        return await _shown(conn, context, request, case)

    answer = await command.run(principal, work, status=200)
    for case in done:
        context.feed.tell(case.office_id, case.id)
        answer.headers["ETag"] = f'"{case.version}"'
    return answer


async def _shown(conn: Connection, context: Context, request: WireRequest, case: Case) -> ClerkCaseOut:
    language = language_of(request.headers.get("accept-language") or "de")
    its = await service.version_of(conn, context.forms, case)
    events = await queries.list_events(conn, case.id)
    names = await queries.list_clerk_names(conn, clerks_in(case, events))
    return clerk_case_out(case, its, language, names, await queries.list_notes(conn, case.id), events)


async def _scope(context: Context, clerk: Clerk, office: str | None, city: str | None) -> Principal:
    if office is not None:
        return (await scope.office_of(context.database, clerk, office))[1]
    return clerk.principal_in(city or clerk.cities()[0])


def _assignee(given: str | None, clerk: Clerk) -> UUID | None:
    if given is None:
        return None
    if given in ("me", "none"):
        return clerk.clerk_id if given == "me" else queries.NOBODY
    try:
        return UUID(given)
    except ValueError:
        raise InvalidInput([FieldError("assignee", "invalid-uuid", "This is not a UUID")]) from None
