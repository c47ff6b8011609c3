"""The ground every other test stands on: clones are migrated and private, and the two roles are what they claim."""

import asyncpg
import pytest

from backend.db import Database
from tests.support.cluster import APP, OWNER, Cluster


async def test_a_clone_is_migrated(database: Database) -> None:
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM city") == 0


async def test_the_application_role_owns_nothing_and_has_no_bypass(owner_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    try:
        role = await owner.fetchrow("SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = $1", APP)
        assert role is not None
        assert not any(role.values())
        owners = await owner.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert {row["tableowner"] for row in owners} == {OWNER}
    finally:
        await owner.close()


BEHIND = """SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity"""
OF_PEOPLE = """SELECT table_name FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND column_name = 'person_id' AND table_type = 'BASE TABLE'"""


async def test_every_table_of_people_is_behind_row_level_security(owner_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    try:
        of_people = await owner.fetch(OF_PEOPLE)
        behind = {row["relname"] for row in await owner.fetch(BEHIND)}
    finally:
        await owner.close()
    assert len(behind) > 5
    assert {row["table_name"] for row in of_people} - behind == set()


async def test_without_a_principal_no_personal_row_is_seen_and_the_wall_cannot_be_taken_down(database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    person = "018f0000-0000-7000-8000-000000000001"
    try:
        async with conn.transaction():
            await conn.execute("SELECT set_config('app.system', 'on', true)")
            await conn.execute("INSERT INTO person (id) VALUES ($1)", person)
            # Said as it is (decision 0014): this role names its principal; the wall is against forgetting to.
            assert await conn.fetchval("SELECT count(*) FROM person") == 1
        assert await conn.fetchval("SELECT count(*) FROM person") == 0
        forbidden = (
            "ALTER TABLE person DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE person NO FORCE ROW LEVEL SECURITY",
            "CREATE POLICY mine ON person USING (true)",
            "DROP POLICY visible ON person",
            f"SET ROLE {OWNER}",
            "ALTER ROLE CURRENT_USER BYPASSRLS",
            "CREATE OR REPLACE FUNCTION app_system() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "UPDATE appointment_event SET reason = 'another'",
            "DELETE FROM audit_entry",
            "TRUNCATE person CASCADE",
            "COPY person TO PROGRAM 'cat'",
        )
        for statement in forbidden:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
        await conn.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch("SELECT FROM person")  # an error instead of a filter, never the rows
    finally:
        await conn.close()


async def test_only_who_was_granted_it_may_write_the_systems_eyes_into_a_function(
    cluster: Cluster, empty_name: str
) -> None:
    statement = "CREATE FUNCTION {} RETURNS int LANGUAGE sql SET app.system = 'on' AS 'SELECT 1'"
    owner, app = (
        await asyncpg.connect(cluster.owner_url(empty_name)),
        await asyncpg.connect(cluster.app_url(empty_name)),
    )
    try:
        await owner.execute(statement.format("granted()"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied to set parameter"):
            await app.execute(statement.format("pg_temp.not_granted()"))
    finally:
        await owner.close()
        await app.close()
