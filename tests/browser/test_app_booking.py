"""A citizen books on a phone, and the network does what networks do."""

import time
from typing import Any

from playwright.async_api import expect

from tests.browser.citizen import Clerk, book, here, hold, installed
from tests.browser.citizen import clerk as clerk
from tests.browser.citizen import network as network
from tests.browser.citizen import phone as phone
from tests.browser.conftest import OpenWindow, Owner, Window
from tests.tus.proxy import BadNetwork

MADE_OUT_OF = "SELECT count(*) FROM appointment WHERE name = $1"


async def test_found_booked_and_confirmed_while_one_looks(phone: Window, clerk: Clerk) -> None:
    page = phone.page
    await page.get_by_role("link", name="Leistung suchen").click()
    await page.get_by_role("searchbox").fill("eheschließung")
    await page.get_by_role("link", name="Eheschließung anmelden").click()
    await page.locator(".best button").click()
    await page.get_by_role("button", name="Termin anfragen").click()
    await expect(page.get_by_label("Name")).to_be_focused()
    await expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Name").fill("Nadia Haddad")
    await page.get_by_role("button", name="Termin anfragen").click()
    await expect(page.locator("#state")).to_contain_text("Anfrage liegt beim Amt")
    await expect(page.locator(".live")).to_have_attribute("data-state", "open")
    await page.evaluate(
        """new MutationObserver(() => { if (/bestätigt/.test(state.innerText)) window.arrived ??= Date.now(); })
           .observe(document.getElementById('state'), {childList: true, subtree: true})"""
    )
    began = time.time()
    await clerk.act(here(page), "confirm")
    await expect(page.locator("#state")).to_contain_text("ist bestätigt")
    seconds = await page.evaluate("window.arrived") / 1000 - began
    print(f"a confirmation arrives after {seconds * 1000:.0f} ms")  # noqa: T201 - a figure, for whoever runs it with -s
    await expect(page.locator(".tabs .badge")).to_have_text("2")
    assert phone.complaints == []


async def test_the_answer_is_lost_and_it_is_booked_once(window: OpenWindow, owner: Owner, network: BadNetwork) -> None:
    """Once while the page goes on trying, once when it is closed in between."""
    async with window("phone", base_url=f"http://127.0.0.1:{network.port}") as one:
        page = one.page
        await page.goto("/app")
        # The worker has the page before the line breaks.
        await installed(page)
        for name, service in (("Ada Lost", "reisepass"), ("Ada Closed", "meldebescheinigung")):
            await hold(page, service)
            await page.get_by_label("Name").fill(name)
            network.deaf = True
            network.cut()
            await page.locator("form .primary").click()
            await expect(page.locator("form [role=status]")).to_contain_text("Nichts wird doppelt gebucht")
            if name == "Ada Closed":
                await page.goto("/app#/")
                await page.reload()
                await expect(page.get_by_role("link", name="Buchung abschließen")).to_be_visible()
                network.deaf = False
                network.cut()
                await page.get_by_role("link", name="Buchung abschließen").click()
            else:
                network.deaf = False
                network.cut()
            await expect(page.locator("#state")).to_contain_text("Gebucht", timeout=15_000)
            assert await owner.fetchval(MADE_OUT_OF, name) == 1


async def test_the_hold_runs_out_by_the_servers_clock(window: OpenWindow) -> None:
    async with window("phone") as one:
        # A phone whose clock is an hour fast would think that no place is held any more.
        await one.page.clock.install(time=time.time() + 3600)
        await one.goto("/app")
        await hold(one.page, "personalausweis")
        left = await one.page.locator(".countdown b").inner_text()
        assert 9 * 60 < int(left.split(":")[0]) * 60 + int(left.split(":")[1]) <= 10 * 60
        await one.page.clock.fast_forward(590_000)
        await expect(one.page.locator(".countdown")).to_have_class("countdown soon")
        await one.page.clock.fast_forward(20_000)
        await expect(one.page.get_by_role("heading", name="Die Reservierung ist abgelaufen")).to_be_visible()


async def test_the_pass_is_there_without_a_network(phone: Window) -> None:
    page = phone.page
    await installed(page)
    browser: Any = await phone.context.new_cdp_session(page)
    said: Any = await browser.send("Page.getInstallabilityErrors")
    # A window of a test keeps nothing after it is closed, which is all that Chromium has against it.
    assert {one["errorId"] for one in said["installabilityErrors"]} <= {"in-incognito"}
    appointment = await book(page, "fuehrungszeugnis")
    await page.get_by_role("link", name="Terminpass zeigen").click()
    reference = await page.locator(".pass .reference").inner_text()
    await phone.context.set_offline(True)
    await page.goto("about:blank")
    await page.goto(f"/app#/appointments/{appointment}/pass")
    await expect(page.locator(".pass .reference")).to_have_text(reference)
    assert await page.locator(".code img").evaluate("one => one.complete && one.naturalWidth > 0")
    await page.goto("/app#/appointments")
    await expect(page.locator(".ticket")).to_contain_text(reference)
    await expect(page.locator("#connection")).to_contain_text("Keine Verbindung")
    await phone.context.set_offline(False)
    await expect(page.locator("#connection")).to_be_empty()
