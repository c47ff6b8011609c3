"""What is a person's: places offered to them, messages, their language, their session, and forgetting all of it."""

from datetime import timedelta
from uuid import uuid4

import httpx
import msgspec
from playwright.async_api import expect

from backend.availability.engine import Engine
from backend.clock import system_now
from backend.db import open_database
from backend.settings import Settings
from backend.waiting.matching import hand_on
from tests.browser.citizen import Clerk, book, choose, here, hold, look
from tests.browser.citizen import clerk as clerk
from tests.browser.citizen import phone as phone
from tests.browser.conftest import Window
from tests.support.servers import ApiProcess
from tests.support.waiting import eventually

STORE = "import(document.querySelector(\"script[src*='core/main.js']\").src.replace('main.js', 'store.js'))"


async def give_back(server: ApiProcess, service: str) -> str:
    """Somebody else books a place of the day after tomorrow or later, and cancels it; the office's name."""
    async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"]) as other:

        async def post(path: str, body: object) -> dict[str, str]:
            headers = {"Idempotency-Key": uuid4().hex}
            found: dict[str, str] = (await other.post(path, json=body, headers=headers)).raise_for_status().json()
            return found

        session = await post("/v1/sessions/guest", {"installationId": str(uuid4())})
        other.headers["Authorization"] = f"Bearer {session['accessToken']}"
        first = (system_now() + timedelta(days=2)).date()
        offices = (await other.get("/v1/cities/gelsenkirchen/offices", params={"service": service})).json()["items"]
        where = offices[0]["slug"]
        query = {"service": service, "office": where, "from": str(first), "to": str(first + timedelta(days=6))}
        free = (await other.get("/v1/cities/gelsenkirchen/availability/slots", params=query)).json()
        its = (await other.get(f"/v1/cities/gelsenkirchen/services/{service}")).json()["id"]
        place = {"office": free["office"], "start": free["items"][0]["start"], "services": [{"service": its}]}
        held = await post("/v1/holds", place)
        booked = await post("/v1/appointments", {"hold": held["id"], "person": {"name": "Jemand"}})
        await post(f"/v1/appointments/{booked['id']}/cancel", {})
        return str(offices[0]["name"])


async def match(settings: Settings) -> None:
    """What the worker does every second, also at night."""
    awake = msgspec.structs.replace(settings, waiting_quiet_from_hour=0, waiting_quiet_until_hour=0)
    database = await open_database(settings.database_url, size=1)
    try:
        await hand_on(database, Engine(database, awake), awake, system_now())
    finally:
        await database.close()


async def test_waiting_an_offer_and_taking_it(phone: Window, server: ApiProcess, server_settings: Settings) -> None:
    page = phone.page
    await page.goto("/app#/services/gewerbe-anmelden")
    await page.get_by_role("link", name="Auf die Warteliste").click()
    await page.get_by_label("Samstag").check()
    await page.get_by_role("button", name="Auf die Warteliste").click()
    await page.get_by_role("link", name="Gewerbe anmelden").click()
    await expect(page.locator(".told")).to_contain_text("Sie sind als Nächstes dran")
    wrong = await look(phone, "entry")
    where = await give_back(server, "gewerbe-anmelden")
    await match(server_settings)
    await page.goto("/app#/appointments")
    await page.get_by_role("link", name="Platz ansehen").click()
    await expect(page.get_by_role("timer")).to_contain_text("Antwort bis")
    await expect(page.locator(".ticket.over")).to_have_count(0)
    wrong += await look(phone, "offer")
    await page.get_by_role("button", name="Platz ablehnen").click()
    await page.get_by_role("dialog").get_by_role("button", name="Zurück").click()
    await page.get_by_label("Name").fill("Ewa Nowicka")
    await page.get_by_role("button", name="Diesen Platz nehmen").click()
    await expect(page.locator("#state")).to_contain_text("Gebucht")
    await expect(page.locator(".ticket")).to_contain_text(where)
    assert (phone.complaints, wrong) == ([], [])


