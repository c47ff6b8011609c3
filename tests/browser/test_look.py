"""How every screen looks: pictures at three widths, light and dark, and nothing that axe finds wrong with any."""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest_asyncio
from playwright.async_api import expect

from tests.browser import day
from tests.browser.announcing import write
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import PICTURES, SIZES, OpenWindow, Owner, Window
from tests.browser.day import House
from tests.browser.handed_in import HandIn
from tests.browser.handed_in import hand_in as hand_in
from tests.browser.test_cases import viewed
from tests.browser.test_flows import until
from tests.forms.samples import PARKING, REGISTER, REPORT

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def faults(one: Window, inside: str = "html") -> list[str]:
    """What axe finds within. Evaluated in the page's own world: the page's policy lets no script in."""
    options = f"{{runOnly: {TAGS}, resultTypes: ['violations']}}"
    found = await one.page.evaluate(AXE + f"; axe.run(document.querySelector('{inside}'), {options})")
    return [
        f"{v['id']}: {[n['target'] for n in v['nodes']][:3]} {v['nodes'][0].get('failureSummary', '')[:300]}"
        for v in found["violations"]
    ]


async def look(one: Window, name: str, inside: str = "html", *, full: bool = False) -> list[str]:
    """Pictures at the three widths, light and dark, a dialog's dark one at the widest only; and what is wrong: by axe
    ``inside`` of what is new, at the widest in both colours and at the narrowest, and what does not fit.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    dialog = inside.startswith("dialog")
    for size, (width, height) in SIZES.items():
        await one.page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark") if size == "desk" or not dialog else ("light",):
            await one.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            await one.page.screenshot(path=PICTURES / f"{name}-{size}-{theme}.png", full_page=full)
            if size == "desk" or (size, theme) == ("phone", "light"):
                wrong += [f"{name} {size} {theme}: {fault}" for fault in await faults(one, inside)]
        scrolls = await one.page.evaluate(
            """document.documentElement.scrollWidth > innerWidth + 1
               || [...document.querySelectorAll('dialog[open]')].some(e => e.scrollWidth > e.clientWidth + 1)"""
        )
        wrong += [f"{name} {size}: scrolls sideways"] if scrolls else []
    await one.page.set_viewport_size({"width": 1280, "height": 800})
    await one.page.evaluate("document.documentElement.dataset.theme = 'auto'")
    return wrong


async def look_at_dialog(one: Window, name: str) -> list[str]:
    """The same for the dialog that opens, which is closed again."""
    await one.page.wait_for_selector("dialog[open]")
    wrong = await look(one, f"dialog-{name}", "dialog[open]")
    await one.page.keyboard.press("Escape")
    return wrong


@pytest_asyncio.fixture(loop_scope="session")
async def busy(owner: Owner, house: House) -> House:
    """A day with something of everything, and one request that is chosen for its picture."""
    await day.fill(owner, house, most=140)
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
        wrong += await look(one, "today")
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
        wrong += await look(one, "hours", full=True)
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
