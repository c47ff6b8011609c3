"""One typed function per statement of ``queries.sql``."""

from backend.db import Connection, load
from backend.health.model import Migration

STATEMENTS = load(__package__ or "")


async def read_migration(conn: Connection) -> Migration:
    """The newest migration that was applied."""
    return await STATEMENTS.one(conn, "read_migration", Migration)
