"""From a key to the client that asks.

What a key is good for is remembered for ``RECHECK_SECONDS``, so a busy client costs a read every few seconds and
process, and a revocation or a change is noticed everywhere within that time. What was refused is remembered as well, so
that a wrong key which is tried again and again costs nothing. When a key was last used is written down every few
minutes at most.
"""

from datetime import datetime, timedelta

from backend.clients import queries
from backend.clients.errors import ClientKeyInvalid
from backend.clients.keyring import Keyring
from backend.clients.model import Caller, KeyRow
from backend.clients.rules import read_key
from backend.db import Database
from backend.identity.cache import BoundedCache

RECHECK_SECONDS = 10
_REMEMBERED = 10_000
_NOTED_EVERY = timedelta(minutes=5)


class Clients:
    """Who builds on us. One per process and event loop."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database, self._keyring = database, keyring
        self._known: BoundedCache[str, Caller] = BoundedCache(_REMEMBERED)
        self._refused: BoundedCache[str, bool] = BoundedCache(_REMEMBERED)

    async def verify(self, text: str, now: datetime) -> Caller:
        """The client of a key; raises ClientKeyInvalid for any that is not good at this moment."""
        parts = read_key(text)
        if parts is None or self._refused.get(text, now):
            raise ClientKeyInvalid
        caller = self._known.get(text, now)
        if caller is None:
            async with self._database.connection() as conn:
                row = await queries.find_key(conn, parts.id)
                if row is None or row.environment != parts.environment or not self._is_good(row, text, now):
                    self._refused.put(text, True, now + timedelta(seconds=RECHECK_SECONDS))
                    raise ClientKeyInvalid
                if row.last_used_at is None or row.last_used_at + _NOTED_EVERY <= now:
                    await queries.note_use(conn, row.id, now)
            caller = _caller(row)
            self._known.put(text, caller, min(row.expires_at, now + timedelta(seconds=RECHECK_SECONDS)))
        return caller

    def _is_good(self, row: KeyRow, text: str, now: datetime) -> bool:
        fits = self._keyring.fits(text, row.hash)
        return fits and row.revoked_at is None and row.disabled_at is None and row.expires_at > now


def _caller(row: KeyRow) -> Caller:
    return Caller(
        client_id=row.client_id, key_id=row.id, name=row.name, environment=row.environment, cities=row.cities,
        scopes=row.scopes, per_minute=row.per_minute, expires_at=row.expires_at,
    )  # fmt: skip
