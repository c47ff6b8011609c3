"""The development issuer as a provider: discovery, keys, and the demo clerks to sign in as, on one page.

In the embedded mode only, and not in the OpenAPI. Whoever opens the page may be anyone on it: there are no passwords.
"""

from datetime import datetime, timedelta
from html import escape
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.errors import MalformedRequest
from api.texts import clerks_language
from api.wire import respond
from backend.catalogue.queries import list_offices
from backend.identity.dev import dev_keys, mint_code, mint_dev_token, mint_id_token, open_code
from backend.identity.model import ClerkRow
from backend.identity.oidc import DEV_ISSUER_PATH, dev_issuer
from backend.identity.queries import list_clerks
from backend.identity.sign_in import SIGNED_IN_PATH
from backend.settings import Settings

_SECONDS = 3600
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ROLES = {
    "de": {"clerk": "Sachbearbeitung", "office_manager": "Leitung", "city_admin": "Verwaltung der Stadt"},
    "en": {"clerk": "Clerk", "office_manager": "Office manager", "city_admin": "City administration"},
}
_WORDS = {
    "de": ("Als wen anmelden?", "Entwicklungsbetrieb: Diese Personen sind erfunden, Passwörter gibt es nicht.", "Alle"),
    "en": ("Sign in as whom?", "Development mode: these people are made up, and there are no passwords.", "All"),
}
State = Annotated[str, QueryParameter(name="state", max_length=512)]
Challenge = Annotated[str, QueryParameter(name="code_challenge", min_length=43, max_length=43)]


class DevIssuerController(Controller):
    """An OpenID Connect provider as far as an API and its console need one."""

    path = DEV_ISSUER_PATH
    include_in_schema = False

    @get("/.well-known/openid-configuration", guards=[public])
    async def discovery(self, request: WireRequest, context: NamedDependency[Context]) -> Response[Any]:
        """Where everything is."""
        issuer = dev_issuer(context.settings)
        return respond(
            request,
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/jwks.json",
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "subject_types_supported": ["public"],
                "response_types_supported": ["code"],
            },
        )

    @get("/jwks.json", guards=[public])
    async def jwks(self, request: WireRequest, context: NamedDependency[Context]) -> Response[Any]:
        """The public keys."""
        return respond(request, {"keys": [key.jwk for key in dev_keys(context.settings)]})

    @get("/authorize", guards=[public], opt={"foreign_query": True})
    async def authorize(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        client_id: FromQuery[str],
        redirect_uri: FromQuery[str],
        shown: State,
        nonce: FromQuery[str],
        challenge: Challenge,
        subject: FromQuery[str | None] = None,
    ) -> Response[Any]:
        """The page of the demo clerks; with ``subject`` the way back as that clerk."""
        settings = context.settings
        # The one client there is, and the one place to send it back to: no open redirect, not even here.
        if client_id != settings.clerk_oidc_client_id or redirect_uri != _redirect_uri(settings):
            raise MalformedRequest
        async with context.database.connection() as conn:
            clerks = await list_clerks(conn, dev_issuer(settings))
            cities = {membership.city_id for one in clerks for membership in one.memberships}
            offices = {str(o.id): o.name for city in sorted(cities) for o in await list_offices(conn, city)}
        if subject is None:
            language = clerks_language(request.headers.get("accept-language"))
            body = _page(clerks, offices, language, request.scope["query_string"].decode("ascii"))
            headers = {"Content-Security-Policy": _CSP}
            return respond(request, body, headers=headers, media_type="text/html")
        if subject not in {one.subject for one in clerks}:
            raise MalformedRequest
        code = mint_code(settings, subject, nonce, challenge, now)
        back = {"code": code, "state": shown, "iss": dev_issuer(settings)}
        return Response(b"", status_code=303, headers={"Location": f"{redirect_uri}?{urlencode(back)}"})

    @post("/token", guards=[public], status_code=200)
    async def token(
        self, request: WireRequest, context: NamedDependency[Context], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Tokens for a code, its verifier and the client's secret."""
        settings = context.settings
        form = dict(parse_qsl((await request.body()).decode("ascii", errors="replace"), max_num_fields=20))
        told = open_code(settings, form, request.headers.get("authorization"), now)
        if told is None or form.get("redirect_uri") != _redirect_uri(settings):
            return Response(msgspec.json.encode({"error": "invalid_grant"}), status_code=400)
        audience = settings.clerk_oidc_audience or ""
        return respond(
            request,
            {
                "access_token": mint_dev_token(settings, told.sub, now, audience=audience),
                "id_token": mint_id_token(settings, told, now, lifetime=timedelta(seconds=_SECONDS)),
                "token_type": "Bearer",
                "expires_in": _SECONDS,
            },
        )


def dev_routes(settings: Settings) -> list[type[Controller]]:
    """The issuer where there is one; no route at all in production."""
    return [DevIssuerController] if dev_keys(settings) else []


def _redirect_uri(settings: Settings) -> str:
    return settings.public_url.rstrip("/") + SIGNED_IN_PATH


def _page(clerks: list[ClerkRow], offices: dict[str, str], language: str, query: str) -> bytes:
    title, remark, every = _WORDS[language]
    items = "".join(
        f'<li><a href="{DEV_ISSUER_PATH}/authorize?{escape(query)}&amp;{urlencode({"subject": one.subject or ""})}">'
        f"<strong>{escape(one.display_name)}</strong>"
        + "".join(
            f"<span>{escape(_ROLES[language][m.role])} · "
            f"{escape(', '.join(offices.get(str(o), '–') for o in m.office_ids) or f'{every} ({m.city_id})')}</span>"
            for m in one.memberships
        )
        + "</a></li>"
        for one in clerks
        if one.memberships
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/docs/static/favicon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/docs/static/dev-issuer.css"></head><body><main><h1>{escape(title)}</h1>'
        f"<p>{escape(remark)}</p><ul>{items}</ul></main></body></html>"
    ).encode()
