"""What is taken a few at a time is picked once, in front of the statement: in one way in the whole house."""

import re
from datetime import timedelta
from pathlib import Path

import asyncpg

from backend.db import Connection, Database
from backend.ids import id_at
from backend.notices.queries import forget_notices
from tests.notices.people import NOW, city

ROOT = Path(__file__).parents[2]
# A choice that a plan may make anew for every row: a bounded or locking query where a condition stands.
_AGAIN = re.compile(r"(?:\bIN|=)\s*\(\s*SELECT\b(?:[^()]|\([^()]*\))*?\b(?:LIMIT|SKIP\s+LOCKED)\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(?:DELETE\s+FROM|UPDATE)\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*")
_BY_CONDITION = "DELETE FROM stock WHERE id IN (SELECT s.id FROM stock s LIMIT 2 FOR UPDATE SKIP LOCKED)"
_PICKED = """WITH picked AS MATERIALIZED (SELECT s.id FROM stock s LIMIT 2 FOR UPDATE SKIP LOCKED)
    DELETE FROM stock s USING picked p WHERE s.id = p.id"""


def picks_again(source: str) -> bool:
    """Whether a statement that changes rows chooses them so."""
    return any(_CHANGES.search(one) and _AGAIN.search(one) for one in _COMMENT.sub("", source).split(";"))


async def test_nothing_chooses_its_rows_within_a_condition(owner_url: str) -> None:
    conn = await asyncpg.connect(owner_url)
    functions = await conn.fetch(
        "SELECT proname AS name, prosrc AS text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))"
    )
    await conn.close()
    sources = {row["name"]: row["text"] for row in functions}
    sources |= {str(path): path.read_text("utf-8") for path in ROOT.glob("backend/*/*.sql")}
    assert len(sources) > 80
    assert [name for name, text in sources.items() if picks_again(text)] == []
    assert picks_again(_BY_CONDITION)
    assert not picks_again(_PICKED)


async def unlucky(conn: Connection) -> None:
    """Leaves the planner those plans that make a choice within a condition for each row anew."""
    for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "indexscan", "indexonlyscan", "bitmapscan"):
        await conn.execute(f"SET enable_{way} = off")


async def test_two_are_two_whatever_the_plan(owner_url: str) -> None:
    conn = await asyncpg.connect(owner_url)
    await unlucky(conn)
    left: dict[str, int] = {}
    for statement in (_PICKED, _BY_CONDITION):
        await conn.execute("CREATE TEMP TABLE stock AS SELECT n AS id FROM generate_series(1, 10) n")
        await conn.execute(statement)
        left[statement] = await conn.fetchval("SELECT count(*) FROM stock")
        await conn.execute("DROP TABLE stock")
    await conn.close()
    assert left[_PICKED] == 8
    assert left[_BY_CONDITION] < 8, "the negative control: it may take more than it says"


async def test_housekeeping_takes_as_many_as_it_says(owner_url: str, database: Database) -> None:
    here, conn = await city(database), await asyncpg.connect(owner_url)
    await conn.execute(
        "INSERT INTO announcement (id, city_id, texts, clerk_id, published_at, expires_at)"
        " SELECT new_id($2), $1, '{}', gen_random_uuid(), $2, $2 FROM generate_series(1, 10)", here, NOW,
    )  # fmt: skip
    await conn.execute("ANALYZE announcement")
    await unlucky(conn)
    later = NOW + timedelta(days=1)
    assert await forget_notices(conn, later, id_at(later), 2) == 2
    assert await conn.fetchval("SELECT count(*) FROM announcement") == 8
    await conn.close()
