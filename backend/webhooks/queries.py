"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, load
from backend.webhooks.model import Count, Delivery, Endpoint, Owner, Parcel, Tried, Wanted

STATEMENTS = load(__package__ or "")


async def list_endpoints(
    conn: Connection, owner: Owner, now: datetime, endpoint_id: UUID | None = None
) -> list[Endpoint]:
    return await STATEMENTS.all(
        conn, "list_endpoints", Endpoint, owner.client_id, owner.environment, endpoint_id, now
    )  # fmt: skip


async def count_endpoints(conn: Connection, owner: Owner) -> int:
    """Locks the client for the transaction."""
    return (await STATEMENTS.one(conn, "lock_endpoints", Count, owner.client_id, owner.environment)).count


async def add_endpoint(
    conn: Connection, endpoint_id: UUID, owner: Owner, wanted: Wanted, secret: bytes, now: datetime
) -> None:
    await STATEMENTS.run(
        conn, "add_endpoint", endpoint_id, owner.client_id, owner.environment, wanted.url, wanted.types,
        wanted.description, secret, now,
    )  # fmt: skip


async def change_endpoint(conn: Connection, owner: Owner, endpoint_id: UUID, wanted: Wanted, now: datetime) -> bool:
    given = (wanted.url, wanted.types, wanted.description, wanted.enabled, now)
    return await STATEMENTS.run(
        conn, "change_endpoint", owner.client_id, owner.environment, endpoint_id, *given
    ) == 1  # fmt: skip


async def remove_endpoint(conn: Connection, owner: Owner, endpoint_id: UUID) -> bool:
    return await STATEMENTS.run(conn, "remove_endpoint", owner.client_id, owner.environment, endpoint_id) == 1


async def rotate_secret(conn: Connection, owner: Owner, endpoint_id: UUID, secret: bytes, until: datetime) -> bool:
    return await STATEMENTS.run(
        conn, "rotate_secret", owner.client_id, owner.environment, endpoint_id, secret, until
    ) == 1  # fmt: skip


async def drop_open(conn: Connection, endpoint_id: UUID, now: datetime) -> None:
    await STATEMENTS.run(conn, "drop_open", endpoint_id, now)


async def add_test(conn: Connection, delivery_id: UUID, endpoint_id: UUID, kind: str, now: datetime) -> None:
    await STATEMENTS.run(conn, "add_test", delivery_id, endpoint_id, kind, now)


async def list_deliveries(
    conn: Connection, endpoint_id: UUID, *, delivery_id: UUID | None = None, before: UUID | None = None,
    outcome: str | None = None, limit: int = 1,
) -> list[Delivery]:  # fmt: skip
    return await STATEMENTS.all(
        conn, "list_deliveries", Delivery, endpoint_id, delivery_id, before, outcome, limit
    )  # fmt: skip


async def replay(
    conn: Connection, endpoint_id: UUID, now: datetime, *, delivery_id: UUID | None = None,
    since: datetime | None = None, delivered_too: bool = False, limit: int = 1,
) -> int:  # fmt: skip
    return await STATEMENTS.run(conn, "replay", endpoint_id, delivery_id, since, delivered_too, now, limit)


async def claim_parcels(
    conn: Connection, now: datetime, leased_until: datetime, limit: int, most_of_a_client: int
) -> list[Parcel]:
    return await STATEMENTS.all(conn, "claim_parcels", Parcel, now, leased_until, limit, most_of_a_client)


async def settle_parcels(conn: Connection, tried: Sequence[Tried], now: datetime) -> None:
    await STATEMENTS.run(
        conn, "settle_parcels", now, [t.parcel.id for t in tried], [t.parcel.attempt for t in tried],
        [t.ending for t in tried], [t.due_at for t in tried], [t.at for t in tried], [t.milliseconds for t in tried],
        [t.status for t in tried], [t.code for t in tried], [t.answer for t in tried], [t.counted for t in tried],
    )  # fmt: skip


async def note_success(conn: Connection, endpoints: Sequence[UUID]) -> None:
    await STATEMENTS.run(conn, "note_success", endpoints)


async def note_failures(
    conn: Connection, tried: Sequence[Tried], now: datetime, *, pause_seconds: float, disabled_after_days: int
) -> None:
    """One for each endpoint; those that are to be disabled drop what was on its way to them."""
    ids = [one.parcel.endpoint_id for one in tried]
    await STATEMENTS.run(
        conn, "note_failure", now, ids, pause_seconds, disabled_after_days, [one.code for one in tried],
        [one.gone for one in tried],
    )  # fmt: skip
    await STATEMENTS.run(conn, "drop_of_disabled", now, ids)


async def forget_deliveries(conn: Connection, before: datetime, limit: int) -> int:
    return await STATEMENTS.run(conn, "forget_deliveries", before, limit)
