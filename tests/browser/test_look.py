"""How every screen looks: pictures at three widths, light and dark, and nothing that axe finds wrong with any."""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest_asyncio

from tests.browser import day
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import PICTURES, SIZES, OpenWindow, Owner, Window
from tests.browser.day import House

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def faults(one: Window) -> list[str]:
    """What axe finds on the page. Evaluated in the page's own world: the page's policy lets no script in."""
    found = await one.page.evaluate(AXE + f"; axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations']}})")
    return [
        f"{v['id']}: {[n['target'] for n in v['nodes']][:3]} {v['nodes'][0].get('failureSummary', '')[:300]}"
        for v in found["violations"]
    ]


async def look(one: Window, name: str, *, full: bool = False) -> list[str]:
    """Pictures in both colours at the three widths; what is wrong with the widest in both, and with the narrowest."""
    wrong: list[str] = []
    for size, (width, height) in SIZES.items():
        await one.page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            await one.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            await one.page.screenshot(path=PICTURES / f"{name}-{size}-{theme}.png", full_page=full)
            if size == "desk" or (size, theme) == ("phone", "light"):
                wrong += [f"{name} {size} {theme}: {fault}" for fault in await faults(one)]
        scrolls = await one.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
        wrong += [f"{name} {size}: scrolls sideways"] if scrolls else []
    await one.page.set_viewport_size({"width": 1280, "height": 800})
    await one.page.evaluate("document.documentElement.dataset.theme = 'auto'")
    return wrong


@pytest_asyncio.fixture(loop_scope="session")
async def busy(owner: Owner, house: House) -> House:
    """A day with something of everything, and one request that is chosen for its picture."""
    await day.fill(owner, house, most=170)
    wish: dict[str, Any] = {"service": "eheschliessung", "note": "Bitte mit Dolmetscherin für Polnisch."}
    await day.add(owner, house, 2, 1005, "requested", name="Greta Lindemann", days=2, minutes=30, **wish)
    return house


async def test_every_screen_looks_right(busy: House, signed_in: OpenWindow) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    async with signed_in("Sabine Brandt") as one:
        page = one.page
        await page.wait_for_selector(".appt")
        wrong += await look(one, "today")
        await page.locator(".item .what").first.click()
        wrong += await look(one, "today-details")
        await page.keyboard.press("?")
        wrong += await look(one, "keys")
        await page.keyboard.press("Escape")
        await page.keyboard.press("w")
        wrong += await look(one, "walk-in")
        await page.keyboard.press("Escape")
        await one.goto(f"/console/hours/{busy.slug}")
        await page.wait_for_selector(".day-cell")
        wrong += await look(one, "hours", full=True)
        await one.goto(f"/console/figures/{busy.slug}")
        await page.locator("details summary").first.click()
        wrong += await look(one, "figures", full=True)
        await one.goto("/console/signed-out")
        wrong += await look(one, "signed-out")
        assert one.complaints == []
    assert wrong == [], "\n".join(wrong)
