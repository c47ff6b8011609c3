"""Access tokens of an OpenID Connect provider: the citizens' (BundID behind Keycloak), or the city's own for clerks."""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from backend.identity.cache import BoundedCache
from backend.identity.errors import TokenExpired, TokenInvalid
from backend.identity.jwks import ALGORITHMS, KeySource, LocalKeys, RemoteKeys
from backend.identity.jws import open_jws, read_header, read_issuer
from backend.identity.keys import load_keys
from backend.settings import Settings, SettingsError

DEV_ISSUER_PATH = "/dev-issuer"
_TYPES = {"at+jwt", "application/at+jwt", "jwt"}
# Keycloak writes what a token is for into the claim of this name; an ID token or a refresh token is no key to an API.
_CLAIMED_TYPES = {None, "Bearer", "DPoP"}
_NOT_BEFORE_LEEWAY_SECONDS = 30
_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 600


class Identity(msgspec.Struct, frozen=True):
    """Who a provider says someone is: ``subject`` is theirs at ``issuer`` for ever."""

    issuer: str
    subject: str


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float = 0.0
    typ: str | None = None


class OidcIssuer:
    """Verifies the access tokens of one provider that are meant for one audience."""

    def __init__(self, issuer: str, audience: str, keys: KeySource) -> None:
        self.issuer = issuer
        self._audience = audience
        self._keys = keys
        self._known: BoundedCache[bytes, Identity] = BoundedCache(_REMEMBERED)

    async def verify(self, token: str, now: datetime) -> Identity:
        """Who the token is about. ``TokenInvalid``, ``TokenExpired`` (genuine, but over), ``IssuerUnavailable``."""
        digest = hashlib.sha256(token.encode()).digest()
        identity = self._known.get(digest, now)
        if identity is None:
            claims = await self._check(token, now)
            identity = Identity(claims.iss, claims.sub)
            # Not until its own end, if that is far: a key that the provider withdrew must stop to count.
            seconds = min(claims.exp - now.timestamp(), _REMEMBERED_SECONDS)
            self._known.put(digest, identity, now + timedelta(seconds=seconds))
        return identity

    async def close(self) -> None:
        """Releases the source of keys."""
        await self._keys.close()

    async def open(self, token: str, now: datetime, types: Collection[str]) -> bytes:
        """The payload of a token of one of these ``types`` that this provider signed. For whom, and until when it is
        good, is not judged."""
        header = read_header(token)
        # Whoever shows a token of someone else does not make us ask our provider for keys.
        if read_issuer(token) != self.issuer:
            raise TokenInvalid
        # The list decides which algorithms there are; the key found must be one for that algorithm.
        if header.alg not in ALGORITHMS or not header.kid or (header.typ or "").lower() not in types:
            raise TokenInvalid
        key = await self._keys.find(header.kid, header.alg, now)
        if key is None:
            raise TokenInvalid
        return open_jws(token, key, header.alg)

    async def _check(self, token: str, now: datetime) -> _Claims:
        payload = await self.open(token, now, _TYPES)
        try:
            claims = msgspec.json.decode(payload, type=_Claims)
        except (msgspec.DecodeError, RecursionError) as error:
            raise TokenInvalid from error
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        at = now.astimezone(UTC).timestamp()
        if claims.iss != self.issuer or self._audience not in audiences or claims.typ not in _CLAIMED_TYPES:
            raise TokenInvalid
        if not 0 < len(claims.sub) <= 255 or claims.nbf > at + _NOT_BEFORE_LEEWAY_SECONDS:
            raise TokenInvalid
        if claims.exp <= at:
            raise TokenExpired
        return claims


def open_issuers(settings: Settings) -> tuple[OidcIssuer | None, OidcIssuer | None]:
    """The citizens' and the clerks' provider as configured; ``SettingsError`` names what makes one unsafe."""
    return (
        _open(settings, "CITIZEN", settings.citizen_oidc_issuer, settings.citizen_oidc_audience),
        _open(settings, "CLERK", settings.clerk_oidc_issuer, settings.clerk_oidc_audience),
    )


def dev_issuer(settings: Settings) -> str:
    """The address of the built-in development issuer."""
    return settings.public_url.rstrip("/") + DEV_ISSUER_PATH


def _open(settings: Settings, whose: str, issuer: str | None, audience: str | None) -> OidcIssuer | None:
    if issuer is None:
        return None
    if not audience:
        raise SettingsError(f"{whose}_OIDC_AUDIENCE is missing")
    schemes = {"https"} if settings.mode == "production" else {"https", "http"}
    if urlsplit(issuer).scheme not in schemes:
        raise SettingsError(f"{whose}_OIDC_ISSUER must be {' or '.join(sorted(schemes))}")
    if settings.mode == "embedded" and settings.dev_issuer_keys and issuer == dev_issuer(settings):
        return OidcIssuer(issuer, audience, LocalKeys(load_keys(settings.dev_issuer_keys, "ES256")))
    remote = RemoteKeys(
        issuer,
        cooldown_seconds=settings.oidc_jwks_cooldown_seconds,
        max_age_seconds=settings.oidc_jwks_max_age_seconds,
    )
    return OidcIssuer(issuer, audience, remote)
