"""Server-sent events: one stream of changes to one client, which resumes where it broke off.

A stream outlives the request's dependencies, so everything that it needs is handed over. It ends with the token it was
opened with, and a client that reconnects sends the id of the last event it saw.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
import msgspec
from litestar import Response
from litestar.response import Stream

from api.auth import bearer, session_end
from api.body import WireRequest
from api.context import Context
from api.negotiation import preferred
from api.wire import JSON
from backend.clock import system_now
from backend.db.outage import is_outage
from backend.desk.feed import Watcher
from backend.errors import DomainError

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
_RETRY_MILLISECONDS = 2_000
_HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}


class Event(msgspec.Struct, frozen=True):
    """One event; ``id`` is what the client sends as ``Last-Event-ID`` when it comes back."""

    id: str
    kind: str
    data: msgspec.Struct


Read = Callable[[str | None], Awaitable[Sequence[Event]]]
"""What happened since the event of an id; since ever for None."""


def wants_stream(request: WireRequest) -> bool:
    """Whether the client would rather have events than JSON; generated ones list both, and cannot read a stream."""
    return preferred(request.headers.get("accept"), (JSON, MEDIA_TYPE)) == MEDIA_TYPE


def stream(
    request: WireRequest,
    context: Context,
    watched: UUID | Sequence[UUID],
    read: Read,
    still: Callable[[datetime], Awaitable[object]],
    *,
    expires: datetime | None = None,
    look_seconds: float | None = None,
) -> Response[Any]:
    """First what was missed, then whatever comes. ``still`` is asked at each heartbeat and raises when it is over.

    ``expires``: when it ends; by itself the end of the session or token that the request came with. ``look_seconds``:
    how often it reads although nobody was woken, for what changes without that, such as by the clock; never, if None.
    Raises TooManyStreams.
    """
    if request.scope["state"].get("head"):
        # A HEAD is answered at once: what it would say is in its headers, and there is nothing to wait for.
        return Stream(_nothing(), media_type=MEDIA_TYPE, headers=_HEADERS)
    until = expires or session_end(request) or expiry_of(bearer(request) or "")
    last = request.headers.get("last-event-id")
    keys = context.streams.admit(request.scope)
    keys_watched = (watched,) if isinstance(watched, UUID) else watched
    events = _events(context, keys_watched, read, still, until, last, look_seconds)
    content = _counted(context, keys, events)
    return Stream(content, media_type=MEDIA_TYPE, headers=_HEADERS)


async def _nothing() -> AsyncGenerator[bytes]:
    for piece in (b"",):
        yield piece


def expiry_of(token: str) -> datetime:
    """When a token ends that has been verified before."""
    claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    return datetime.fromtimestamp(claims["exp"], UTC)


async def _counted(
    context: Context, keys: Sequence[tuple[str, str]], content: AsyncGenerator[bytes]
) -> AsyncGenerator[bytes]:
    with context.streams.counted(keys):
        async with aclosing(content):
            async for piece in content:
                yield piece


async def _events(
    context: Context,
    watched: Sequence[UUID],
    read: Read,
    still: Callable[[datetime], Awaitable[object]],
    expires: datetime,
    last: str | None,
    look_seconds: float | None,
) -> AsyncGenerator[bytes]:
    yield b"retry: %d\n\n" % _RETRY_MILLISECONDS
    with context.feed.watch(*watched) as watcher:
        try:
            while not context.feed.closing:
                for event in await read(last):
                    last = event.id
                    yield _encoded(event)
                while not await _woken(watcher, expires, min(look_seconds or HEARTBEAT_SECONDS, HEARTBEAT_SECONDS)):
                    now = system_now()
                    if now >= expires:
                        yield b'event: end\ndata: {"reason":"token-expired"}\n\n'
                        return
                    await still(now)
                    yield b": still here\n\n"
                    if look_seconds is not None:
                        break
        except DomainError as error:
            yield b'event: end\ndata: {"reason":"%s"}\n\n' % error.slug.encode()
        except Exception as error:
            if not is_outage(error):
                raise
            # The client comes back by itself, and asks for what it missed.


async def _woken(watcher: Watcher, expires: datetime, seconds: float) -> bool:
    left = (expires - system_now()).total_seconds()
    if left <= 0:
        await asyncio.sleep(0)
        return False
    return await watcher.wait(min(seconds, left))


def _encoded(event: Event) -> bytes:
    data = msgspec.json.encode(event.data)
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.kind.encode(), data)
