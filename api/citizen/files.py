"""The app's files. Their address carries a hash of all of them: kept for ever, and always of one edition."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from api.errors import RouteNotFound

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def read(name: str) -> tuple[bytes, str]:
    """A file below ``static`` and its media type. Raises RouteNotFound."""
    body = _read_all().get(name)
    if body is None:
        raise RouteNotFound
    return body, TYPES[name[name.rindex(".") :]]


@lru_cache(maxsize=16)
def page(name: str) -> bytes:
    """A file beside ``static`` that names others: edition and FILES are filled in, so it changes with them."""
    text = files("api.citizen").joinpath("pages", name).read_text(encoding="utf-8")
    listed = ", ".join(f'"{file}"' for file in _read_all() if not file.endswith(".txt"))
    ahead = "\n".join(
        f'<link rel="modulepreload" href="/app/static/{edition()}/{file}">'
        for file in _read_all()
        if file.startswith("core/")
    )
    return (
        text.replace("{{edition}}", edition()).replace("/* FILES */", listed).replace("<!-- CORE -->", ahead).encode()
    )


@lru_cache(maxsize=1)
def edition() -> str:
    """A hash of everything, pages included."""
    digest = hashlib.sha256()
    for name, body in [*_read_all().items(), *_walk(files("api.citizen").joinpath("pages"))]:
        digest.update(name.encode() + b"\0" + body)
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def _read_all() -> dict[str, bytes]:
    return dict(_walk(files("api.citizen").joinpath("static")))


def _walk(folder: Traversable, before: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found += _walk(entry, f"{before}{entry.name}/")
        elif entry.name.endswith(tuple(TYPES)):
            found.append((before + entry.name, entry.read_bytes()))
    return found
