"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, load
from backend.ids import id_at, new_id
from backend.sandbox.model import Forwarded, Key, Undecided, Unoffered, Waiting

STATEMENTS = load(__package__ or "")


async def list_waiting(conn: Connection, now: datetime, slugs: Sequence[str], since: datetime) -> list[Waiting]:
    return await STATEMENTS.all(conn, "list_waiting", Waiting, now, slugs, since)


async def list_unoffered(
    conn: Connection, now: datetime, slug: str, since: datetime, offers_per_day: int
) -> list[Unoffered]:
    return await STATEMENTS.all(conn, "list_unoffered", Unoffered, now, slug, since, offers_per_day)


async def list_undecided(
    conn: Connection, form: str, question: str, since: datetime, wishes: Sequence[str], asked: str, begun: datetime
) -> list[Undecided]:
    return await STATEMENTS.all(
        conn, "list_undecided", Undecided, form, question, since, wishes, asked, id_at(begun)
    )  # fmt: skip


async def ensure_clerk(conn: Connection) -> UUID:
    return (await STATEMENTS.one(conn, "ensure_clerk", Key, new_id())).id


async def forward_person(conn: Connection, now: datetime, person_id: UUID, minutes: int) -> Forwarded:
    return await STATEMENTS.one(conn, "forward_person", Forwarded, now, person_id, minutes)
