"""The pass of an appointment: a signed token, shown as a QR code, that a desk checks without any connection.

It says which appointment, where and when, and nothing about the person. ``revision`` is the sequence of the
appointment's calendar entry: of two passes of one appointment the one with the larger revision holds.
"""

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jwt
import msgspec
import segno

from backend.appointments.errors import PassExpired, PassInvalid
from backend.appointments.model import Appointment
from backend.clock import day_bounds, local_day
from backend.identity.errors import TokenInvalid
from backend.identity.jws import encode, open_jws, read_header
from backend.identity.keys import SigningKey

TYPE = "wartefrei-pass+jwt"
ALGORITHM = "EdDSA"
PublicKeys = Mapping[str, jwt.PyJWK]
"""By key id."""


class PassOffice(msgspec.Struct, frozen=True):
    """Where to come."""

    id: UUID
    name: str


class PassClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass says. ``start``, ``end`` and ``exp`` are seconds since 1970; ``jti`` is the appointment's id."""

    iss: str
    jti: UUID
    reference: str
    revision: int
    city: str
    office: PassOffice
    start: int
    end: int
    zone: str
    exp: int

    @property
    def starts_at(self) -> datetime:
        """The start with the offset of the office's clocks."""
        return datetime.fromtimestamp(self.start, ZoneInfo(self.zone))

    @property
    def ends_at(self) -> datetime:
        """The end with the offset of the office's clocks."""
        return datetime.fromtimestamp(self.end, ZoneInfo(self.zone))


class Jwks(msgspec.Struct, frozen=True):
    """A set of public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


def claims_of(appointment: Appointment, office_name: str, zone: ZoneInfo, issuer: str) -> PassClaims:
    """What the pass of ``appointment`` says; it is good until the local midnight after the appointment."""
    _, midnight = day_bounds(local_day(appointment.ends_at - timedelta(microseconds=1), zone), zone)
    return PassClaims(
        iss=issuer,
        jti=appointment.id,
        reference=appointment.reference,
        revision=appointment.sequence,
        city=appointment.city_id,
        office=PassOffice(appointment.office_id, office_name),
        start=int(appointment.starts_at.timestamp()),
        end=int(appointment.ends_at.timestamp()),
        zone=zone.key,
        exp=int(midnight.timestamp()),
    )


def sign(claims: PassClaims, key: SigningKey) -> str:
    """The pass as a compact JWS; the same claims and key always give the same bytes."""
    return encode(msgspec.to_builtins(claims), key, TYPE)


def public_keys(jwks: bytes | Jwks) -> PublicKeys:
    """The keys of a JWKS document that may sign passes, the Ed25519 ones; ``PassInvalid`` if it is none."""
    try:
        found = msgspec.json.decode(jwks, type=Jwks) if isinstance(jwks, bytes) else jwks
    except (msgspec.DecodeError, RecursionError) as error:
        raise PassInvalid("The keys are not a JWKS document") from error
    usable: dict[str, jwt.PyJWK] = {}
    for key in found.keys:
        kid = key.get("kid")
        if isinstance(kid, str) and (key.get("kty"), key.get("crv")) == ("OKP", "Ed25519"):
            try:
                usable[kid] = jwt.PyJWK(key, ALGORITHM)
            except jwt.PyJWTError as error:
                raise PassInvalid("A key of the JWKS document is damaged") from error
    return usable


def verify(token: str, keys: PublicKeys, now: datetime, *, issuer: str | None = None) -> PassClaims:
    """The claims of a genuine pass. Raises ``PassExpired`` once its day is over, ``PassInvalid`` for everything else.

    Only the key that the header names is tried, only with EdDSA, and only for tokens of this very type: an access
    token is no pass.
    """
    try:
        header = read_header(token)
        key = keys.get(header.kid or "")
        if header.typ != TYPE or header.alg != ALGORITHM or key is None:
            raise PassInvalid
        claims = msgspec.json.decode(open_jws(token, key, ALGORITHM), type=PassClaims)
        # Whoever shows the pass reads these: a zone or an instant that is none would be found out there, too late.
        expires, *_ = datetime.fromtimestamp(claims.exp, UTC), claims.starts_at, claims.ends_at
    except (
        TokenInvalid,
        ValueError,
        OSError,
        OverflowError,
        ZoneInfoNotFoundError,
    ) as error:  # msgspec's is a ValueError
        raise PassInvalid from error
    if issuer is not None and claims.iss != issuer:
        raise PassInvalid
    if expires <= now:
        raise PassExpired
    return claims


def qr_svg(token: str) -> bytes:
    """The pass as a QR code: scalable, dark on white, with the quiet zone that readers need."""
    found = io.BytesIO()
    _qr(token).save(found, kind="svg", scale=4, border=4, light="white", xmldecl=True, svgclass=None, lineclass=None)
    return found.getvalue()


def qr_png(token: str) -> bytes:
    """The same as a picture of about 750 pixels square."""
    found = io.BytesIO()
    _qr(token).save(found, kind="png", scale=8, border=4)
    return found.getvalue()


def _qr(token: str) -> segno.QRCode:
    # The lowest correction that the size allows: on a screen nothing is torn, and larger modules read faster.
    return segno.make_qr(token, error="l", boost_error=True)
