"""A browser, a server and its windows. Without a browser these tests are skipped: in CI, failed.

One server with its database and store, and one Chromium, serve every test of a worker: a test makes what it looks at,
and ends what it began. Chromium is the system's own: CHROMIUM, or the first of the usual names. Pictures go to
``.cache/screenshots``.
"""

import os
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from pytest_asyncio import is_async_test

from backend.documents.store import ObjectStore
from backend.settings import Settings
from infra.dev.demo import load_clerks
from tests.conftest import clone_database
from tests.support.cluster import Cluster
from tests.support.servers import ApiProcess

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / ".cache" / "screenshots"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--force-color-profile=srgb", "--hide-scrollbars",
]  # fmt: skip
# A machine that is busy with other tests is slow, not wrong.
expect.set_options(timeout=15_000)
SIZES = {"desk": (1280, 800), "tablet": (820, 1180), "phone": (390, 844)}
Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


def chromium() -> str | None:
    """Where the browser is; None where there is none."""
    return os.environ.get("CHROMIUM") or next((found for name in _NAMES if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share one loop, as the browser does; without a browser it is said plainly what is left out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            if is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium here: nothing is tested in a browser"))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_database(cluster: Cluster, demo_template: str) -> AsyncGenerator[str]:
    """The name of the server's database with the demo cities."""
    async for name in clone_database(cluster, demo_template):
        yield name


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def server(
    cluster: Cluster, shared_database: str, object_store: dict[str, str], test_keys: dict[str, str]
) -> AsyncGenerator[ApiProcess]:
    """The API in a process of its own, with a store, the demo clerks and the development issuer."""
    database_url = cluster.app_url(shared_database)
    names = {"s3_quarantine_bucket": "browser-quarantine", "s3_clean_bucket": "browser-clean"}
    given = {"mode": "embedded", "database_url": database_url, **test_keys, **object_store, **names}
    store = ObjectStore(msgspec.convert(given, Settings))
    await store.make_buckets()
    await store.close()
    process = ApiProcess({name.upper(): value for name, value in given.items()})
    url = process.environment["PUBLIC_URL"]
    process.environment |= {
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "error",
        "MAX_STREAMS_PER_CALLER": "50",
        "CLERK_OIDC_ISSUER": f"{url}/dev-issuer",
        "CLERK_OIDC_AUDIENCE": "wartefrei-clerk",
        "CLERK_OIDC_CLIENT_ID": "wartefrei-console",
        "CITIZEN_OIDC_ISSUER": f"{url}/dev-issuer",
        "CITIZEN_OIDC_AUDIENCE": "wartefrei",
    }
    await load_clerks(database_url, f"{url}/dev-issuer")
    await process.start()
    yield process
    process.stop()


@pytest.fixture(scope="package")
def server_settings(server: ApiProcess) -> Settings:
    """The server's, for a test that does a worker's work."""
    known = {field.name for field in msgspec.structs.fields(Settings)}
    given = {name.lower(): value for name, value in server.environment.items() if name.lower() in known}
    return msgspec.convert(given, Settings, strict=False)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """One Chromium."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield found
        await found.close()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(cluster: Cluster, shared_database: str, server: ApiProcess) -> AsyncGenerator[Owner]:
    """A connection to the server's database that sees and may write everything."""
    base, _, _ = cluster.superuser_url.rpartition("/")
    conn = await asyncpg.connect(f"{base}/{shared_database}")
    yield conn
    await conn.close()


class Window:
    """One person's browser: what it complained about is kept."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context, self.page = context, page
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def goto(self, path: str) -> None:
        """Opens a page of the server."""
        await self.page.goto(path)


OpenWindow: TypeAlias = Callable[..., AbstractAsyncContextManager[Window]]


@pytest.fixture
def window(browser: Browser, server: ApiProcess) -> OpenWindow:
    """``async with window("phone", locale="en-GB") as one``: a browser of somebody who has never been here."""

    @asynccontextmanager
    async def open_window(size: str = "desk", **options: Any) -> AsyncGenerator[Window]:
        width, height = SIZES[size]
        usual: dict[str, Any] = {
            "base_url": server.environment["PUBLIC_URL"],
            "locale": "de-DE",
            "viewport": {"width": width, "height": height},
            "reduced_motion": "reduce",
        }
        context = await browser.new_context(**{**usual, **options})
        context.set_default_timeout(15_000)
        try:
            yield Window(context, await context.new_page())
        finally:
            await context.close()

    return open_window


@pytest_asyncio.fixture(loop_scope="session")
async def page(window: OpenWindow) -> AsyncGenerator[Page]:
    """A page in a window of its own; addresses without a host are the server's."""
    async with window() as one:
        yield one.page
