"""The console's cookies: the session, the way back from the identity provider, and what a person likes to look at."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from backend.identity.errors import CrossSiteRequest
from backend.identity.keys import base64url, load_keys
from backend.identity.sign_in import Begun
from backend.settings import Settings

Connection = ASGIConnection[Any, Any, Any, Any]
CSRF_HEADER = "x-csrf-token"
_SAFE = ("GET", "HEAD", "OPTIONS")
_BEGUN_SECONDS = 600
# A path of ours and nothing that a browser could read as another host: no //, no backslash, no control characters.
_LOCAL = re.compile(r"/console(?:/[A-Za-z0-9_.~%/-]*)?(?:\?[A-Za-z0-9_.~%=&+-]*)?")


def session_token(connection: Connection) -> str | None:
    """The session's token that the browser shows."""
    return connection.cookies.get(_name(_settings(connection), "session"))


def session_cookie(settings: Settings, token: str) -> Cookie:
    """Gone with the browser; how long it is good for is the server's to say."""
    return _cookie(settings, "session", token)


def no_session(settings: Settings) -> Cookie:
    """Takes the session's cookie away."""
    return _cookie(settings, "session", "", max_age=0)


def csrf_token(token: str) -> str:
    """What a page of the session has to show beside the cookie: other sites can send the cookie, never read this."""
    return base64url(hmac.digest(token.encode(), b"wartefrei csrf", "sha256"))


def check_same_site(connection: Connection, token: str) -> None:
    """Raises CrossSiteRequest for a change that does not come from a page of ours."""
    method: str = connection.scope["method"]  # type: ignore[typeddict-item]
    if method in _SAFE:
        return
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    ours = urlsplit(_settings(connection).public_url)
    same = site == "same-origin" if site is not None else origin == f"{ours.scheme}://{ours.netloc}"
    shown = connection.headers.get(CSRF_HEADER) or ""
    if not same or not hmac.compare_digest(shown.encode(), csrf_token(token).encode()):
        raise CrossSiteRequest


def begun_cookie(settings: Settings, begun: Begun) -> Cookie:
    """Keeps what has to come back, signed; one for each sign-in, so that two windows do not take each other's."""
    body = base64url(msgspec.json.encode(begun))
    return _cookie(settings, _begun(begun.state), f"{body}.{_mac(settings, body)}", max_age=_BEGUN_SECONDS)


def begun_with(connection: Connection, state: str) -> Begun | None:
    """What was kept for ``state`` in this browser; None if nothing was, or not by us."""
    settings = _settings(connection)
    body, _, mac = (connection.cookies.get(_name(settings, _begun(state))) or "").partition(".")
    if not body or not hmac.compare_digest(mac.encode(), _mac(settings, body).encode()):
        return None
    found = msgspec.json.decode(_bytes(body), type=Begun)
    return found if hmac.compare_digest(found.state.encode(), state.encode()) else None


def no_begun(settings: Settings, state: str) -> Cookie:
    """Takes away what was kept for ``state``."""
    return _cookie(settings, _begun(state), "", max_age=0)


def local_path(text: str | None) -> str:
    """``text`` if it is a page of the console, else its first one: nobody is sent to another host."""
    return text if text and len(text) <= 500 and "//" not in text and _LOCAL.fullmatch(text) else "/console"


def liking(connection: Connection, what: Literal["language", "theme", "office"]) -> str | None:
    """What the person has chosen before; set by the page itself, so it may say anything."""
    return connection.cookies.get(f"wartefrei-{what}")


def _begun(state: str) -> str:
    return "sign-in-" + hashlib.sha256(state.encode()).hexdigest()[:8]


def _cookie(settings: Settings, name: str, value: str, max_age: int | None = None) -> Cookie:
    https = settings.public_url.startswith("https://")
    return Cookie(
        key=_name(settings, name), value=value, max_age=max_age, httponly=True, secure=https, samesite="lax", path="/"
    )


def _name(settings: Settings, name: str) -> str:
    url = urlsplit(settings.public_url)
    # Over https the browser itself sees to it that no other host and no plain connection has set it. Without, it has
    # the port in its name: cookies do not tell ports apart, and a developer may run two instances.
    return f"__Host-wartefrei-{name}" if url.scheme == "https" else f"wartefrei-{name}-{url.port or 80}"


def _mac(settings: Settings, body: str) -> str:
    # Drawn from the oldest key, as the devices' hashes are: a key that joins breaks no sign-in under way.
    secret = load_keys(settings.token_signing_keys, "ES256")[-1].secret()
    key = hashlib.sha256(b"wartefrei console sign-in\0" + secret).digest()
    return base64url(hmac.digest(key, body.encode(), "sha256"))


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _settings(connection: Connection) -> Settings:
    found: Settings = connection.app.state["settings"]
    return found
