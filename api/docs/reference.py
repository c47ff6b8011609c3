"""The operations of the OpenAPI document for people: pages that say all of them, and what their list is made from.

A tag has a page; one of many operations has a page for each collection. Every operation keeps its anchor on the list,
which is where it stood before, and leads on from there.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import msgspec

from api.docs.pages import anchor, block, call, further, layout, page, prose, table
from api.docs.reference_schemas import follow, parameter_cells, schema_table, shared

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_MOST_ON_A_PAGE = 20
"""Operations; a tag with more is divided by the collection in their paths."""
_SOMETIMES_OWED = " Some operations require it: 428 without it."
_READERS = (
    "In what is to be copied <code>$API</code>, <code>$TOKEN</code> and <code>uuid</code> are those of"
    ' <a href="/docs/guide/first-booking#what-you-need">First booking</a>, <code>$CLIENT_KEY</code> is the key of'
    " your app or server."
)


class Operation(msgspec.Struct, frozen=True):
    """One of the document, and where it is told."""

    path: str
    method: str
    tag: str
    group: str
    said: Json

    @property
    def name(self) -> str:
        return str(self.said["operationId"])

    @property
    def address(self) -> str:
        return f"/docs/operations/{self.group}#{self.name}"


class Group(msgspec.Struct, frozen=True):
    """A page of operations."""

    name: str
    title: str
    description: str
    operations: Sequence[Operation]

    @property
    def address(self) -> str:
        return f"/docs/operations/{self.name}"


class Header(msgspec.Struct, frozen=True):
    """One that requests or answers carry."""

    name: str
    way: str
    description: str

    @property
    def anchor(self) -> str:
        return anchor(f"header {self.name}")

    @property
    def address(self) -> str:
        return f"/docs#{self.anchor}"


def headers(document: Json) -> list[Header]:
    """Those that the document tells of, by name."""
    components = document["components"]
    sent = [one for one in components["parameters"].values() if one["in"] == "header"]
    # One name may have several rules: what they say in common is said once, by the one that asks the least.
    owed = {one["name"] for one in sent if one["required"]} & {one["name"] for one in sent if not one["required"]}
    found = {
        one["name"]: Header(
            one["name"], "request", one["description"] + (_SOMETIMES_OWED if one["name"] in owed else "")
        )
        for one in reversed(sent)
    }
    found |= {name: Header(name, "answer", said["description"]) for name, said in components["headers"].items()}
    found |= {
        one["name"]: Header(one["name"], "request", one["description"])
        for one in components["securitySchemes"].values()
        if one["type"] == "apiKey"
    }
    return [found[name] for name in sorted(found)]


def groups(document: Json) -> list[Group]:
    """The pages, in the document's order of tags."""
    listed = [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    found: list[Group] = []
    for tag in (tag["name"] for tag in document["tags"]):
        own = [one for one in listed if tag in one[2].get("tags", [])]
        collections: dict[str, list[Operation]] = {}
        for path, method, said in own:
            collection = path.split("/")[3] if len(own) > _MOST_ON_A_PAGE else ""
            group = anchor(f"{tag} {collection}")
            collections.setdefault(collection, []).append(Operation(path, method, tag, group, said))
        text = next(one.get("description", "") for one in document["tags"] if one["name"] == tag)
        found += [
            Group(of[0].group, f"{tag}: {name}" if name else tag, text, of) for name, of in sorted(collections.items())
        ]
    return found


def group_page(document: Json, listed: Sequence[Group], group: Group, guides: Mapping[str, str]) -> bytes:
    """The page of one group. ``guides``: by operation, markup that leads to where the guide shows it."""
    parts = [f'<h1>{escape(group.title)}</h1><p class="quiet">{prose(group.description)}</p>']
    parts.append(f'<p class="quiet">{_READERS}</p>')
    parts += [_operation(document, one, guides.get(one.name, "")) for one in group.operations]
    parts.append(further([(one.address, one.title) for one in listed], listed.index(group)))
    side = side_of(listed, group.name)
    back = '<a href="/docs">Reference</a>'
    return page(group.title, "en", layout(side, "Parts of the reference", "".join(parts), above=back), part="/docs")


def side_of(listed: Sequence[Group], current: str) -> str:
    links = "".join(
        f'<a href="{one.address}"{" aria-current=page" if one.name == current else ""}>{escape(one.title)}</a>'
        for one in listed
    )
    return f'<a href="/docs#authentication">Security schemes</a>{links}<a href="/docs#headers">Headers</a>'


def _request(document: Json, path: str, method: str, operation: Json) -> str:
    """The operation as a command to copy; what stands in braces is the reader's, like what ``_READERS`` tells of."""
    lines = [f'curl{"" if method == "get" else f" -X {method.upper()}"} "$API{path}"']
    for name in _wanted(operation):
        scheme = document["components"]["securitySchemes"][name]
        by_key = scheme["type"] == "apiKey"
        lines.append(f'-H "{scheme["name"]}: $CLIENT_KEY"' if by_key else '-H "Authorization: Bearer $TOKEN"')
    if method == "post":
        lines.append('-H "Idempotency-Key: $(uuid)"')
    parameters = [shared(document, parameter) for parameter in operation.get("parameters", [])]
    lines += [f"-H 'If-Match: {one['example']}'" for one in parameters if one["name"] == "If-Match" and one["required"]]
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        example = media.get("example", _skeleton(document, media.get("schema", {})))
        lines += [f"-H 'Content-Type: {kind}'", f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}"]
    command = " \\\n  ".join(lines)
    return block(command)


def _wanted(operation: Json) -> Json:
    """What the operation has to be shown: the first of what is enough says the least."""
    security: list[Json] = operation.get("security", [])
    return security[0] if security else {}


def _skeleton(document: Json, schema: Json) -> Json:
    found = follow(document, schema)
    return dict.fromkeys(found.get("required", []), "…")


def _operation(document: Json, one: Operation, guides: str) -> str:
    operation, name = one.said, escape(one.name)
    who = next(iter(_wanted(operation)), "")
    badge = f'<span class="who">{escape(who)}</span>' if who else ""
    parts = [
        f"<details><summary><h2>{call(one.method, one.path)}</h2>"
        f'<span class="summary">{escape(operation.get("summary", ""))}</span>{badge}'
        f'</summary><div id="{name}">'  # inside, so that a link to it opens it
    ]
    if operation.get("description"):
        parts.append(f"<p>{prose(operation['description'])}</p>")
    parts.append(f'<p class="quiet">operationId <a href="#{name}"><code>{name}</code></a></p>')
    if guides:
        parts.append(f'<p class="quiet">In the guide: {guides}</p>')
    parts.append(_request(document, one.path, one.method, operation))
    if operation.get("parameters"):
        parts.append(
            "<h3>Parameters</h3>" + table(parameter_cells(shared(document, p)) for p in operation["parameters"])
        )
    for media in operation.get("requestBody", {}).get("content", {}).values():
        parts.append("<h3>Body</h3>" + schema_table(document, media.get("schema", {})))
        if "example" in media:
            parts.append(block(json.dumps(media["example"], indent=2, ensure_ascii=False)))
    parts.append("<h3>Answers</h3>")
    parts += [_response(document, code, response) for code, response in operation["responses"].items() if code < "400"]
    problems = [(code, shared(document, r)) for code, r in operation["responses"].items() if code >= "400"]
    parts.append("<h3>Errors</h3>" + table(_problem(code, response) for code, response in problems))
    return "".join([*parts, "</div></details>"])


def _response(document: Json, code: str, response: Json) -> str:
    text = f"<p><b>{escape(code)}</b> {prose(response.get('description', ''))}</p>"
    for media in response.get("content", {}).values():
        text += schema_table(document, media.get("schema", {}))
    return text


def _problem(status: str, response: Json) -> str:
    slugs = [slug for media in response["content"].values() for slug in media.get("examples", {})]
    links = " ".join(f'<a href="/docs/errors/{slug}"><code>{slug}</code></a>' for slug in slugs)
    return f"<td><b>{escape(status)}</b></td><td>{prose(response['description'])}<br>{links}</td>"
