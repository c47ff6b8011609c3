"""People with devices and notices, written as the rooms write them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.ids import new_id
from backend.notices import queries
from backend.notices.model import Device, Telling

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


async def person(database: Database, language: str = "de") -> UUID:
    """Somebody new."""
    found = new_id()
    async with database.transaction(Principal(person_id=found)) as conn:
        await conn.execute("INSERT INTO person (id, created_at, language) VALUES ($1, $2, $3)", found, NOW, language)
    return found


async def city(database: Database, name: str = "here") -> str:
    """A city to be told of."""
    async with database.connection() as conn:
        await conn.execute(
            "INSERT INTO city (id, name, ags, state, reference_prefix) VALUES ($1, $1, '05513000', 'NW', $2)",
            name, name[:2].upper(),
        )  # fmt: skip
    return name


def device(target: str | None = None, *, device_id: UUID | None = None, language: str = "de") -> Device:
    """A phone."""
    return Device(
        id=device_id or uuid4(),
        platform="android",
        language=language,
        app_version="1.0",
        target_kind="token",
        target=target or uuid4().hex,
    )


async def tell(
    database: Database,
    to: UUID,
    kind: str = "case.received",
    *,
    now: datetime = NOW,
    due_at: datetime | None = None,
    **data: Any,
) -> UUID:
    """Tells somebody something; the notice's id."""
    subject = uuid4()
    told = Telling(
        city_id="here", person_id=to, kind=kind, subject_id=subject, dedupe=str(subject), data=data, due_at=due_at
    )
    async with database.transaction(SYSTEM) as conn:
        await queries.tell(conn, told, now)
        found: UUID = await conn.fetchval("SELECT id FROM notice WHERE subject_id = $1", subject)
    return found


async def deliver(database: Database, notice: UUID, to: UUID, device_id: UUID) -> UUID:
    """A delivery that is on its way."""
    found = new_id()
    async with database.transaction(SYSTEM) as conn:
        await conn.execute(
            "INSERT INTO delivery (id, notice_id, person_id, channel, device_id, due_at, attempts, leased_until)"
            " VALUES ($1, $2, $3, 'push', $4, $5, 1, $5)",
            found, notice, to, device_id, NOW,
        )  # fmt: skip
    return found


async def rows(database: Database, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """What housekeeping sees."""
    async with database.transaction(SYSTEM) as conn:
        return [tuple(row) for row in await conn.fetch(statement, *arguments)]
