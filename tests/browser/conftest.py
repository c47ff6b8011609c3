"""A browser, a server, and clerks who are signed in. Without a browser these tests are skipped: in CI, failed.

Chromium is the system's own: CHROMIUM, or the first of the usual names. Screenshots go to ``.cache/screenshots``.
"""

import os
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from infra.dev.demo import load_clerks
from tests.browser import day
from tests.browser.day import House
from tests.support.cluster import Cluster
from tests.support.servers import ApiProcess

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".cache" / "screenshots"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--force-color-profile=srgb", "--hide-scrollbars",
]  # fmt: skip
SIZES = {"desk": (1280, 800), "tablet": (820, 1180), "phone": (390, 844)}


def chromium() -> str | None:
    """Where the browser is; None where there is none."""
    return os.environ.get("CHROMIUM") or next((found for name in _NAMES if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has the browser; without one it is said plainly what is left out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium here: the console is not tested in a browser"))


@pytest.fixture
async def owner(cluster: Cluster, demo_name: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that sees and may write everything."""
    base, _, _ = cluster.superuser_url.rpartition("/")
    conn = await asyncpg.connect(f"{base}/{demo_name}")
    yield conn
    await conn.close()


@pytest.fixture
async def house(owner: "asyncpg.Connection[asyncpg.Record]") -> House:
    """The office, open now, with nobody in it."""
    return await day.open_today(owner)


@pytest.fixture
async def guests(owner: "asyncpg.Connection[asyncpg.Record]", house: House) -> dict[str, tuple[UUID, str]]:
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
async def server(house: House, demo_url: str) -> AsyncGenerator[ApiProcess]:
    """The API in a process of its own, with the demo clerks."""
    process = ApiProcess({"MODE": "embedded", "DATABASE_URL": demo_url, "RATE_LIMITS": "off", "LOG_LEVEL": "error"})
    url = process.environment["PUBLIC_URL"]
    process.environment |= {
        "CLERK_OIDC_ISSUER": f"{url}/dev-issuer",
        "CLERK_OIDC_AUDIENCE": "wartefrei-clerk",
        "CLERK_OIDC_CLIENT_ID": "wartefrei-console",
        "CITIZEN_OIDC_ISSUER": f"{url}/dev-issuer",
        "CITIZEN_OIDC_AUDIENCE": "wartefrei",
    }
    await load_clerks(demo_url, f"{url}/dev-issuer")
    await process.start()
    yield process
    process.stop()


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    """One Chromium."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield found
        await found.close()


class Window:
    """One person's browser: what it complained about is kept."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context, self.page, self.url = context, page, url
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def goto(self, path: str) -> None:
        """Opens a page of the server."""
        await self.page.goto(self.url + path)


@pytest.fixture
def window(browser: Browser, server: ApiProcess) -> Callable[..., Any]:
    """``async with window() as one``: a browser window of somebody who is not signed in."""

    @asynccontextmanager
    async def open_window(size: str = "desk", **options: Any) -> AsyncGenerator[Window]:
        width, height = SIZES[size]
        usual: dict[str, Any] = {
            "locale": "de-DE",
            "viewport": {"width": width, "height": height},
            "reduced_motion": "reduce",
        }
        context = await browser.new_context(**{**usual, **options})
        context.set_default_timeout(8_000)
        url = server.environment["PUBLIC_URL"]
        try:
            yield Window(context, await context.new_page(), url)
        finally:
            await context.close()

    return open_window


@pytest.fixture
def signed_in(window: Callable[..., Any]) -> Callable[..., Any]:
    """``async with signed_in("Anna Kowalski") as one``: the same, signed in and at today's day."""

    @asynccontextmanager
    async def sign_in(name: str = "Anna Kowalski", **options: Any) -> AsyncGenerator[Window]:
        async with window(**options) as one:
            await one.goto("/console")
            await one.page.get_by_role("link", name=name).click()
            await one.page.wait_for_url("**/console/today/**")
            yield one

    return sign_in
