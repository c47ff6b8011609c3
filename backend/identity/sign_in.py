"""Signing in to the console: OpenID Connect's authorization code with PKCE, state and nonce."""

import asyncio
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import structlog

from backend.identity.errors import IssuerUnavailable, SignInFailed
from backend.identity.fetching import TIMEOUT_SECONDS, UNREACHABLE, Discovery, Fetcher, discover
from backend.identity.keys import base64url
from backend.identity.oidc import Identity, OidcIssuer
from backend.settings import Settings

SIGNED_IN_PATH = "/console/signed-in"
_ID_TOKEN_TYPES = {"", "jwt"}
_LEEWAY_SECONDS = 30
_log = structlog.get_logger("wartefrei.sign_in")


class Begun(msgspec.Struct, frozen=True):
    """What this browser has to bring back: kept in a cookie that only we can write."""

    state: str
    nonce: str
    verifier: str
    then: str
    """The local path to go to afterwards."""


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class _IdClaims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nonce: str
    azp: str | None = None


class SignIn:
    """The console as a client of the clerks' provider; ``close`` it."""

    def __init__(self, settings: Settings, client_id: str, issuer: OidcIssuer) -> None:
        self._client_id, self._issuer = client_id, issuer
        self._secret, self._scopes = settings.clerk_oidc_client_secret, settings.clerk_oidc_scopes
        self._redirect_uri = settings.public_url.rstrip("/") + SIGNED_IN_PATH
        self._max_age = timedelta(seconds=settings.oidc_jwks_max_age_seconds)
        self._fetcher = Fetcher()
        self._known: tuple[Discovery, datetime] | None = None

    async def begin(self, then: str, now: datetime, *, ask_again: bool = False) -> tuple[Begun, str]:
        """What to keep, and the provider's page to go to. ``ask_again``: even if the provider knows who it is.

        Raises IssuerUnavailable.
        """
        endpoint = (await self._discovery(now)).authorization_endpoint
        if endpoint is None:
            raise IssuerUnavailable
        begun = Begun(_random(), _random(), _random(), then)
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._scopes,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge(begun.verifier),
            "code_challenge_method": "S256",
            **({"prompt": "login"} if ask_again else {}),
        }
        return begun, f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def finish(self, code: str, begun: Begun, now: datetime) -> Identity:
        """Who has signed in. Raises SignInFailed, IssuerUnavailable, TokenInvalid."""
        endpoint = (await self._discovery(now)).token_endpoint
        if endpoint is None:
            raise IssuerUnavailable
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "code_verifier": begun.verifier,
        }
        auth = None
        if self._secret:
            # RFC 6749 2.3.1: both are form-encoded before they become a user's name and password.
            auth = aiohttp.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe=""), encoding="utf-8")
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                tokens = await self._fetcher.post(endpoint, form, _Tokens, auth)
        except UNREACHABLE as error:
            _log.warning("no tokens for a code", cause=type(error).__name__, said=str(error)[:100])
            raise SignInFailed from error
        return await self._judge(tokens.id_token, begun, now)

    async def close(self) -> None:
        """Closes the connections; the issuer is its owner's to close."""
        await self._fetcher.close()

    async def _judge(self, token: str, begun: Begun, now: datetime) -> Identity:
        payload = await self._issuer.open(token, now, _ID_TOKEN_TYPES)
        try:
            claims = msgspec.json.decode(payload, type=_IdClaims)
        except (msgspec.DecodeError, RecursionError) as error:
            raise SignInFailed from error
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        meant = self._client_id in audiences and claims.azp in (None, self._client_id)
        fresh = claims.exp > now.astimezone(UTC).timestamp() - _LEEWAY_SECONDS
        ours = hmac.compare_digest(claims.nonce.encode(), begun.nonce.encode())
        if claims.iss != self._issuer.issuer or not meant or not fresh or not ours or not 0 < len(claims.sub) <= 255:
            raise SignInFailed
        return Identity(claims.iss, claims.sub)

    async def _discovery(self, now: datetime) -> Discovery:
        if self._known is None or now - self._known[1] >= self._max_age:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    self._known = (await discover(self._fetcher, self._issuer.issuer), now)
            except UNREACHABLE as error:
                if self._known is None:
                    _log.warning("the clerks' provider cannot be reached", cause=type(error).__name__)
                    raise IssuerUnavailable from error
        return self._known[0]


def open_sign_in(settings: Settings, issuer: OidcIssuer | None) -> SignIn | None:
    """The console's client, where it is configured."""
    if issuer is None or not settings.clerk_oidc_client_id:
        return None
    return SignIn(settings, settings.clerk_oidc_client_id, issuer)


def challenge(verifier: str) -> str:
    """RFC 7636, method S256."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


def _random() -> str:
    return base64url(secrets.token_bytes(32))
