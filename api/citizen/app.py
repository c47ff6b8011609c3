"""``/app``: one page for everybody, its worker, its manifest and its files. What is behind the # stays there."""

from litestar import Controller, Response, get
from litestar.params import FromPath

from api.auth import public
from api.body import WireRequest
from api.citizen import files
from api.wire import Wire, etag, respond
from backend.settings import Settings

_FOR_EVER = "public, max-age=31536000, immutable"
_EACH_TIME = "public, no-cache"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CSP_OF_FILES = "default-src 'none'; frame-ancestors 'none'"
_CSP_OF_WORKER = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"


class KeyOut(Wire, frozen=True, kw_only=True):
    """The client key of this app; null where it has none."""

    key: str | None


class CitizenController(Controller):
    """Public: it says nothing about anyone. The person's data come from the API, to whoever has their token."""

    path = "/app"
    guards = (public,)
    include_in_schema = False

    @get("/")
    async def shell(self, request: WireRequest) -> Response[bytes]:
        """The page."""
        headers = {
            "Content-Security-Policy": _CSP,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
        }
        return _page(request, "shell.html", headers)

    @get("/worker.js")
    async def worker(self, request: WireRequest) -> Response[bytes]:
        """The service worker; it may look after ``/app`` itself, not only what is below it."""
        headers = {"Content-Security-Policy": _CSP_OF_WORKER, "Service-Worker-Allowed": "/app"}
        return _page(request, "worker.js", headers)

    @get("/manifest.webmanifest")
    async def manifest(self, request: WireRequest) -> Response[bytes]:
        """What makes it installable."""
        return _page(request, "manifest.webmanifest", {"Content-Security-Policy": _CSP_OF_FILES})

    @get("/key")
    async def key(self, request: WireRequest) -> Response[KeyOut]:
        """What to show to a city that answers to known apps only; asked for when one says so."""
        settings: Settings = request.app.state["settings"]
        shown = KeyOut(key=settings.citizen_app_key or None)
        return respond(request, shown, cache="no-store", headers={"Content-Security-Policy": _CSP_OF_FILES})

    @get("/static/{edition:str}/{name:path}")
    async def read(self, request: WireRequest, edition: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        """One file. A page of an older edition gets the present file, which is then not kept."""
        body, media_type = files.read(str(name).lstrip("/"))
        return respond(
            request,
            body,
            etag=etag(body),
            cache=_FOR_EVER if edition == files.edition() else _EACH_TIME,
            headers={"Content-Security-Policy": _CSP_OF_FILES, "Cross-Origin-Resource-Policy": "same-origin"},
            media_type=media_type,
        )


def _page(request: WireRequest, name: str, headers: dict[str, str]) -> Response[bytes]:
    body, media_type = files.page(name), files.TYPES[name[name.rindex(".") :]]
    return respond(request, body, etag=etag(body), cache=_EACH_TIME, headers=headers, media_type=media_type)
