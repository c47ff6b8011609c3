"""The demo cities load, once."""

from backend.db import Database
from infra.dev.demo import missing


async def test_both_demo_cities_are_there_with_offices(demo: Database) -> None:
    async with demo.connection() as conn:
        rows = await conn.fetch("SELECT city_id, count(*) AS offices FROM office GROUP BY city_id ORDER BY city_id")
    assert [row["city_id"] for row in rows] == ["bottrop", "gelsenkirchen", "sandbox"]
    assert all(row["offices"] > 0 for row in rows)


async def test_a_second_start_leaves_alone_what_is_there(demo_url: str) -> None:
    assert await missing(demo_url) == []


async def test_an_empty_database_lacks_both(database_url: str) -> None:
    assert [file.stem for file in await missing(database_url)] == ["bottrop", "gelsenkirchen", "sandbox"]
