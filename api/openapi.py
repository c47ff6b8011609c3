"""OpenAPI 3.1: what Litestar reads from the handlers, and what holds for every operation, put in by rule.

Guards become security, commands their ``Idempotency-Key``, and every error a client may meet is a declared Problem.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from litestar import Controller, Litestar
from litestar.di import Provide
from litestar.exceptions import LitestarDeprecationWarning
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute

from api import catalogue_of_errors
from api.auth import citizen, client, public
from api.client_keys import HEADER as CLIENT_KEY
from api.declared import declared, names_errors
from api.examples import BODIES
from api.problems import MEDIA_TYPE, status_of
from backend.errors import DomainError, InvalidInput

VERSION = "0.1.0"
Json = dict[str, Any]

_DESCRIPTION = """Appointments at a city's offices, for the apps on citizens' phones and for clerks.

Every POST takes an `Idempotency-Key`: repeat it with the same key after a lost answer. Errors are problem details
(RFC 9457) in German or English by `Accept-Language`; `code` is stable, and `type` leads to its explanation. Lists have
cursors, times carry their offset, what is read has an `ETag`. `Retry-After` says when to come back."""
_TAGS = {
    "Catalogue": "Cities, districts, offices and services. Public.",
    "Availability": "What is free. Public.",
    "Identity": "Sessions and tokens.",
    "Me": "The person who asks.",
    "Appointments": "Holding, booking and changing.",
    "Documents": "What people send: declared, sent by one PUT or by tus 1.0 (which also creates, at `/v1/uploads/tus`;"
    " extensions creation, creation-with-upload, checksum, expiration, termination), checked, and only then readable.",
    "Notices": "What people are told: inbox, devices for pushes, preferences.",
    "Forms": "Forms, drafts and what becomes of them.",
    "Waiting list": "A place that becomes free is offered first to whoever waits for it.",
    "Clients": "Integrators' apps and servers: their keys, sent in the header `Client-Key`.",
    "Clerks": "The desk's side; guarded by role and office.",
    "Operations": "For whoever runs it.",
}
MEANINGS = {
    "400": "Malformed or invalid input; `errors` lists every field at once.",
    "401": "No token, or one that is not valid.",
    "403": "Not with this role.",
    "404": "There is no such thing, or not for you.",
    "409": "In conflict with the present state, or busy: then `Retry-After` says when to try again.",
    "406": "There is no form that `Accept` allows.",
    "410": "It has run out.",
    "412": "It was changed in the meantime.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "The body must be `application/json`.",
    "422": "The `Idempotency-Key` came with another request before.",
    "429": "Too many requests; see `Retry-After`.",
    "408": "The body broke off.",
    "428": "`If-Match` is missing.",
    "423": "Another request works on it; see `Retry-After`.",
    "460": "The checksum does not fit the bytes that came.",
    "431": "The headers are too large.",
    "500": "Something went wrong on our side; the request's id is in the log.",
    "503": "Not available at this moment; see `Retry-After`.",
}
_ANY_PROBLEM: Json = {"$ref": "#/components/schemas/Problem"}
_RETRY = frozenset(("409", "423", "429", "503"))
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Any text of your choosing, new for each command. A repeat with the same key gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "0c2f7a8e-6f0b-4e0e-9a55-6a0c7a5f5c11",
}
_LANGUAGE: Json = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "`de` or `en`; English is the answer to any other wish.",
    "schema": {"type": "string"},
    "example": "de",
}
_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The page that explains this kind of error."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The path that was asked."},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "description": "Stable: decide by this."},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
    },
    "additionalProperties": True,
}
_FIELD: Json = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON Pointer into the body, or the name of a parameter."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}


def document(routes: Sequence[type[Controller]], dependencies: Mapping[str, Provide], public_url: str) -> Json:
    """The whole document, ready to encode."""
    config = OpenAPIConfig(
        title="Wartefrei", version=VERSION, description=_DESCRIPTION, use_handler_docstrings=True, path="/schema"
    )
    # An application of its own, never started: Litestar would otherwise add documentation routes of its own making.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)  # its own routes use what it deprecates
        shadow = Litestar(list(routes), dependencies=dict(dependencies), openapi_config=config, logging_config=None)
    found: Json = shadow.openapi_schema.to_schema()
    found["servers"] = [{"url": public_url.rstrip("/")}]
    components: Json = found.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    schemas["Problem"], schemas["FieldProblem"] = _PROBLEM, _FIELD
    components["securitySchemes"] = {
        "citizen": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Of a guest session or BundID.",
        },
        "clerk": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Of the city's identity provider.",
        },
        "client": {
            "type": "apiKey",
            "in": "header",
            "name": CLIENT_KEY,
            "description": "Of an integrator's app or server.",
        },
    }
    components["headers"] = _headers()
    components["examples"] = _examples(public_url)
    for operation, method, handler in _operations(shadow, found):
        _finish(operation, method, handler)
    _close_inputs(found, schemas)
    used = {tag for operation, _, _ in _operations(shadow, found) for tag in operation.get("tags", [])}
    known = {tag: text for tag, text in _TAGS.items() if tag in used}
    found["tags"] = [{"name": tag, "description": text} for tag, text in known.items()]
    found["tags"] += [{"name": tag} for tag in sorted(used - known.keys())]
    return found


def _operations(app: Litestar, found: Json) -> Iterator[tuple[Json, str, Any]]:
    for route in app.routes:
        item: Json | None = found["paths"].get(route.path_format) if isinstance(route, HTTPRoute) else None
        if item is None or not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            if method.lower() in item:
                yield item[method.lower()], method, handler


def _finish(operation: Json, method: str, handler: Any) -> None:
    guards = [guard for guard in handler.resolve_guards() if callable(guard)]
    guarded = any(guard is not public for guard in guards)
    if guarded:
        who = "citizen" if citizen in guards else "client" if client in guards else "clerk"
        operation["security"] = [{who: []}]
    else:
        operation["security"] = []
    parameters: list[Json] = [p for p in operation.get("parameters", []) if p["in"] != "header"]
    if method == "POST":
        parameters.append(_KEY)
    parameters.append(_LANGUAGE)
    operation["parameters"] = parameters
    responses: Json = operation["responses"]
    success = {code: response for code, response in responses.items() if code < "400"}
    for code, response in success.items():
        _finish_success(code, response)
    for media in handler.opt.get("also", ()):  # other forms of the same answer, chosen by Accept
        success["200"]["content"][media] = {"schema": {"type": "string"}}
    if method == "GET" and guards and not operation["operationId"].startswith("is"):
        success["304"] = {"description": "Not changed since the `ETag` of `If-None-Match`.", "headers": _refs("ETag")}
    operation["responses"] = success | _problems(declared(handler, method), closed=names_errors(handler))
    _finish_body(operation)


def _finish_success(code: str, response: Json) -> None:
    response["headers"] = {**response.get("headers", {}), **_refs("X-Request-Id", "RateLimit", "RateLimit-Policy")}
    if code == "200":
        response["headers"] |= _refs("ETag")
    response["description"] = {"200": "As asked.", "201": "Done.", "204": "Done; nothing to say."}.get(
        code, response.get("description", "")
    )


def _finish_body(operation: Json) -> None:
    body: Json | None = operation.get("requestBody")
    if body is not None:
        body["required"] = True
        if (example := BODIES.get(operation["operationId"])) is not None:
            for media in body["content"].values():
                media["example"] = example


def _problems(kinds: Iterable[type[DomainError]], *, closed: bool) -> Json:
    """An answer for each status; `code` is one of those that the operation may answer with, each with an example."""
    found: dict[int, list[str]] = {}
    for kind in kinds:
        found.setdefault(status_of(kind), []).append(kind.slug)
    listed = {str(status): _problem(str(status), sorted(set(slugs))) for status, slugs in sorted(found.items())}
    if not closed:
        for problem in listed.values():
            problem["content"][MEDIA_TYPE]["schema"] = _ANY_PROBLEM
        listed["default"] = {"description": "Any other error.", "content": {MEDIA_TYPE: {"schema": _ANY_PROBLEM}}}
    return listed


def _problem(status: str, slugs: list[str]) -> Json:
    headers = _refs(
        "X-Request-Id",
        *(("Retry-After",) if status in _RETRY else ()),
        *(("WWW-Authenticate",) if status == "401" else ()),
    )
    schema = {"allOf": [_ANY_PROBLEM, {"properties": {"code": {"enum": slugs}}}]}
    examples = {slug: {"$ref": f"#/components/examples/{slug}"} for slug in slugs}
    content = {MEDIA_TYPE: {"schema": schema, "examples": examples}}
    return {"description": MEANINGS[status], "headers": headers, "content": content}


def _examples(public_url: str) -> Json:
    """A problem of each kind, as it is written."""
    found: Json = {}
    for entry in catalogue_of_errors.entries():
        value: Json = {
            "type": f"{public_url.rstrip('/')}/docs/errors/{entry.slug}",
            "title": entry.title,
            "status": entry.status,
            "instance": "/v1/…",
            "code": entry.slug,
        }
        if entry.slug == InvalidInput.slug:
            value["errors"] = [{"pointer": "/person/name", "code": "missing", "detail": "This is required"}]
        found[entry.slug] = {"summary": entry.title, "value": value}
    return found


def _headers() -> Json:
    texts = {
        "ETag": ("Send it back as `If-None-Match`, or as `If-Match` with a change.", "string"),
        "X-Request-Id": ("Names this request in our logs.", "string"),
        "Retry-After": ("Seconds after which to try again.", "string"),
        "RateLimit": ("What is left of the limits that this request was counted under.", "string"),
        "RateLimit-Policy": ("Those limits.", "string"),
        "WWW-Authenticate": ("How to authenticate.", "string"),
    }
    return {name: {"description": text, "schema": {"type": kind}} for name, (text, kind) in texts.items()}


def _refs(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _close_inputs(found: Json, schemas: Json) -> None:
    """Bodies refuse fields that are not known; Litestar does not say so."""
    waiting = [
        ref
        for item in found["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for ref in _references(cast("Json", operation).get("requestBody"))
    ]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _references(schemas[name])
            if "properties" in schemas[name]:
                schemas[name]["additionalProperties"] = False


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        members = cast("Json", value)
        own = [str(members["$ref"]).rsplit("/", 1)[-1]] if "$ref" in members else []
        return own + [ref for member in members.values() for ref in _references(member)]
    if isinstance(value, list):
        return [ref for item in cast("list[Any]", value) for ref in _references(item)]
    return []
