"""Scripts, styles and pictures. Their address carries a hash of all of them, so browsers may keep them for ever, and
modules that import each other by relative addresses are always of one edition."""

import hashlib
from functools import lru_cache
from importlib.resources import files

from litestar import Controller, Response, get
from litestar.params import FromPath

from api.auth import public
from api.body import WireRequest
from api.errors import RouteNotFound
from api.wire import etag, respond

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_EACH_TIME = "public, no-cache"
_CSP = "default-src 'none'; frame-ancestors 'none'"


class StaticController(Controller):
    """Public: they say nothing about anyone."""

    path = "/console/static"
    include_in_schema = False

    @get("/{edition:str}/{name:str}", guards=[public])
    async def read(self, request: WireRequest, edition: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        """One file. A page of an older edition gets the present file, which is then not kept."""
        body = _read_all().get(name)
        if body is None:
            raise RouteNotFound
        cache = _FOR_EVER if edition == _edition() else _EACH_TIME
        kind = _TYPES[name[name.rindex(".") :]]
        return respond(
            request,
            body,
            etag=etag(body),
            cache=cache,
            headers={"Content-Security-Policy": _CSP, "Cross-Origin-Resource-Policy": "same-origin"},
            media_type=kind,
        )


def address(name: str) -> str:
    """Where the file is now; KeyError for one that is not there."""
    _read_all()[name]
    return f"/console/static/{_edition()}/{name}"


@lru_cache(maxsize=1)
def _read_all() -> dict[str, bytes]:
    folder = files("api.console").joinpath("static")
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(tuple(_TYPES))
    }


@lru_cache(maxsize=1)
def _edition() -> str:
    digest = hashlib.sha256()
    for name, body in _read_all().items():
        digest.update(name.encode() + b"\0" + body)
    return digest.hexdigest()[:12]
