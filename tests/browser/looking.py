"""How a page looks: pictures of it, and what axe finds wrong with it."""

from pathlib import Path

import axe_playwright_python

from tests.browser.conftest import PICTURES, SIZES, Window

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


COLOURS = "{runOnly: ['color-contrast', 'link-in-text-block'], resultTypes: ['violations']}"
"""What a theme may break."""
_SHAPES = f"{{runOnly: {TAGS}, rules: {{'color-contrast': {{enabled: false}}}}, resultTypes: ['violations']}}"
EVERYTHING = f"{{runOnly: {TAGS}, resultTypes: ['violations']}}"


async def faults(one: Window, inside: str = "html", options: str = EVERYTHING, besides: str = "") -> list[str]:
    """What axe finds within, ``besides`` left out. Evaluated in the page's own world: its policy lets no script in."""
    if not await one.page.evaluate("'axe' in window"):
        await one.page.evaluate(AXE)
    where = f"{{include: [['{inside}']], exclude: [{[besides] if besides else ''}]}}"
    found = await one.page.evaluate(f"axe.run({where}, {options})")
    return [
        f"{v['id']}: {[n['target'] for n in v['nodes']][:3]} {v['nodes'][0].get('failureSummary', '')[:300]}"
        for v in found["violations"]
    ]


async def look(one: Window, name: str, inside: str = "html", *, full: bool = False, besides: str = "") -> list[str]:
    """Pictures at the three widths, light and dark, of a dialog some of them; and what is wrong: by axe ``inside`` of
    what is new (everything at the widest, its colours in the dark, its shapes at the narrowest), and what does not fit.
    ``besides``: what axe need not look at, because it is like much else.
    """
    axe = {("desk", "light"): EVERYTHING, ("desk", "dark"): COLOURS, ("phone", "light"): _SHAPES}
    PICTURES.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    dialog = inside.startswith("dialog")
    for size, (width, height) in SIZES.items():
        await one.page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            if dialog and size != "desk" and (size, theme) not in axe:
                continue
            await one.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            await one.page.screenshot(path=PICTURES / f"{name}-{size}-{theme}.png", full_page=full)
            if (size, theme) in axe:
                options = axe[size, theme]
                wrong += [f"{name} {size} {theme}: {fault}" for fault in await faults(one, inside, options, besides)]
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
