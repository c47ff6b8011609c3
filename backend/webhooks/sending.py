"""What the worker does with deliveries: claim them, and write down what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend.db import Database
from backend.db.pool import SYSTEM
from backend.settings import Settings
from backend.webhooks import queries
from backend.webhooks.model import Parcel, Tried

_FIRST_PAUSE_SECONDS = 10.0
_AT_ONCE = 5_000
MOST_OF_A_CLIENT = 16
"""Deliveries to endpoints of one client that are under way at a time."""


class _Data(msgspec.Struct, frozen=True):
    id: str | None
    city: str | None


class _Payload(msgspec.Struct, frozen=True):
    """Whoever wants to know more asks the API: nothing about anybody leaves the house this way."""

    type: str
    timestamp: str
    data: _Data


def body_of(parcel: Parcel) -> bytes:
    """The same bytes for every attempt."""
    subject = None if parcel.subject_id is None else str(parcel.subject_id)
    when = parcel.told_at.isoformat().replace("+00:00", "Z")
    return msgspec.json.encode(_Payload(parcel.type, when, _Data(subject, parcel.city_id)))


async def claim(database: Database, now: datetime, *, lease: timedelta, limit: int) -> list[Parcel]:
    """Due deliveries, ours alone until ``now + lease``."""
    async with database.transaction(SYSTEM) as conn:
        return await queries.claim_parcels(conn, now, now + lease, limit, MOST_OF_A_CLIENT)


async def settle(database: Database, settings: Settings, tried: Sequence[Tried], now: datetime) -> None:
    """What became of claimed deliveries, with their log and with what it says of their endpoints."""
    tested = [one for one in tried if one.counted]
    failed = {one.parcel.endpoint_id: one for one in tested if one.ending != "delivered"}
    worked = {one.parcel.endpoint_id for one in tested if one.ending == "delivered"}
    async with database.transaction(SYSTEM) as conn:
        await queries.settle_parcels(conn, tried, now)
        if worked:
            await queries.note_success(conn, sorted(worked))
        # Where one of a batch arrived, the endpoint does not fail as a whole; that it is gone is believed all the same.
        bad = [one for endpoint, one in sorted(failed.items()) if endpoint not in worked or one.gone]
        if bad:
            await queries.note_failures(
                conn, bad, now, pause_seconds=_FIRST_PAUSE_SECONDS,
                disabled_after_days=settings.webhook_disabled_after_days,
            )  # fmt: skip


async def forget(database: Database, settings: Settings, now: datetime) -> int:
    """The log of long ago; how many."""
    total = 0
    while True:
        async with database.transaction(SYSTEM) as conn:
            count = await queries.forget_deliveries(conn, now - timedelta(days=settings.webhook_log_days), _AT_ONCE)
        total += count
        if count < _AT_ONCE:
            return total
