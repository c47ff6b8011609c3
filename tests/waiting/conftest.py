"""An office with one counter, 15 minutes a visit, on a database of the test's own."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from backend.db import Database
from backend.settings import Settings
from tests.support import town as towns
from tests.support.cluster import Cluster
from tests.waiting.square import Square


@pytest.fixture
def counters() -> int:
    """How many counters the office has; a module that wants more overrides it."""
    return 1


@pytest.fixture
async def square(
    cluster: Cluster, empty_name: str, database: Database, make_settings: Callable[..., Settings], counters: int
) -> AsyncIterator[Square]:
    """The square on a Monday morning; ``root`` sees every row."""
    root = await asyncpg.connect(cluster.url(empty_name, "postgres"))
    town = await towns.build(root, offices=2, counters=counters, horizon_days=60)
    await root.execute("UPDATE service SET max_persons = 8")
    yield Square(root, database, make_settings(cluster.app_url(empty_name)), town)
    await root.close()
