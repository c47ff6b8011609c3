"""What a person has been told: as a list, what is new of it, or as it comes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api import sparse
from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.event_stream import HEARTBEAT_SECONDS, MEDIA_TYPE, Event, stream, wants_stream
from api.idempotency import Command
from api.parameters import reads
from api.structs.notice import InboxOut, InboxStateOut, NoticeOut, notice_out
from api.wire import OPAQUE, Wire, decode_cursor, encode_cursor, etag, next_link, respond
from backend.clock import system_now
from backend.db import Connection
from backend.desk.feed import NEWS
from backend.errors import InvalidInput
from backend.identity import Citizen
from backend.notices import inbox, preferences
from backend.notices.errors import NoticeNotFound
from backend.notices.inbox import Reading, Seen
from backend.notices.model import Position
from backend.notices.texting import negotiate

_LONGEST = 7_000
"""Of a cursor: it grows with the transactions that are open, and an address may have 8 KiB."""
Since = Annotated[
    str | None,
    QueryParameter(
        name="since",
        max_length=_LONGEST,
        pattern=OPAQUE,
        description="The `since` of an earlier answer: what is new after it.",
    ),
]
Following = Annotated[
    str | None,
    QueryParameter(name="cursor", max_length=_LONGEST, pattern=OPAQUE, description="The `next` of the page before."),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most so many.")]
_ACTION = "/{notice_id:uuid}/read"


class _Next(msgspec.Struct, frozen=True):
    """Where the next page goes on: below a place, of what is new since the first page's ``since``."""

    after: Position
    since: Seen | None
    seen: Seen


class ReadIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing more is needed."""


class ReadAllIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The uppermost notice that was seen: it and all below it are read."""

    up_to: UUID


class UnreadOut(Wire, frozen=True, kw_only=True):
    """What is left."""

    unread: int


class InboxController(Controller):
    """The inbox."""

    path = "/v1/inbox"
    tags = ("Notices",)
    guards = (citizen,)

    @get(
        "/",
        operation_id="readInbox",
        summary="What I was told",
        opt=raises(also=(MEDIA_TYPE,), **reads(fields=sparse.known(NoticeOut))),
    )
    async def read(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        since: Since = None,
        cursor: Following = None,
        limit: Limit = 50,
        fields: Annotated[str | None, sparse.parameter(NoticeOut)] = None,
    ) -> Response[InboxOut]:
        """The latest first. With `since` only what is new, or was marked as read elsewhere, since the answer that it
        came with: nothing is missed, however many change things at the same moment. With `Accept: text/event-stream` a
        stream of `notice` events, with an `inbox` event after them whose id resumes; it begins after `Last-Event-ID`,
        else after `since`, else now.
        """
        known = None if since is None else decode_cursor(since, Seen, parameter="since")
        if wants_stream(request):
            return self._stream(request, caller, context, known)
        going_on = None if cursor is None else decode_cursor(cursor, _Next)
        if going_on is not None:
            known = going_on.since
        async with context.database.transaction(caller.principal) as conn:
            after = None if going_on is None else going_on.after
            found = await inbox.read(conn, caller.person_id, now, since=known, after=after, limit=limit)
        shown = sparse.pick(_shown(request, found), fields, NoticeOut)
        # Of several pages the first one's moment counts: what came between them is new to the next reading.
        seen = found.seen if going_on is None else going_on.seen
        following = None if found.more is None else encode_cursor(_Next(found.more, known, seen))
        page = InboxOut(items=shown, next=following, since=encode_cursor(seen), unread=found.inbox.unread)
        tag = etag(msgspec.json.encode(shown), page.unread, following is None)
        return respond(request, page, etag=tag, headers={"Vary": "Accept-Language", **next_link(request, following)})

    @get("/{notice_id:uuid}", operation_id="readNotice", opt=raises(NoticeNotFound), summary="What a push was about")
    async def read_one(
        self,
        request: WireRequest,
        notice_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[NoticeOut]:
        """One notice by the id that its push carries, whatever the inbox lists."""
        async with context.database.transaction(caller.principal) as conn:
            preference = await preferences.find(conn, caller.person_id)
            item = await inbox.find(conn, caller.person_id, notice_id, now)
        language = negotiate(request.headers.get("accept-language"), preference.language)
        shown = notice_out(item, language)
        return respond(request, shown, etag=etag(msgspec.json.encode(shown)), headers={"Vary": "Accept-Language"})

    @post(
        _ACTION, status_code=200, operation_id="markNoticeRead", opt=raises(NoticeNotFound), summary="Mark one as read"
    )
    async def mark(
        self,
        notice_id: FromPath[UUID],
        data: JSONBody[ReadIn],  # noqa: ARG002 # declared for the document
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[UnreadOut]:
        """It stays read; the time of the first reading counts."""
        return await _mark(command, context, caller, notice_id, now, alone=True)

    @post(
        "/read", status_code=200, operation_id="markInboxRead", opt=raises(NoticeNotFound), summary="Mark all as read"
    )
    async def mark_all(
        self,
        data: JSONBody[ReadAllIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[UnreadOut]:
        """The named notice and everything below it: what came since is not touched."""
        return await _mark(command, context, caller, data.up_to, now, alone=False)

    def _stream(
        self, request: WireRequest, caller: Citizen, context: Context, since: Seen | None
    ) -> Response[InboxOut]:
        async def read(last: str | None) -> Sequence[Event]:
            known = since if last is None else _seen_in(last)
            async with context.database.transaction(caller.principal) as conn:
                # Without anything known the stream begins now: one item tells the moment.
                limit = 1 if known is None else inbox.MOST
                found = await inbox.read(conn, caller.person_id, system_now(), since=known, limit=limit)
                fresh = [] if known is None else _shown(request, found)
                below = found
                while known is not None and below.more is not None:
                    now = system_now()
                    below = await inbox.read(conn, caller.person_id, now, since=known, after=below.more, limit=limit)
                    fresh += _shown(request, below)
            return _events(found, fresh, known)

        token = request.headers["authorization"].partition(" ")[2].strip()
        return stream(
            request,
            context,
            (caller.person_id, NEWS),
            read,
            lambda now: context.callers.citizen(token, now),
            look_seconds=HEARTBEAT_SECONDS,
        )


async def _mark(
    command: Command, context: Context, caller: Citizen, notice_id: UUID, now: datetime, *, alone: bool
) -> Response[Any]:
    async def work(conn: Connection) -> UnreadOut:
        await inbox.mark_read(conn, caller.person_id, notice_id, now, alone=alone)
        return UnreadOut(unread=(await inbox.read(conn, caller.person_id, now, limit=1)).inbox.unread)

    answer = await command.run(caller.principal, work, status=200)
    context.feed.tell(caller.person_id)
    return answer


def _shown(request: WireRequest, found: Reading) -> list[NoticeOut]:
    language = negotiate(request.headers.get("accept-language"), found.preference.language)
    return [notice_out(item, language) for item in found.inbox.items]


def _events(found: Reading, fresh: list[NoticeOut], known: Seen | None) -> list[Event]:
    """The oldest first. Only the last event moves the client on: what breaks before it is repeated, not skipped."""
    if known is not None and not fresh:
        return []
    seen = encode_cursor(found.seen)
    state = Event(seen, "inbox", InboxStateOut(since=seen, unread=found.inbox.unread))
    return [*(Event("" if known is None else encode_cursor(known), "notice", one) for one in reversed(fresh)), state]


def _seen_in(last: str) -> Seen | None:
    """What a client has seen; whatever is none of ours counts as nothing seen."""
    try:
        return decode_cursor(last, Seen)
    except InvalidInput:
        return None
