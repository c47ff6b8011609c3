"""People with phones, and notices for them, as the rooms that make them would write them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.notices.model import Telling
from backend.notices.service import tell


class Phone(msgspec.Struct, frozen=True):
    """A person's device."""

    person_id: UUID
    device_id: UUID
    target: str


async def phone(
    database: Database,
    *,
    target: str | None = None,
    platform: str = "android",
    language: str = "de",
    kind: str = "token",
    person: UUID | None = None,
) -> Phone:
    """A person, new unless given, with one more device."""
    made = Phone(person or uuid4(), uuid4(), target or f"target-{uuid4().hex}")
    async with database.transaction(SYSTEM) as conn:
        if person is None:
            await conn.execute("INSERT INTO person (id, language) VALUES ($1, $2)", made.person_id, language)
        await conn.execute(
            """INSERT INTO device (id, person_id, platform, language, target_kind, target, registered_at, seen_at)
               VALUES ($1, $2, $3, $4, $5, $6, now(), now())""",
            made.device_id, made.person_id, platform, language, kind, made.target,
        )  # fmt: skip
    return made


async def told(
    database: Database, one: Phone, kind: str = "appointment.confirmed", *, lasting_seconds: float | None = 3600
) -> Telling:
    """A notice, due now."""
    now = system_now()
    expires = None if lasting_seconds is None else now + timedelta(seconds=lasting_seconds)
    telling = Telling(
        city_id="gelsenkirchen", person_id=one.person_id, kind=kind, subject_id=uuid4(), dedupe=str(uuid4()),
        data={"reason": "Geheim: Erika Mustermann"}, expires_at=expires,
    )  # fmt: skip
    async with database.transaction(SYSTEM) as conn:
        await tell(conn, telling, now)
    return telling


async def rows(database: Database, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows as the system sees them."""
    async with database.transaction(SYSTEM) as conn:
        return [dict(record) for record in await conn.fetch(statement, *arguments)]


async def deliveries(database: Database) -> list[tuple[str | None, int, str | None]]:
    """Outcome, attempts and detail of every delivery."""
    found = await rows(database, "SELECT outcome, attempts, detail FROM delivery ORDER BY id")
    return [(row["outcome"], row["attempts"], row["detail"]) for row in found]


async def make_due(database: Database, at: datetime | None = None) -> None:
    """As if every pause were over."""
    async with database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE delivery SET due_at = $1 WHERE done_at IS NULL", at or system_now())
