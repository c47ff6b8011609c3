"""Which JSON Schema a form may use: what apps can show, where every answer is bounded, and the time to check it too."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, cast

import jsonschema_rs

from backend.forms.content import Json
from backend.forms.fields import ATTACHMENT, FORMATS, compiled
from backend.forms.reader import Fault, step

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_QUESTIONS = 200
MOST_DEPTH = 8
_MOST_LENGTH, _MOST_ITEMS, _MOST_PATTERN = 10_000, 100, 300
_NAME = re.compile(r"[a-z][A-Za-z0-9]{0,60}")
_ANYWHERE = {"$comment", "title", "description", "type", "enum", "const", "$ref", "examples", "default"}
_OF_TYPE: dict[str, set[str]] = {
    "object": {"properties", "required", "additionalProperties", "allOf", "if", "then", "else", "dependentRequired"},
    "array": {"items", "minItems", "maxItems", "uniqueItems", ATTACHMENT},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "boolean": set(),
}
_IN_CONDITIONS = set[str]().union(_ANYWHERE, *_OF_TYPE.values()) - {ATTACHMENT, "$ref"} | {
    "anyOf", "oneOf", "not", "contains", "minProperties", "maxProperties",
}  # fmt: skip
_LISTS, _SINGLE, _NAMED = ("allOf", "anyOf", "oneOf"), ("if", "then", "else", "not", "items", "contains"), "properties"


def schema_faults(schema: Json, purposes: Collection[str], at: str = "/schema") -> Iterator[Fault]:
    """What is wrong with the questions' schema as a whole."""
    if schema.get("$schema", DIALECT) != DIALECT:
        yield Fault(f"{at}/$schema", f"must be {DIALECT}")
    if schema.get("type") != "object":
        yield Fault(at, "must be of type object")
        return
    try:
        jsonschema_rs.meta.validate(schema)
    except Exception as error:  # noqa: BLE001 - the library raises ValueError, ValidationError and others alike
        yield Fault(at, f"is no valid schema: {_words(error)}")
        return
    found = list(_parts(schema, purposes, at))
    yield from found
    try:
        compiled(schema)
    except Exception as error:  # noqa: BLE001 - as above
        if not found:
            yield Fault(at, f"is no valid schema: {_words(error)}")


def _parts(schema: Json, purposes: Collection[str], at: str) -> Iterator[Fault]:
    defs = cast("dict[str, Json]", schema.get("$defs", {}))
    for where, ref in _references(schema, at):
        if ref.removeprefix("#/$defs/") not in defs:
            yield Fault(where, "a $ref leads to a definition of this form: #/$defs/…")
    yield from _ref_faults(defs, at)
    for name, one in defs.items():
        yield from _question(one, purposes, f"{at}/$defs/{step(name)}", 1)
    rest = {key: value for key, value in schema.items() if key not in ("$schema", "$defs", "$id")}
    if "$id" in schema:
        yield Fault(f"{at}/$id", "is not allowed: the version has its own address")
    yield from _question(rest, purposes, at, 0)


