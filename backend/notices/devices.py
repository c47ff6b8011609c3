"""Where pushes may go: the installations of a person's app. Every call sees to it that a device has one person at most.

An app registers at each start, and whenever FCM gives it another target. A device that was not seen for 30 days still
gets what concerns its person, but no announcements; after 270 days, when FCM has forgotten it too, so do we.
"""

from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Database
from backend.notices import queries
from backend.notices.errors import RecipientNotFound
from backend.notices.model import Device
from backend.settings import Settings

_AT_ONCE = 1_000


async def register(database: Database, settings: Settings, person_id: UUID, device: Device, now: datetime) -> None:
    """The device is the person's from now on; what was on its way to whoever had it before is dropped."""
    async with database.connection() as conn:
        known = await queries.register_device(conn, device, person_id, now, settings.max_devices_per_person)
    if not known:
        raise RecipientNotFound


async def unregister(database: Database, person_id: UUID, device_id: UUID, now: datetime) -> None:
    """No more pushes to it. What is not there, or another's, is left alone."""
    async with database.connection() as conn:
        await queries.unregister_device(conn, device_id, person_id, now)


async def forget_lost(database: Database, settings: Settings, now: datetime) -> int:
    """Housekeeping; how many devices. Any number of processes may."""
    before, total = now - timedelta(days=settings.device_forgotten_days), 0
    while True:
        async with database.connection() as conn:
            count = await queries.forget_devices(conn, before, _AT_ONCE)
        total += count
        if count < _AT_ONCE:
            return total
