"""`CHANGELOG.md` for people (`/docs/changes`) and for feed readers (`/docs/changes.atom`), as it is written."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from litestar import Controller, Response, get
from markdown_it import MarkdownIt

from api.auth import public
from api.body import WireRequest
from api.docs import pages
from api.docs.overview import HTML, headers
from api.docs.written import CACHE
from api.wire import etag, respond

_HEADING = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2}|unreleased)\)$", re.MULTILINE)
_markdown = MarkdownIt("commonmark", {"html": False})


class Section(msgspec.Struct, frozen=True):
    """One version. ``when``: the day of its release; while it has none, when its text was last written."""

    version: str
    released: bool
    when: datetime
    html: str


class ChangesController(Controller):
    """The changelog."""

    path = "/docs"
    guards = (public,)
    include_in_schema = False

    @get("/changes")
    async def page(self, request: WireRequest) -> Response[Any]:
        body = _page()
        return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=HTML)

    @get("/changes.atom")
    async def feed(self, request: WireRequest) -> Response[Any]:
        body = _feed(request.app.state["settings"].public_url.rstrip("/"))
        return respond(request, body, etag=etag(body), cache=CACHE, media_type="application/atom+xml; charset=utf-8")


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """Every version, newest first."""
    file = _file()
    text, written = file.read_text(encoding="utf-8"), datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
    heads = list(_HEADING.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return tuple(
        Section(
            head[1],
            head[2] != "unreleased",
            written if head[2] == "unreleased" else datetime.fromisoformat(f"{head[2]}T00:00:00+00:00"),
            _markdown.render(text[head.end() : end].strip()),
        )
        for head, end in zip(heads, ends, strict=True)
    )


def _file() -> Path:
    """In a wheel it lies in this package, in a working copy at the root."""
    inside = Path(str(files("api"))) / "CHANGELOG.md"
    return inside if inside.exists() else inside.parents[1] / "CHANGELOG.md"


def _title(section: Section) -> str:
    return section.version if section.released else f"{section.version}, in the making"


@lru_cache(maxsize=1)
def _page() -> bytes:
    parts = "".join(
        f'<section id="{one.version}"><h2>{escape(_title(one))}</h2>{one.html}</section>' for one in sections()
    )
    links = '<a href="/docs/guide/versioning">Versioning</a><a href="/docs/changes.atom">As a feed</a>'
    body = pages.plain(f'<h1>Changes</h1><p class="links">{links}</p><div class="prose">{parts}</div>')
    return pages.page("Changes", "en", body, part="/docs/changes")


@lru_cache(maxsize=4)
def _feed(url: str) -> bytes:
    entries = "".join(
        f"<entry><id>{escape(url)}/docs/changes#{one.version}</id><title>Wartefrei {escape(_title(one))}</title>"
        f"<updated>{_stamp(one.when)}</updated>"
        f'<link rel="alternate" type="text/html" href="{escape(url)}/docs/changes#{one.version}"/>'
        f'<content type="html">{escape(one.html)}</content></entry>'
        for one in sections()
    )
    newest = max(one.when for one in sections())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Wartefrei: changes of the API</title>'
        f"<id>{escape(url)}/docs/changes</id><updated>{_stamp(newest)}</updated><author><name>Wartefrei</name></author>"
        f'<link rel="self" type="application/atom+xml" href="{escape(url)}/docs/changes.atom"/>'
        f'<link rel="alternate" type="text/html" href="{escape(url)}/docs/changes"/>{entries}</feed>'
    ).encode()


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
