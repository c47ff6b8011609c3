"""A device's sign-in: begun as a guest, kept up by rotating refresh tokens, linked to an identity, ended.

Refresh tokens are 256 random bits, given out once and kept as their SHA-256. No answer with a token in it is ever
stored: a repeat of a request finds its session and gets a further token for it.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Database
from backend.errors import DomainError
from backend.idempotency.errors import KeyInFlight, KeyReused
from backend.idempotency.model import IdempotencyClaim
from backend.identity import errors, queries
from backend.identity.keys import SigningKey, base64url
from backend.identity.model import Citizen, Outcome, Tokens
from backend.identity.oidc import Identity
from backend.identity.tokens import TokenService
from backend.ids import new_id
from backend.settings import Settings

_REFUSALS: dict[str, type[DomainError]] = {
    "unknown": errors.TokenInvalid,
    "reuse": errors.SessionEnded,
    "ended": errors.SessionEnded,
    "gone": errors.SessionEnded,
    "used": errors.SessionBegun,
    "already_linked": errors.AlreadyLinked,
    "reused": KeyReused,
    "in_flight": KeyInFlight,
}


class Sessions:
    """Begins, keeps up and links sessions under the limits of ``settings``."""

    def __init__(self, database: Database, tokens: TokenService, settings: Settings) -> None:
        self._database = database
        self._tokens = tokens
        self._lifetime = timedelta(days=settings.refresh_token_days)
        self._grace = timedelta(seconds=settings.refresh_grace_seconds)
        self._limit = settings.max_live_appointments_per_service
        self._device_key = device_key(tokens.keys)

    async def begin_guest(self, installation_id: str, language: str, claim: IdempotencyClaim, now: datetime) -> Tokens:
        """A new person on this device. Repeated with the same key: the same person, until the session is refreshed."""
        token, token_hash = _fresh_token()
        async with self._database.connection() as conn:
            outcome = await queries.begin_guest(
                conn,
                now,
                claim,
                person_id=new_id(),
                session_id=new_id(),
                device_id=self.device_id(installation_id),
                language=language,
                expires_at=now + self._lifetime,
                token_hash=token_hash,
            )
        return self._answer(outcome, token, now)

    async def refresh(self, shown: str, claim: IdempotencyClaim, now: datetime) -> Tokens:
        """New tokens for a refresh token; ``TokenInvalid`` if none of ours, ``SessionEnded`` if its session is over."""
        token, token_hash = _fresh_token()
        async with self._database.connection() as conn:
            outcome = await queries.refresh_session(
                conn,
                now,
                claim,
                shown_hash=_hash(shown),
                token_hash=token_hash,
                grace=self._grace,
                expires_at=now + self._lifetime,
            )
        return self._answer(outcome, token, now)

    async def link(self, caller: Citizen, identity: Identity, claim: IdempotencyClaim, now: datetime) -> Tokens:
        """Ties the caller to the identity, and if that has a person already moves everything there; new tokens."""
        if caller.session_id is None:
            raise errors.AlreadyLinked
        token, token_hash = _fresh_token()
        async with self._database.connection() as conn:
            outcome = await queries.link_identity(
                conn,
                now,
                claim,
                session_id=caller.session_id,
                person_id=caller.person_id,
                issuer=identity.issuer,
                subject=identity.subject,
                limit=self._limit,
                token_hash=token_hash,
            )
        if outcome.outcome == "over_limit":
            raise errors.LinkExceedsLimit(services=[str(service) for service in outcome.services or ()])
        return self._answer(outcome, token, now)

    def owner_of_guest(self, installation_id: str) -> str:
        """To whom the Idempotency-Key of a guest's beginning belongs: there is no person yet, so the device."""
        return f"device:{self.device_id(installation_id)}"

    def owner_of_refresh(self, shown: str) -> str:
        """To whom the Idempotency-Key of a refresh belongs: whoever has the token, by its hash."""
        return f"refresh:{_hash(shown).hex()}"

    async def end(self, caller: Citizen, now: datetime) -> None:
        """Logs the device out; its refresh tokens are worthless from now on, and no push is sent to it any more."""
        if caller.session_id is not None:
            async with self._database.transaction(caller.principal) as conn:
                await queries.end_session(conn, caller.session_id, caller.person_id, now)

    def device_id(self, installation_id: str) -> UUID:
        """What is kept of an installation's id: a keyed hash, which does not lead back to it."""
        digest = hmac.digest(self._device_key, installation_id.encode(), "sha256")
        return UUID(bytes=digest[:16], version=5)

    def _answer(self, outcome: Outcome, refresh_token: str, now: datetime) -> Tokens:
        if outcome.outcome in _REFUSALS:
            raise _REFUSALS[outcome.outcome]
        if not (outcome.person_id and outcome.session_id and outcome.device_id and outcome.expires_at):
            raise LookupError(f"outcome {outcome.outcome} without a session")
        access, expires_at = self._tokens.issue(outcome.person_id, outcome.session_id, outcome.device_id, now)
        return Tokens(
            outcome.person_id,
            outcome.session_id,
            access,
            expires_at,
            refresh_token,
            outcome.expires_at,
            outcome.outcome == "replayed",
        )


def device_key(keys: tuple[SigningKey, ...]) -> bytes:
    """The key of the devices' hashes, drawn from the oldest signing key, so that a key that joins changes no device."""
    return hashlib.sha256(b"wartefrei device id\0" + keys[-1].secret()).digest()


def _fresh_token() -> tuple[str, bytes]:
    token = base64url(secrets.token_bytes(32))
    return token, _hash(token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
