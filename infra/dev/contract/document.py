"""The OpenAPI document as an installation publishes it, without an installation: for checks, clients and releases."""

from functools import lru_cache
from threading import Lock
from typing import Any

import msgspec

from api.app import create_app
from backend.settings import Settings
from infra.dev.keys import development_keys

Json = dict[str, Any]
PUBLIC_URL = "https://termine.example.org"


_one_at_a_time = Lock()


def document() -> Json:
    """The document of the present code, as JSON readers see it."""
    with _one_at_a_time:  # filters of warnings are the process's, and it sets some while it is made
        return _document()


@lru_cache(maxsize=1)
def _document() -> Json:
    given = {"mode": "embedded", "database_url": "-", "public_url": PUBLIC_URL, **development_keys()}
    app = create_app(msgspec.convert(given, Settings))
    found: Json = msgspec.json.decode(msgspec.json.encode(app.state["openapi"]()))
    return found


def encoded() -> bytes:
    """The same, laid out to be read and compared line by line."""
    return msgspec.json.format(msgspec.json.encode(document(), order="deterministic"), indent=1) + b"\n"
