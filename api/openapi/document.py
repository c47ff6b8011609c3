"""OpenAPI 3.1: what Litestar reads from the handlers, and what holds for every operation, put in by rule.

Guards become security, commands their ``Idempotency-Key``, and every error a client may meet is a declared Problem.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from litestar import Controller, Litestar
from litestar.di import Provide
from litestar.exceptions import LitestarDeprecationWarning
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute

from api import lifecycle
from api.about import DESCRIPTION, TAGS, VERSION
from api.auth import citizen, client, public
from api.body import is_memberless
from api.declared import address, declared, names_errors
from api.middleware.app_versions import FORM as VERSION_FORM
from api.middleware.app_versions import HEADER as APP_VERSION
from api.middleware.client_keys import HEADER as CLIENT_KEY
from api.openapi import problems, webhooks
from api.openapi.examples import give_examples
from api.openapi.parameters import camel, told
from api.openapi.schemas import constrain, tidy
from api.problems import status_of
from api.wire import VERSION_TAG, Wire
from backend.catalogue.errors import HoursChanged
from backend.settings import Settings

Json = dict[str, Any]

_OF_SUCCESS = (*problems.ALWAYS, "Cache-Control", "Content-Language")
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
_APP_VERSION: Json = {
    "name": APP_VERSION,
    "in": "header",
    "required": False,
    "description": "The app that asks, as platform/version. One that is too old gets 426 `app-outdated`, where"
    " that is among the answers.",
    "schema": {"type": "string", "maxLength": 90, "pattern": VERSION_FORM},
    "example": "android/2.4.0",
}
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what is to be changed: 412 if it was changed in the meantime. Without it: as it is.",
    "schema": {"type": "string", "maxLength": 100, "pattern": rf"^(\*|{VERSION_TAG})$"},
    "example": '"3"',
}
_IF_MATCH_TAG: Json = _IF_MATCH | {
    "schema": {"type": "string", "maxLength": 100, "pattern": r'^(\*|(W/)?"[!#-~]*")$'},
    "example": '"mXk3u0Yd5JrQ2f1a"',
}
"""Of what has no version to count: any tag."""
_IF_MATCH_OWED: Json = _IF_MATCH | {
    "required": True,
    "description": "The `ETag` of what is to be changed: 412 if it was changed in the meantime, 428 without it.",
    "schema": {"type": "string", "maxLength": 100, "pattern": f"^{VERSION_TAG}$"},
}
_KEY_REF: Json = {"$ref": "#/components/parameters/IdempotencyKey"}
_IF_MATCH_REF: Json = {"$ref": "#/components/parameters/IfMatch"}
_IF_MATCH_TAG_REF: Json = {"$ref": "#/components/parameters/IfMatchTag"}
_IF_MATCH_OWED_REF: Json = {"$ref": "#/components/parameters/IfMatchOwed"}
_LANGUAGE_REF: Json = {"$ref": "#/components/parameters/AcceptLanguage"}
_APP_VERSION_REF: Json = {"$ref": "#/components/parameters/AppVersion"}
_SECURITY: Json = {
    name: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"{text} Checked as RFC8725 wants it: algorithm, issuer, audience, type and time.",
    }
    for name, text in (
        ("citizen", "The access token of a guest session, or of one that an identity was linked to."),
        ("clerk", "An access token of the city's identity provider for clerks."),
    )
} | {
    "client": {
        "type": "apiKey",
        "in": "header",
        "name": CLIENT_KEY,
        "description": "The key of an integrator's app or server.",
    }
}


def document(routes: Sequence[type[Controller]], dependencies: Mapping[str, Provide], settings: Settings) -> Json:
    """The whole document, ready to encode."""
    config = OpenAPIConfig(title="Wartefrei", version=VERSION, use_handler_docstrings=True, path="/schema")
    # An application of its own, never started: Litestar would otherwise add documentation routes of its own making.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)  # its own routes use what it deprecates
        shadow = Litestar(list(routes), dependencies=dict(dependencies), openapi_config=config, logging_config=None)
    found: Json = shadow.openapi_schema.to_schema()
    found["info"] = _info(settings)
    where = "production" if settings.mode == "production" else "local, for development"
    found["servers"] = [
        {"url": settings.public_url.rstrip("/"), "description": f"This installation ({where}).", "x-internal": False}
    ]
    components: Json = found.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    schemas["Problem"], schemas["FieldProblem"] = problems.PROBLEM, problems.FIELD
    schemas[webhooks.NAME] = webhooks.SCHEMA
    components["securitySchemes"] = _SECURITY
    components["headers"] = _headers()
    components["parameters"] = {
        "IdempotencyKey": _KEY,
        "AcceptLanguage": _LANGUAGE,
        "AppVersion": _APP_VERSION,
        "IfMatch": _IF_MATCH,
        "IfMatchTag": _IF_MATCH_TAG,
        "IfMatchOwed": _IF_MATCH_OWED,
    }
    listed = list(_operations(shadow, found))
    for operation, method, handler in listed:
        _finish(operation, method, handler)
    constrain(schemas, Wire)
    tidy(found)
    components["responses"] = problems.share(operation for operation, _, _ in listed)
    found["paths"] = {camel(path): item for path, item in sorted(found["paths"].items())}
    components["examples"] = problems.examples(settings.public_url, found)
    give_examples(found)
    found["webhooks"] = webhooks.webhooks()
    used = {tag for operation, _, _ in listed for tag in operation.get("tags", [])}
    assert used <= TAGS.keys(), f"without a description: {used - TAGS.keys()}"
    found["tags"] = [{"name": tag, "description": text} for tag, text in TAGS.items() if tag in used]
    return found


def _info(settings: Settings) -> Json:
    return {
        "title": "Wartefrei",
        "version": VERSION,
        "summary": "The backend behind a city's mobile app.",
        "description": DESCRIPTION,
        "termsOfService": f"{settings.public_url.rstrip('/')}/docs/guide/limits",
        "contact": {
            "name": settings.contact_name,
            "email": settings.contact_email,
            "url": f"{settings.public_url.rstrip('/')}/docs/guide",
        },
        "license": {"name": "EUPL 1.2", "identifier": "EUPL-1.2"},
        "x-api-id": "wartefrei-api",
        "x-audience": "external-public",
    }


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
    operation["security"] = _security(handler, guards)
    parameters = [told(p) for p in operation.get("parameters", []) if p["in"] != "header"]
    errors = declared(handler, method)
    statuses = {status_of(error) for error in errors}
    if 428 in statuses:
        parameters.append(_IF_MATCH_OWED_REF)
    elif 412 in statuses and method != "GET":
        parameters.append(_IF_MATCH_TAG_REF if HoursChanged in errors else _IF_MATCH_REF)
    parameters += [*([_KEY_REF] if method == "POST" else []), _LANGUAGE_REF]
    operation["parameters"] = [*parameters, *([_APP_VERSION_REF] if address(handler).startswith("/v1/") else [])]
    success = {code: response for code, response in operation["responses"].items() if code < "400"}
    sent = [*handler.opt.get("sends", ()), *(["Idempotent-Replayed"] if method == "POST" else [])]
    sent += ["Link"] if any(one.get("name") == "cursor" for one in parameters) else []
    for code, response in success.items():
        _finish_success(code, response, handler.opt.get("also", ()))
        response["headers"] |= problems.refs(*sent)
    if method == "GET" and guards and "200" in success and not operation["operationId"].startswith("is"):
        text = "Not changed since the `ETag` of `If-None-Match`."
        success["304"] = {"description": text, "headers": problems.refs(*_OF_SUCCESS, "ETag")}
    operation["responses"] = success | problems.answers(errors, closed=names_errors(handler))
    if operation.get("requestBody") is not None:
        operation["requestBody"]["required"] = not is_memberless(
            handler.parsed_fn_signature.parameters["data"].annotation
        )
    if not operation.get("deprecated"):
        operation.pop("deprecated", None)
    lifecycle.tell(operation, handler.opt)


def _security(handler: Any, guards: Sequence[Any]) -> list[Json]:
    """What an operation wants to see, each entry enough by itself. An integrator's key may stand beside everything that
    apps ask: a sandbox wants it, and so may a city. Clients send only what an operation names.
    """
    if client in guards:
        return [{"client": []}]
    if not any(guard in (public, citizen) for guard in guards):
        return [{"clerk": []}]
    tokens: list[Json] = [{"citizen": []}] if citizen in guards else [{}]
    if "optional_citizen" in handler.parsed_fn_signature.parameters:
        tokens.append({"citizen": []})
    if not address(handler).startswith("/v1/"):
        return [one for one in tokens if one]
    return [*tokens, *({**token, "client": []} for token in tokens)]


def _finish_success(code: str, response: Json, also: Sequence[str]) -> None:
    response["headers"] = {**response.get("headers", {}), **problems.refs(*_OF_SUCCESS)}
    if code == "200":
        response["headers"] |= problems.refs("ETag")
        for media in also:  # other forms of the same answer, chosen by Accept
            response["content"][media] = {"schema": {"type": "string"}}
    if code == "303":
        response["headers"] |= problems.refs("Location")
    if code in ("204", "303"):
        response.pop("content", None)  # there is none; of 303 the address is all
    for media, said in response.get("content", {}).items():
        if not media.startswith("text/") and "json" not in media:
            said["schema"] = {"type": "string", "format": "binary"}  # bytes: a file, for clients
    response["description"] = {"200": "As asked.", "201": "Done.", "204": "Done; nothing to say."}.get(
        code, response.get("description", "")
    )


def _headers() -> Json:
    texts = {
        "ETag": ("Send it back as `If-None-Match`, or as `If-Match` with a change.", "string"),
        "X-Request-Id": ("Names this request in our logs.", "string"),
        "Retry-After": ("Seconds after which to try again.", "string"),
        "API-Version": ("The version of the API that answered, as in `info.version`.", "string"),
        "Access-Control-Allow-Origin": ("For web pages of the origins that the installation lets in.", "string"),
        "Location": ("Where it is.", "string"),
        "Link": ('`rel="next"`: the page after this one; on the last page there is none.', "string"),
        "Idempotent-Replayed": ("`true`: the answer that was kept for the key, not a second doing.", "string"),
        "Cache-Control": ("Who may keep the answer, and for how long.", "string"),
        "Content-Language": ("The language of the texts in it.", "string"),
        "Content-Disposition": ("The name for a file.", "string"),
        "RateLimit": ("What is left of the limits that this request was counted under.", "string"),
        "RateLimit-Policy": ("Those limits.", "string"),
        "WWW-Authenticate": ("How to authenticate.", "string"),
    }
    return {name: {"description": text, "schema": {"type": kind}} for name, (text, kind) in texts.items()}
