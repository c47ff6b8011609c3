"""The guide at ``/docs/guide``: its pages, and a collection of its requests to try with. No other host."""

from functools import lru_cache
from html import escape
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from litestar import Controller, Response, get
from litestar.params import FromPath

from api import guide
from api.auth import public
from api.body import WireRequest
from api.docs import pages
from api.docs.overview import Words, answer, found_page
from api.docs.written import CACHE
from api.errors import RouteNotFound
from api.wire import etag, respond
from backend.settings import Settings

_PART = "/docs/guide"


class GuideController(Controller):
    """The guide for app developers."""

    path = "/docs/guide"
    guards = (public,)
    include_in_schema = False

    @get("/")
    async def contents(self, request: WireRequest, q: Words = "") -> Response[Any]:
        """``q``: the search had this address once."""
        return await found_page(request, q) if q.strip() else answer(request, _contents(request.app.state["settings"]))

    @get("/{name:str}")
    async def page(self, request: WireRequest, name: FromPath[str]) -> Response[Any]:
        settings: Settings = request.app.state["settings"]
        if guide.find(name, settings) is None:
            raise RouteNotFound
        return answer(request, _page(name, settings))


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


@lru_cache(maxsize=64)
def _page(name: str, settings: Settings) -> bytes:
    listed, at = guide.pages(settings), guide.ORDER.index(name)
    page = listed[at]
    content, headings = guide.html_of(page, settings.public_url)
    rows = "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>' for anchor, text in headings)
    on_page = f'<nav class="onpage" aria-label="On this page"><ol>{rows}</ol></nav>' if len(headings) > 1 else ""
    further = pages.further([*((one.address, one.title) for one in listed), ("/docs", "Every operation")], at)
    main = f'<article class="prose">{content}</article>{further}'
    # What is on the page comes behind its title and lead.
    before, lead, after = main.partition("</p>")
    main = f"{before}{lead}{on_page}{after}"
    return _shell(page.title, settings, name, main, above='<a href="/docs/guide">The guide</a>')


@lru_cache(maxsize=4)
def _contents(settings: Settings) -> bytes:
    lead = "<p>From the first booking to a well-behaved app. Every request on these pages is run by our tests.</p>"
    parts = [f"<h1>The guide</h1>{lead}"]
    for group, some in guide.grouped(settings).items():
        rows = pages.leads((one.address, one.title, one.lead) for one in some)
        parts.append(f'<section id="{pages.anchor(group)}"><h2>{group}</h2><ul class="contents">{rows}</ul></section>')
    return _shell("The guide", settings, "", "".join(parts))


def _shell(title: str, settings: Settings, current: str, main: str, above: str = "") -> bytes:
    links = ""
    for group, some in guide.grouped(settings).items():
        links += f'<p class="group">{group}</p>' + "".join(
            f'<a href="{p.address}"{" aria-current=page" if p.name == current else ""}>{escape(p.title)}</a>'
            for p in some
        )
    return pages.page(title, "en", pages.layout(links, "Guide", main, above=above), part=_PART)
