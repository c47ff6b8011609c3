"""What is written once for a process from the OpenAPI document: the document itself, its pages, and what finds them."""

import asyncio
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import msgspec
from litestar import Response

from api import catalogue_of_errors, guide
from api.body import WireRequest
from api.docs import contents, reference, search_corpus
from api.docs.search import Index
from api.guide import Section
from api.middleware.compression import CODINGS, Coding, choose, squeezed
from api.openapi import example_problems
from api.openapi.example_problems import Place
from api.problems import header
from api.wire import etag, matches, respond
from backend.settings import Settings

CACHE = "public, max-age=300"


class Ready(msgspec.Struct, frozen=True):
    """What is the same for everybody: as it is, and squeezed in every coding."""

    body: bytes
    etag: str
    squeezed: dict[Coding, bytes]

    def answer(self, request: WireRequest, given: dict[str, str], media_type: str) -> Response[Any]:
        """The form that the client wants, or 304."""
        coding = choose(header(request.scope, b"accept-encoding") or "")
        body, tag, said = self.body, self.etag, dict(given)
        known = matches(header(request.scope, b"if-none-match"), tag)
        if coding is not None and not known:  # else the frame says so, as of everything that it could have squeezed
            body, tag = self.squeezed[coding], f"W/{tag}"
            said |= {"Content-Encoding": coding, "Vary": "Accept-Encoding"}
        return respond(request, body, etag=tag, cache=CACHE, headers=said, media_type=media_type)


class Written(msgspec.Struct, frozen=True):
    """The document for programs, and what is written from it for people.

    ``places``: by code the operations that answer with it; ``addresses``: by operation where it is told; ``told``:
    by code markup that leads to where the guide tells of it.
    """

    document: Ready
    contents: Ready
    groups: Mapping[str, bytes]
    places: Mapping[str, list[Place]]
    addresses: Mapping[str, str]
    told: Mapping[str, str]
    index: Index


class Writer:
    """Puts it together when somebody first asks: in a thread, for it takes a second or more."""

    def __init__(self, document: Callable[[], dict[str, Any]], settings: Settings) -> None:
        self._document, self._settings = document, settings
        self._writing: asyncio.Future[Written] | None = None

    async def written(self) -> Written:
        """Whoever asks meanwhile waits for the same; what failed is tried anew."""
        if self._writing is None or (self._writing.done() and self._writing.exception() is not None):
            self._writing = asyncio.ensure_future(asyncio.to_thread(self._write))
        return await asyncio.shield(self._writing)

    def _write(self) -> Written:
        found = self._document()
        groups, sections = reference.groups(found), guide.sections(self._settings)
        shown = search_corpus.shown_in(sections, groups)
        guides = {name: ", ".join(map(_link, some)) for name, some in shown.items()}
        told = search_corpus.told_in(sections, catalogue_of_errors.entries())
        return Written(
            _ready(msgspec.json.encode(found)),
            _ready(contents.contents(found, groups, guide.grouped(self._settings))),
            {group.name: reference.group_page(found, groups, group, guides) for group in groups},
            example_problems.places(found),
            {one.name: one.address for group in groups for one in group.operations},
            {slug: ", ".join(map(_link, some)) for slug, some in told.items()},
            Index(search_corpus.corpus(sections, groups, reference.headers(found), catalogue_of_errors.entries())),
        )


async def written(request: WireRequest) -> Written:
    """Of the application that was asked."""
    writer: Writer = request.app.state["writer"]
    return await writer.written()


def _ready(body: bytes) -> Ready:
    return Ready(body, etag(body), {coding: squeezed(body, coding) for coding in CODINGS})


def _link(section: Section) -> str:
    name = section.page.title if section.heading == section.page.title else f"{section.page.title}: {section.heading}"
    return f'<a href="{section.address}">{escape(name)}</a>'
