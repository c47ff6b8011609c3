"""Schemas and parameters of the document as tables for people."""

from html import escape
from typing import Any, cast

from api.docs.pages import prose, table

Json = dict[str, Any]


def parameter_cells(parameter: Json) -> str:
    """A row: name, kind, what it is."""
    need = " required" if parameter.get("required") else ""
    kind = f"{parameter['in']}{need}, {_kind(parameter.get('schema', {}))}"
    described = f'<span class="quiet">{escape(kind)}</span> {prose(parameter.get("description", ""))}'
    return f"<td><code>{escape(parameter['name'])}</code></td><td>{described}</td>"


def schema_table(document: Json, schema: Json, depth: int = 0) -> str:
    """A table of the members of an object, those of inner ones within; nothing for what has none."""
    found = follow(document, schema)
    rows: list[str] = []
    for name, member in found.get("properties", {}).items():
        need = " required" if name in found.get("required", []) else ""
        inner = _inner(document, member) if depth < 3 else None
        text = f'<span class="quiet">{escape(_kind(member) + need)}</span> {prose(member.get("description", ""))}'
        within = schema_table(document, inner, depth + 1) if inner else ""
        rows.append(f"<td><code>{escape(name)}</code></td><td>{text}{within}</td>")
    return table(rows) if rows else ""


def _inner(document: Json, schema: Json) -> Json | None:
    for option in (schema, *schema.get("oneOf", []), *schema.get("anyOf", []), schema.get("items", {})):
        if follow(document, option).get("properties"):
            return option
    return None


def shared(document: Json, part: Json) -> Json:
    """A response or a parameter, or what it refers to."""
    if "$ref" in part:
        _, kind, name = str(part["$ref"]).rsplit("/", 2)
        return document["components"][kind][name]
    return part


def follow(document: Json, schema: Json) -> Json:
    """A schema, or the one that it refers to."""
    if "$ref" in schema:
        return document["components"]["schemas"].get(schema["$ref"].rsplit("/", 1)[-1], {})
    return schema


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    options = schema.get("oneOf", []) + schema.get("anyOf", [])
    if options:
        return " | ".join(_kind(option) for option in options)
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) for value in schema["enum"])
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(_kind({**schema, "type": one}) for one in cast("list[str]", kind))
    if kind == "null":
        return "null"
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    text = str(schema.get("format") or kind)
    if text in _MEASURED:
        return text
    bounds = [f"{word} {schema[key]:g}" for key, word in _BOUNDS if key in schema]
    return f"{text} ({', '.join(bounds)})" if bounds else text


_MEASURED = ("uuid", "date", "date-time", "binary")
_BOUNDS = (
    ("minimum", "≥"),
    ("maximum", "≤"),
    ("minLength", "length ≥"),
    ("maxLength", "length ≤"),
    ("maxItems", "at most"),
)
