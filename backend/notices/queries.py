"""One typed function per statement of ``queries.sql``."""

from datetime import datetime

from backend.db import Connection, load
from backend.ids import new_id
from backend.notices.model import Telling

STATEMENTS = load(__package__ or "")


async def tell(conn: Connection, told: Telling, now: datetime) -> None:
    """Writes the notice, unless it was written before."""
    await STATEMENTS.run(
        conn, "tell", new_id(), told.city_id, told.person_id, told.kind, told.subject_id, told.dedupe, told.data, now,
        told.due_at or now, told.expires_at,
    )  # fmt: skip
