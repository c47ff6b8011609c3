"""A key that was used with another request is refused as that, whatever else is wrong with the request.

A body is read, and much is asked for, before a command claims its key; what is refused on that way never came to the
key. So a refusal is looked at once more before it leaves: a client that sends another wish with an old key has a
bug in its keys, and a fault of the new wish would hide it.
"""

from typing import Any

from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.body import WireRequest
from api.context import context_of
from api.idempotency import claim_of, has_asked
from backend.db.outage import is_outage
from backend.idempotency import queries
from backend.idempotency.errors import KeyReused

_JUDGED = frozenset((400, 403, 404, 409, 410, 412, 415, 428))
"""Refusals of what was asked. Who may not ask, asks too often or with too old an app is told that first."""


class KeyEdge:
    """Stands before the router and the short way. A request whose body was not read to its end has no key yet."""

    def __init__(self, app: ASGIApp, root: Litestar) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        refused = False

        async def say(message: Any) -> None:
            nonlocal refused
            if refused:
                return  # the rest of the answer that is not given
            if message["type"] == "http.response.start" and message["status"] in _JUDGED:
                refused = await self._is_reused(WireRequest(scope, receive, send))
                if refused:
                    await problems.write(problems.respond(KeyReused(), scope), send)
                    return
            await send(message)

        await self._app(scope, receive, say)

    async def _is_reused(self, request: WireRequest) -> bool:
        if has_asked(request) or (body := request.read_already()) is None or (claim := claim_of(request, body)) is None:
            return False
        try:
            async with context_of(self._root).database.connection() as conn:
                return await queries.is_used_otherwise(conn, claim.owner, claim.key, claim.request_hash)
        except Exception as error:
            if is_outage(error):
                return False  # the refusal that there is will do
            raise
