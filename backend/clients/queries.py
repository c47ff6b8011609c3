"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.clients.model import Client, Environment, Key, KeyRow, Known, Wanted
from backend.db import Connection, load
from backend.ids import new_id

STATEMENTS = load(__package__ or "")


async def find_key(conn: Connection, key_id: UUID) -> KeyRow | None:
    return await STATEMENTS.optional(conn, "find_key", KeyRow, key_id)


async def note_use(conn: Connection, key_id: UUID, now: datetime) -> None:
    await STATEMENTS.run(conn, "note_use", key_id, now)


async def list_clients(conn: Connection, cities: Sequence[str] | None, client_id: UUID | None = None) -> list[Client]:
    return await STATEMENTS.all(conn, "list_clients", Client, cities, client_id)


async def lock_client(conn: Connection, client_id: UUID, cities: Sequence[str] | None) -> bool:
    return await STATEMENTS.optional(conn, "lock_client", Key, client_id, cities) is not None


async def known_cities(conn: Connection, cities: Sequence[str]) -> set[str]:
    return {one.id for one in await STATEMENTS.all(conn, "known_cities", Known, cities)}


async def save_client(conn: Connection, client_id: UUID, wanted: Wanted, now: datetime) -> None:
    await STATEMENTS.run(
        conn, "save_client", client_id, wanted.name, wanted.contact, wanted.cities, wanted.scopes, wanted.per_minute,
        now,
    )  # fmt: skip


async def set_disabled(conn: Connection, client_id: UUID, now: datetime, *, disabled: bool) -> None:
    await STATEMENTS.run(conn, "set_disabled", client_id, now, disabled)


async def good_keys(conn: Connection, client_id: UUID, environment: Environment, now: datetime) -> list[UUID]:
    return [key.id for key in await STATEMENTS.all(conn, "good_keys", Key, client_id, environment, now)]


async def add_key(
    conn: Connection, key_id: UUID, client_id: UUID, environment: Environment, hashed: bytes, now: datetime,
    expires_at: datetime,
) -> None:  # fmt: skip
    await STATEMENTS.run(conn, "add_key", key_id, client_id, environment, hashed, now, expires_at)


async def shorten_keys(conn: Connection, client_id: UUID, keys: Sequence[UUID], until: datetime) -> None:
    await STATEMENTS.run(conn, "shorten_keys", client_id, keys, until)


async def revoke_key(conn: Connection, client_id: UUID, key_id: UUID, now: datetime) -> bool:
    """False: there is no such key."""
    return await STATEMENTS.run(conn, "revoke_key", client_id, key_id, now) == 1


async def audit(
    conn: Connection, now: datetime, clerk_id: UUID | None, action: str, entity: str, entity_id: UUID,
    detail: dict[str, str],
) -> None:  # fmt: skip
    kind = "operator" if clerk_id is None else "clerk"
    await STATEMENTS.run(conn, "audit", new_id(), now, kind, clerk_id, action, entity, str(entity_id), detail)
