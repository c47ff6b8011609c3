"""The documentation at ``/docs``: written from the OpenAPI document, without scripts and without any other host.

Every slug has its page at ``/docs/errors/{slug}``, which is where ``type`` of a problem leads.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath

from api import catalogue_of_errors, error_pages, pages
from api.auth import public
from api.body import WireRequest
from api.compression import CODINGS, Coding, choose, squeezed
from api.errors import RouteNotFound
from api.problems import header
from api.texts import Language, language_of
from api.wire import JSON, etag, matches, respond

CACHE = "public, max-age=300"
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HTML = "text/html"
_STATIC = {
    "docs.css": "text/css",
    "confirm.css": "text/css",
    "dev-issuer.css": "text/css",
    "favicon.svg": "image/svg+xml",
    "app.png": "image/png",
    "console-today.png": "image/png",
}


class DocsController(Controller):
    """The document for programs and the pages for people."""

    guards = (public,)
    include_in_schema = False

    @get(["/openapi.json", "/v1/openapi.json"], operation_id="readOpenapi")
    async def openapi(self, request: WireRequest) -> Response[Any]:
        """At the root, and at the base path of the version, where the Dutch design rules look for it."""
        written = await _written(request)
        return written.document.answer(request, {"Access-Control-Allow-Origin": "*"}, JSON)

    @get("/docs")
    async def docs(self, request: WireRequest) -> Response[Any]:
        written = await _written(request)
        return written.page.answer(request, headers(), HTML)

    @get("/docs/errors")
    async def errors(self, request: WireRequest) -> Response[Any]:
        return _errors(request, catalogue_of_errors.entries())

    @get("/docs/errors/{slug:str}")
    async def error(self, request: WireRequest, slug: FromPath[str]) -> Response[Any]:
        entry = next((one for one in catalogue_of_errors.entries() if one.slug == slug), None)
        if entry is None:
            raise RouteNotFound
        language, url = language_of(request.headers.get("accept-language")), request.app.state["settings"].public_url
        body = error_pages.render(entry, language, url, _operations(request.app).get(slug, ()))
        return _in_language(request, body, language)

    @get("/docs/static/{name:str}")
    async def static(self, request: WireRequest, name: FromPath[str]) -> Response[Any]:
        return _static(request, name)

    @get("/favicon.ico")
    async def favicon(self, request: WireRequest) -> Response[Any]:
        return _static(request, "favicon.svg")


def _errors(request: WireRequest, entries: Sequence[catalogue_of_errors.Entry]) -> Response[Any]:
    language = language_of(request.headers.get("accept-language"))
    return _in_language(request, pages.errors(entries, language), language)


@lru_cache(maxsize=4)
def _operations(app: Any) -> dict[str, list[str]]:
    return error_pages.operations_by_code(app)


def _in_language(request: WireRequest, body: bytes, language: Language) -> Response[Any]:
    found = {**headers(), "Content-Language": language, "Vary": "Accept-Language"}
    return respond(request, body, etag=etag(body), cache=CACHE, headers=found, media_type=HTML)


def _static(request: WireRequest, name: str) -> Response[Any]:
    if name not in _STATIC:
        raise RouteNotFound
    body = files("api.static").joinpath(name).read_bytes()
    return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=_STATIC[name])


def headers() -> dict[str, str]:
    return {"Content-Security-Policy": _CSP}


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
        if coding is not None:
            body, tag = self.squeezed[coding], f"W/{tag}"
            if not known:
                said["Content-Encoding"] = coding
        if known or coding is not None:  # else the frame says so, as of everything that it could have squeezed
            said["Vary"] = "Accept-Encoding"
        return respond(request, body, etag=tag, cache=CACHE, headers=said, media_type=media_type)


class Written(msgspec.Struct, frozen=True):
    """The document for programs, and the page that is written from it."""

    document: Ready
    page: Ready


class Writer:
    """Puts both together once for a process, when somebody first asks: in a thread, for it takes a second or more."""

    def __init__(self, document: Callable[[], dict[str, Any]]) -> None:
        self._document = document
        self._writing: asyncio.Future[Written] | None = None

    async def written(self) -> Written:
        """Whoever asks meanwhile waits for the same; what failed is tried anew."""
        if self._writing is None or (self._writing.done() and self._writing.exception() is not None):
            self._writing = asyncio.ensure_future(asyncio.to_thread(self._write))
        return await asyncio.shield(self._writing)

    def _write(self) -> Written:
        found = self._document()
        return Written(_ready(msgspec.json.encode(found)), _ready(pages.operations(found)))


def _ready(body: bytes) -> Ready:
    return Ready(body, etag(body), {coding: squeezed(body, coding) for coding in CODINGS})


async def _written(request: WireRequest) -> Written:
    writer: Writer = request.app.state["writer"]
    return await writer.written()
