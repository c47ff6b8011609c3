"""HTML of the documentation. Plain strings: everything that is not markup of ours goes through ``escape``."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, cast

from api.catalogue_of_errors import Entry
from api.texts import Language

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")


def operations(document: Json) -> bytes:
    """The page of all operations."""
    tags = [tag["name"] for tag in document["tags"]]
    texts = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    listed = list(_operations(document))
    menu = "".join(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in tags)
    parts = [
        f"<header><h1>{escape(document['info']['title'])} <small>API {escape(document['info']['version'])}</small></h1>"
    ]
    parts += [f"<p>{prose(part)}</p>" for part in document["info"]["description"].split("\n\n")]
    parts.append(
        '<p class="links"><a href="/docs/guide">The guide</a>'
        ' <a href="/openapi.json">openapi.json</a> <a href="/docs/errors">All errors</a></p></header>'
    )
    parts.append(f'<nav><a href="#authentication">Authentication</a>{menu}</nav><main>{_authentication(document)}')
    for tag in tags:
        parts.append(f'<section id="{_anchor(tag)}"><h2>{escape(tag)}</h2><p class="quiet">{prose(texts[tag])}</p>')
        parts += [_operation(document, *found) for found in listed if tag in found[2].get("tags", [])]
        parts.append("</section>")
    parts.append("</main>")
    return page("Wartefrei API", "en", "".join(parts))


def errors(entries: Sequence[Entry], language: Language) -> bytes:
    """The page of all errors, or of one."""
    heading = {"de": "Fehler", "en": "Errors"}[language]
    rows = "".join(
        f'<article id="{entry.slug}"><h3><a href="/docs/errors/{entry.slug}"><code>{entry.slug}</code></a>'
        f' <span class="status">{entry.status}</span></h3>'
        f"<p>{escape(entry.title_in(language))}</p>"
        + (f'<p class="quiet">{prose(entry.description)}</p>' if entry.description else "")
        + "</article>"
        for entry in entries
    )
    links = f'<p class="links"><a href="/docs">API</a> <a href="/docs/errors">{heading}</a></p>'
    body = f"<header><h1>{heading}</h1>{links}</header>"
    return page(f"Wartefrei: {heading}", language, f"{body}<main>{rows}</main>")


def page(title: str, language: str, body: str) -> bytes:
    """A whole document; ``body`` is markup."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/docs/static/favicon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/docs/static/docs.css"></head><body>{body}</body></html>'
    ).encode()


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in sorted(document["paths"].items()):
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _authentication(document: Json) -> str:
    """Who may call, and how they say who they are."""
    schemes = document["components"]["securitySchemes"]
    rows = (
        f'<td><span class="who">{escape(name)}</span></td><td>{prose(scheme["description"])}</td>'
        for name, scheme in schemes.items()
    )
    begin = (
        "curl -X POST $API/v1/sessions/guest -H 'Content-Type: application/json' \\\n"
        '  -H "Idempotency-Key: $(uuidgen)" -d \'{"installationId": "\'$(uuidgen)\'"}\''
    )
    return (
        '<section id="authentication"><h2>Authentication</h2>'
        f"<p>{prose('A bearer token: `Authorization: Bearer …`. Operations without a mark need none.')}</p>"
        f"{_table(rows)}"
        f"<p>{prose('Nobody registers: a guest session is enough to book.')} "
        '<a href="#beginGuestSession">beginGuestSession</a></p>'
        f"<pre>{escape(begin)}</pre></section>"
    )


def _request(document: Json, path: str, method: str, operation: Json) -> str:
    """The operation as a command to copy; $API, $TOKEN and what stands in braces are the reader's."""
    lines = [f'curl{"" if method == "get" else f" -X {method.upper()}"} "$API{path}"']
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if method == "post":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        example = media.get("example", _skeleton(document, media.get("schema", {})))
        lines += [f"-H 'Content-Type: {kind}'", f"-d '{json.dumps(example, ensure_ascii=False)}'"]
    command = " \\\n  ".join(lines)
    return f"<pre>{escape(command)}</pre>"


def _skeleton(document: Json, schema: Json) -> Json:
    found = _follow(document, schema)
    return dict.fromkeys(found.get("required", []), "…")


