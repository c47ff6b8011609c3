"""The page that the documentation begins with: what the API is, for whom, the guide, every operation in one line."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from api.docs.pages import anchor, block, call, layout, leads, page, prose, shown, table
from api.docs.reference import Group, Header, Operation, headers, side_of
from api.docs.reference_schemas import shared
from api.guide import Page
from api.guide.rendering import laid_out

Json = dict[str, Any]


def _way(what: str, *links: tuple[str, str]) -> str:
    leads = ", ".join(f'<a href="/docs/guide/{name}">{title}</a>' for name, title in links)
    return f"<td>{what}</td><td>{leads}</td>"


_WAYS = (
    _way(
        "An app for citizens",
        ("first-booking", "First booking"),
        ("phone", "On the phone"),
        ("push", "Push"),
        ("offline", "Offline"),
    ),
    _way("A form with its papers", ("application", "An application with a photo"), ("uploads", "Uploads")),
    _way("A server that is told what happens", ("webhooks", "Receiving webhooks"), ("clients", "Generated clients")),
    _way("Something for clerks", ("clerks", "The clerk's side")),
    _way(
        "A test of what goes wrong", ("sandbox", "The sandbox"), ("errors", "Handling errors"), ("retries", "Retries")
    ),
)


def contents(document: Json, listed: Sequence[Group], guides: Mapping[str, Sequence[Page]]) -> bytes:
    """The page that everything begins with: what it is, for whom, the guide's pages by group, and every operation."""
    info = document["info"]
    what, how = (f"<p>{prose(part)}</p>" for part in info["description"].split("\n\n"))
    parts = [
        f'<div class="prose"><h1>{escape(info["title"])} <small>API {escape(info["version"])}</small></h1>{what}</div>'
        '<p class="links"><a class="begin" href="/docs/guide/first-booking">First booking in five minutes</a>'
        ' <a href="#authentication">All operations</a> <a href="/openapi.json">openapi.json</a>'
        ' <a href="/docs/bruno.zip">A collection for Bruno</a></p>'
        f'<section id="first-request"><h2>The first request</h2><p>It needs no key and no account:</p>'
        f"{_first_request(document)}</section>"
        f'<section id="for-whom"><h2>What are you building?</h2>{table(_WAYS)}</section>'
        f"{_guides(guides)}<section><h2>What holds everywhere</h2>{how}</section>{_authentication(document)}"
    ]
    for tag in document["tags"]:
        own = [group for group in listed if group.operations[0].tag == tag["name"]]
        parts.append(f'<section id="{anchor(tag["name"])}"><h2>{escape(tag["name"])}</h2>')
        parts.append(f'<p class="quiet">{prose(tag.get("description", ""))}</p>')
        for group in own:
            if len(own) > 1:
                parts.append(f'<h3><a href="{group.address}">{escape(group.title)}</a></h3>')
            parts.append(f'<ul class="operations">{"".join(map(_row, group.operations))}</ul>')
        parts.append("</section>")
    parts.append(_headers(headers(document)))
    side = layout(side_of(listed, "authentication"), "Parts of the reference", "".join(parts))
    return page("Reference", "en", side, part="/docs")


def _first_request(document: Json) -> str:
    """A request that every installation answers, and the example of its answer."""
    answer = document["paths"]["/v1/cities"]["get"]["responses"]["200"]["content"]["application/json"]
    (example,) = (shared(document, one)["value"] for one in answer["examples"].values())
    return block(f"curl {document['servers'][0]['url']}/v1/cities") + shown(laid_out(example))


def _guides(guides: Mapping[str, Sequence[Page]]) -> str:
    parts = ['<section id="guide"><h2>The guide</h2>']
    for group, some in guides.items():
        rows = leads((one.address, one.title, one.lead) for one in some)
        parts.append(f'<h3>{escape(group)}</h3><ul class="cards">{rows}</ul>')
    return "".join([*parts, "</section>"])


def _headers(listed: Sequence[Header]) -> str:
    rows = "".join(
        f'<tr id="{one.anchor}"><td><code>{escape(one.name)}</code></td>'
        f'<td><span class="quiet">{one.way}</span> {prose(one.description)}</td></tr>'
        for one in listed
    )
    return f'<section id="headers"><h2>Headers</h2><table>{rows}</table></section>'


def _row(one: Operation) -> str:
    return (
        f'<li id="{one.name}"><a href="{one.address}">{call(one.method, one.path)}</a>'
        f'<span class="summary">{escape(one.said.get("summary", ""))}</span></li>'
    )


def _authentication(document: Json) -> str:
    """Who may call, and how they say who they are."""
    schemes = document["components"]["securitySchemes"]
    rows = (
        f'<td><span class="who">{escape(name)}</span></td><td>{prose(scheme["description"])}</td>'
        for name, scheme in schemes.items()
    )
    begin = (
        "uuid() { python3 -c 'import uuid; print(uuid.uuid4())'; }\n"
        f"curl -X POST {document['servers'][0]['url']}/v1/sessions/guest -H 'Content-Type: application/json' \\\n"
        '  -H "Idempotency-Key: $(uuid)" -d "{\\"installationId\\": \\"$(uuid)\\"}"'
    )
    return (
        '<section id="authentication"><h2>Security schemes</h2>'
        f"<p>{prose('A bearer token: `Authorization: Bearer …`. Operations without a mark need none.')}</p>"
        f"{table(rows)}"
        f"<p>{prose('Nobody registers: a guest session is enough to book.')} "
        '<a href="/docs/operations/identity#beginGuestSession">beginGuestSession</a></p>'
        f"{block(begin)}</section>"
    )
