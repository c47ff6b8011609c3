"""How the document tells of errors: every status with the codes that may come, each with an example as it is written.

Answers that many operations give alike stand once in `components/responses`, the others where they are given.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from api import catalogue_of_errors
from api.openapi import example_problems
from api.openapi.problem_members import MEMBERS
from api.problems import MEDIA_TYPE, status_of
from backend.errors import DomainError

Json = dict[str, Any]

MEANINGS = {
    "400": ("BadRequest", "Malformed or invalid input; `errors` lists every field at once."),
    "401": ("Unauthorized", "No token, or one that is not valid."),
    "403": ("Forbidden", "Not with this role."),
    "404": ("NotFound", "There is no such thing, or not for you."),
    "406": ("NotAcceptable", "There is no form that `Accept` allows."),
    "408": ("RequestTimeout", "The body broke off."),
    "409": ("Conflict", "In conflict with the present state, or busy: then `Retry-After` says when to try again."),
    "410": ("Gone", "It has run out."),
    "412": ("PreconditionFailed", "It was changed in the meantime."),
    "413": ("ContentTooLarge", "The body is too large."),
    "414": ("UriTooLong", "The address is too long."),
    "415": ("UnsupportedMediaType", "The body must be `application/json`."),
    "422": ("KeyReused", "The `Idempotency-Key` came with another request before."),
    "423": ("Locked", "Another request works on it; see `Retry-After`."),
    "426": ("AppOutdated", "The app is older than `App-Version` may say; `store` leads to the new one."),
    "428": ("PreconditionRequired", "`If-Match` is missing."),
    "429": ("TooManyRequests", "Too many requests; see `Retry-After`."),
    "431": ("HeadersTooLarge", "The headers are too large."),
    "460": ("ChecksumDiffers", "The checksum does not fit the bytes that came."),
    "500": ("InternalError", "Something went wrong on our side; the request's id is in the log."),
    "503": ("Unavailable", "Not available at this moment; see `Retry-After`."),
}
"""By status: the name of the answer that most operations give, and what the status says here."""
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details. Decide by `code`; what an operation may answer is listed with it.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "maxLength": 500,
            "description": "The page that explains this kind of error.",
        },
        "title": {"type": "string", "maxLength": 200, "description": "What went wrong, in the wanted language."},
        "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599},
        "detail": {
            "type": "string",
            "maxLength": 2000,
            "description": "What has happened, in the wanted language; `title` is what people are shown.",
        },
        "instance": {
            "type": "string",
            "format": "uri-reference",
            "maxLength": 2000,
            "description": "The path that was asked.",
        },
        "code": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9-]*$",
            "maxLength": 100,
            "description": "Stable: decide by this. New ones may come; treat an unknown one by its status.",
        },
        "errors": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/FieldProblem"},
            "description": "Of invalid input: every field at once.",
        },
        **{name: member.declared() for name, member in MEMBERS.items()},
    },
}
FIELD: Json = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {
            "type": "string",
            "maxLength": 2000,
            "description": "JSON Pointer into the body, or the name of a parameter.",
        },
        "code": {"type": "string", "maxLength": 100, "description": "Stable, as that of the problem."},
        "detail": {"type": "string", "maxLength": 2000, "description": "What is wrong, in the wanted language."},
    },
}
_ANY_PROBLEM: Json = {"$ref": "#/components/schemas/Problem"}
ALWAYS = ("X-Request-Id", "API-Version", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin")
"""Headers of every answer, where there is anything to say in them."""
_RETRY = frozenset(("409", "423", "429", "503"))


def answers(kinds: Iterable[type[DomainError]], *, closed: bool) -> Json:
    """An answer for each status; its examples name every code that the operation may answer with."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        found.setdefault(str(status_of(kind)), []).append(kind.slug)
    listed = {status: _answer(status, sorted(set(slugs))) for status, slugs in sorted(found.items())}
    if not closed:
        listed["default"] = {"description": "Any other error.", "content": {MEDIA_TYPE: {"schema": _ANY_PROBLEM}}}
    return listed


def share(operations: Iterable[Json]) -> Json:
    """Takes out of ``operations`` what most of them answer alike for a status; answers it as components."""
    listed = [operation["responses"] for operation in operations]
    components: Json = {}
    for status, (name, _) in MEANINGS.items():
        given = [responses[status] for responses in listed if status in responses]
        counted = Counter(tuple(_codes(answer)) for answer in given)
        if not counted:
            continue
        # Of equally frequent ones the one with fewer codes: which it is must not depend on the order of routes.
        codes, times = min(counted.items(), key=lambda entry: (-entry[1], len(entry[0]), entry[0]))
        if times < 2:
            continue
        components[name] = next(answer for answer in given if tuple(_codes(answer)) == codes)
        for responses in listed:
            if status in responses and tuple(_codes(responses[status])) == codes:
                responses[status] = {"$ref": f"#/components/responses/{name}"}
    return components


def examples(public_url: str, found: Json) -> Json:
    """A problem of each kind that some operation of the document may answer with, as it is written there."""
    known, listed = example_problems.places(found), dict[str, Any]()
    for entry in catalogue_of_errors.entries():
        if entry.slug in known:
            where = example_problems.place(entry.slug, known)
            value = example_problems.seen(entry.kind, where, public_url, "en").body
            listed[entry.slug] = {"summary": entry.title, "value": value}
    return listed


def _codes(answer: Json) -> list[str]:
    return list(answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}))


def _answer(status: str, slugs: list[str]) -> Json:
    names = [*ALWAYS]
    names += ["Retry-After"] if status in _RETRY else []
    names += ["WWW-Authenticate"] if status == "401" else []
    content = {
        MEDIA_TYPE: {
            "schema": _ANY_PROBLEM,
            "examples": {slug: {"$ref": f"#/components/examples/{slug}"} for slug in slugs},
        }
    }
    return {"description": MEANINGS[status][1], "headers": refs(*names), "content": content}


def refs(*names: str) -> Json:
    """Headers of an answer, as the document tells of them once for all."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
