"""What a phone does: begins, refreshes, links. Each request has a fresh Idempotency-Key unless one is named."""

from datetime import datetime
from typing import Any

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.idempotency.model import IdempotencyClaim
from backend.identity import Callers
from backend.identity.model import Tokens
from backend.identity.oidc import Identity
from backend.ids import new_id

PHONE = "installation-of-a-phone"


async def guest(
    callers: Callers, now: datetime, *, installation: str = PHONE, key: str | None = None, body: bytes = b"body"
) -> Tokens:
    """What a phone gets that begins as a guest."""
    claim = IdempotencyClaim(callers.sessions.owner_of_guest(installation), key or str(new_id()), body)
    return await callers.sessions.begin_guest(installation, "de", claim, now)


async def refresh(callers: Callers, shown: str | Tokens, now: datetime, key: str | None = None) -> Tokens:
    """What a phone gets for its refresh token."""
    token = shown if isinstance(shown, str) else shown.refresh_token
    claim = IdempotencyClaim(callers.sessions.owner_of_refresh(token), key or str(new_id()), b"body")
    return await callers.sessions.refresh(token, claim, now)


async def link(
    callers: Callers,
    session: Tokens,
    identity: Identity,
    now: datetime,
    *,
    key: str | None = None,
    body: bytes = b"body",
) -> Tokens:
    """What a phone gets that ties its person to an identity."""
    caller = await callers.citizen(session.access_token, now)
    claim = IdempotencyClaim(f"person:{caller.person_id}", key or str(new_id()), body)
    tokens = await callers.sessions.link(caller, identity, claim, now)
    callers.forget(caller)
    return tokens


async def rows(database: Database, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows as housekeeping sees them."""
    async with database.transaction(SYSTEM) as conn:
        return [dict(row) for row in await conn.fetch(statement, *arguments)]
