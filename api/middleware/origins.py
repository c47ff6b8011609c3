"""Pages of other origins: which of them may read our answers, and what of these (the Fetch standard's CORS).

Stands around everything that answers, so that no answer lacks it: not one that was remembered, and no refusal at the
edge, from which a page has to learn when it may come again.
"""

from collections.abc import Sequence
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from api.problems import header
from api.tus.headers import EXPOSED as TUS_HEADERS

EXPOSED = (
    "ETag",
    "Link",
    "Location",
    "Date",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "API-Version",
    "Deprecation",
    "Sunset",
    "X-Request-Id",
    "Idempotent-Replayed",
    "Content-Disposition",
    "WWW-Authenticate",
    *TUS_HEADERS,
)
"""What a page of another origin may read besides what browsers show it anyway."""
_REMEMBERED_SECONDS = 600
"""How long a browser need not ask again whether it may."""
_ANY = "*"

Header = tuple[bytes, bytes]


class Origins:
    """``allowed``: origins as browsers write them, or ``*`` for all. Cookies are nobody's but our own pages'."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._exposed: Header = (b"access-control-expose-headers", ", ".join(EXPOSED).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = self._headers(scope)

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start" and not _is_for_everybody(message):
                message["headers"] = [*message.get("headers", ()), *said]
            await send(message)

        await self._app(scope, receive, answered)

    def _headers(self, scope: Any) -> list[Header]:
        origin = header(scope, b"origin")
        # A cache must not show a page of one origin what another's was told; where all are told the same it may.
        found: list[Header] = [] if _ANY in self._allowed else [(b"vary", b"Origin")]
        if origin is None or self._allowed.isdisjoint((origin, _ANY)):
            return found
        found.append((b"access-control-allow-origin", b"*" if _ANY in self._allowed else origin.encode("latin-1")))
        if not is_preflight(scope):
            return [*found, self._exposed]
        # The guards judge what is asked for: a page may ask for all of it.
        for asked, answer in (("method", "methods"), ("headers", "headers")):
            wanted = header(scope, f"access-control-request-{asked}".encode())
            if wanted:
                found.append((f"access-control-allow-{answer}".encode(), wanted.encode("latin-1")))
        return [*found, (b"access-control-max-age", str(_REMEMBERED_SECONDS).encode())]


def _is_for_everybody(message: Any) -> bool:
    return any(name.lower() == b"access-control-allow-origin" for name, _ in message.get("headers", ()))


def is_preflight(scope: Any) -> bool:
    """Whether a browser asks if it may ask."""
    return scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None
