"""Whether what a clerk needs is in reach: of the keyboard, of a finger on a tablet, of whoever listens."""

from uuid import UUID

from playwright.async_api import Page, expect

from tests.browser.at_the_desk import guests as guests
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House
from tests.browser.looking import faults
from tests.browser.test_flows import is_in, leave, until


async def test_the_keyboard_lands_where_one_goes_on(
    owner: Owner, house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    async with signed_in() as one:
        page: Page = one.page
        waiting = page.locator(f'.appt[data-id="{guests["waiting"][0]}"]')
        await waiting.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#inspector .acts .primary")).to_be_focused()
        await page.keyboard.press("Enter")
        await until(lambda: is_in(owner, guests["waiting"][0], "called"))
        await page.keyboard.press("Escape")
        # The last request is answered: the focus stays in its list instead of going back to the top of the page.
        await page.keyboard.press("1")
        for left in (1, 0):
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await expect(page.locator("#requests [data-action=confirm]")).to_have_count(left)
            await page.keyboard.press("1")
        await expect(page.locator("#requests .list")).to_be_focused()


async def test_messages_are_within_reach_of_a_dialog(
    house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """A confirmation is taken back while the next person's form is open, and whoever listens hears of both."""
    async with signed_in() as one:
        page: Page = one.page
        messages = page.locator("#toasts")
        await expect(messages).to_have_attribute("aria-live", "polite")
        await page.locator(f'#requests .what[data-id="{guests["wish"][0]}"]').click()
        await page.keyboard.press("b")
        await page.keyboard.press("w")
        await page.keyboard.type("Hans im Glück")
        assert await faults(one, "dialog[open]") == []
        await messages.get_by_role("button", name="Zurücknehmen").click()
        await expect(messages).to_contain_text("Zurückgenommen")
        await expect(page.locator("dialog [name=name]")).to_have_value("Hans im Glück")
        await page.keyboard.press("Escape")
        await expect(page.locator("body > #toasts")).to_contain_text("Zurückgenommen")
        await expect(page.locator("#inspector .state")).to_have_text("angefragt")


async def test_moving_with_a_finger_on_a_tablet(
    owner: Owner, house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """What is known of the appointment steps aside, for it covers the places where it could go."""
    movable = guests["movable"][0]
    counter = "SELECT counter_id FROM appointment WHERE id = $1"
    for size, column in (("tablet", 6), ("phone", 7)):
        async with signed_in(size=size, has_touch=True) as one:
            page: Page = one.page
            await page.wait_for_selector(".appt")
            await page.locator(f'.appt[data-id="{movable}"]').tap()
            await page.locator("#inspector [data-action=reschedule]").tap()
            await expect(page.locator("#inspector")).to_be_hidden()
            await expect(page.locator(".move-bar")).to_contain_text("tippen")
            box = await page.locator(".move-bar").bounding_box()
            assert box is not None and box["width"] > 300
            card = await page.locator(f'.appt[data-id="{movable}"]').evaluate("(card) => parseFloat(card.style.top)")
            place = page.locator(".column").nth(column)
            await place.tap(position={"x": 40, "y": card + 1})
            await expect(page.locator(".ghost.free")).to_be_visible()
            await page.locator(".move-bar .primary").tap()
            await expect(page.locator("#inspector")).to_be_visible()
            await leave(page)
            wanted = house.counters[column][0]

            async def moved(wanted: UUID = wanted) -> bool:
                return bool(await owner.fetchval(counter, movable) == wanted)

            await until(moved)
