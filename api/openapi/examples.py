"""An example for every body: of a request as ``example_bodies`` has it, of an answer from the values of members.

A text that has no value reads ``UNSAID``; the tests accept none.
"""

import re
from typing import Any, cast

from api.openapi.example_bodies import BODIES
from api.openapi.example_members import OF_SCHEMA
from api.openapi.example_values import OF_FORMAT, OF_MEDIA, VALUES
from api.openapi.schemas import operations

Json = dict[str, Any]
_REF = "#/components/schemas/"
UNSAID = "…"
_NOTHING = object()
_KIND_OF = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def give_examples(found: Json) -> None:
    """Puts an example to every body of the document, in place; those of answers once for each schema."""
    schemas: Json = found["components"]["schemas"]
    shared: Json = found["components"]["examples"]
    for _, _, operation in operations(found):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            name = operation["operationId"]
            media["example"] = BODIES[name] if name in BODIES else Example(schemas, whole=False).of(media["schema"])
        for status, response in operation["responses"].items():
            if status < "400":
                _answer(response.get("content", {}), schemas, shared)


def _answer(content: Json, schemas: Json, shared: Json) -> None:
    for kind, media in content.items():
        schema: Json = media["schema"]
        if kind != "application/json":
            media["example"] = OF_MEDIA[kind]
        elif "$ref" in schema:
            name = str(schema["$ref"]).removeprefix(_REF)
            if name not in shared:
                shared[name] = {"summary": name, "value": Example(schemas).of(schema)}
            media["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}
        else:
            media["example"] = Example(schemas).of(schema)


class Example:
    """Writes examples of schemas. ``whole``: with members that may be left out."""

    def __init__(self, schemas: Json, *, whole: bool = True) -> None:
        self._schemas, self._whole = schemas, whole
        self._open: list[str] = []

    def of(self, schema: Json, name: str = "", within: str = "") -> Any:
        """A value of ``schema``; ``name`` is that of the member it stands in, ``within`` that of its schema."""
        if (told := self._told(schema, name, within)) is not _NOTHING:
            return told
        if "$ref" in schema:
            return self._object(schema["$ref"].removeprefix(_REF))
        for options in (schema.get("oneOf"), schema.get("anyOf"), schema.get("allOf")):
            if options:
                return self.of(options[0], name, within)
        if "enum" in schema:
            return schema["enum"][0]
        return self._plain(schema, name, within)

    def _told(self, schema: Json, name: str, within: str) -> Any:
        own = OF_SCHEMA.get(within, {})
        if name in own:
            return own[name]
        told = VALUES.get(name, _NOTHING)
        return told if told is not _NOTHING and _fits(told, schema) else _NOTHING

    def _object(self, name: str) -> Json:
        schema: Json = self._schemas[name]
        needed = schema.get("required", [])
        self._open.append(name)
        found = {
            member: self.of(inner, member, name)
            for member, inner in schema.get("properties", {}).items()
            if self._whole or member in needed
        }
        self._open.pop()
        return found

    def _plain(self, schema: Json, name: str, within: str) -> Any:
        kinds = schema.get("type", "object")
        kind = cast("list[str]", kinds)[0] if isinstance(kinds, list) else kinds
        if kind == "array":
            items: Json = schema["items"]
            if items.get("$ref", "").removeprefix(_REF) in self._open:
                return []  # a district has districts: one level shows the form
            return [self.of(items, re.sub("ies$", "y", name).removesuffix("s"), within)]
        if kind == "boolean":
            return bool(schema.get("default", False))
        if kind == "object":
            return {}
        if kind == "integer" and schema.get("minimum", 0) > 1:
            return schema["minimum"]
        return OF_FORMAT.get(schema.get("format", ""), UNSAID)


def _fits(value: Any, schema: Json) -> bool:
    """Whether a value that a name stands for is meant here: it has the member's type, and is one of its choices."""
    if "enum" in schema and value not in schema["enum"]:
        return False
    options = [schema, *schema.get("oneOf", [])]
    kinds = {kind for option in options for kind in _kinds(option)}
    if value is None:
        return "null" in kinds
    if isinstance(value, str) and schema.get("format") in ("uuid", "date-time", "date"):
        return _looks(value) == schema["format"]
    found = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}[
        type(value)
    ]
    if found == "array" and value and "items" in schema:
        return found in kinds and _fits(value[0], schema["items"])
    return found in kinds


def _kinds(schema: Json) -> list[str]:
    kinds = schema.get("type", [])
    return cast("list[str]", kinds) if isinstance(kinds, list) else [kinds]


def _looks(value: str) -> str:
    if len(value) == 36 and value.count("-") == 4:
        return "uuid"
    return {25: "date-time", 10: "date"}.get(len(value), "")
