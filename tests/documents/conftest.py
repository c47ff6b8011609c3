"""Fixtures of documents."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[Any]:
    """A connection of the role that owns the schema."""
    conn = await asyncpg.connect(owner_url)
    yield conn
    await conn.close()
