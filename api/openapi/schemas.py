"""The schemas of the document as client generators like them: plain names, no one-armed `oneOf`, formats and bounds.

What Litestar reads from the Structs is right but not tidy. Nothing here changes what an operation takes or answers.
"""

import re
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec

Json = dict[str, Any]

_REF = "#/components/schemas/"
_LONGEST = {"uuid": 36, "date": 10, "date-time": 40, "time": 20}
"""Characters of what has a format: as bounds, for those who allot space."""
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "description": "description",
}
"""Of msgspec's constraints the words of JSON Schema, for items that are no lists themselves."""
_INT32 = 2**31 - 1


def tidy(found: Json) -> None:
    """Every schema of the document, in place."""
    _rename(found)
    _each(found, _simplify)
    _each(found, _measure)
    _each(found, _end)
    schemas: Json = found["components"]["schemas"]
    taken = inputs(found)
    for name, schema in schemas.items():
        schema.pop("title", None)  # the key says it
        schema.pop("default", None)  # of some member that has this schema, not of the schema
        if name in taken and "properties" in schema:
            schema["additionalProperties"] = False  # bodies refuse fields that are not known
        if not schema.get("required"):
            schema.pop("required", None)


def constrain(schemas: Json, base: type[msgspec.Struct]) -> None:
    """Bounds that Litestar does not read: of a list's items, and of what may be null where more is said around it.

    From the Structs below ``base``, before ``tidy``.
    """
    for struct in _below(base):
        path = f"{struct.__module__}.{struct.__name__}".replace(".", "_")
        # Litestar's name is as much of the path's end as tells it from others.
        for key in (key for key in schemas if path == key or path.endswith(f"_{key}")):
            properties: Json = schemas[key].get("properties", {})
            for field in msgspec.structs.fields(struct):
                if field.encode_name in properties:
                    _constrain(properties[field.encode_name], field.type)


def inputs(found: Json) -> set[str]:
    """The names of the schemas that stand in a body somebody sends."""
    schemas: Json = found["components"]["schemas"]
    waiting = [ref for _, _, operation in operations(found) for ref in references(operation.get("requestBody"))]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += references(schemas[name])
    return seen


def operations(found: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation, one after the other."""
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict):
                yield path, method, cast("Json", operation)


def references(value: Any) -> list[str]:
    """The names of the schemas that ``value`` refers to, at any depth."""
    return [str(part["$ref"]).removeprefix(_REF) for part in _parts(value) if str(part.get("$ref")).startswith(_REF)]


def plain_name(name: str) -> str:
    """`Page_api.structs.case.CaseShortOut_` is `CaseShortPage`; `structs_desk_DayOut` is `DeskDayOut`."""
    if page := re.fullmatch(r"Page_(?:.*\.)?(\w+?)(?:Out)?_", name):
        return f"{page[1]}Page"
    room, found, struct = name.rpartition("_")
    if not found:
        return name
    room = room.removeprefix("routes_").removeprefix("structs_")
    return "".join(word.capitalize() for word in room.split("_")) + struct


def _below(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for struct in base.__subclasses__():
        yield struct
        yield from _below(struct)


def _constrain(schema: Json, annotation: Any) -> None:
    for name, bound in _of_option(annotation).items():
        schema.setdefault(name, bound)
    if bounds := _of_items(annotation):
        for part in _parts(schema):
            if "items" in part and "$ref" not in part["items"]:
                part["items"] |= bounds


def _of_option(annotation: Any) -> Json:
    """The bounds of the one thing that an annotation admits besides null."""
    options = [part for part in _options(annotation) if part is not type(None)]
    return _bounds(options[0]) if len(options) == 1 else {}


def _options(annotation: Any) -> tuple[Any, ...]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()


def _bounds(annotation: Any) -> Json:
    metas = [meta for meta in get_args(annotation)[1:] if isinstance(meta, msgspec.Meta)]
    return {
        name: bound
        for meta in metas
        for attribute, name in _BOUNDS.items()
        if (bound := getattr(meta, attribute)) is not None
    }


def _of_items(annotation: Any) -> Json:
    """The bounds of the items of a list, or of one that may be null; nothing for anything else."""
    if options := _options(annotation):
        return {name: bound for part in options for name, bound in _of_items(part).items()}
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation)
    if not (isinstance(origin, type) and issubclass(origin, Sequence)):
        return {}
    return _bounds(get_args(annotation)[0])


def _rename(found: Json) -> None:
    schemas: Json = found["components"]["schemas"]
    names = {name: plain_name(name) for name in schemas}
    assert len(set(names.values())) == len(names), "two schemas would have one name"
    found["components"]["schemas"] = {names[name]: schema for name, schema in schemas.items()}
    for part in _parts(found):
        if str(part.get("$ref")).startswith(_REF):
            part["$ref"] = _REF + names[part["$ref"].removeprefix(_REF)]


def _simplify(schema: Json) -> None:
    """`oneOf` of one is that one; of a plain type and null, a type of two."""
    if schema.get("additionalProperties") == {}:
        schema["additionalProperties"] = True  # the same, and some generators stumble over the other
    if "oneOf" not in schema:
        return
    # Of a tuple of any length Litestar reads the dots as a second choice, which takes anything.
    options: list[Json] = [option for option in schema["oneOf"] if option]
    schema["oneOf"] = options
    rest = [option for option in options if option != {"type": "null"}]
    if len(options) == 1 or (len(rest) == 1 and "type" in rest[0]):
        del schema["oneOf"]
        schema |= {name: value for name, value in rest[0].items() if name not in schema}
        if len(options) > len(rest):
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]


def _end(schema: Json) -> None:
    # Python's `$` is also met before a last line end, which ECMA's is not: what Structs end with \Z is `$` to readers.
    if isinstance(pattern := schema.get("pattern"), str):
        schema["pattern"] = pattern.replace(r"\Z", "$")


def _measure(schema: Json) -> None:
    kind = _kind(schema)
    if kind == "integer":
        for bound in ("minimum", "maximum"):
            if bound in schema:
                schema[bound] = int(schema[bound])
        schema.setdefault("format", "int32" if schema.get("maximum", _INT32) <= _INT32 else "int64")
    elif kind == "number":
        schema.setdefault("format", "double")
    elif kind == "string" and "enum" not in schema and (most := _LONGEST.get(schema.get("format", ""))):
        schema.setdefault("maxLength", most)


def _kind(schema: Json) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [each for each in cast("list[str]", kind) if each != "null"]
        return kinds[0] if len(kinds) == 1 else None
    return kind


def _each(value: Any, change: Callable[[Json], None]) -> None:
    for part in _parts(value):
        change(part)


def _parts(value: Any) -> Iterator[Json]:
    """Every object inside ``value`` and itself, but nothing that is an example or a default."""
    if isinstance(value, dict):
        members = cast("Json", value)
        for name, member in list(members.items()):
            if name not in ("example", "examples", "default", "enum"):
                yield from _parts(member)
        yield members
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _parts(item)
