"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, load
from backend.sandbox.model import Forwarded, Waiting

STATEMENTS = load(__package__ or "")


async def list_waiting(conn: Connection, now: datetime, slugs: Sequence[str], since: datetime) -> list[Waiting]:
    return await STATEMENTS.all(conn, "list_waiting", Waiting, now, slugs, since)


async def forward_person(conn: Connection, now: datetime, person_id: UUID, minutes: int) -> Forwarded:
    return await STATEMENTS.one(conn, "forward_person", Forwarded, now, person_id, minutes)
