"""Drafts: a form on its way, from a phone that may be without a network for days."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api.auth import citizen
from api.body import WireRequest
from api.confirming.page import PATH
from api.context import Context
from api.declared import OF_CITIES, raises
from api.idempotency import Command
from api.middleware.client_keys import admit
from api.structs.draft import (
    ConfirmationIn,
    DraftIn,
    DraftOut,
    DraftPatchIn,
    DraftShortOut,
    LinkOut,
    MigratedOut,
    MigrateIn,
    confirmation_out,
    draft_out,
    short_draft_out,
)
from api.texts import Language, language_of
from api.wire import Page, etag, expected_version, respond
from backend.db import Connection
from backend.forms import confirmations, drafts, queries, visits
from backend.forms.errors import (
    ConfirmationNotOffered,
    DraftChanged,
    DraftExpired,
    DraftIdTaken,
    DraftLimit,
    DraftNotFound,
    DraftSubmitted,
    FormNotFound,
    FormRetired,
    RevisionMissing,
)
from backend.forms.model import Draft
from backend.identity import Citizen

_OF_DRAFTS = (DraftNotFound, DraftSubmitted, DraftExpired)


class DraftsController(Controller):
    """Forms that are being filled in."""

    path = "/v1/drafts"
    tags = ("Forms",)
    guards = (citizen,)

    @post(
        "/",
        operation_id="beginDraft",
        opt=raises(
            FormNotFound,
            FormRetired,
            DraftLimit,
            DraftIdTaken,
            DraftSubmitted,
            DraftExpired,
            *OF_CITIES,
            sends=("Location", "ETag"),
        ),
        summary="Begin a draft",
    )
    async def begin(
        self,
        request: WireRequest,
        data: JSONBody[DraftIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DraftOut]:
        """With your own `id`, so that it may be sent as often as the network wants. Anything known is filled in."""

        async def work(conn: Connection) -> DraftOut:
            draft = await drafts.begin(
                conn, context.forms, caller.person_id, data.id, data.form, data.version, data.answers,
                data.appointment, data.language, now,
            )  # fmt: skip
            admit(request, draft.city_id)
            return await shown(conn, context, request, draft, now)

        answer = await command.run(caller.principal, work, within="/v1/drafts")
        return _tagged(answer)

    @get("/", operation_id="listDrafts", opt=raises(), summary="Your drafts")
    async def list(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")] = 100,
    ) -> Response[Page[DraftShortOut]]:
        """What can be gone on with, the latest change first. Never more than one page: there are at most a hundred."""
        async with context.database.transaction(caller.principal) as conn:
            found = await queries.list_drafts(conn, caller.person_id, now, limit)
            items = [await _short(conn, context, request, draft) for draft in found]
        body = msgspec.json.encode(Page(items=items))
        return respond(request, body, etag=etag(body))

    @get("/{draft_id:uuid}", operation_id="readDraft", opt=raises(*_OF_DRAFTS), summary="A draft of yours")
    async def read(
        self,
        request: WireRequest,
        draft_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DraftOut]:
        """On whichever device. 410 `draft-submitted` names the case that it became; 410 `draft-expired`."""
        async with context.database.transaction(caller.principal) as conn:
            draft = await drafts.find(conn, draft_id, caller.person_id, now)
            body = await shown(conn, context, request, draft, now)
        # What others are asked, and say, and what becomes of its appointment changes no answer and so no revision.
        says_more = bool(body.confirmations) or draft.appointment_id is not None
        return respond(request, body, etag=f'"{draft.revision}"', says_more=says_more)

    @patch(
        "/{draft_id:uuid}",
        operation_id="changeDraft",
        opt=raises(DraftChanged, RevisionMissing, *_OF_DRAFTS),
        summary="Change a draft",
    )
    async def change(
        self,
        request: WireRequest,
        draft_id: FromPath[UUID],
        data: JSONBody[DraftPatchIn],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DraftOut]:
        """A merge patch (RFC 7396) with `If-Match`: 428 without it, 412 with the present draft in `current` when it was
        changed elsewhere. What is wrong or missing is listed, nothing is refused for it.
        """
        if "if-match" not in request.headers:
            raise RevisionMissing
        revision = expected_version(request)
        async with context.database.transaction(caller.principal) as conn:
            draft = await drafts.change(conn, context.forms, draft_id, caller.person_id, revision, data.patch(), now)
            body = await shown(conn, context, request, draft, now)
        return respond(request, body, etag=f'"{draft.revision}"')

    @delete(
        "/{draft_id:uuid}",
        operation_id="discardDraft",
        opt=raises(DraftNotFound, DraftSubmitted),
        summary="Discard a draft",
    )
    async def discard(
        self,
        draft_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> None:
        """With its answers. Documents that were sent for it go by themselves."""
        async with context.database.transaction(caller.principal) as conn:
            await drafts.discard(conn, draft_id, caller.person_id, now)

    @post(
        "/{draft_id:uuid}/migrate",
        status_code=200,
        operation_id="migrateDraft",
        opt=raises(FormNotFound, FormRetired, DraftChanged, *_OF_DRAFTS),
        summary="Go on with the newest version",
    )
    async def migrate(
        self,
        request: WireRequest,
        draft_id: FromPath[UUID],
        data: JSONBody[MigrateIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[MigratedOut]:
        """Nobody has to: the version that a draft was begun with can be handed in. `lost` names the answers that the
        newest has no place for; with `dryRun` (as it is unless you say otherwise) nothing is changed.
        """
        language, revision = language_of(request.headers.get("accept-language")), expected_version(request)

        async def work(conn: Connection) -> MigratedOut:
            moved = await drafts.migrate(
                conn, context.forms, draft_id, caller.person_id, revision, now, dry_run=data.dry_run
            )
            return MigratedOut(lost=moved.lost, draft=await _described(conn, context, moved.draft, now, language))

        return await command.run(caller.principal, work, status=200)  # pyright: ignore[reportReturnType]

    @post(
        "/{draft_id:uuid}/confirmations",
        operation_id="askForConfirmation",
        opt=raises(ConfirmationNotOffered, *_OF_DRAFTS),
        summary="Ask somebody to confirm",
    )
    async def ask(
        self,
        draft_id: FromPath[UUID],
        data: JSONBody[ConfirmationIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[LinkOut]:
        """A link for your landlord, for example. Whoever has it sees the answers that the form's `confirmations` name,
        and says yes or no, once. A new link ends an older one of the same kind.
        """
        secret = context.settings.token_signing_keys

        async def work(conn: Connection) -> object:
            asked = await confirmations.ask(conn, context.forms, draft_id, caller.person_id, data.kind, secret, now)
            return confirmation_out(asked, now)

        answer = await command.run(caller.principal, work)
        if answer.status_code != 201:  # a repeat of what was refused
            return answer  # pyright: ignore[reportReturnType]
        # The token is added behind what is kept for a repeat: it is stored nowhere.
        kept = msgspec.json.decode(answer.content)
        token = confirmations.token_of(UUID(kept["id"]), secret)
        link = f"{context.settings.public_url.rstrip('/')}{PATH}/{token}"
        answer.content = msgspec.json.encode({**kept, "token": token, "link": link})
        return answer  # pyright: ignore[reportReturnType]


async def shown(conn: Connection, context: Context, request: WireRequest, draft: Draft, now: datetime) -> DraftOut:
    """The draft with everything that its form says about it."""
    return await _described(conn, context, draft, now, language_of(request.headers.get("accept-language")))


async def _described(conn: Connection, context: Context, draft: Draft, now: datetime, language: Language) -> DraftOut:
    version = await context.forms.find(conn, draft.form_id, draft.version)
    given = await confirmations.given(conn, draft)
    visit = await visits.faults(conn, version.content, draft)
    return draft_out(draft, version.form, version.form.check(draft.answers), given, visit, now, language)


async def _short(conn: Connection, context: Context, request: WireRequest, draft: Draft) -> DraftShortOut:
    version = await context.forms.find(conn, draft.form_id, draft.version)
    return short_draft_out(draft, version, language_of(request.headers.get("accept-language")))


def _tagged(answer: Response[bytes]) -> Response[DraftOut]:
    if answer.status_code == 201:  # and not a repeat of what was refused
        revision = msgspec.json.decode(answer.content, type=_Revision).revision
        answer.headers["ETag"] = f'"{revision}"'
    return answer  # pyright: ignore[reportReturnType]


class _Revision(msgspec.Struct):
    revision: int
