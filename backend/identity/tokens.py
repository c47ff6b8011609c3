"""Our own access tokens: ES256, ten minutes, RFC 9068's shape.

A token is verified once and then known by its hash until it expires, so a request costs a look-up and no
signature. What a token says is only who and which session; whether the session still lives is ``callers``' question.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import msgspec

from backend.identity.cache import BoundedCache
from backend.identity.errors import TokenExpired, TokenInvalid
from backend.identity.jws import encode, open_jws, read_header
from backend.identity.keys import SigningKey, load_keys
from backend.ids import new_id
from backend.settings import Settings

AUDIENCE = "wartefrei"
TYPE = "at+jwt"
_REMEMBERED = 20_000
_LAST_SECOND = 253_402_300_799  # of the year 9999


class Claims(msgspec.Struct, frozen=True):
    """What an access token says. ``did`` is the device, ``exp`` and ``iat`` are seconds since 1970."""

    iss: str
    aud: str
    sub: UUID
    sid: UUID
    did: UUID
    iat: int
    exp: int
    jti: UUID

    @property
    def expires_at(self) -> datetime:
        """The instant from which the token is no longer good."""
        return datetime.fromtimestamp(self.exp, UTC)


class TokenService:
    """Issues and verifies access tokens with the keys of ``settings``: the first signs, every one verifies."""

    def __init__(self, settings: Settings) -> None:
        self._keys = load_keys(settings.token_signing_keys, "ES256")
        self._public = {key.kid: jwt.PyJWK(key.jwk, "ES256") for key in self._keys}
        self._lifetime = timedelta(seconds=settings.access_token_seconds)
        self._known: BoundedCache[bytes, Claims] = BoundedCache(_REMEMBERED)
        self.issuer = settings.public_url.rstrip("/")
        self.verifications = 0
        """How many signatures were checked so far."""

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """The signing keys, the one that signs first."""
        return self._keys

    def public_jwks(self) -> list[dict[str, str]]:
        """The public keys for ``/.well-known/jwks.json``."""
        return [key.jwk for key in self._keys]

    def issue(self, person_id: UUID, session_id: UUID, device_id: UUID, now: datetime) -> tuple[str, datetime]:
        """A fresh access token and when it expires."""
        iat = int(now.timestamp())
        claims = Claims(
            iss=self.issuer,
            aud=AUDIENCE,
            sub=person_id,
            sid=session_id,
            did=device_id,
            iat=iat,
            exp=iat + int(self._lifetime.total_seconds()),
            jti=new_id(),
        )
        return encode(msgspec.to_builtins(claims), self._keys[0], TYPE), claims.expires_at

    def verify(self, token: str, now: datetime) -> Claims:
        """The claims of a token of ours. Raises ``TokenInvalid``, or ``TokenExpired`` if only its time is over."""
        claims = self.known(token, now)
        if claims is None:
            claims = self._check(token)
            if claims.expires_at <= now:
                raise TokenExpired
            self._known.put(_digest(token), claims, claims.expires_at)
        return claims

    def known(self, token: str, now: datetime) -> Claims | None:
        """The claims of a token that was verified before and has not run out since; None says nothing about it."""
        return self._known.get(_digest(token), now)

    def _check(self, token: str) -> Claims:
        header = read_header(token)
        key = self._public.get(header.kid or "")
        if header.typ != TYPE or key is None:
            raise TokenInvalid
        self.verifications += 1
        try:
            claims = msgspec.json.decode(open_jws(token, key, "ES256"), type=Claims)
        except msgspec.DecodeError as error:
            raise TokenInvalid from error
        if claims.iss != self.issuer or claims.aud != AUDIENCE or claims.exp > _LAST_SECOND:
            raise TokenInvalid
        return claims


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
