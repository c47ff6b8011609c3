"""A city that answers to known apps only lets the built-in app in by the key that its operator gave it."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import ROOT
from tests.support.servers import ApiProcess


def wartefrei(server: ApiProcess, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "client", *words],
        cwd=ROOT, env={**os.environ, **server.environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest_asyncio.fixture(loop_scope="session")
async def strict(server: ApiProcess) -> AsyncGenerator[ApiProcess]:
    """Another process beside the server, for which the city wants keys."""
    client = wartefrei(server, "new", "/app", "--contact", "amt@example.org", "--city", "gelsenkirchen")
    key = wartefrei(server, "key", client, "--environment", "live")
    process = ApiProcess(
        {name: value for name, value in server.environment.items() if name not in ("PORT", "PUBLIC_URL")}
    )
    process.environment |= {"CLIENT_KEY_CITIES": "gelsenkirchen", "CITIZEN_APP_KEY": key}
    await process.start()
    yield process
    process.stop()


async def test_the_app_shows_its_key_and_books(strict: ApiProcess, browser: Browser) -> None:
    context = await browser.new_context(base_url=strict.environment["PUBLIC_URL"], locale="de-DE")
    try:
        page = await context.new_page()
        asked: list[str] = []
        page.on("response", lambda one: asked.append(f"{one.status} {one.url.partition('://')[2].partition('/')[2]}"))
        await page.goto("/app#/services/personalausweis/offices/hans-sachs-haus")
        await expect(page.locator(".slot").first).to_be_visible()
        assert sum(one.endswith("app/key") for one in asked) == 1, "asked for once"
        await page.locator(".slot").first.click()
        await page.get_by_label("Name").fill("Erika Mustermann")
        await page.locator("form .primary").click()
        await expect(page.locator(".ticket, .told").first).to_be_visible()
    finally:
        await context.close()
