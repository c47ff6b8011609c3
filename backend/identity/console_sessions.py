"""Sessions of the console: a random token in a browser's cookie, its SHA-256 in a row, and nothing else that opens it.

A session ends by signing out, after some hours, and when nobody has asked anything for a while. What it reaches are its
clerk's memberships of each moment: who loses the last one has lost the console with the next request.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.identity import queries
from backend.identity.errors import NoMembership, SessionEnded
from backend.identity.keys import base64url
from backend.identity.model import Clerk, Seat
from backend.identity.oidc import Identity
from backend.ids import new_id
from backend.settings import Settings


class ConsoleSessions:
    """Begins, opens and ends them under the limits of ``settings``."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._lifetime = timedelta(hours=settings.console_session_hours)
        self._idle = timedelta(minutes=settings.console_idle_minutes)

    async def begin(self, identity: Identity, now: datetime) -> tuple[str, datetime]:
        """The token of a new session, and when it ends. NoMembership for an account that belongs to no clerk."""
        token = base64url(secrets.token_bytes(32))
        until = now + self._lifetime
        async with self._database.transaction(SYSTEM) as conn:
            if not await queries.begin_console_session(
                conn, new_id(), _hash(token), identity.issuer, identity.subject, now, until
            ):
                raise NoMembership
        return token, until

    async def open(self, token: str, now: datetime, *, touch: bool = True) -> Seat:
        """The clerk of a session; SessionEnded, NoMembership. ``touch``: somebody asks, so it is not idle."""
        async with self._database.connection() as conn:
            row = await queries.open_console_session(conn, _hash(token), now, self._idle, touch)
        if row is None:
            raise SessionEnded
        if not row.memberships:
            raise NoMembership
        return Seat(Clerk(row.clerk_id, row.display_name, tuple(row.memberships)), row.expires_at)

    async def end(self, token: str, now: datetime) -> None:
        """Signs out; the token is worthless from now on."""
        async with self._database.transaction(SYSTEM) as conn:
            await queries.end_console_session(conn, _hash(token), now)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
