"""The first screen of an app: one statement for the city, and one for the person where there is one."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Database
from backend.phones import queries
from backend.phones.listed import GROUPS, NAMES
from backend.phones.model import Own, Start

SOON = timedelta(days=30)
"""Closures that begin later are left to the office's own page."""


async def read_city(database: Database, city_id: str, now: datetime, known: str | None) -> Start | None:
    """What the city shows, without its content where ``known`` is its mark; None: there is no such city."""
    async with database.connection() as conn:
        return await queries.read_start(conn, city_id, now, now + SOON, known)


async def read_own(database: Database, person_id: UUID, now: datetime) -> Own:
    """What waits for the person."""
    async with database.connection() as conn:
        return await queries.read_own_start(conn, person_id, now, NAMES, GROUPS)
