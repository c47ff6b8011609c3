"""What places and appointments name is there, and stays there, whoever writes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.support import town as towns

START = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The role that owns the schema, which no right keeps from anything."""
    conn = await asyncpg.connect(owner_url)
    await conn.execute("SELECT set_config('app.system', 'on', false)")
    yield conn
    await conn.close()


async def place(owner: "asyncpg.Connection[asyncpg.Record]", city: str, office: UUID, counter: UUID) -> UUID:
    made = uuid4()
    await owner.execute(
        "INSERT INTO place (id, city_id, office_id, counter_id, during) VALUES ($1, $2, $3, $4, tstzrange($5, $6))",
        made, city, office, counter, START, START + timedelta(minutes=15),
    )  # fmt: skip
    return made


async def test_a_place_is_at_a_counter_of_its_own_office_and_city(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    town = await towns.build(owner, offices=2)
    (here, there), ((counter,), _) = town.offices, town.counters
    for city, office in ((towns.CITY, there), (towns.CITY, uuid4()), ("nowhere", here)):
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await place(owner, city, office, counter)
        assert refused.value.constraint_name == "place_at_counter"
    await place(owner, towns.CITY, here, counter)


async def test_an_office_stays_as_long_as_an_appointment_names_it(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    town = await towns.build(owner, offices=2)
    (here, there), ((counter,), _) = town.offices, town.counters
    await owner.execute(
        """INSERT INTO appointment (id, city_id, office_id, counter_id, person_id, reference, state, starts_at, ends_at,
             services, service_ids, confirmation, name, channel, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $1, 'MD-2222-2222', 'cancelled', $5, $5, '[]', '{}', 'automatic', 'x', 'app',
             $5, $5)""",
        uuid4(), towns.CITY, here, counter, START,
    )  # fmt: skip
    await owner.execute("DELETE FROM special_opening; DELETE FROM counter")
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await owner.execute("DELETE FROM office WHERE id = $1", here)
    assert refused.value.constraint_name == "appointment_at_office"
    assert await owner.execute("DELETE FROM office WHERE id = $1", there) == "DELETE 1"
