"""From a template to a page: language, theme, who is signed in, and headers that let in nothing from elsewhere."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import jinja2
import msgspec
from litestar import Response

from api.body import WireRequest
from api.console import cookies, static_files
from api.texts import Language, clerks_language
from backend.catalogue.model import Office
from backend.identity import Clerk
from backend.identity.model import RANK

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{shown}; "
    "connect-src 'self'{shown}; frame-src{framed}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HTML = "text/html"


class Seen(msgspec.Struct, frozen=True):
    """What a page of one office knows of who looks at it."""

    clerk: Clerk
    offices: list[Office]
    """All that the clerk reaches."""
    office: Office

    @property
    def data(self) -> dict[str, Any]:
        """What a script has to know of the office."""
        office = self.office
        return {
            "office": {"id": str(office.id), "slug": office.slug, "name": office.name},
            "city": office.city_id,
            "zone": office.zone,
        }

    @property
    def manages(self) -> bool:
        """Whether hours and closures of this office are theirs to change."""
        rank = max(RANK[m.role] for m in self.clerk.memberships if self.office.id in m.office_ids)
        return rank >= RANK["office_manager"]


@lru_cache(maxsize=2)
def texts(language: Language) -> Mapping[str, Any]:
    """The console's words; ``js`` are those that its scripts use."""
    return tomllib.loads(files("api.console").joinpath(f"texts/{language}.toml").read_text(encoding="utf-8"))


def language_for(request: WireRequest) -> Language:
    """As chosen on the page, else as the browser wishes, else German: this is a German office's workplace."""
    chosen = cookies.liking(request, "language")
    return clerks_language(chosen if chosen in ("de", "en") else request.headers.get("accept-language"))


def render(
    request: WireRequest,
    template: str,
    *,
    status: int = 200,
    seen: Seen | None = None,
    headers: Mapping[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
    store: str | None = None,
    **values: Any,
) -> Response[Any]:
    """The page. ``data`` is what its script finds as JSON; ``store``: where documents lie that it shows."""
    language = language_for(request)
    theme = cookies.liking(request, "theme")
    token = cookies.session_token(request)
    body = (
        _environment()
        .get_template(template)
        .render(
            static=static_files.address,
            t=texts(language),
            language=language,
            theme=theme if theme in ("light", "dark") else "auto",
            csrf="" if token is None else cookies.csrf_token(token),
            seen=seen,
            here=request.scope["path"],
            data=_json({"language": language, "texts": texts(language)["js"], **(data or {})}),
            **values,
        )
    )
    sent = {
        "Content-Security-Policy": _policy(store),
        "Content-Language": language,
        "Cache-Control": "private, no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        **(headers or {}),
    }
    return Response(body.encode(), status_code=status, headers=sent, media_type=HTML)


def _policy(store: str | None) -> str:
    if store is None:
        return _CSP.format(shown="", framed=" 'none'")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(store))
    # Addresses of documents are ours and lead to the store, so both are asked about.
    return _CSP.format(shown=f" {origin}", framed=f" 'self' {origin}")


def _json(data: Mapping[str, Any]) -> str:
    # Inside of a script element only "</" and "<!--" could end it.
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("api.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
