"""Telling people: each call runs inside the caller's transaction, so a notice commits with its change or not at all."""

from datetime import datetime

from backend.db import Connection
from backend.notices import queries
from backend.notices.model import Telling


async def tell(conn: Connection, told: Telling, now: datetime) -> None:
    """Tells the person once; a repeat with the same ``dedupe`` and ``kind`` changes nothing."""
    await queries.tell(conn, told, now)
