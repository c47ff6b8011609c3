"""Fixtures of the console's tests: an office of one's own where it is about noon, its guests, and clerks signed in.

A module that uses them imports them.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from tests.browser import day
from tests.browser.conftest import OpenWindow, Owner, Window
from tests.browser.day import House

_known: dict[tuple[str, str], Any] = {}
"""What a browser keeps of somebody who has signed in, by server and name."""


@pytest_asyncio.fixture(loop_scope="session")
async def house(owner: Owner) -> AsyncGenerator[House]:
    """An office, open now, with nobody in it, where the demo clerks of the Hans-Sachs-Haus work."""
    made = await day.open_today(owner)
    yield made
    await day.retire(owner, made)


@pytest_asyncio.fixture(loop_scope="session")
async def guests(owner: Owner, house: House) -> dict[str, tuple[UUID, str]]:
    """Some people of today: id and reference by what they are there for."""
    now = int((day.system_now() - house.at(0)).total_seconds() // 60) // 5 * 5
    add = day.add
    return {
        "expected": await add(owner, house, 0, now + 40, name="Ayşe Demir"),
        "waiting": await add(owner, house, 1, now - 10, "checked_in", name="Max Schulte"),
        "late": await add(owner, house, 2, now - 30, name="Paul Overbeck"),
        "wish": await add(owner, house, 3, now + 60, "requested", name="Nadia Haddad"),
        "other wish": await add(owner, house, 3, now + 90, "requested", name="Ewa Nowicka"),
        "movable": await add(owner, house, 4, now + 60, name="Marco Rossi"),
    }


@pytest.fixture
def signed_in(window: OpenWindow, house: House, request: pytest.FixtureRequest) -> OpenWindow:
    """``async with signed_in("Anna Kowalski") as one``: signed in, and at today's day of the house."""
    server = request.getfixturevalue("server").environment["PUBLIC_URL"]

    @asynccontextmanager
    async def sign_in(name: str = "Anna Kowalski", path: str | None = None, **options: Any) -> AsyncGenerator[Window]:
        path = path or f"/console/today/{house.slug}"
        async with window(storage_state=_known.get((server, name)), **options) as one:
            await one.goto(path)
            if "/dev-issuer/" in one.page.url:
                await one.page.get_by_role("link", name=name).click()
                await one.page.wait_for_url(f"**{path}")
                _known[server, name] = await one.context.storage_state()
            yield one

    return sign_in