def _references(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        members = cast("Json", value)
        if isinstance(ref := members.get("$ref"), str):
            yield at, ref
        for name, member in members.items():
            yield from _references(member, f"{at}/{step(name)}")
    elif isinstance(value, list):
        for i, item in enumerate(cast("list[Any]", value)):
            yield from _references(item, f"{at}/{i}")


def condition_faults(schema: Any, at: str) -> Iterator[Fault]:
    """What is wrong with the schema of a condition."""
    if not isinstance(schema, dict):
        yield Fault(at, "must be a schema")
        return
    yield from _known_words(cast("Json", schema), at, 0)
    try:
        compiled(cast("Json", schema))
    except Exception as error:  # noqa: BLE001 - as above
        yield Fault(at, f"is no valid schema: {_words(error)}")


def _words(error: Exception) -> str:
    if isinstance(error, jsonschema_rs.ValidationError):
        where = "".join(f"/{part}" for part in error.instance_path)
        return f"{error.message} (at {where or '/'})"
    return str(error).splitlines()[0]


def _known_words(schema: Json, at: str, depth: int) -> Iterator[Fault]:
    if depth > MOST_DEPTH:
        yield Fault(at, "is nested too deep")
        return
    for word in schema:
        if word not in _IN_CONDITIONS:
            yield Fault(f"{at}/{step(word)}", "is not supported in conditions")
    yield from _pattern_faults(schema, at)
    for where, inner in _inner(schema, at):
        if isinstance(inner, dict):
            yield from _known_words(cast("Json", inner), where, depth + 1)


def _inner(schema: Json, at: str) -> Iterator[tuple[str, Any]]:
    for word in _SINGLE:
        if word in schema:
            yield f"{at}/{word}", schema[word]
    for word in _LISTS:
        if isinstance(schema.get(word), list):
            yield from ((f"{at}/{word}/{i}", one) for i, one in enumerate(schema[word]))
    if isinstance(schema.get(_NAMED), dict):
        yield from ((f"{at}/{_NAMED}/{step(name)}", one) for name, one in schema[_NAMED].items())


def _question(schema: Json, purposes: Collection[str], at: str, depth: int) -> Iterator[Fault]:
    """One question, object or list of them: everything bounded, nothing that apps cannot show."""
    if depth > MOST_DEPTH:
        yield Fault(at, "is nested too deep")
        return
    if "$ref" in schema:
        for word in schema.keys() - {"$ref", "title", "description", "$comment"}:
            yield Fault(f"{at}/{step(word)}", "stands beside a $ref: it belongs into the definition")
        return
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _OF_TYPE:
        yield Fault(at, "type must be one of " + ", ".join(sorted(_OF_TYPE)))
        return
    for word in schema.keys() - _ANYWHERE - _OF_TYPE[kind]:
        yield Fault(f"{at}/{step(word)}", f"is not supported for type {kind}")
    if kind == "object":
        yield from _object(schema, purposes, at, depth)
    elif kind == "array":
        yield from _array(schema, purposes, at, depth)
    elif kind == "string":
        yield from _string(schema, at)


def _object(schema: Json, purposes: Collection[str], at: str, depth: int) -> Iterator[Fault]:
    if schema.get("additionalProperties") is not False:
        yield Fault(at, "additionalProperties must be false")
    members = cast("dict[str, Json]", schema.get("properties", {}))
    for name, member in members.items():
        if not _NAME.fullmatch(name):
            yield Fault(f"{at}/properties/{step(name)}", "a name is letters and digits, as in familyName")
        if member.get("type") == "object" and "enum" in member:
            yield Fault(f"{at}/properties/{step(name)}", "an object has no enum")
        yield from _question(member, purposes, f"{at}/properties/{step(name)}", depth + 1)
    for name in schema.get("required", []):
        if name not in members:
            yield Fault(f"{at}/required", f"{name} is no property here")
    yield from _dependent_faults(schema, at, depth)


def _dependent_faults(schema: Json, at: str, depth: int) -> Iterator[Fault]:
    for word in ("if", "then", "else"):
        if word in schema:
            yield from _known_words(schema[word], f"{at}/{word}", depth)
    for i, part in enumerate(schema.get("allOf", [])):
        for word in cast("Json", part).keys() - {"if", "then", "else", "$comment"}:
            yield Fault(f"{at}/allOf/{i}/{step(word)}", "allOf holds if, then and else only")
        yield from _known_words(part, f"{at}/allOf/{i}", depth)


def _array(schema: Json, purposes: Collection[str], at: str, depth: int) -> Iterator[Fault]:
    most = schema.get("maxItems")
    if not isinstance(most, int) or most > _MOST_ITEMS:
        yield Fault(at, f"maxItems is needed, {_MOST_ITEMS} at most")
    if not isinstance(schema.get("items"), dict):
        yield Fault(at, "items is needed")
        return
    if ATTACHMENT in schema:
        if schema[ATTACHMENT] not in purposes:
            yield Fault(f"{at}/{ATTACHMENT}", "must be one of " + ", ".join(sorted(purposes)))
        if schema["items"] != {"type": "string", "format": "uuid"} or schema.get("uniqueItems") is not True:
            yield Fault(at, "a list of documents has items {type: string, format: uuid} and uniqueItems: true")
        return
    yield from _question(schema["items"], purposes, f"{at}/items", depth + 1)


def _string(schema: Json, at: str) -> Iterator[Fault]:
    if not {"enum", "const"} & schema.keys() and schema.get("format") not in ("date", "date-time", "time", "uuid"):
        most = schema.get("maxLength")
        if not isinstance(most, int) or most > _MOST_LENGTH:
            yield Fault(at, f"maxLength is needed, {_MOST_LENGTH} at most")
    if "format" in schema and schema["format"] not in FORMATS:
        yield Fault(f"{at}/format", "must be one of " + ", ".join(FORMATS))
    yield from _pattern_faults(schema, at)


def _pattern_faults(schema: Json, at: str) -> Iterator[Fault]:
    # Which patterns take bounded time is the engine's to say: it refuses look-around and back-references.
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and len(pattern) > _MOST_PATTERN:
        yield Fault(f"{at}/pattern", f"a pattern has {_MOST_PATTERN} characters at most")


def _ref_faults(defs: dict[str, Json], at: str) -> Iterator[Fault]:
    """Definitions may use each other, but not in a circle: an answer's depth is bounded."""

    def circular(name: str, above: tuple[str, ...]) -> bool:
        if name in above or len(above) > MOST_DEPTH:
            return True
        used = set(re.findall(r'"\$ref": ?"#/\$defs/([^"]+)"', json.dumps(defs.get(name, {}))))
        return any(circular(other, (*above, name)) for other in used)

    for name in defs:
        if circular(name, ()):
            yield Fault(f"{at}/$defs/{step(name)}", "leads back to itself, or too deep")
