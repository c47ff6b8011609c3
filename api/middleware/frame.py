"""What every request passes around routing: limits of size and rate, ids, headers, compression, log, metrics."""

import time
from typing import Any

import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

from api import lifecycle, problems
from api.about import VERSION
from api.errors import AddressTooLong, HeadersTooLarge, MalformedRequest, RouteNotFound
from api.middleware.client_keys import Gate
from api.middleware.compression import SMALL_BYTES, Coding, Squeezer, choose, compressible
from api.middleware.limits import Limits, headers_of
from api.middleware.metrics import Metrics
from api.middleware.origins import is_preflight
from backend.errors import DomainError
from backend.ids import new_id_text
from backend.settings import Settings

_MAX_TARGET_BYTES = 8_192
_QUIET = ("/health/live", "/health/ready")
_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
_WITHOUT_CONTENT = (204, 303, 304)
"""What has no content is of no type."""

Header = tuple[bytes, bytes]
_PRIVATE: Header = (b"cache-control", b"private, no-store")
_VARY: Header = (b"vary", b"Accept-Encoding")
_NO_CONTENT: Header = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Frame:
    """Wraps Litestar's own ASGI handler, so that answers of the router (404, 405) get the same manners."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app = app
        self.limits: Limits | None = None
        self.gate: Gate | None = None
        self._settings = settings
        self._metrics = metrics
        # Bound once: else every line makes a logger of its own first, whether anyone wants to read it or not.
        self._log = structlog.get_logger("wartefrei.access").bind()
        self.squeezer = Squeezer()
        self._always: list[Header] = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
            (b"api-version", VERSION.encode()),
            (b"server", b"wartefrei"),  # which one it runs on is nobody's business
        ]
        if settings.mode == "production":
            self._always.append((b"strict-transport-security", b"max-age=63072000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(self, scope, send)
        try:
            try:
                _refuse_oversize(scope, self._settings)
                if self.limits is not None:
                    await self.limits.check_address(scope)
                if self.gate is not None:
                    await self.gate.check(scope, self.limits)
            except DomainError as error:
                response = problems.respond(error, scope).to_asgi_response(app=None, request=_request(scope, receive))
                await response(scope, receive, answer.send)
            else:
                if answer.head:
                    scope["method"], scope["state"]["head"] = "GET", True
                methods = problems.allowed(scope) if scope["method"] == "OPTIONS" else []
                if methods or is_preflight(scope):
                    # Litestar answers with the methods of one controller; a path may have several.
                    await _say_allowed(methods, answer.send)
                else:
                    await self.app(scope, receive, answer.send)
        finally:
            answer.finish()

    def headers(self, scope: Any, given: list[Header]) -> list[Header]:
        """What every answer carries besides its own headers."""
        state: dict[str, Any] = scope["state"]
        names = {name.lower() for name, _ in given}
        found = [*given, *self._always, (b"x-request-id", state["request_id"].encode())]
        if b"cache-control" not in names:
            found.append(_PRIVATE)
        if b"content-security-policy" not in names:
            found.append(_NO_CONTENT)
        if rates := state.get("rates"):
            found += headers_of(rates)
        if (handler := scope.get("route_handler")) is not None:
            found += lifecycle.headers(handler.opt)
        return found

    def finished(self, scope: Any, method: str, status: int, seconds: float, sent: int) -> None:
        """Log and metrics of one answer."""
        state: dict[str, Any] = scope["state"]
        route: str = scope.get("path_template") or "unmatched"
        if method not in _METHODS:
            method = "other"  # whoever invents a new one each time would fill the metrics with what nobody asks for
        problem: str | None = state.get("problem")
        self._metrics.answered(method, route, status, seconds)
        if method == "POST" and (handler := scope.get("route_handler")) is not None and status < 500:
            self._metrics.commanded(str(getattr(handler, "operation_id", None) or route), problem or "ok")
        if route not in _QUIET:
            self._log.info(
                "request",
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                bytes=sent,
                request=state["request_id"],
                **({"problem": problem} if problem else {}),
            )


class _Answer:
    """One answer on its way out."""

    def __init__(self, frame: Frame, scope: Any, send: Send) -> None:
        self._frame, self._scope, self._send = frame, scope, send
        self._started = time.perf_counter()
        self._start: Any = None
        self._method: str = scope["method"]
        self.head = self._method == "HEAD"
        self.status = 0
        self.sent = 0
        self._coding: Coding | None = choose(problems.header(scope, b"accept-encoding") or "")
        scope["state"]["request_id"] = _request_id(scope)

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            self.status = message["status"]
            return
        if message["type"] == "http.response.body" and self._start is not None:
            start, self._start = self._start, None
            body: bytes = message["body"]
            given: list[Header] = start["headers"]
            if self.status in _WITHOUT_CONTENT:
                given = [one for one in given if one[0].lower() != b"content-type"]
            if self.status == 304 and not self._scope["state"].get("never_squeezed"):
                # As the answer itself would have said (RFC 9110, 15.4.5): a cache that holds it squeezed, under a weak
                # tag, would not know it again by a strong one.
                given = [*given, _VARY] if self._coding is None else [*map(_weak, given), _VARY]
            headers = self._frame.headers(self._scope, given)
            if len(body) >= SMALL_BYTES and not message.get("more_body") and _compressible(headers):
                headers.append(_VARY)
                if self._coding is not None:
                    body = self._frame.squeezer.squeeze(bytes(body), self._coding, keep=_public(headers))
                    headers = [*map(_weak, (h for h in headers if h[0].lower() != b"content-length"))]
                    headers += [
                        (b"content-encoding", self._coding.encode()),
                        (b"content-length", str(len(body)).encode()),
                    ]
            start["headers"] = headers
            message["body"] = body
            await self._send(start)
        if message["type"] == "http.response.body":
            if self.head:
                message["body"] = b""
            self.sent += len(message["body"])
        await self._send(message)

    def finish(self) -> None:
        seconds = time.perf_counter() - self._started
        self._frame.finished(self._scope, self._method, self.status or 499, seconds, self.sent)


async def _say_allowed(methods: list[str], send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", ", ".join(methods).encode())]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _refuse_oversize(scope: Any, settings: Settings) -> None:
    size = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value) + 4
    if size > settings.max_header_bytes:
        raise HeadersTooLarge(f"At most {settings.max_header_bytes} bytes are read")
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > _MAX_TARGET_BYTES:
        raise AddressTooLong(f"At most {_MAX_TARGET_BYTES} bytes are read")
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    if b"%2" in raw and b"%2f" in raw.lower():
        raise RouteNotFound  # a slash that is part of a name is none between names, and no name of ours has one
    if "\0" in path or "//" in path or (path.startswith("/v1/") and path.endswith("/")):
        # An address of the API never ends with a slash, and is not guessed. The router would find a handler behind two
        # slashes as behind one, past all that goes by how an address begins.
        raise RouteNotFound
    try:
        path.encode()
    except UnicodeEncodeError:
        raise MalformedRequest from None


def _request(scope: Any, receive: Receive) -> Any:
    return scope["litestar_app"].request_class(scope=scope, receive=receive)


def _request_id(scope: Scope) -> str:
    """The client's own id where it is a plain one, so that both sides can find a request; else a new one."""
    given = problems.header(scope, b"x-request-id") or ""
    if 8 <= len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum():
        return given
    return new_id_text()


def _compressible(headers: list[Header]) -> bool:
    kind = b""
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-encoding":
            return False
        if lower == b"content-type":
            kind = value
    return compressible(kind)


def _public(headers: list[Header]) -> bool:
    return any(name.lower() == b"cache-control" and value.startswith(b"public") for name, value in headers)


def _weak(header: Header) -> Header:
    # The bytes are others, the meaning is the same: that is what a weak ETag says.
    name, value = header
    return (name, b"W/" + value) if name.lower() == b"etag" and not value.startswith(b"W/") else header
