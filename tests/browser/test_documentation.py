"""How the documentation looks and is used: on a phone, in the dark, by keyboard, and without a script."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PICTURES, OpenWindow
from tests.browser.looking import COLOURS, EVERYTHING, faults

PAGES = {
    "guide": "/docs/guide",
    "push": "/docs/guide/push",
    "versioning": "/docs/guide/versioning",
    "first-booking": "/docs/guide/first-booking",
    "limits": "/docs/guide/limits",
    "webhooks": "/docs/guide/webhooks",
    "phone": "/docs/guide/phone",
    "operations": "/docs",
    "appointments": "/docs/operations/appointments#rescheduleAppointment",
    "errors": "/docs/errors?lang=de",
    "slot-taken": "/docs/errors/slot-taken?lang=de",
    "rate-limited": "/docs/errors/rate-limited?lang=en",
    "search": "/docs/search?q=Termin+absagen",
    "changes": "/docs/changes",
}
IN_THE_DARK = ("operations", "first-booking", "webhooks", "appointments", "slot-taken", "search")
"""One of each kind: all pages have the same colours."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
async def test_pages_look_right(window: OpenWindow, size: str, scheme: str) -> None:
    wrong: list[str] = []
    PICTURES.mkdir(parents=True, exist_ok=True)
    options = EVERYTHING if scheme == "light" else COLOURS
    async with window(size, color_scheme=scheme) as one:
        for name in PAGES if scheme == "light" else IN_THE_DARK:
            await one.goto(PAGES[name])
            await one.page.screenshot(path=PICTURES / f"docs-{name}-{size}-{scheme}.png", full_page=size == "phone")
            wrong += [f"{name} {size} {scheme}: {fault}" for fault in await faults(one, options=options)]
            if await one.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                wrong.append(f"{name} {size}: scrolls sideways")
        assert wrong == [], "\n".join(wrong)
        assert one.complaints == []


async def focused(page: Page) -> str:
    """What has the focus: its words, or its name."""
    return str(
        await page.evaluate("(e => e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)")
    )


async def test_hits_come_while_somebody_types_and_are_reached_by_keyboard(window: OpenWindow) -> None:
    async with window("desk") as one:
        page = one.page
        await one.goto("/docs/guide/limits")
        await page.keyboard.press("Tab")
        assert await focused(page) == "Skip to the content"
        box = page.get_by_role("searchbox")
        await box.focus()
        await page.keyboard.type("Warteliste", delay=10)
        first = page.locator(".shown a").first
        await expect(first).to_have_text("The waiting list")
        await expect(page.get_by_role("status")).to_contain_text("hits")
        await page.keyboard.press("ArrowDown")
        assert await focused(page) == "The waiting list"
        await page.keyboard.press("Escape")
        await expect(page.locator(".shown")).to_be_hidden()
        assert await focused(page) == "Search the documentation"
        await page.keyboard.type(" ", delay=10)
        await expect(first).to_be_visible()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        assert await focused(page) == "The waiting list", "behind the button come the hits"
        assert await faults(one) == []
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/docs/guide/waiting-list")
        assert one.complaints == []


async def test_the_search_needs_no_script(window: OpenWindow) -> None:
    async with window("phone", java_script_enabled=False) as one:
        await one.goto("/docs")
        await one.page.get_by_role("searchbox").fill("Absage")
        await one.page.keyboard.press("Enter")
        await one.page.wait_for_url("**/docs/search?q=Absage")
        await one.page.get_by_role("link", name="Cancelling").click()
        await one.page.wait_for_url("**/docs/guide/appointments#cancelling")


@pytest.mark.parametrize(
    "address, heading, copied, label",
    [
        ("/docs/guide/first-booking", "Copy: What you need", "API=http://", "Copied"),
        ("/docs/errors/invalid-input?lang=de", "Kopieren: Wie es aussieht", "POST /v1/appointments", "Kopiert"),
    ],
)
async def test_code_is_copied_by_keyboard_and_it_is_said(
    window: OpenWindow, address: str, heading: str, copied: str, label: str
) -> None:
    async with window("desk", permissions=["clipboard-read", "clipboard-write"]) as one:
        page = one.page
        await one.goto(address)
        button = page.get_by_role("button", name=heading)
        await expect(button).to_have_count(1)
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(button).to_have_text(label)
        await expect(page.get_by_role("status").filter(has_text=label)).to_be_attached()
        text = await page.evaluate("navigator.clipboard.readText()")
        assert text.startswith(copied) and text == (await page.locator(".copied pre").first.inner_text()).rstrip()
        assert await page.locator(".copied .output, .output + button").count() == 0, "what is printed is not copied"
        assert await page.locator("pre.output").count() > 0
        # An address without TLS has no clipboard.
        await page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        await page.evaluate("document.execCommand = (what) => (window.asked = what, false)")
        await button.click()
        await expect(button).not_to_have_text(label)
        assert await page.evaluate("window.asked") == "copy"
        assert copied in await page.evaluate("getSelection().toString()"), "it is marked"
        assert await faults(one) == []
        assert one.complaints == []


async def test_without_a_script_there_is_no_button_to_copy(window: OpenWindow) -> None:
    async with window("phone", java_script_enabled=False) as one:
        await one.goto("/docs/guide/first-booking")
        assert await one.page.locator("pre").count() > 5
        assert await one.page.locator("main button").count() == 0


async def test_every_link_of_the_first_page_has_a_name_of_its_own(window: OpenWindow) -> None:
    async with window("desk") as one:
        await one.goto("/docs")
        links = await one.page.eval_on_selector_all(
            "a", "all => all.map(a => [a.textContent.trim(), new URL(a.href).pathname + new URL(a.href).hash])"
        )
        places: dict[str, set[str]] = {}
        for name, place in links:
            places.setdefault(name, set()).add(place)
        assert {name: found for name, found in places.items() if len(found) > 1} == {}
        assert "Operations" in places


async def test_an_address_from_before_leads_to_its_operation(window: OpenWindow) -> None:
    async with window("desk") as one:
        await one.goto("/docs#holdPlace")
        await one.page.wait_for_url("**/docs/operations/appointments#holdPlace")
        await expect(one.page.locator("#holdPlace")).to_be_visible()
        await one.goto("/docs#waiting-list")
        assert one.page.url.endswith("/docs#waiting-list")
    async with window("phone", java_script_enabled=False) as one:
        await one.goto("/docs#holdPlace")
        row = one.page.locator("#holdPlace")
        await expect(row).to_be_in_viewport()
        await row.get_by_role("link").click()
        await one.page.wait_for_url("**/docs/operations/appointments#holdPlace")
