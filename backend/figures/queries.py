"""One typed function per statement of ``queries.sql``."""

from datetime import date, datetime
from uuid import UUID

from backend.db import Connection, load
from backend.figures.model import BusyHour, LeadDay, Noted, OutcomeDay, WaitingDay

STATEMENTS = load(__package__ or "")


async def list_waiting(
    conn: Connection, office_id: UUID, since: datetime, until: datetime, zone: str, service_id: UUID | None
) -> list[WaitingDay]:
    return await STATEMENTS.all(conn, "list_waiting", WaitingDay, office_id, since, until, zone, service_id)


async def list_outcomes(
    conn: Connection, office_id: UUID, since: datetime, until: datetime, zone: str, service_id: UUID | None
) -> list[OutcomeDay]:
    return await STATEMENTS.all(conn, "list_outcomes", OutcomeDay, office_id, since, until, zone, service_id)


async def list_busy_hours(
    conn: Connection, office_id: UUID, since: datetime, until: datetime, zone: str, service_id: UUID | None
) -> list[BusyHour]:
    return await STATEMENTS.all(conn, "list_busy_hours", BusyHour, office_id, since, until, zone, service_id)


async def list_lead(
    conn: Connection, office_id: UUID, first: date, last: date, service_id: UUID | None
) -> list[LeadDay]:
    return await STATEMENTS.all(conn, "list_lead", LeadDay, office_id, first, last, service_id)


async def is_noted(conn: Connection, office_id: UUID, day: date) -> Noted:
    return await STATEMENTS.one(conn, "is_noted", Noted, office_id, day)


async def note_lead(
    conn: Connection, city_id: str, office_id: UUID, service_id: UUID, day: date, minutes: int | None
) -> None:
    await STATEMENTS.run(conn, "note_lead", city_id, office_id, service_id, day, minutes)
