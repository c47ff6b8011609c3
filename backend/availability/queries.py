"""One typed query per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from backend.availability.model import DayVersion, OfficeId, OwnHold, Stamp, TakenPlace
from backend.db import Connection, load

STATEMENTS = load("backend.availability")


async def read_stamps(conn: Connection, asked: Sequence[tuple[UUID, date, date]]) -> list[Stamp]:
    """One stamp per (office, first day, last day), in order; offices that do not exist are left out."""
    return await STATEMENTS.all(
        conn, "read_stamps", Stamp, [a[0] for a in asked], [a[1] for a in asked], [a[2] for a in asked]
    )


async def list_day_versions(conn: Connection, offices: Sequence[UUID], first: date, last: date) -> list[DayVersion]:
    return await STATEMENTS.all(conn, "list_day_versions", DayVersion, list(offices), first, last)


async def list_taken(conn: Connection, offices: Sequence[UUID], since: datetime, until: datetime) -> list[TakenPlace]:
    return await STATEMENTS.all(conn, "list_taken", TakenPlace, list(offices), since, until)


async def find_own_hold(conn: Connection, person_id: UUID, now: datetime) -> OwnHold | None:
    return await STATEMENTS.optional(conn, "find_own_hold", OwnHold, person_id, now)


async def list_offices(conn: Connection, city_id: str) -> list[UUID]:
    return [found.id for found in await STATEMENTS.all(conn, "list_offices", OfficeId, city_id)]
