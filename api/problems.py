"""From errors to answers: the one place that knows status codes. RFC 9457, in German or English.

A problem carries the stable slug as ``code``, never a stack trace, a query string or what the client wrote.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.exceptions.http_exceptions import MethodNotAllowedException
from litestar.types import Send

from api import errors, parameters, texts
from backend.db.outage import is_outage
from backend.errors import DomainError, InvalidInput, Kind

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[Kind, int] = {
    "conflict": 409,
    "not_found": 404,
    "forbidden": 403,
    "invalid": 400,
    "gone": 410,
    "busy": 409,
    "stale": 412,
    "unauthenticated": 401,
}
STATUS_OF_SLUG: Mapping[str, int] = {
    "idempotency-key-reused": 422,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "body-too-large": 413,
    "address-too-long": 414,
    "unsupported-media-type": 415,
    "app-outdated": 426,
    "precondition-required": 428,
    "rate-limited": 429,
    "too-many-streams": 429,
    "headers-too-large": 431,
    "upload-too-large": 413,
    "tus-content-type": 415,
    "upload-locked": 423,
    "body-incomplete": 408,
    "checksum-differs": 460,
    "internal-error": 500,
    "temporarily-unavailable": 503,
    "issuer-unavailable": 503,
    "store-unavailable": 503,
    "uploads-busy": 503,
}
"""Where HTTP has a more exact word than the kind."""

_OF_HTTP: Mapping[int, type[DomainError]] = {
    400: errors.MalformedRequest,
    404: errors.RouteNotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    413: errors.BodyTooLarge,
    415: errors.UnsupportedMediaType,
    503: errors.Unavailable,
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_RETRY_AFTER_SECONDS = 1
_log = structlog.get_logger("wartefrei.api")


def status_of(error: DomainError | type[DomainError]) -> int:
    """The HTTP status of an error."""
    return STATUS_OF_SLUG.get(error.slug, STATUS[error.kind])


def body_of(error: DomainError, *, public_url: str, path: str, language: texts.Language) -> dict[str, Any]:
    """The members of the problem, ready to encode."""
    details = {name: value for name, value in error.details.items() if name != "retry_after_seconds"}
    found: dict[str, Any] = {
        "type": f"{public_url.rstrip('/')}/docs/errors/{error.slug}",
        "title": texts.title(error, language),
        "status": status_of(error),
        "detail": texts.detail(error, language),
        "instance": path,
        "code": error.slug,
        **details,
    }
    if isinstance(error, InvalidInput):
        found["errors"] = [texts.field(fault, language) for fault in details["errors"]]
    return found


def headers_of(error: DomainError, language: texts.Language) -> dict[str, str]:
    """The headers that go with the problem."""
    status = status_of(error)
    found = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    if error.kind == "busy" and status != 500:
        found["Retry-After"] = str(error.details.get("retry_after_seconds", _RETRY_AFTER_SECONDS))
    if status == 401:
        if error.slug.startswith("client-key-"):
            return {**found, "WWW-Authenticate": 'Client-Key realm="wartefrei"'}
        known = error.slug == "authentication-required"
        found["WWW-Authenticate"] = 'Bearer realm="wartefrei"' + ("" if known else ', error="invalid_token"')
    return found


def respond(error: DomainError, scope: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """The answer for ``error`` to the request of ``scope``."""
    public_url: str = scope["litestar_app"].state["settings"].public_url
    language = texts.language_of(header(scope, b"accept-language"))
    members = body_of(error, public_url=public_url, path=instance(scope), language=language)
    scope["state"]["problem"] = error.slug
    return Response(
        msgspec.json.encode(members),
        status_code=members["status"],
        headers={**headers_of(error, language), **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def instance(scope: Mapping[str, Any]) -> str:
    """The path of the request as a URI reference, as it was sent; never the query, never a secret in the path."""
    handler = scope.get("route_handler")
    if handler is not None and handler.opt.get("secret_path"):
        return re.sub(r"\{[^}]*\}", "-", scope["path_template"])  # a refusal may be kept for repeats
    raw: bytes = scope.get("raw_path") or b""
    text = raw.decode("latin-1").partition("?")[0] if raw else str(scope["path"])
    text = "".join(c if c.isascii() and c.isprintable() and c not in ' "<>\\^`{|}' else "%20" for c in text)
    text = re.sub("%(?![0-9A-Fa-f]{2})", "%25", text)
    return re.sub("%[0-9A-Fa-f]?$", "", text[:2000])  # the cut may go through a character


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """The first value of a header, by its lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def handle(request: "Request[Any, Any, Any]", error: Exception) -> Response[bytes]:
    """Litestar's handler for every exception."""
    scope = request.scope
    known = error if isinstance(error, DomainError) else _translate(scope, error)
    extra = {"Allow": ", ".join(allowed(scope))} if isinstance(error, MethodNotAllowedException) else None
    return respond(known, scope, extra)


async def write(answer: Response[bytes], send: Send) -> None:
    """Sends an answer that is ready, past the framework."""
    body = answer.content
    headers = [(name.lower().encode(), str(value).encode("latin-1")) for name, value in answer.headers.items()]
    headers.append((b"content-type", str(answer.media_type).encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status_code or 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


HANDLERS: Any = {Exception: handle, HTTPException: handle}


def _translate(scope: Any, error: Exception) -> DomainError:
    if is_outage(error):
        _log.log(
            logging.WARNING,
            "database unavailable",
            cause=type(error).__name__,
            request=scope["state"].get("request_id"),
        )
        return errors.Unavailable(retry_after_seconds=2)
    if isinstance(error, ValidationException):
        told: Any = error.extra or ()
        if any(fault.get("source") == "path" for fault in told):
            return errors.RouteNotFound()  # a number beyond its bounds names nothing
        return InvalidInput(parameters.faults(scope))
    if isinstance(error, HTTPException) and error.status_code in _OF_HTTP:
        return _OF_HTTP[error.status_code]()
    if isinstance(error, HTTPException) and 400 <= error.status_code < 500:
        return errors.MalformedRequest()
    request_id = scope["state"].get("request_id")
    # The traceback's last lines hold no values of variables; the message of an exception might, so it stays out.
    _log.error("unexpected error", cause=type(error).__name__, request=request_id, at=_where(error))
    return errors.Internal(request=request_id)


def _where(error: BaseException) -> list[str]:
    """File, line and function of the innermost frames."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-12:]


def allowed(scope: Any) -> list[str]:
    """The methods that the path of ``scope`` knows; none when there is no such path."""
    found: list[str] = []
    for method in _METHODS:
        try:
            scope["litestar_app"].asgi_router.handle_routing(path=scope["path"].rstrip("/") or "/", method=method)
            found.append(method)
        except HTTPException:
            continue
    return [*found, "HEAD"] if "GET" in found else found
