"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, load
from backend.ids import new_id
from backend.notices.model import Backlog, Dead, Gone, Lane, Outgoing, Settled, Spread, Telling

STATEMENTS = load(__package__ or "")


async def tell(conn: Connection, told: Telling, now: datetime) -> None:
    """Writes the notice, unless it was written before."""
    await STATEMENTS.run(
        conn, "tell", new_id(), told.city_id, told.person_id, told.kind, told.subject_id, told.dedupe, told.data, now,
        told.due_at or now, told.expires_at,
    )  # fmt: skip


async def spread_notices(conn: Connection, now: datetime, limit: int, pushed: Sequence[str]) -> Spread:
    return await STATEMENTS.one(conn, "spread_notices", Spread, now, limit, pushed)


async def claim_deliveries(
    conn: Connection, lane: Lane, now: datetime, leased_until: datetime, limit: int, most_attempts: int
) -> list[Outgoing]:
    return await STATEMENTS.all(conn, "claim_deliveries", Outgoing, now, str(lane), leased_until, limit, most_attempts)


async def forget_targets(conn: Connection, gone: Sequence[Gone]) -> int:
    """How many devices have no target any more."""
    return await STATEMENTS.run(conn, "forget_targets", [g.device_id for g in gone], [g.target for g in gone])


async def settle_deliveries(conn: Connection, settled: Sequence[Settled], now: datetime) -> int:
    """How many were still ours to settle."""
    return await STATEMENTS.run(
        conn, "settle_deliveries", now, [s.id for s in settled], [s.attempt for s in settled],
        [s.ending for s in settled], [s.detail for s in settled], [s.due_at for s in settled],
        [s.counted for s in settled],
    )  # fmt: skip


async def list_dead(conn: Connection, detail: str | None, limit: int) -> list[Dead]:
    return await STATEMENTS.all(conn, "list_dead", Dead, detail, limit)


async def revive_dead(conn: Connection, now: datetime, ids: Sequence[UUID] | None, detail: str | None) -> int:
    return await STATEMENTS.run(conn, "revive_dead", now, ids, detail)


async def read_backlog(conn: Connection, now: datetime) -> Backlog:
    return await STATEMENTS.one(conn, "read_backlog", Backlog, now)


async def ring(conn: Connection) -> None:
    await STATEMENTS.run(conn, "ring")
