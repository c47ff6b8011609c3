"""How every screen looks: pictures at three widths, light and dark, and nothing that axe finds wrong with any."""

from typing import Any

import pytest_asyncio
from playwright.async_api import expect

from tests.browser import day
from tests.browser.announcing import write
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import PICTURES, OpenWindow, Owner, Window
from tests.browser.day import House
from tests.browser.handed_in import HandIn
from tests.browser.handed_in import hand_in as hand_in
from tests.browser.looking import AXE as AXE
from tests.browser.looking import TAGS as TAGS
from tests.browser.looking import faults as faults
from tests.browser.looking import look, look_at_dialog
from tests.browser.test_cases import viewed
from tests.browser.test_flows import until
from tests.forms.samples import PARKING, REGISTER, REPORT


@pytest_asyncio.fixture(loop_scope="session")
async def busy(owner: Owner, house: House) -> House:
    """A day with something of everything, and one request that is chosen for its picture."""
    await day.fill(owner, house, most=165)
    wish: dict[str, Any] = {"service": "eheschliessung", "note": "Bitte mit Dolmetscherin für Polnisch."}
    await day.add(owner, house, 2, 1005, "requested", name="Greta Lindemann", days=2, minutes=30, **wish)
    return house


def found(wrong: list[str], *windows: Window) -> None:
    """Fails with all that is wrong."""
    assert wrong == [], "\n".join(wrong)
    assert [text for one in windows for text in one.complaints] == []


async def test_the_day_looks_right(busy: House, owner: Owner, signed_in: OpenWindow) -> None:
    wrong: list[str] = []
    async with signed_in("Sabine Brandt") as one:
        page = one.page
        await page.wait_for_selector(".appt")
        wrong += await look(one, "today", besides=".column ~ .column ~ .column ~ .column")
        await page.locator(".item .what").first.click()
        wrong += await look(one, "today-details", "#inspector")
        for key, name in (("?", "keys"), ("w", "walk-in"), ("t", "phone"), ("r", "reason")):
            await page.keyboard.press(key)
            wrong += await look_at_dialog(one, name)
        await page.emulate_media(media="print")
        await page.evaluate("dispatchEvent(new Event('beforeprint'))")
        await page.screenshot(path=PICTURES / "today-print.png")
        found(wrong, one)


async def test_what_managers_see_looks_right(busy: House, owner: Owner, signed_in: OpenWindow) -> None:
    wrong: list[str] = []
    async with signed_in("Sabine Brandt", f"/console/hours/{busy.slug}") as one:
        page = one.page
        await page.wait_for_selector(".day-cell")
        wrong += await look(one, "hours", full=True, besides="#week tbody tr:nth-child(n + 4)")
        for opener, name in ((".day-cell", "day"), ("#add-closure", "closure"), ("#add-display", "display")):
            await page.locator(opener).first.click()
            wrong += await look_at_dialog(one, name)
        await day.remember(owner, busy, 27)
        await one.goto(f"/console/figures/{busy.slug}")
        await page.locator("details summary").first.click()
        wrong += await look(one, "figures", full=True)
        await one.goto("/console/today/nowhere")
        one.complaints.clear()
        wrong += await look(one, "error")
        await one.goto("/console/signed-out")
        wrong += await look(one, "signed-out")
        found(wrong, one)


async def test_cases_look_right(house: House, owner: Owner, hand_in: HandIn, signed_in: OpenWindow) -> None:
    wrong: list[str] = []
    for form, sample in ((PARKING, 1), (REPORT, 0), (REGISTER, 1), (REPORT, 1)):
        await hand_in(form, sample)
    async with signed_in(path=f"/console/cases/{house.slug}") as one:
        page = one.page
        await page.wait_for_selector("#queue .item")
        wrong += await look(one, "cases")
        await page.locator("#queue [data-id]").nth(2).click()
        await page.wait_for_selector(".case-head")
        await page.keyboard.press("g")
        await page.locator("dialog .primary").click()
        await page.wait_for_selector(".banner")
        await page.locator("#queue [data-id]").first.click()
        await expect(page.locator(".paper-card img")).to_have_count(3)
        wrong += await look(one, "case")
        for key, name in (("w", "assign"), ("f", "ask"), ("g", "approve"), ("r", "reject"), ("p", "preview")):
            await page.keyboard.press(key)
            await page.wait_for_selector("dialog[open]")
            if name == "preview":
                await until(lambda: viewed(page))
            wrong += await look_at_dialog(one, f"case-{name}")
        await page.locator("#queue [data-id]").nth(2).click()
        await page.wait_for_selector(".banner")
        wrong += await look(one, "case-proposed", "#case")
        found(wrong, one)


async def test_announcements_look_right(house: House, signed_in: OpenWindow) -> None:
    async with signed_in("Sabine Brandt", f"/console/announcements/{house.slug}") as one:
        await write(one.page)
        wrong = await look(one, "announcements", full=True)
        await one.page.locator("#write [type=submit]").click()
        wrong += await look_at_dialog(one, "announcement")
        found(wrong, one)
