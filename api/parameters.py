"""Query parameters: each known, each once unless it is a list, and every fault of them at once."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Litestar, Request
from litestar.routes import HTTPRoute

from api.faults import Fault, field_error, judge
from api.inspection import parts
from api.wire import decode_cursor
from backend.errors import FieldError, InvalidInput

_READS = "reads"
_ANY: Any = Any
_CURSORS: Mapping[str, Callable[[str], object]] = {
    name: partial(decode_cursor, into=_ANY, parameter=name) for name in ("cursor", "since")
}
LONGEST_VALUE = 255
"""Characters of a parameter that says no bound of its own. In a path what is longer does not exist."""


class _Parameter(msgspec.Struct, frozen=True):
    many: bool
    required: bool
    annotation: Any
    longest: int
    nothing: bool
    """Whether the word null would be read as no value, which is not a value of the parameter's type."""


async def check_query(request: "Request[Any, Any, Any]") -> None:
    """Litestar's hook before a handler: refuses what the route does not know, before anything is computed from it."""
    query: bytes = request.scope["query_string"]
    # Where another server sends a browser to us, it may add parameters of its own (RFC 6749, 4.1.2).
    if not query or request.route_handler.opt.get("foreign_query"):
        return
    if _misfits(_known(request.scope), query) or _unreadable(request.scope, _given(query), frozenset()):
        raise InvalidInput(faults(request.scope))


def faults(scope: Any) -> list[FieldError]:
    """Everything that is wrong with the parameters of a request that Litestar refused."""
    known = _known(scope)
    query: bytes = scope["query_string"]
    given = _given(query)
    found = _misfits(known, query)
    said = {fault.pointer for fault in found}
    for name, parameter in known.items():
        if name not in given:
            if parameter.required:
                found.append(FieldError(name, "missing", "This is required"))
        elif name not in said and (
            judged := judge(parameter.annotation, given[name] if parameter.many else given[name][-1], strict=False)
        ):
            found.append(field_error(Fault(name, *judged)))
    found += _unreadable(scope, given, frozenset(fault.pointer for fault in found))
    return found or [FieldError("", "invalid", "A parameter is not valid")]


def reads(**parameters: Callable[[str], object]) -> dict[str, Any]:
    """For a handler's ``opt``: how it reads what parameters hold, so that their faults are told with all others.

    Each is given one value and raises InvalidInput; what it takes a database to know is told later, by the handler.
    """
    return {_READS: parameters}


def _given(query: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _unreadable(scope: Any, given: Mapping[str, list[str]], said: frozenset[str]) -> list[FieldError]:
    """What is of the right type and length, and says nothing all the same."""
    found: list[FieldError] = []
    ways: dict[str, Callable[[str], object]] = scope["route_handler"].opt.get(_READS, {})
    for name, read in {**_CURSORS, **ways}.items():
        try:
            for value in given.get(name, ()) if name not in said else ():
                read(value)
        except InvalidInput as error:
            found += error.faults
    return found


def _known(scope: Any) -> Mapping[str, _Parameter]:
    found: dict[Any, Mapping[str, _Parameter]] = scope["litestar_app"].state["parameters"]
    return found.get(scope["route_handler"], {})


def _misfits(known: Mapping[str, _Parameter], query: bytes) -> list[FieldError]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        return [FieldError("", "invalid-character", "The query is not percent-encoded UTF-8")]
    found: list[FieldError] = []
    seen: set[str] = set()
    for name, value in pairs:
        parameter = known.get(name)
        if parameter is None:
            found.append(FieldError(name[:100].replace("\0", ""), "unknown-parameter", "This parameter is not known"))
        elif "\0" in value:
            found.append(FieldError(name, "invalid-character", "This holds a character that is not allowed"))
        elif len(value) > parameter.longest:
            found.append(FieldError(name, "too-long", "This is too long"))
        elif parameter.nothing and value.lower() == "null":
            found.append(FieldError(name, "wrong-type", "This has the wrong type"))
        elif name in seen and not parameter.many:
            found.append(FieldError(name, "repeated-parameter", "This parameter may be given once"))
        seen.add(name)
    return found


def collect(app: Litestar) -> dict[Any, Mapping[str, _Parameter]]:
    """For each handler its query parameters, those of what it depends on included, by the names that clients write."""
    return {
        handler: _of_handler(handler, model)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler, model in route.route_handler_map.values()
    }


def _of_handler(handler: Any, model: Any) -> Mapping[str, _Parameter]:
    found: dict[str, _Parameter] = {}
    providers = [provide.signature_model for provide in handler.resolve_dependencies().values()]
    for definition in model.expected_query_params:
        for signature in (handler.signature_model, *providers):
            fields = {field.name: field for field in msgspec.structs.fields(signature)}
            if definition.field_name in fields:
                annotation = fields[definition.field_name].type
                found[definition.field_alias] = _parameter(
                    annotation, many=definition.is_sequence, required=definition.is_required
                )
                break
    return found


def _parameter(annotation: Any, *, many: bool, required: bool) -> _Parameter:
    kinds = list(parts(msgspec.inspect.type_info(annotation)))
    texts = [kind for kind in kinds if isinstance(kind, msgspec.inspect.StrType)]
    longest = max((text.max_length for text in texts if text.max_length is not None), default=LONGEST_VALUE)
    nothing = not texts and any(isinstance(kind, msgspec.inspect.NoneType) for kind in kinds)
    return _Parameter(many, required, annotation, longest, nothing)
