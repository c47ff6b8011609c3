"""One typed function per statement of ``queries.sql``."""

from collections.abc import Mapping
from datetime import datetime

from backend.db import Connection, load
from backend.idempotency.model import Claim, Used

STATEMENTS = load(__package__ or "")


async def claim_key(conn: Connection, owner: str, key: str, request_hash: bytes) -> Claim:
    """Claims the key until the transaction ends, or says why not."""
    return await STATEMENTS.one(conn, "claim_key", Claim, owner, key, request_hash)


async def store_answer(
    conn: Connection,
    owner: str,
    key: str,
    request_hash: bytes,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    """Keeps the answer of a claimed key."""
    await STATEMENTS.run(conn, "store_answer", owner, key, request_hash, status, dict(headers), body, now)


async def is_used_otherwise(conn: Connection, owner: str, key: str, request_hash: bytes) -> bool:
    """Whether the key was used, for another request than this."""
    return (await STATEMENTS.one(conn, "is_used_otherwise", Used, owner, key, request_hash)).used