def _operation(document: Json, path: str, method: str, operation: Json) -> str:
    who = next((name for rule in operation.get("security", []) for name in rule), "")
    badge = f'<span class="who">{escape(who)}</span>' if who else ""
    parts = [
        "<details><summary>"
        f'<span class="method {method}">{method.upper()}</span><code class="path">{_breakable(path)}</code>'
        f'<span class="summary">{escape(operation.get("summary", ""))}</span>{badge}'
        f'</summary><div id="{escape(operation["operationId"])}">'  # inside, so that a link to it opens it
    ]
    if operation.get("description"):
        parts.append(f"<p>{prose(operation['description'])}</p>")
    name = escape(operation["operationId"])
    parts.append(f'<p class="quiet">operationId <a href="#{name}"><code>{name}</code></a></p>')
    parts.append(_request(document, path, method, operation))
    if operation.get("parameters"):
        parts.append("<h4>Parameters</h4>" + _table(_parameter(_shared(document, p)) for p in operation["parameters"]))
    for media in operation.get("requestBody", {}).get("content", {}).values():
        parts.append("<h4>Body</h4>" + _schema(document, media.get("schema", {})))
        if "example" in media:
            parts.append(f"<pre>{escape(json.dumps(media['example'], indent=2, ensure_ascii=False))}</pre>")
    parts.append("<h4>Answers</h4>")
    parts += [_response(document, code, response) for code, response in operation["responses"].items() if code < "400"]
    problems = [(code, _shared(document, r)) for code, r in operation["responses"].items() if code >= "400"]
    parts.append("<h4>Errors</h4>" + _table(_problem(code, response) for code, response in problems))
    return "".join([*parts, "</div></details>"])


def _response(document: Json, code: str, response: Json) -> str:
    text = f"<p><b>{escape(code)}</b> {prose(response.get('description', ''))}</p>"
    for media in response.get("content", {}).values():
        text += _schema(document, media.get("schema", {}))
    return text


def _problem(status: str, response: Json) -> str:
    slugs = [slug for media in response["content"].values() for slug in media.get("examples", {})]
    links = " ".join(f'<a href="/docs/errors/{slug}"><code>{slug}</code></a>' for slug in slugs)
    return f"<td><b>{escape(status)}</b></td><td>{prose(response['description'])}<br>{links}</td>"


def _parameter(parameter: Json) -> str:
    need = " required" if parameter.get("required") else ""
    kind = f"{parameter['in']}{need}, {_kind(parameter.get('schema', {}))}"
    described = f'<span class="quiet">{escape(kind)}</span> {prose(parameter.get("description", ""))}'
    return f"<td><code>{escape(parameter['name'])}</code></td><td>{described}</td>"


def _schema(document: Json, schema: Json, depth: int = 0) -> str:
    found = _follow(document, schema)
    rows: list[str] = []
    for name, member in found.get("properties", {}).items():
        need = " required" if name in found.get("required", []) else ""
        inner = _inner(document, member) if depth < 3 else None
        text = f'<span class="quiet">{escape(_kind(member) + need)}</span> {prose(member.get("description", ""))}'
        rows.append(
            f"<td><code>{escape(name)}</code></td><td>{text}{_schema(document, inner, depth + 1) if inner else ''}</td>"
        )
    return _table(rows) if rows else ""


def _inner(document: Json, schema: Json) -> Json | None:
    for option in (schema, *schema.get("oneOf", []), *schema.get("anyOf", []), schema.get("items", {})):
        if _follow(document, option).get("properties"):
            return option
    return None


def _shared(document: Json, part: Json) -> Json:
    """A response or a parameter, or what it refers to."""
    if "$ref" in part:
        _, kind, name = str(part["$ref"]).rsplit("/", 2)
        return document["components"][kind][name]
    return part


def _follow(document: Json, schema: Json) -> Json:
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


def _table(rows: Iterable[str]) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def prose(text: str) -> str:
    """Words with `code` in them as markup."""
    return re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(text, quote=False))


def _breakable(path: str) -> str:
    return escape(path).replace("/", "/<wbr>")


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())
