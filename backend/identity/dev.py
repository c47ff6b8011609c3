"""The built-in development issuer: tokens for citizens and clerks without any identity provider. Embedded mode only."""

from datetime import datetime, timedelta

from backend.db import Connection
from backend.identity import queries
from backend.identity.jws import encode
from backend.identity.keys import SigningKey, load_keys
from backend.identity.model import Key, Role
from backend.identity.oidc import dev_issuer
from backend.ids import new_id
from backend.settings import Settings, SettingsError


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
