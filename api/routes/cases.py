"""Handing in, and what a person does with what was handed in."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from api.auth import citizen
from api.body import WireRequest
from api.case_desks import PERSONS_SIDE, PersonsSide
from api.context import Context
from api.declared import raises
from api.event_stream import MEDIA_TYPE, Event, stream, wants_stream
from api.idempotency import Command
from api.structs.case import CaseEventOut, CaseOut, CaseShortOut, case_out, event_out, short_out
from api.structs.case_inputs import CaseAnswerIn, SubmitIn, WithdrawIn
from api.texts import language_of
from api.wire import Page, decode_cursor, encode_cursor, etag, respond, respond_page
from backend.cases import queries, receipt, service
from backend.cases.errors import CaseChanged, CaseNotFound, CaseStateError
from backend.cases.model import Case
from backend.cases.submitting import submit
from backend.db import Connection
from backend.documents.errors import DocumentsUnfit
from backend.forms.errors import DraftExpired, DraftNotFound, DraftSubmitted
from backend.identity import Citizen

_OF_CHANGES = (CaseNotFound, CaseChanged, CaseStateError)
_Command, _Own = NamedDependency[Command], NamedDependency[PersonsSide]


class CasesController(Controller):
    """What was handed in."""

    path = "/v1"
    tags = ("Forms",)
    guards = (citizen,)
    dependencies = PERSONS_SIDE

    @post(
        "/drafts/{draft_id:uuid}/submit",
        operation_id="submitDraft",
        opt=raises(DraftNotFound, DraftExpired, DocumentsUnfit, CaseNotFound, sends=("Location", "ETag")),
        summary="Hand in a draft",
    )
    async def submit(
        self,
        draft_id: FromPath[UUID],
        data: JSONBody[SubmitIn],  # noqa: ARG002 # an empty object, so that there may be more one day
        command: _Command,
        own: _Own,
    ) -> Response[CaseOut]:
        """All or nothing, and once: repeats get the same case. 400 names everything that is wrong or missing, by its
        pointer; 409 `documents-unfit` each file that is missing, not checked, refused, somebody else's or used already.
        """

        async def change(conn: Connection, _: int | None) -> Case:
            return await submit(conn, own.forms, own.who.principal, draft_id, own.now)

        return await own.change(command, change, status=201, within="/v1/cases")

    @get("/cases", operation_id="listCases", opt=raises(), summary="Your cases")
    async def list(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")] = 20,
    ) -> Response[Page[CaseShortOut]]:
        """The latest first."""
        language = language_of(request.headers.get("accept-language"))
        before = None if cursor is None else decode_cursor(cursor, UUID)
        async with context.database.transaction(caller.principal) as conn:
            page = await service.list_for_person(conn, caller.person_id, before, limit)
            items = [short_out(one, await service.version_of(conn, context.forms, one), language) for one in page.items]
        following = None if page.next is None else encode_cursor(page.next)
        tag = etag(language, following, *((one.id, one.version) for one in items))
        return respond_page(request, Page(items=items, next=following), etag=tag)

    @get("/cases/{case_id:uuid}", operation_id="readCase", opt=raises(CaseNotFound), summary="A case of yours")
    async def read(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[CaseOut]:
        """`request` says what the office asks for; `answer` it."""
        language = language_of(request.headers.get("accept-language"))
        async with context.database.transaction(caller.principal) as conn:
            case = await service.find(conn, caller.principal, case_id)
            its = await service.version_of(conn, context.forms, case)
        # The tag is the version alone, so that it can stand in If-Match: it stands for the language of the case.
        tag, shown = f'"{case.version}"', case_out(case, its, language)
        return respond(request, shown, etag=tag, says_more=language != language_of(case.language))

    @get(
        "/cases/{case_id:uuid}/events",
        operation_id="listCaseEvents",
        summary="What happened, or what happens",
        opt={"also": (MEDIA_TYPE,), **raises(CaseNotFound)},
    )
    async def events(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[Page[CaseEventOut]]:
        """First to last. With `Accept: text/event-stream` a stream: first what is newer than `Last-Event-ID`, then each
        change within a second, until the token ends.
        """
        async with context.database.transaction(caller.principal) as conn:
            await service.find(conn, caller.principal, case_id)
            found = await queries.list_events(conn, case_id)
        if not wants_stream(request):
            return respond(request, Page(items=[event_out(one) for one in found]))

        async def read(last: str | None) -> Sequence[Event]:
            after = int(last) if last is not None and last.isascii() and last.isdigit() and len(last) < 10 else 0
            async with context.database.transaction(caller.principal) as conn:
                fresh = await queries.list_events(conn, case_id, after)
            return [Event(str(one.version), one.kind, event_out(one)) for one in fresh]

        token = request.headers["authorization"].partition(" ")[2].strip()
        return stream(request, context, case_id, read, lambda at: context.callers.citizen(token, at))

    @get(
        "/cases/{case_id:uuid}/receipt.pdf",
        operation_id="readReceipt",
        opt=raises(CaseNotFound, sends=("Content-Disposition",)),
        summary="The receipt, to print",
        media_type="application/pdf",
    )
    async def receipt(
        self,
        request: WireRequest,
        case_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[bytes]:
        """A4, tagged for screen readers, in the draft's language: every answer, and every file with its SHA-256. What
        has changed or was sent since it came in says when, and so does a case that was withdrawn.
        """
        async with context.database.transaction(caller.principal) as conn:
            case = await service.find(conn, caller.principal, case_id)
            its = await service.version_of(conn, context.forms, case)
            letterhead = await queries.find_letterhead(conn, case.office_id)
            events = await queries.list_events(conn, case_id)
        found = await receipt.make(case, its.form, its.row.slug, letterhead, events)
        headers = {"Content-Disposition": f'attachment; filename="{case.reference}.pdf"'}
        return respond(request, found, etag=etag(found), headers=headers, media_type="application/pdf")

    @post(
        "/cases/{case_id:uuid}/answer",
        status_code=200,
        operation_id="answerCase",
        opt=raises(DocumentsUnfit, DraftNotFound, DraftExpired, DraftSubmitted, *_OF_CHANGES),
        summary="Answer what was asked",
    )
    async def answer(
        self, case_id: FromPath[UUID], data: JSONBody[CaseAnswerIn], command: _Command, own: _Own
    ) -> Response[CaseOut]:
        """Only what `request.fields` has opened: anything else is `not-reopened`. The case goes back to review. What
        somebody else has to confirm, they confirm as a `draft`.
        """

        async def change(conn: Connection, version: int | None) -> Case:
            return await service.answer(
                conn, own.forms, own.who.principal, case_id, data.answers, version, own.now, draft_id=data.draft
            )

        return await own.change(command, change)

    @post(
        "/cases/{case_id:uuid}/withdraw",
        status_code=200,
        operation_id="withdrawCase",
        opt=raises(*_OF_CHANGES, always_served=True),
        summary="Withdraw",
    )
    async def withdraw(
        self, case_id: FromPath[UUID], data: JSONBody[WithdrawIn], command: _Command, own: _Own
    ) -> Response[CaseOut]:
        """Until it is decided."""

        async def change(conn: Connection, version: int | None) -> Case:
            return await service.withdraw(conn, own.forms, own.who.principal, case_id, data.reason, version, own.now)

        return await own.change(command, change)
