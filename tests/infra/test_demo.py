"""The demo cities load, once."""

from backend.db import Database
from infra.dev.demo import load


async def test_both_demo_cities_are_there_with_offices(demo: Database) -> None:
    async with demo.connection() as conn:
        rows = await conn.fetch("SELECT city_id, count(*) AS offices FROM office GROUP BY city_id ORDER BY city_id")
    assert [row["city_id"] for row in rows] == ["bottrop", "gelsenkirchen"]
    assert all(row["offices"] > 0 for row in rows)


async def test_a_second_start_leaves_what_was_changed_since(demo: Database, demo_url: str) -> None:
    async with demo.connection() as conn:
        await conn.execute("UPDATE office SET name = 'Renamed' WHERE city_id = 'gelsenkirchen'")
    assert await load(demo_url) == []
    async with demo.connection() as conn:
        names = await conn.fetch("SELECT DISTINCT name FROM office WHERE city_id = 'gelsenkirchen'")
    assert [row["name"] for row in names] == ["Renamed"]
