"""What stands on every request and answer at an address of tus, whoever answers: the router, a guard, a limit."""

import re
from collections.abc import Iterable
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from api.problems import header
from api.tus.headers import EXTENSIONS, MAX_SIZE, VERSION
from backend.documents.receiving import CHECKSUMS

_ADDRESS = re.compile(r"^/v1/uploads/(?:[^/]+/)?tus/?$")
_OF_TUS = (b"upload-", b"tus-")
_VERSION = (b"tus-version", VERSION.encode())
_LIMIT = (b"tus-max-size", str(MAX_SIZE).encode())
_CAPABILITIES = [
    _VERSION,
    _LIMIT,
    (b"tus-extension", EXTENSIONS.encode()),
    (b"tus-checksum-algorithm", ",".join(CHECKSUMS).encode()),
]


def is_tus(path: str) -> bool:
    """Whether tus is spoken at ``path``."""
    return _ADDRESS.match(path) is not None


class TusEdge:
    """Stands before everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_tus(scope["path"]):
            await self._app(scope, receive, send)
            return
        scope["headers"] = _combined(scope["headers"])
        # For clients whose environment knows neither PATCH nor DELETE: what it names is the method.
        override = (header(scope, b"x-http-method-override") or "").strip().upper()
        if override.isascii() and override.isalpha():
            scope["method"] = override  # type: ignore[typeddict-item]
        method = scope["method"]

        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _complete(list(message["headers"]), method, message["status"])
            await send(message)

        await self._app(scope, receive, say)


def _combined(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers of tus that came twice as the one that HTTP says they are; two numbers are none then."""
    found: list[tuple[bytes, bytes]] = []
    at: dict[bytes, int] = {}
    for name, value in headers:
        if name.startswith(_OF_TUS) and name in at:
            found[at[name]] = (name, found[at[name]][1] + b"," + value)
        else:
            at[name] = len(found)
            found.append((name, value))
    return found


def _complete(headers: list[tuple[bytes, bytes]], method: str, status: int) -> list[tuple[bytes, bytes]]:
    kept = [one for one in headers if one[0].lower() != b"cache-control"]
    kept += [(b"tus-resumable", VERSION.encode()), (b"cache-control", b"no-store")]
    if method == "OPTIONS" and status < 400:
        kept += _CAPABILITIES
    elif status == 412:
        kept.append(_VERSION)
    elif status == 413:
        kept.append(_LIMIT)
    return kept
