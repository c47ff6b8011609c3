"""The guide at ``/docs/guide``: its pages, their search. No script, no other host."""

from functools import lru_cache
from html import escape
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from api import guide, pages
from api.auth import public
from api.body import WireRequest
from api.docs_page import CACHE, HTML, headers
from api.errors import RouteNotFound
from api.wire import etag, respond


class GuideController(Controller):
    """The guide for app developers."""

    path = "/docs/guide"
    guards = (public,)
    include_in_schema = False

    @get("/")
    async def contents(
        self, request: WireRequest, q: FromQuery[Annotated[str, QueryParameter(max_length=100)]] = ""
    ) -> Response[Any]:
        return _answer(request, _found(q) if q.strip() else _contents())

    @get("/{name:str}")
    async def page(self, request: WireRequest, name: FromPath[str]) -> Response[Any]:
        if guide.find(name) is None:
            raise RouteNotFound
        return _answer(request, _page(name, request.app.state["settings"].public_url))


class CollectionController(Controller):
    """The requests of the guide to try with: a collection for Bruno."""

    guards = (public,)
    include_in_schema = False

    @get("/docs/bruno.zip")
    async def packed(self, request: WireRequest) -> Response[Any]:
        body = _collection(request.app.state["settings"].public_url)
        return respond(request, body, etag=etag(body), cache=CACHE, media_type="application/zip")


@lru_cache(maxsize=4)
def _collection(public_url: str) -> bytes:
    """The files of `api/guide/bruno`, with this installation's address in them."""
    root, packed = Path(str(files("api.guide"))) / "bruno", BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                text = file.read_text(encoding="utf-8").replace(guide.WRITTEN_FOR, public_url.rstrip("/"))
                archive.writestr(ZipInfo(f"wartefrei/{file.relative_to(root)}"), text)
    return packed.getvalue()


def _answer(request: WireRequest, body: bytes) -> Response[Any]:
    return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=HTML)


@lru_cache(maxsize=64)
def _page(name: str, public_url: str) -> bytes:
    page = guide.find(name)
    assert page is not None
    content, headings = guide.html_of(page, public_url)
    listed = "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>' for anchor, text in headings)
    names = [each.name for each in guide.pages()]
    at = names.index(name)
    around = [guide.pages()[n] for n in (at - 1, at + 1) if 0 <= n < len(names)]
    further = "".join(f'<a href="/docs/guide/{p.name}">{escape(p.title)}</a>' for p in around)
    on_page = f"<ol class='onpage'>{listed}</ol>" if len(headings) > 1 else ""
    return _shell(
        page.title, name, f'{on_page}<article class="prose">{content}</article><p class="further">{further}</p>'
    )


@lru_cache(maxsize=1)
def _contents() -> bytes:
    rows = "".join(
        f'<li><a href="/docs/guide/{p.name}">{escape(p.title)}</a><span class="quiet">{escape(p.lead)}</span></li>'
        for p in guide.pages()
    )
    lead = "<p>From the first booking to a well-behaved app. Every request on these pages is run by our tests.</p>"
    return _shell("The guide", "", f'<h1>The guide</h1>{lead}<ol class="contents">{rows}</ol>')


def _found(words: str) -> bytes:
    hits = guide.search(words)
    rows = "".join(
        f'<li><a href="/docs/guide/{s.page.name}#{s.anchor}">{escape(s.page.title)}'
        f"{'' if s.heading == s.page.title else ' › ' + escape(s.heading)}</a></li>"
        for s in hits
    )
    nothing = '<p>Nothing. Try another word, or look at <a href="/docs">all operations</a>.</p>'
    result = f'<ol class="contents">{rows}</ol>' if hits else nothing
    return _shell("Search", "", f"<h1>Search: {escape(words)}</h1>{result}", words)


def _shell(title: str, current: str, body: str, words: str = "") -> bytes:
    links = "".join(
        f'<a href="/docs/guide/{p.name}"{" aria-current=page" if p.name == current else ""}>{escape(p.title)}</a>'
        for p in guide.pages()
    )
    form = (
        '<form action="/docs/guide" role="search"><label>Search the guide '
        f'<input type="search" name="q" maxlength="100" value="{escape(words)}"></label></form>'
    )
    first, last = (
        '<a href="/docs/guide">The guide</a>',
        '<a href="/docs">All operations</a><a href="/docs/errors">All errors</a>',
    )
    crumb = f'<p class="crumb">{first}</p>'
    side = f'<nav class="side" aria-label="Guide">{form}{first}{links}{last}</nav>'
    return pages.page(f"Wartefrei: {title}", "en", f'<div class="guide">{side}<main>{crumb}{body}</main></div>')