async def test_moved_cancelled_and_read_in_the_inbox(phone: Window, clerk: Clerk) -> None:
    page = phone.page
    appointment = await book(page, "wohnsitz-abmelden", later=True)
    before = await page.locator(".ticket").inner_text()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="In den Kalender").click()
    assert (await (await download.value).path()).read_text("utf-8").startswith("BEGIN:VCALENDAR")
    await page.get_by_role("link", name="Verlegen").click()
    await choose(page, day=3)
    await page.get_by_role("dialog").get_by_role("button", name="Verlegen").click()
    await expect(page.locator(".ticket")).to_be_visible()
    assert await page.locator(".ticket").inner_text() != before
    # A clerk cancels, while somebody looks elsewhere: the number at the inbox says so at once.
    await page.goto("/app#/inbox")
    await expect(page.locator(".notice-row.unread")).to_have_count(2)
    await clerk.act(appointment, "cancel", reason="Der Standort bleibt heute geschlossen.")
    await expect(page.locator(".notice-row.unread")).to_have_count(3)
    await expect(page.locator(".tabs .badge")).to_have_text("3")
    await page.locator(".notice-row.unread").first.click()
    await expect(page.locator("#state")).to_contain_text("abgesagt")
    await expect(page.locator(".notice")).to_contain_text("bleibt heute geschlossen")
    await page.goto("/app#/inbox")
    await page.get_by_role("button", name="Alle gelesen").click()
    await expect(page.locator(".tabs .badge")).to_be_hidden()


async def test_two_windows_renew_one_session_once(phone: Window) -> None:
    page = phone.page
    await book(page, "melderegisterauskunft")
    other = await phone.context.new_page()
    await other.goto("/app#/settings")
    await other.wait_for_selector(".groups")
    sent: list[str] = []
    phone.context.on("request", lambda request: sent.append(request.url))
    await page.evaluate(
        f"{STORE}.then((store) => store.change('kept', 'tokens', (one) => ({{...one, expiresAt: '2020-01-01'}})))"
    )
    for window in (page, other):
        await window.evaluate("location.hash = '/appointments'")
    for window in (page, other):
        await window.wait_for_selector(".ticket")
        await expect(window.locator(".stale")).to_have_count(0)

    async def both_asked() -> bool:  # what a window kept it shows before it asks
        return len([url for url in sent if "/v1/appointments?" in url]) >= 2

    await eventually(both_asked)
    assert len([url for url in sent if url.endswith("/v1/sessions/refresh")]) == 1
    assert phone.complaints == []


async def test_another_language_and_everything_forgotten(phone: Window) -> None:
    page = phone.page
    await book(page, "umzug")
    await page.goto("/app#/settings")
    await page.get_by_role("switch", name="Nachtruhe").check()
    await expect(page.locator(".toast", has_text="Gespeichert")).to_be_visible()
    await page.locator("label", has_text="English").click()
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "en"
    await expect(page.get_by_role("switch", name="Quiet at night")).to_be_checked()
    await page.goto("/app#/appointments")
    await expect(page.locator(".ticket")).to_contain_text("Move within Gelsenkirchen")
    await hold(page, "reisepass")
    held = here(page)
    await page.goto("/app#/settings")
    await page.get_by_role("button", name="Forget this device").click()
    await page.get_by_role("button", name="Forget everything").click()
    await expect(page.get_by_role("heading", name="Was möchten Sie erledigen?")).to_be_visible()
    kept = await page.evaluate(f"{STORE}.then(async (store) => [await store.all('kept'), await store.all('commands')])")
    assert kept == [[], []]
    await page.goto(f"/app#/holds/{held}")
    await expect(page.get_by_role("heading", name="Die Reservierung ist abgelaufen")).to_be_visible()
