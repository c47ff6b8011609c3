"""What stands at agreed addresses: where the API and its documentation are, and whom to tell of a hole."""

from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import public
from api.body import WireRequest
from api.wire import etag, respond

LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
_CATALOG_CACHE = "public, max-age=3600"
_GOOD_FOR = timedelta(days=180)


class WellKnownController(Controller):
    """RFC 9727 and RFC 9116."""

    path = "/.well-known"
    guards = (public,)
    include_in_schema = False

    @get("/api-catalog")
    async def catalog(self, request: WireRequest) -> Response[Any]:
        """A linkset: the API, its document, its guide, its status, its changes."""
        url = _url(request)
        body = msgspec.json.encode(
            {
                "linkset": [
                    {
                        "anchor": f"{url}/v1",
                        "service-desc": [{"href": f"{url}/openapi.json", "type": "application/openapi+json"}],
                        "service-doc": [{"href": f"{url}/docs/guide", "type": "text/html"}],
                        "service-meta": [{"href": f"{url}/docs/changes.atom", "type": "application/atom+xml"}],
                        "status": [{"href": f"{url}/v1/status", "type": "application/json"}],
                    }
                ]
            }
        )
        headers = {"Link": f'<{url}/.well-known/api-catalog>; rel="api-catalog"'}
        return respond(request, body, etag=etag(body), cache=_CATALOG_CACHE, headers=headers, media_type=LINKSET)

    @get("/security.txt")
    async def security_txt(self, request: WireRequest, now: NamedDependency[datetime]) -> Response[Any]:
        """Written anew each day: it never runs out while somebody serves it."""
        settings, url = request.app.state["settings"], _url(request)
        expires = datetime.combine(now.date(), time(), now.tzinfo) + _GOOD_FOR
        lines = (
            f"Contact: {settings.security_contact or f'mailto:{settings.contact_email}'}",
            f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
            "Preferred-Languages: de, en",
            f"Canonical: {url}/.well-known/security.txt",
        )
        body = "".join(f"{line}\n" for line in lines).encode()
        return respond(request, body, etag=etag(body), cache="public, max-age=86400", media_type="text/plain")


def _url(request: WireRequest) -> str:
    found: str = request.app.state["settings"].public_url
    return found.rstrip("/")
