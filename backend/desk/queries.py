"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.appointments.model import Appointment, AppointmentEvent
from backend.db import Connection, load
from backend.desk.model import AppointmentId, Block, Call, Change, DayVersion, Display, OpenDisplay, Ticket, Waiting
from backend.ids import new_id

STATEMENTS = load(__package__ or "")


async def list_day(conn: Connection, office_id: UUID, since: datetime, until: datetime) -> list[Appointment]:
    return await STATEMENTS.all(conn, "list_day", Appointment, office_id, since, until)


async def list_day_versions(conn: Connection, office_id: UUID, since: datetime, until: datetime) -> list[DayVersion]:
    return await STATEMENTS.all(conn, "list_day_versions", DayVersion, office_id, since, until)


async def list_some(conn: Connection, office_id: UUID, ids: Sequence[UUID]) -> list[Appointment]:
    return await STATEMENTS.all(conn, "list_some", Appointment, office_id, ids)


async def list_requests(conn: Connection, office_id: UUID, now: datetime) -> list[Appointment]:
    return await STATEMENTS.all(conn, "list_requests", Appointment, office_id, now)


async def list_blocks(
    conn: Connection, office_id: UUID, since: datetime, until: datetime, now: datetime
) -> list[Block]:
    return await STATEMENTS.all(conn, "list_blocks", Block, office_id, since, until, now)


async def list_queue(conn: Connection, office_id: UUID, since: datetime, until: datetime) -> list[Ticket]:
    return await STATEMENTS.all(conn, "list_queue", Ticket, office_id, since, until)


async def lock_next(
    conn: Connection, office_id: UUID, since: datetime, until: datetime, counter_id: UUID | None
) -> AppointmentId | None:
    return await STATEMENTS.optional(conn, "lock_next", AppointmentId, office_id, since, until, counter_id)


async def is_waiting(
    conn: Connection, office_id: UUID, since: datetime, until: datetime, counter_id: UUID | None
) -> bool:
    return (await STATEMENTS.one(conn, "is_waiting", Waiting, office_id, since, until, counter_id)).waiting


async def find_by_reference(conn: Connection, reference: str, office_ids: Sequence[UUID]) -> Appointment | None:
    return await STATEMENTS.optional(conn, "find_by_reference", Appointment, reference, office_ids)


async def find_visible(conn: Connection, appointment_id: UUID, office_ids: Sequence[UUID]) -> AppointmentId | None:
    return await STATEMENTS.optional(conn, "find_visible", AppointmentId, appointment_id, office_ids)


async def list_events_after(conn: Connection, appointment_id: UUID, version: int) -> list[AppointmentEvent]:
    return await STATEMENTS.all(conn, "list_events_after", AppointmentEvent, appointment_id, version)


async def list_changes(conn: Connection, after: UUID) -> list[Change]:
    return await STATEMENTS.all(conn, "list_changes", Change, after)


async def notify(conn: Connection, payload: str) -> None:
    await STATEMENTS.run(conn, "notify", payload)


async def add_audit_entry(
    conn: Connection,
    city_id: str,
    at: datetime,
    clerk_id: UUID,
    action: str,
    entity: str,
    entity_id: str,
    detail: dict[str, Any],
) -> None:
    await STATEMENTS.run(conn, "add_audit_entry", new_id(), city_id, at, clerk_id, action, entity, entity_id, detail)


async def add_display(
    conn: Connection,
    display_id: UUID,
    city_id: str,
    office_id: UUID,
    name: str,
    key_hash: bytes,
    clerk_id: UUID,
    now: datetime,
) -> None:
    await STATEMENTS.run(conn, "add_display", display_id, city_id, office_id, name, key_hash, clerk_id, now)


async def list_displays(conn: Connection, office_id: UUID) -> list[Display]:
    return await STATEMENTS.all(conn, "list_displays", Display, office_id)


async def end_display(conn: Connection, display_id: UUID, office_id: UUID, now: datetime) -> int:
    return await STATEMENTS.run(conn, "end_display", display_id, office_id, now)


async def open_display(conn: Connection, key_hash: bytes, office: str) -> OpenDisplay | None:
    return await STATEMENTS.optional(conn, "open_display", OpenDisplay, key_hash, office)


async def list_calls(conn: Connection, office_id: UUID, since: datetime, until: datetime) -> list[Call]:
    return await STATEMENTS.all(conn, "list_calls", Call, office_id, since, until)
