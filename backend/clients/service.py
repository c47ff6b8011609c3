"""Managing clients and their keys: by administrators for their cities, by the operator for all.

Every change and its audit entry commit together. A key is returned once, by ``issue`` or ``rotate``; its hash stays.
"""

import os
from datetime import datetime, timedelta
from uuid import UUID

from backend.clients import queries
from backend.clients.errors import ClientKeyNotFound, ClientNotFound, TooManyKeys
from backend.clients.keyring import Keyring
from backend.clients.model import Actor, Client, Environment, KeyNote, NewKey, Wanted
from backend.clients.rules import SECRET_BYTES, is_sandbox, write_key
from backend.db import Connection
from backend.errors import FieldError, InvalidInput
from backend.ids import new_id

KEY_DAYS = 365
"""How long a key is good unless said otherwise."""
OVERLAP_HOURS = 24 * 7
"""How long the old key stays good after a rotation unless said otherwise."""
_AT_A_TIME = 2


async def save(conn: Connection, actor: Actor, wanted: Wanted, now: datetime, client_id: UUID | None = None) -> Client:
    """A new client, or ``client_id`` as it is to be. Raises InvalidInput, ClientNotFound."""
    await _check_cities(conn, actor, wanted.cities)
    if client_id is not None:
        await _lock(conn, actor, client_id)
    chosen = client_id or new_id()
    await queries.save_client(conn, chosen, wanted, now)
    await queries.audit(
        conn, now, actor.clerk_id, "client.created" if client_id is None else "client.changed", "client", chosen, {}
    )
    return await find(conn, actor, chosen)


async def find(conn: Connection, actor: Actor, client_id: UUID) -> Client:
    """One client; raises ClientNotFound."""
    found = await queries.list_clients(conn, actor.cities, client_id)
    if not found:
        raise ClientNotFound
    return found[0]


async def list_clients(conn: Connection, actor: Actor) -> list[Client]:
    """Those that the actor may manage."""
    return await queries.list_clients(conn, actor.cities)


async def issue(
    conn: Connection, keyring: Keyring, actor: Actor, client_id: UUID, environment: Environment, now: datetime,
    *, days: int = KEY_DAYS,
) -> NewKey:  # fmt: skip
    """One more key; raises TooManyKeys when two are good already, ClientNotFound, ClientsOff."""
    await _lock(conn, actor, client_id)
    if len(await queries.good_keys(conn, client_id, environment, now)) >= _AT_A_TIME:
        raise TooManyKeys
    return await _make(conn, keyring, actor, client_id, environment, now, days)


async def rotate(
    conn: Connection, keyring: Keyring, actor: Actor, client_id: UUID, environment: Environment, now: datetime,
    *, days: int = KEY_DAYS, overlap_hours: int = OVERLAP_HOURS,
) -> NewKey:  # fmt: skip
    """A new key; the newest before it stays good for ``overlap_hours``, an older one ends now."""
    await _lock(conn, actor, client_id)
    good = await queries.good_keys(conn, client_id, environment, now)
    await queries.shorten_keys(conn, client_id, good[:1], now + timedelta(hours=overlap_hours))
    await queries.shorten_keys(conn, client_id, good[1:], now)
    return await _make(conn, keyring, actor, client_id, environment, now, days)


async def revoke(conn: Connection, actor: Actor, client_id: UUID, key_id: UUID, now: datetime) -> None:
    """Refused everywhere within seconds. Raises ClientNotFound, ClientKeyNotFound."""
    await _lock(conn, actor, client_id)
    if not await queries.revoke_key(conn, client_id, key_id, now):
        raise ClientKeyNotFound
    await queries.audit(conn, now, actor.clerk_id, "client.key-revoked", "client", client_id, {"key": str(key_id)})


async def disable(conn: Connection, actor: Actor, client_id: UUID, now: datetime, *, disabled: bool = True) -> None:
    """Refuses all keys of the client, or accepts them again."""
    await _lock(conn, actor, client_id)
    await queries.set_disabled(conn, client_id, now, disabled=disabled)
    action = "client.disabled" if disabled else "client.enabled"
    await queries.audit(conn, now, actor.clerk_id, action, "client", client_id, {})


async def _make(
    conn: Connection, keyring: Keyring, actor: Actor, client_id: UUID, environment: Environment, now: datetime,
    days: int,
) -> NewKey:  # fmt: skip
    key_id, expires_at = new_id(), now + timedelta(days=days)
    text = write_key(environment, key_id, os.urandom(SECRET_BYTES))
    await queries.add_key(conn, key_id, client_id, environment, keyring.hash(text), now, expires_at)
    await queries.audit(conn, now, actor.clerk_id, "client.key-made", "client", client_id, {"key": str(key_id)})
    note = KeyNote(
        id=key_id, environment=environment, created_at=now, expires_at=expires_at, revoked_at=None, last_used_at=None
    )
    return NewKey(note, text)


async def _lock(conn: Connection, actor: Actor, client_id: UUID) -> None:
    if not await queries.lock_client(conn, client_id, actor.cities):
        raise ClientNotFound


async def _check_cities(conn: Connection, actor: Actor, cities: tuple[str, ...]) -> None:
    known = await queries.known_cities(conn, cities)
    own = known if actor.cities is None else known & set(actor.cities)
    faults = [
        FieldError(f"/cities/{n}", "unknown", "There is no such city, or it is not yours")
        for n, city in enumerate(cities)
        if city not in own or is_sandbox(city)
    ]
    if faults:
        raise InvalidInput(faults)
