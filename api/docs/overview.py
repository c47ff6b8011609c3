"""The documentation at ``/docs``: the operations, the errors, the search; without any other host.

Every slug has its page at ``/docs/errors/{slug}``, which is where ``type`` of a problem leads. The script that shows
hits while somebody types is ours; without it every page does the same.
"""

from html import escape
from importlib.resources import files
from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from api import catalogue_of_errors
from api.auth import public
from api.body import WireRequest
from api.docs import error_pages, pages, search
from api.docs.written import CACHE, written
from api.errors import RouteNotFound
from api.texts import Language, language_of
from api.wire import JSON, etag, respond

HTML = "text/html"
_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
_STATIC = {
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "confirm.css": "text/css",
    "dev-issuer.css": "text/css",
    "favicon.svg": "image/svg+xml",
    "app.png": "image/png",
    "console-today.png": "image/png",
}
Words = FromQuery[Annotated[str, QueryParameter(max_length=pages.LONGEST_SEARCH)]]
_Wish = FromQuery[Annotated[str, QueryParameter(max_length=20)]]


class DocsController(Controller):
    """The document for programs and the pages for people."""

    guards = (public,)
    include_in_schema = False

    @get(["/openapi.json", "/v1/openapi.json"], operation_id="readOpenapi")
    async def openapi(self, request: WireRequest) -> Response[Any]:
        """At the root, and at the base path of the version, where the Dutch design rules look for it."""
        found = await written(request)
        return found.document.answer(request, {"Access-Control-Allow-Origin": "*"}, JSON)

    @get("/")
    async def root(self) -> Response[Any]:
        """What `ready` of an installation prints is opened by people, too: it leads to the documentation."""
        return Response(b"", status_code=303, headers={"Location": "/docs"})

    @get("/docs")
    async def docs(self, request: WireRequest) -> Response[Any]:
        found = await written(request)
        return found.contents.answer(request, headers(), HTML)

    @get("/docs/operations/{name:str}")
    async def operations(self, request: WireRequest, name: FromPath[str]) -> Response[Any]:
        found = await written(request)
        if name not in found.groups:
            raise RouteNotFound
        return answer(request, found.groups[name])

    @get("/docs/search")
    async def search(self, request: WireRequest, q: Words = "") -> Response[Any]:
        return await found_page(request, q)

    @get("/docs/errors")
    async def errors(self, request: WireRequest, lang: _Wish = "") -> Response[Any]:
        language, asked = _language(request, lang)
        return _in_language(request, error_pages.render_all(catalogue_of_errors.entries(), language, asked), language)

    @get("/docs/errors/{slug:str}")
    async def error(self, request: WireRequest, slug: FromPath[str], lang: _Wish = "") -> Response[Any]:
        entry = next((one for one in catalogue_of_errors.entries() if one.slug == slug), None)
        if entry is None:
            raise RouteNotFound
        language, asked = _language(request, lang)
        page = error_pages.Page(request.app.state["settings"].public_url, language, asked)
        found = await written(request)
        return _in_language(
            request, error_pages.render(entry, page, found.places, found.addresses, found.told.get(slug, "")), language
        )

    @get("/docs/static/{name:str}")
    async def static(self, request: WireRequest, name: FromPath[str]) -> Response[Any]:
        return _static(request, name)

    @get("/favicon.ico")
    async def favicon(self, request: WireRequest) -> Response[Any]:
        return _static(request, "favicon.svg")


def answer(request: WireRequest, body: bytes) -> Response[Any]:
    """A page, or 304."""
    return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=HTML)


async def found_page(request: WireRequest, words: str) -> Response[Any]:
    """What the search finds."""
    words = " ".join(words.split())
    hits = (await written(request)).index.search(words)
    if not words:
        result = "<p>What are you looking for? German words will do: <i>Termin absagen</i>, <i>Datei hochladen</i>.</p>"
    elif not hits:
        result = (
            '<p>Nothing. Try another word, or look at <a href="/docs/guide">the guide</a>,'
            ' <a href="/docs">all operations</a>, <a href="/docs/errors">all errors</a>.</p>'
        )
    else:
        others = ", ".join(map(escape, search.meant(words)))
        result = (f'<p class="quiet">Also looked for: {others}</p>' if others else "") + search.results(hits)
    heading = f"<h1>Search{': ' if words else ''}{escape(words)}</h1>"
    return answer(request, pages.page("Search", "en", pages.plain(heading + result), words=words))


def headers() -> dict[str, str]:
    """Of every page of the documentation."""
    return {"Content-Security-Policy": _CSP}


def _language(request: WireRequest, wish: str) -> tuple[Language, bool]:
    """The page's language, and whether its address says so."""
    if wish in ("de", "en"):
        return ("de" if wish == "de" else "en"), True
    return language_of(request.headers.get("accept-language")), False


def _in_language(request: WireRequest, body: bytes, language: Language) -> Response[Any]:
    found = {**headers(), "Content-Language": language, "Vary": "Accept-Language"}
    return respond(request, body, etag=etag(body), cache=CACHE, headers=found, media_type=HTML)


def _static(request: WireRequest, name: str) -> Response[Any]:
    if name not in _STATIC:
        raise RouteNotFound
    body = files("api.static").joinpath(name).read_bytes()
    return respond(request, body, etag=etag(body), cache=CACHE, headers=headers(), media_type=_STATIC[name])
