"""Managers change hours and set up screens, in a real browser; whoever is affected gets an answer."""

from uuid import UUID

from playwright.async_api import Locator, Page, expect

from tests.browser import day
from tests.browser.at_the_desk import guests as guests
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House
from tests.browser.test_flows import state
from tests.browser.test_look import look


async def test_new_hours_strand_nobody_and_a_screen_calls_numbers(
    owner: Owner, house: House, signed_in: OpenWindow, window: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """Two appointments next Monday: one is cancelled, one moved, each in its own name; then a screen is set up."""
    monday = 7 - house.today.weekday()
    late, later = [await day.add(owner, house, 0, minute, days=monday) for minute in (900, 930)]
    async with signed_in("Sabine Brandt") as one:
        page: Page = one.page
        await one.goto(f"/console/hours/{house.slug}")
        await page.locator(f"#c-{house.counters[0][0]}-1").click()
        await page.locator("dialog input[type=time]").nth(1).fill("12:00")
        await page.locator("dialog .primary").click()
        await page.locator("#save").click()
        dialog: Locator = page.locator("dialog[open]")
        await expect(dialog).to_contain_text(late[1])
        await dialog.locator("tr", has_text=late[1]).locator("select").select_option("cancel")
        await dialog.locator("footer .primary").click()
        await expect(dialog.locator("tr", has_text=late[1])).to_contain_text("abgesagt")
        await expect(dialog.locator("tr", has_text=later[1])).to_contain_text("verlegt", timeout=20_000)
        assert (await state(owner, late[0]), await state(owner, later[0])) == ("cancelled", "confirmed")
        hours = "SELECT closes_minute FROM opening_hours WHERE counter_id = $1 AND weekday = 1"
        assert await owner.fetchval(hours, house.counters[0][0]) == 720
        told = await owner.fetch("SELECT subject_id FROM notice WHERE subject_id = ANY ($1)", [late[0], later[0]])
        assert {row["subject_id"] for row in told} == {late[0], later[0]}
        await dialog.locator("footer .primary").click()

        await page.locator("#add-display").click()
        await page.keyboard.type("Eingang")
        await page.locator("dialog .primary").click()
        address = await page.locator(".address").inner_text()
        async with window(size="desk") as screen:
            shown: Page = screen.page
            await shown.goto(address)
            await expect(shown.locator("#none")).to_be_visible()
            assert "key" not in shown.url
            await one.goto(f"/console/today/{house.slug}")
            await page.wait_for_selector(".appt")
            await page.keyboard.press("n")
            await expect(shown.locator("#calls b")).to_have_text(guests["waiting"][1][-4:])
            assert "Schulte" not in await shown.content()
            wrong = await look(screen, "display")
            await owner.execute("UPDATE display SET ended_at = now()")
            await expect(shown.locator("#trouble")).to_contain_text("beendet", timeout=20_000)
        assert wrong == []
