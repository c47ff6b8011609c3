"""The built-in development issuer: tokens for citizens and clerks without any identity provider. Embedded mode only."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from urllib.parse import quote

import jwt
import msgspec

from backend.db import Connection
from backend.identity import queries
from backend.identity.errors import TokenInvalid
from backend.identity.jws import encode, open_jws
from backend.identity.keys import SigningKey, load_keys
from backend.identity.model import Key, Role
from backend.identity.oidc import dev_issuer
from backend.identity.sign_in import challenge as challenge_of
from backend.ids import new_id
from backend.settings import Settings, SettingsError

_CODE_SECONDS = 60
_CODE_AUDIENCE = "development-code"


def dev_keys(settings: Settings) -> tuple[SigningKey, ...]:
    """The development issuer's keys; none outside of the embedded mode."""
    if settings.mode != "embedded" or not settings.dev_issuer_keys:
        return ()
    return load_keys(settings.dev_issuer_keys, "ES256")


def mint_dev_token(
    settings: Settings, subject: str, now: datetime, *, audience: str, lifetime: timedelta = timedelta(hours=1)
) -> str:
    """A token of the development issuer for ``subject``. ``SettingsError`` where there is no such issuer."""
    keys = dev_keys(settings)
    if not keys:
        raise SettingsError("the development issuer exists only in the embedded mode")
    issued = int(now.timestamp())
    claims = {
        "iss": dev_issuer(settings),
        "aud": audience,
        "sub": subject,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "jti": str(new_id()),
    }
    return encode(claims, keys[0], "at+jwt")


async def ensure_dev_clerk(
    conn: Connection,
    subject: str,
    display_name: str,
    role: Role,
    city_id: str,
    office_slug: str | None,
    *,
    issuer: str,
) -> Key:
    """A clerk of ``issuer`` with one membership, saved if missing. ``LookupError`` for an unknown city or office."""
    clerk = await queries.save_clerk(conn, new_id(), issuer, subject, display_name)
    if not await queries.save_membership(conn, clerk.id, city_id, office_slug, role):
        raise LookupError(f"no such office: {city_id}/{office_slug}")
    return clerk


class CodeClaims(msgspec.Struct, frozen=True):
    """An authorization code, which is a short-lived token of the development issuer to itself."""

    sub: str
    nonce: str
    challenge: str
    exp: float
    aud: str


def mint_code(settings: Settings, subject: str, nonce: str, challenge: str, now: datetime) -> str:
    """A code for whoever knows what ``challenge`` was made of; good for a minute, as often as it is shown."""
    expires = now.timestamp() + _CODE_SECONDS
    claims = msgspec.to_builtins(CodeClaims(subject, nonce, challenge, expires, _CODE_AUDIENCE))
    return encode(claims, dev_keys(settings)[0], "code")


def open_code(
    settings: Settings, form: Mapping[str, str], authorization: str | None, now: datetime
) -> CodeClaims | None:
    """What the code of a token request says, if the client proves by secret and verifier that the code is its own."""
    key = dev_keys(settings)[0]
    pair = (settings.clerk_oidc_client_id or "", settings.clerk_oidc_client_secret or "")
    expected = "Basic " + b64encode(":".join(quote(part, safe="") for part in pair).encode()).decode()
    try:
        payload = open_jws(form.get("code", ""), jwt.PyJWK(key.jwk, key.alg), key.alg)
        claims = msgspec.json.decode(payload, type=CodeClaims)
    except (TokenInvalid, msgspec.DecodeError):
        return None
    known = not settings.clerk_oidc_client_secret or compare_digest((authorization or "").encode(), expected.encode())
    proved = compare_digest(claims.challenge, challenge_of(form.get("code_verifier", "")))
    fresh = claims.exp > now.timestamp() and claims.aud == _CODE_AUDIENCE
    return claims if known and proved and fresh else None


def mint_id_token(settings: Settings, code: CodeClaims, now: datetime, *, lifetime: timedelta) -> str:
    """Who has signed in, for the console."""
    issued = int(now.timestamp())
    claims = {
        "iss": dev_issuer(settings),
        "aud": settings.clerk_oidc_client_id or "",
        "sub": code.sub,
        "nonce": code.nonce,
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
    }
    return encode(claims, dev_keys(settings)[0], "JWT")
