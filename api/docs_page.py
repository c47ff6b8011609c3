"""The documentation at ``/docs``: written from the OpenAPI document, without scripts and without any other host.

Every slug has its page at ``/docs/errors/{slug}``, which is where ``type`` of a problem leads.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath

from api import catalogue_of_errors, pages
from api.auth import public
from api.body import WireRequest
from api.errors import RouteNotFound
from api.texts import language_of
from api.wire import etag, respond

CACHE = "public, max-age=300"
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HTML = "text/html; charset=utf-8"
_STATIC = {
    "docs.css": "text/css; charset=utf-8",
    "confirm.css": "text/css; charset=utf-8",
    "dev-issuer.css": "text/css; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}


class DocsController(Controller):
    """The document for programs and the pages for people."""

    guards = (public,)
    include_in_schema = False

    @get(["/openapi.json", "/v1/openapi.json"], operation_id="readOpenapi")
    async def openapi(self, request: WireRequest) -> Response[Any]:
        """At the root, and at the base path of the version, where the Dutch design rules look for it."""
        body = _encoded(request.app)
        return respond(request, body, etag=etag(body), cache=CACHE, headers={"Access-Control-Allow-Origin": "*"})

    @get("/docs")
    async def docs(self, request: WireRequest) -> Response[Any]:
        body = _page(request.app)
        return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=HTML)

    @get("/docs/errors")
    async def errors(self, request: WireRequest) -> Response[Any]:
        return _errors(request, catalogue_of_errors.entries())

    @get("/docs/errors/{slug:str}")
    async def error(self, request: WireRequest, slug: FromPath[str]) -> Response[Any]:
        entries = [entry for entry in catalogue_of_errors.entries() if entry.slug == slug]
        if not entries:
            raise RouteNotFound
        return _errors(request, entries)

    @get("/docs/static/{name:str}")
    async def static(self, request: WireRequest, name: FromPath[str]) -> Response[Any]:
        return _static(request, name)

    @get("/favicon.ico")
    async def favicon(self, request: WireRequest) -> Response[Any]:
        return _static(request, "favicon.svg")


def _errors(request: WireRequest, entries: Sequence[catalogue_of_errors.Entry]) -> Response[Any]:
    language = language_of(request.headers.get("accept-language"))
    body = pages.errors(entries, language)
    found = {**headers(), "Content-Language": language, "Vary": "Accept-Language"}
    return respond(request, body, etag=etag(body), cache=CACHE, headers=found, media_type=HTML)


def _static(request: WireRequest, name: str) -> Response[Any]:
    if name not in _STATIC:
        raise RouteNotFound
    body = files("api.static").joinpath(name).read_bytes()
    return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=_STATIC[name])


def headers() -> dict[str, str]:
    return {"Content-Security-Policy": _CSP}


@lru_cache(maxsize=4)
def _document(app: Any) -> dict[str, Any]:
    # It takes a second or more to put together: once for the programs' form and the people's.
    found: dict[str, Any] = app.state["openapi"]()
    return found


@lru_cache(maxsize=4)
def _encoded(app: Any) -> bytes:
    return msgspec.json.encode(_document(app))


@lru_cache(maxsize=4)
def _page(app: Any) -> bytes:
    return pages.operations(_document(app))
