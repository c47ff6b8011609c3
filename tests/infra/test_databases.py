"""The ground every other test stands on: clones are migrated and private, and the two roles are what they claim."""

import asyncpg

from backend.db import Database
from tests.support.cluster import APP, OWNER


async def test_a_clone_is_migrated(database: Database) -> None:
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM city") == 0


async def test_the_application_role_owns_nothing_and_cannot_pass_row_level_security(owner_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    try:
        role = await owner.fetchrow("SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = $1", APP)
        assert role is not None
        assert not any(role.values())
        owners = await owner.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert {row["tableowner"] for row in owners} == {OWNER}
    finally:
        await owner.close()
