"""What an operation answers with and its document does not tell of: errors, statuses, headers, bytes."""

from functools import lru_cache
from typing import Any, cast

import httpx
from litestar import Litestar
from litestar.exceptions import HTTPException

from api.declared import declared, names_errors
from api.openapi.example_problems import members_of
from api.openapi.schemas import operations
from infra.dev.contract.document import document

_USUAL = {"type", "title", "status", "detail", "instance", "code", "errors"}


async def undeclared_error(app: Litestar, answer: httpx.Response) -> list[str]:
    """Which error an answer of an operation was, or what it held beside, without the document saying so."""
    if answer.status_code < 400 or not answer.request.url.path.startswith("/v1/"):
        return []
    if answer.request.url.path.endswith("/"):
        return []  # no operation has such an address
    await answer.aread()
    handler, method = _handler(app, answer.request)
    if handler is None or not names_errors(handler):
        return []
    declares = {kind.slug for kind in declared(handler, method)}
    if not answer.content:
        return []
    code = answer.json()["code"]
    found = [] if code in declares else [f"{handler.operation_id}: {code}"]
    shown = {**dict.fromkeys(_USUAL), **members_of(code)}
    more = [name for name, value in answer.json().items() if name not in shown or not _alike(shown[name], value)]
    return [*found, *(f"{handler.operation_id}: {code} with {name}" for name in more)]


def _handler(app: Litestar, request: httpx.Request) -> tuple[Any, str]:
    """Who answers, None where nobody does, and the method by which it is declared."""
    router: Any = app.asgi_router
    method = request.method.replace("HEAD", "GET")
    try:
        _, handler, *_ = router.handle_routing(path=request.url.path, method=method)
    except HTTPException:
        return None, method
    return handler, method


def _alike(shown: Any, value: Any) -> bool:
    """Whether objects, alone or in a list, have no members but those that are shown."""
    if isinstance(shown, list) and isinstance(value, list):
        return all(_alike(shown[0], one) for one in cast("list[Any]", value)) if shown else True
    if not isinstance(shown, dict) or not isinstance(value, dict):
        return not isinstance(shown, dict)
    return cast("dict[str, Any]", value).keys() <= cast("dict[str, Any]", shown).keys()


@lru_cache(maxsize=1)
def _operations() -> dict[str, Any]:
    return {operation["operationId"]: operation for _, _, operation in operations(document())}


async def undeclared_success(app: Litestar, answer: httpx.Response) -> list[str]:
    """What an answer that is no error was, without its document saying so: its status, or the kind of its content."""
    kinds = answer.headers.get_list("content-type")
    found = [f"{answer.request.url.path}: {kinds}"] if len(kinds) > 1 or "".join(kinds).count("charset") > 1 else []
    if answer.status_code >= 400:
        return found
    handler, _ = _handler(app, answer.request)
    if handler is None or (operation := _operations().get(str(handler.operation_id))) is None:
        return found
    said: Any = operation["responses"].get(str(answer.status_code))
    kind = "".join(kinds).partition(";")[0]
    if kind == "text/event-stream" and said is not None and kind in said.get("content", ()):
        return found  # a stream has no tag
    if said is None:
        found.append(f"{handler.operation_id}: {answer.status_code}")
    elif kind not in said.get("content", {"": {}}):
        found.append(f"{handler.operation_id}: {answer.status_code} {kind}")
    elif answer.status_code == 200 and "304" in operation["responses"] and "etag" not in answer.headers:
        found.append(f"{handler.operation_id}: no ETag")
    return found


_OF_HTTP = frozenset(
    (
        "access-control-expose-headers",
        "allow", "connection", "content-encoding", "content-length", "content-security-policy", "content-type", "date",
        "referrer-policy", "server", "strict-transport-security", "transfer-encoding", "vary", "x-accel-buffering",
        "x-content-type-options", "x-frame-options",
    )
)  # fmt: skip
"""What HTTP and browsers read: no client decides by it."""


async def undeclared_parts(app: Litestar, answer: httpx.Response) -> list[str]:
    """Headers, and bytes, of an answer that is no error, of which the document does not tell."""
    if answer.status_code >= 400 or answer.status_code == 304:
        return []
    handler, _ = _handler(app, answer.request)
    if handler is None or (operation := _operations().get(str(handler.operation_id))) is None:
        return []
    said: Any = operation["responses"].get(str(answer.status_code), {})
    known = {name.lower() for name in said.get("headers", {})} | _OF_HTTP
    found = [f"{handler.operation_id}: {name}" for name in answer.headers if name.lower() not in known]
    if not said.get("content"):
        await answer.aread()
        found += [f"{handler.operation_id}: bytes with {answer.status_code}"] if answer.content else []
    if answer.status_code == 201 and "Location" in said.get("headers", {}) and "location" not in answer.headers:
        found.append(f"{handler.operation_id}: no Location")
    return found
