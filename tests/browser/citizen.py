"""What the tests of the citizens' app share: a phone, a clerk who answers over the API, and a look at each screen."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio
from playwright.async_api import Page, expect

from backend.clock import system_now
from backend.identity.dev import mint_dev_token
from backend.settings import Settings
from tests.browser.conftest import PICTURES, SIZES, OpenWindow, Owner, Window
from tests.browser.test_look import AXE, TAGS
from tests.support.servers import ApiProcess
from tests.tus.proxy import BadNetwork


class Clerk:
    """Somebody at the desk who may do everything in the city."""

    def __init__(self, client: httpx.AsyncClient, clerk_id: str) -> None:
        self.client, self.id = client, clerk_id

    async def act(self, appointment: str, action: str, **body: Any) -> None:
        """A step of an appointment."""
        headers = {"Idempotency-Key": uuid4().hex}
        answer = await self.client.post(f"/v1/clerk/appointments/{appointment}/{action}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    async def ask(self, case: str, message: str, fields: list[str], due: str) -> None:
        """Takes a case and asks for something."""
        found = (await self.client.get(f"/v1/clerk/cases/{case}")).raise_for_status()
        for action, body in (
            ("assign", {"assignee": self.id}),
            ("request-info", {"message": message, "fields": fields, "due": due}),
        ):
            headers = {"Idempotency-Key": uuid4().hex, "If-Match": found.headers["etag"]}
            answer = await self.client.post(f"/v1/clerk/cases/{case}/{action}", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            found = (await self.client.get(f"/v1/clerk/cases/{case}")).raise_for_status()


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(server: ApiProcess, server_settings: Settings, owner: Owner) -> AsyncGenerator[Clerk]:
    """Petra Lindner, by the API."""
    audience = server_settings.clerk_oidc_audience or ""
    token = mint_dev_token(server_settings, "demo-lindner", system_now(), audience=audience)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"], headers=headers) as client:
        yield Clerk(client, str(await owner.fetchval("SELECT id FROM clerk WHERE subject = 'demo-lindner'")))


@pytest_asyncio.fixture(loop_scope="session")
async def phone(window: OpenWindow) -> AsyncGenerator[Window]:
    """A phone that opens the app for the first time."""
    async with window("phone", has_touch=True) as one:
        await one.goto("/app")
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def network(server: ApiProcess) -> AsyncGenerator[BadNetwork]:
    """A line to the server that breaks when told to."""
    async with BadNetwork(server.port) as one:
        yield one


async def installed(page: Page) -> None:
    """The app is on the device: from now on it opens without a network."""
    late = "new Promise((_, no) => setTimeout(() => no('no service worker'), 8000))"
    await page.evaluate(f"Promise.race([navigator.serviceWorker.ready.then(() => true), {late}])")


def here(page: Page) -> str:
    """What stands last in the address: an id."""
    return page.url.partition("#")[2].partition("?")[0].rpartition("/")[2]


async def hold(page: Page, service: str) -> None:
    """The earliest place for a service is held, and the form for it is open."""
    await page.goto(f"/app#/services/{service}")
    await page.locator(".best button").click()
    await expect(page.get_by_role("timer")).to_be_visible()


async def choose(page: Page, day: int = 2, slot: int = 2) -> None:
    """A time of the calendar that is shown, on a day that has all of its hours ahead, whenever the test runs."""
    await page.locator("button.date").nth(day).click()
    await page.locator(".slot").nth(slot).click()


async def book(page: Page, service: str, name: str = "Erika Mustermann", *, later: bool = False) -> str:
    """The earliest place is booked, or one of some days later; the appointment's id."""
    if later:
        await page.goto(f"/app#/services/{service}")
        await page.locator("a.rowlink[href*='/offices/']").first.click()
        await choose(page)
        await expect(page.get_by_role("timer")).to_be_visible()
    else:
        await hold(page, service)
    await page.get_by_label("Name").fill(name)
    await page.locator("form .primary").click()
    await page.wait_for_selector("#state .told")
    return here(page)


async def faults(one: Window, rules: list[str] | None) -> list[str]:
    """What axe finds on the page, with all rules or these. It stays in the page: reading it in takes a while."""
    if not await one.page.evaluate("'axe' in window"):
        await one.page.evaluate(f"{AXE}; 0")
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = await one.page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{v['id']}: {[n['target'] for n in v['nodes']][:3]} {v['nodes'][0].get('failureSummary', '')[:300]}"
        for v in found["violations"]
    ]


async def look(one: Window, name: str, *, desk: bool = False) -> list[str]:
    """Pictures for a phone, light and dark, and perhaps a desk; what axe finds wrong, and what is too wide."""
    wrong: list[str] = []
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, theme in [("desk", "light")] * desk + [("phone", "light"), ("phone", "dark")]:
        width, height = SIZES[size]
        await one.page.set_viewport_size({"width": width, "height": height})
        await one.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        await one.page.screenshot(path=PICTURES / f"app-{name}-{size}-{theme}.png")
        if size == "phone" and (theme == "light" or desk):
            # Dark differs by its colours alone, and those of one screen are those of all.
            only = ["color-contrast"] if theme == "dark" else None
            wrong += [f"{name} {size} {theme}: {fault}" for fault in await faults(one, only)]
        if await one.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name} {size}: scrolls sideways")
    await one.page.evaluate("delete document.documentElement.dataset.theme")
    return wrong
