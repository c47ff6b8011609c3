"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime

from backend.db import Connection, load
from backend.schedule.model import Entry, RunOutcome, Turn

STATEMENTS = load(__package__ or "")


async def enter_task(conn: Connection, task: str, every_seconds: float, first_at: datetime) -> None:
    await STATEMENTS.run(conn, "enter_task", task, every_seconds, first_at)


async def take_turn(conn: Connection, now: datetime, leased_until: datetime, known: Sequence[str]) -> Turn | None:
    return await STATEMENTS.optional(conn, "take_turn", Turn, now, leased_until, known)


async def keep_turn(conn: Connection, turn: Turn, leased_until: datetime) -> bool:
    """False: somebody else has taken over."""
    return await STATEMENTS.run(conn, "keep_turn", turn.task, turn.run, leased_until) == 1


async def end_turn(
    conn: Connection, turn: Turn, now: datetime, outcome: RunOutcome, detail: str, next_at: datetime
) -> None:
    await STATEMENTS.run(conn, "end_turn", turn.task, turn.run, now, outcome, detail, next_at)


async def list_entries(conn: Connection) -> list[Entry]:
    return await STATEMENTS.all(conn, "list_entries", Entry)
