"""Sends what is remembered, as long as the database says that nothing it depends on has changed.

A remembered answer is found before anything of the request is parsed. It is sent only after its stamp was compared
with the database's, in a query that began after the request arrived.
"""

import asyncio
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from api.context import Context, context_of
from api.middleware.answers import Remembered
from api.middleware.app_versions import AppVersions
from api.middleware.compression import SMALL_BYTES
from api.problems import header
from api.wire import matches
from backend.clock import system_now

CACHE = "public, no-cache"
"""Caches may keep it, and must ask each time: a place may be gone in the next moment."""


_HEADERS = ((b"cache-control", CACHE.encode()), (b"vary", b"Authorization"))


class FromMemory:
    """Stands before the router: answers GETs without a token from ``context.answers``, passes on everything else.

    Of requests for the same bytes only one at a time is computed; the others wait for it and look again.
    """

    def __init__(self, app: ASGIApp, root: Any, apps: AppVersions) -> None:
        self._app, self._root, self._apps = app, root, apps
        self._computing: dict[tuple[bytes, bytes], asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and self._may_answer(scope):
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _may_answer(self, scope: Scope) -> bool:
        return _is_public_read(scope) and self._apps.serves(scope)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = context_of(self._root)
        key = (scope["raw_path"], scope["query_string"])
        if await _send_remembered(context, key, scope, send):
            return
        first = self._computing.get(key)
        if first is not None:
            await first.wait()
            if await _send_remembered(context, key, scope, send):
                return
        mine = self._computing[key] = asyncio.Event()
        try:
            await self._app(scope, receive, send)
        finally:
            mine.set()
            if self._computing.get(key) is mine:
                del self._computing[key]


async def _send_remembered(context: Context, key: tuple[bytes, bytes], scope: Scope, send: Send) -> bool:
    found = context.answers.find(*key, system_now().timestamp())
    if found is None or await context.engine.stamp(found.office_id, found.first, found.last) != found.stamp:
        return False
    scope["path_template"] = found.template  # type: ignore[typeddict-unknown-key]
    await _send(found, scope, send)
    return True


def _is_public_read(scope: Scope) -> bool:
    return b"/availability/" in scope["raw_path"] and header(scope, b"authorization") is None


async def _send(found: Remembered, scope: Scope, send: Send) -> None:
    headers = [(b"etag", found.etag.encode()), *_HEADERS]
    if matches(header(scope, b"if-none-match"), found.etag):
        scope["state"]["never_squeezed"] = len(found.body) < SMALL_BYTES
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(found.body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": found.body, "more_body": False})
