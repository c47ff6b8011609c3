"""The clerks' side of cases: the queue, questions, notes, decisions."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.case_desks import CLERKS_SIDE, ClerksSide, OfClerk
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.structs.case import ClerkCaseOut, QueuedOut, queued_out
from api.structs.case_inputs import ApproveIn, AssignIn, NoteIn, RejectIn, RequestInfoIn
from api.texts import clerks_language
from api.wire import Page, decode_cursor, encode_cursor, respond, respond_page
from backend.cases import desk as steps
from backend.cases import queries, service
from backend.cases.errors import CaseChanged, CaseNotFound, CaseStateError, SecondClerkNeeded
from backend.cases.model import LIVE, Case, Outcome, State
from backend.db import Connection, Principal
from backend.desk import scope
from backend.documents.errors import DocumentsUnfit
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
_Command, _Desk = NamedDependency[Command], NamedDependency[ClerksSide]


class ClerkCasesController(Controller):
    """Cases of the clerk's offices."""

    path = "/v1/clerk/cases"
    tags = ("Clerks",)
    guards = (clerk_guard,)
    dependencies = CLERKS_SIDE

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
        language = clerks_language(request.headers.get("accept-language"))
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
    async def read(self, case_id: FromPath[UUID], desk: NamedDependency[ClerksSide]) -> Response[ClerkCaseOut]:
        """Each look is recorded."""
        principal = await desk.principal_of(case_id)
        async with desk.context.database.transaction(principal) as conn:
            case = await service.find(conn, principal, case_id)
            body = await desk.shown(conn, case)
            await queries.add_audit_entry(conn, case.city_id, desk.now, desk.clerk_id, "case.read", case.id)
        # The tag is the version alone, so that it can stand in If-Match: it stands for what was to be said in German
        # when that version was made. What colleagues have noted since is never told by 304.
        says_more = desk.language != "de" or any(note.at > body.updated_at for note in body.notes)
        return respond(desk.request, body, etag=f'"{case.version}"', says_more=says_more)

    @post(
        "/{case_id:uuid}/assign",
        status_code=200,
        operation_id="assignCase",
        opt=raises(*_OF_CHANGES),
        summary="Give to a clerk",
    )
    async def assign(
        self, case_id: FromPath[UUID], data: JSONBody[AssignIn], command: _Command, desk: _Desk
    ) -> Response[ClerkCaseOut]:
        """With `If-Match`: 412 when somebody else was quicker. Whoever takes up a new case puts it into review."""

        async def change(conn: Connection, principal: Principal, version: int) -> Case:
            return await steps.assign(
                conn, desk.forms, principal, desk.clerk_id, case_id, data.assignee, version, desk.now
            )

        return await desk.change(command, case_id, change)

    @post(
        "/{case_id:uuid}/request-info",
        status_code=200,
        operation_id="requestInfo",
        opt=raises(*_OF_CHANGES),
        summary="Ask the person for more",
    )
    async def request_info(
        self, case_id: FromPath[UUID], data: JSONBody[RequestInfoIn], command: _Command, desk: _Desk
    ) -> Response[ClerkCaseOut]:
        """Opens just the named answers again. The person is told, and reminded before `due`."""

        async def change(conn: Connection, principal: Principal, version: int) -> Case:
            return await steps.request_info(
                conn, desk.forms, principal, desk.clerk_id, case_id, data.message, [*data.fields], data.due, version,
                desk.now,
            )  # fmt: skip

        return await desk.change(command, case_id, change)

    @post(
        "/{case_id:uuid}/approve",
        status_code=200,
        operation_id="approveCase",
        opt=raises(SecondClerkNeeded, DocumentsUnfit, *_OF_CHANGES),
        summary="Approve",
    )
    async def approve(
        self, case_id: FromPath[UUID], data: JSONBody[ApproveIn], command: _Command, desk: _Desk
    ) -> Response[ClerkCaseOut]:
        """Where the form wants four eyes (`fourEyes`) the first approval is a `proposal`, and another clerk's makes it
        so; the same clerk's is 409 `second-clerk-needed`. A `document` goes along once it is clean; whoever agrees to a
        proposal but names another document makes a proposal of their own.
        """
        return await desk.change(command, case_id, _decided(desk, case_id, "approved", data.reason, data.document))

    @post(
        "/{case_id:uuid}/reject",
        status_code=200,
        operation_id="rejectCase",
        opt=raises(SecondClerkNeeded, DocumentsUnfit, *_OF_CHANGES),
        summary="Reject, with a reason",
    )
    async def reject(
        self, case_id: FromPath[UUID], data: JSONBody[RejectIn], command: _Command, desk: _Desk
    ) -> Response[ClerkCaseOut]:
        """As `approve`."""
        return await desk.change(command, case_id, _decided(desk, case_id, "rejected", data.reason, data.document))

    @post(
        "/{case_id:uuid}/notes", operation_id="addCaseNote", opt=raises(CaseNotFound), summary="A note for other clerks"
    )
    async def note(
        self, case_id: FromPath[UUID], data: JSONBody[NoteIn], command: _Command, desk: _Desk
    ) -> Response[ClerkCaseOut]:
        """It cannot be changed, and the person is not shown it."""
        principal = await desk.principal_of(case_id)

        async def work(conn: Connection) -> ClerkCaseOut:
            await steps.add_note(conn, principal, desk.clerk_id, case_id, data.text, desk.now)
            return await desk.shown(conn, await service.find(conn, principal, case_id))

        answer: Any = await command.run(principal, work)
        desk.context.feed.tell(*principal.clerk_office_ids)
        return answer


def _decided(desk: ClerksSide, case_id: UUID, outcome: Outcome, reason: str | None, document: UUID | None) -> OfClerk:
    async def change(conn: Connection, principal: Principal, version: int) -> Case:
        return await steps.decide(
            conn, desk.forms, principal, desk.clerk_id, case_id, outcome, reason, document, version, desk.now
        )

    return change


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
