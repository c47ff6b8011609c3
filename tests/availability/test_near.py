"""The earliest places near somebody: of those at the same time the nearest, however few are asked for."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from backend.availability.engine import Engine
from backend.availability.model import Wanted
from backend.db import Database
from tests.support import town as towns

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
"""Before any office opens: all of them have the same earliest start."""


@pytest.mark.parametrize("limit", [1, 3, 6, 9])
async def test_the_nearest_come_first(
    cluster: Any, empty_name: str, database: Database, make_settings: Any, database_url: str, limit: int
) -> None:
    owner = await asyncpg.connect(cluster.url(empty_name, "postgres"))
    town = await towns.build(owner, offices=7)  # each a hundred metres further to the north
    await owner.execute("UPDATE office SET latitude = NULL, longitude = NULL WHERE id = $1", town.offices[6])
    await owner.close()
    engine, wanted = Engine(database, make_settings(database_url)), [Wanted(town.service)]
    for here, nearest in ((51.6, [5, 4, 3, 2, 1, 0, 6]), (51.4, [0, 1, 2, 3, 4, 5, 6])):
        found = await engine.earliest(towns.CITY, wanted, NOW, limit=limit, near=(here, 7.1))
        expected = [town.offices[index] for index in (nearest * 2)[:limit]]
        assert [slot.office for slot in found] == expected
        assert [slot.start for slot in found] == sorted(slot.start for slot in found)
