"""Where an identity provider's public keys come from: over HTTP, or from this very process in development.

Keys are fetched when the first token needs them, by one request however many tokens wait; again when they are older
than ``max_age_seconds``, and when a token names an unknown key – but not before ``cooldown_seconds`` have passed
since the last attempt, so that a flood of invented key ids becomes one request per cool-down. While the provider
fails, known keys stay good.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import jwt
import msgspec

from backend.identity.errors import IssuerUnavailable
from backend.identity.fetching import TIMEOUT_SECONDS, UNREACHABLE, Fetcher, discover
from backend.identity.keys import SigningKey

ALGORITHMS: Mapping[str, str] = {"ES256": "EC", "RS256": "RSA", "PS256": "RSA", "EdDSA": "OKP"}
"""What a provider may sign with, and the type of key it takes. No ``none`` and nothing symmetric."""
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_MIN_RSA_BITS = 2048
_MAX_KEYS = 100


class Jwk(msgspec.Struct, frozen=True):
    """One key of a key set, as far as it decides what the key is good for."""

    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    crv: str | None = None
    key_ops: list[str] | None = None


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[msgspec.Raw]


class KeySource(Protocol):
    """Finds the key to check a token with."""

    async def find(self, kid: str, alg: str, now: datetime) -> jwt.PyJWK | None:
        """The key of this id if it is one for ``alg``, or None. ``IssuerUnavailable`` if that cannot be known."""
        ...

    async def close(self) -> None:
        """Releases what the source holds."""
        ...


class LocalKeys:
    """The development issuer's keys: this process has them, so it does not ask itself over HTTP."""

    def __init__(self, keys: tuple[SigningKey, ...]) -> None:
        self._keys = {(key.kid, key.alg): jwt.PyJWK(key.jwk, key.alg) for key in keys}

    async def find(self, kid: str, alg: str, now: datetime) -> jwt.PyJWK | None:  # noqa: ARG002 - the protocol's
        """As the protocol says."""
        return self._keys.get((kid, alg))

    async def close(self) -> None:
        """Nothing is held."""


class RemoteKeys:
    """A provider's keys, found by its discovery document."""

    def __init__(self, issuer: str, *, cooldown_seconds: float, max_age_seconds: float) -> None:
        self._issuer = issuer
        self._cooldown = timedelta(seconds=cooldown_seconds)
        self._max_age = timedelta(seconds=max_age_seconds)
        self._keys: dict[tuple[str, str], jwt.PyJWK] | None = None
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._failed = False
        self._flight: asyncio.Task[None] | None = None
        self._fetcher = Fetcher()

    async def find(self, kid: str, alg: str, now: datetime) -> jwt.PyJWK | None:
        """As the protocol says."""
        known = self._keys is not None and (kid, alg) in self._keys
        if (self._flight is not None and not known) or (self._wanted(known, now) and self._allowed(now)):
            await self._refresh(now)
        if self._keys is None or (self._failed and (kid, alg) not in self._keys):
            raise IssuerUnavailable
        return self._keys.get((kid, alg))

    async def close(self) -> None:
        """Ends a running fetch and closes the connection."""
        if self._flight is not None:
            self._flight.cancel()
        await self._fetcher.close()

    def _wanted(self, known: bool, now: datetime) -> bool:
        return not known or self._fetched_at is None or now - self._fetched_at >= self._max_age

    def _allowed(self, now: datetime) -> bool:
        return self._tried_at is None or now - self._tried_at >= self._cooldown

    async def _refresh(self, now: datetime) -> None:
        if self._flight is None:
            self._tried_at = now
            self._flight = asyncio.create_task(self._fetch(now))
        # Shielded: the request that happened to start the fetch may be cancelled, the others still wait for it.
        await asyncio.shield(self._flight)

    async def _fetch(self, now: datetime) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                document = await discover(self._fetcher, self._issuer)
                self._keys = _usable(await self._fetcher.get(document.jwks_uri, _KeySet))
            self._fetched_at, self._failed = now, False
        except UNREACHABLE:
            self._failed = True
        finally:
            self._flight = None


def _usable(key_set: _KeySet) -> dict[tuple[str, str], jwt.PyJWK]:
    """Every key by id and algorithm; what cannot be used is passed over, as a provider may publish other kinds too."""
    found: dict[tuple[str, str], jwt.PyJWK] = {}
    for raw in key_set.keys[:_MAX_KEYS]:
        try:
            key, members = msgspec.json.decode(raw, type=Jwk), msgspec.json.decode(raw, type=dict[str, Any])
        except msgspec.DecodeError:
            continue
        for alg in (alg for alg, kty in ALGORITHMS.items() if kty == key.kty):
            if key.kid and _fits(key, alg) and (parsed := _parse(members, alg)) is not None:
                found.setdefault((key.kid, alg), parsed)
    return found


def _fits(key: Jwk, alg: str) -> bool:
    return (
        key.use in {None, "sig"}
        and key.alg in {None, alg}
        and (key.key_ops is None or "verify" in key.key_ops)
        and _CURVES.get(key.kty) in {None, key.crv}
    )


def _parse(members: dict[str, Any], alg: str) -> jwt.PyJWK | None:
    public = {name: value for name, value in members.items() if name not in {"d", "p", "q", "dp", "dq", "qi", "oth"}}
    try:
        key = jwt.PyJWK(public, alg)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if members["kty"] == "RSA" and key.key.key_size < _MIN_RSA_BITS:
        return None
    return key
