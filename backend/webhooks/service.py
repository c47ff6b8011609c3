"""Endpoints of a client: set up, looked after, told again. A secret is shown once, and kept sealed, since it signs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backend.clients.keyring import Keyring
from backend.db import Connection
from backend.errors import FieldError, InvalidInput
from backend.ids import new_id
from backend.webhooks import queries
from backend.webhooks.errors import DeliveryNotFound, TooManyWebhooks, WebhookDisabled, WebhookNotFound
from backend.webhooks.model import TEST, TYPES, Delivery, Endpoint, NewSecret, Owner, Wanted
from backend.webhooks.rules import check_url
from backend.webhooks.signing import new_secret, show

MOST_ENDPOINTS = 20
MOST_REPLAYED = 10_000
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
PURPOSE = b"webhook"
"""What secrets are sealed for."""


async def add(
    conn: Connection, keyring: Keyring, owner: Owner, wanted: Wanted, now: datetime, *, loopback: bool
) -> NewSecret:
    """A new endpoint, with its secret for the one time. Raises InvalidInput, TooManyWebhooks, ClientsOff."""
    _check(wanted, loopback=loopback)
    if await queries.count_endpoints(conn, owner) >= MOST_ENDPOINTS:
        raise TooManyWebhooks(most=MOST_ENDPOINTS)
    endpoint_id, secret = new_id(), new_secret()
    await queries.add_endpoint(conn, endpoint_id, owner, wanted, keyring.seal(secret, PURPOSE), now)
    return NewSecret(await find(conn, owner, endpoint_id, now), show(secret))


async def find(conn: Connection, owner: Owner, endpoint_id: UUID, now: datetime) -> Endpoint:
    """One endpoint; raises WebhookNotFound."""
    found = await queries.list_endpoints(conn, owner, now, endpoint_id)
    if not found:
        raise WebhookNotFound
    return found[0]


async def list_endpoints(conn: Connection, owner: Owner, now: datetime) -> list[Endpoint]:
    """All of them."""
    return await queries.list_endpoints(conn, owner, now)


async def change(
    conn: Connection, owner: Owner, endpoint_id: UUID, wanted: Wanted, now: datetime, *, loopback: bool
) -> Endpoint:
    """As it is to be; enabled, it begins anew. Raises InvalidInput, WebhookNotFound."""
    _check(wanted, loopback=loopback)
    if not await queries.change_endpoint(conn, owner, endpoint_id, wanted, now):
        raise WebhookNotFound
    if not wanted.enabled:
        await queries.drop_open(conn, endpoint_id, now)
    return await find(conn, owner, endpoint_id, now)


async def remove(conn: Connection, owner: Owner, endpoint_id: UUID) -> None:
    """With its log; raises WebhookNotFound."""
    if not await queries.remove_endpoint(conn, owner, endpoint_id):
        raise WebhookNotFound


async def rotate(
    conn: Connection, keyring: Keyring, owner: Owner, endpoint_id: UUID, now: datetime, *, overlap: timedelta
) -> NewSecret:
    """Another secret; the present one signs beside it for ``overlap``."""
    secret = new_secret()
    if not await queries.rotate_secret(conn, owner, endpoint_id, keyring.seal(secret, PURPOSE), now + overlap):
        raise WebhookNotFound
    return NewSecret(await find(conn, owner, endpoint_id, now), show(secret))


async def test(conn: Connection, owner: Owner, endpoint_id: UUID, now: datetime) -> Delivery:
    """An event that is nobody's, on its way; raises WebhookNotFound, WebhookDisabled."""
    await _enabled(conn, owner, endpoint_id, now)
    delivery_id = new_id()
    await queries.add_test(conn, delivery_id, endpoint_id, TEST, now)
    return await _delivery(conn, endpoint_id, delivery_id)


async def deliveries(
    conn: Connection, owner: Owner, endpoint_id: UUID, now: datetime, *, before: UUID | None, outcome: str | None,
    limit: int,
) -> Sequence[Delivery]:  # fmt: skip
    """The log, the latest first; raises WebhookNotFound."""
    await find(conn, owner, endpoint_id, now)
    return await queries.list_deliveries(conn, endpoint_id, before=before, outcome=outcome, limit=limit)


async def replay_one(conn: Connection, owner: Owner, endpoint_id: UUID, delivery_id: UUID, now: datetime) -> int:
    """Again, whatever became of it; 0: somebody is sending it at this moment. Raises DeliveryNotFound."""
    await _enabled(conn, owner, endpoint_id, now)
    await _delivery(conn, endpoint_id, delivery_id)
    return await queries.replay(conn, endpoint_id, now, delivery_id=delivery_id)


async def replay_since(
    conn: Connection, owner: Owner, endpoint_id: UUID, since: datetime, now: datetime, *, delivered_too: bool
) -> int:
    """What happened since and was not delivered, or all of it; how many, at most ``MOST_REPLAYED``, oldest first."""
    await _enabled(conn, owner, endpoint_id, now)
    since = min(max(since, _BEGINNING), now)  # an offset may reach beyond the years that the database knows
    return await queries.replay(
        conn, endpoint_id, now, since=since, delivered_too=delivered_too, limit=MOST_REPLAYED
    )  # fmt: skip


async def _enabled(conn: Connection, owner: Owner, endpoint_id: UUID, now: datetime) -> None:
    if (await find(conn, owner, endpoint_id, now)).disabled_at is not None:
        raise WebhookDisabled


async def _delivery(conn: Connection, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    found = await queries.list_deliveries(conn, endpoint_id, delivery_id=delivery_id)
    if not found:
        raise DeliveryNotFound
    return found[0]


def _check(wanted: Wanted, *, loopback: bool) -> None:
    faults = check_url(wanted.url, loopback=loopback)
    faults += [
        FieldError(f"/types/{n}", "unknown", "There is no such type of event")
        for n, kind in enumerate(wanted.types)
        if kind not in TYPES
    ]
    if faults:
        raise InvalidInput(faults)
