"""Screens in waiting rooms: each has a key of its own, good until it is ended, that opens called numbers and no more.

The key is made in the browser that sets the screen up and is never sent there; only its SHA-256 is.
"""

import hashlib
from datetime import date, datetime
from uuid import UUID

from backend.catalogue.model import OfficeRules
from backend.clock import day_bounds
from backend.db import Connection, Database, Principal
from backend.desk import queries
from backend.desk.errors import DisplayNotFound
from backend.desk.model import Call, Display, OpenDisplay
from backend.identity.model import Clerk
from backend.ids import new_id


async def add(
    conn: Connection, clerk: Clerk, city_id: str, office_id: UUID, name: str, key_hash: bytes, now: datetime
) -> Display:
    """A screen for the key of this hash."""
    display = Display(new_id(), name, now)
    await queries.add_display(conn, display.id, city_id, office_id, name, key_hash, clerk.clerk_id, now)
    await _record(conn, clerk, city_id, "display.add", display.id, now)
    return display


async def list_in_use(conn: Connection, office_id: UUID) -> list[Display]:
    """Those that are not ended."""
    return await queries.list_displays(conn, office_id)


async def end(conn: Connection, clerk: Clerk, city_id: str, office_id: UUID, display_id: UUID, now: datetime) -> None:
    """Its key opens nothing from now on; DisplayNotFound. A screen notices at its next heartbeat."""
    if await queries.end_display(conn, display_id, office_id, now) == 0:
        raise DisplayNotFound
    await _record(conn, clerk, city_id, "display.end", display_id, now)


async def opened(database: Database, key: str, office: str) -> OpenDisplay:
    """The office that a key opens, by id or slug the one that is asked for; DisplayNotFound."""
    async with database.connection() as conn:
        digest = hashlib.sha256(key.encode(errors="replace")).digest()
        found = await queries.open_display(conn, digest, office)
    if found is None:
        raise DisplayNotFound
    return found


async def read_calls(database: Database, display: OpenDisplay, rules: OfficeRules, day: date) -> list[Call]:
    """Who is called now, the latest first."""
    principal = Principal(clerk_city_id=display.city_id, clerk_office_ids=(display.office_id,))
    async with database.transaction(principal) as conn:
        return await queries.list_calls(conn, display.office_id, *day_bounds(day, rules.zone))


async def _record(conn: Connection, clerk: Clerk, city_id: str, action: str, display_id: UUID, now: datetime) -> None:
    await queries.add_audit_entry(conn, city_id, now, clerk.clerk_id, action, "display", str(display_id), {})
