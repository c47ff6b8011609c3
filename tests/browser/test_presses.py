"""What is pressed is heard, the mouse as much as keys: what others do meanwhile takes nothing away from under it."""

from uuid import UUID

from playwright.async_api import Locator, Page, expect

from tests.browser import day
from tests.browser.at_the_desk import guests as guests
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House
from tests.browser.handed_in import HandIn
from tests.browser.handed_in import hand_in as hand_in
from tests.browser.test_flows import card, until
from tests.forms.samples import PARKING, REPORT

_HEARD = "performance.getEntriesByName('console:changes').length"


async def press(page: Page, there: Locator) -> None:
    """The button of the mouse goes down on it, and stays down."""
    await there.hover()
    await page.mouse.down()


async def more_heard(page: Page, before: int) -> bool:
    """Whether the stream has brought something since."""
    return int(await page.evaluate(_HEARD)) > before


async def test_who_is_pressed_is_chosen_whoever_arrives_meanwhile(
    owner: Owner, guests: dict[str, tuple[UUID, str]], signed_in: OpenWindow
) -> None:
    async with signed_in() as one:
        page = one.page
        waiting, expected = guests["waiting"][0], guests["expected"][0]
        await expect(page.locator(f'#house [data-id="{waiting}"].what')).to_be_visible()
        before = await page.evaluate(_HEARD)
        await press(page, page.locator(f'#house [data-id="{waiting}"].what'))
        await day.arrive(owner, expected)
        await until(lambda: more_heard(page, before))
        assert await page.locator(f'#house [data-id="{expected}"]').count() == 0
        await page.mouse.up()
        await expect(page.locator("#inspector h2")).to_have_text("Max Schulte")
        await expect(page.locator(f'#house [data-id="{expected}"].what')).to_be_visible()
        await expect(card(page, expected)).to_have_class("appt checked_in")


async def test_the_page_does_not_wait_for_ever_for_a_button_that_is_held(
    owner: Owner, guests: dict[str, tuple[UUID, str]], signed_in: OpenWindow
) -> None:
    async with signed_in() as one:
        page = one.page
        expected = guests["expected"][0]
        await press(page, page.locator("#requests-title"))
        await day.arrive(owner, expected)
        await expect(page.locator(f'#house [data-id="{expected}"].what')).to_be_visible()
        await page.mouse.up()


async def test_the_case_that_is_pressed_opens_whatever_is_handed_in_meanwhile(
    owner: Owner, house: House, hand_in: HandIn, signed_in: OpenWindow
) -> None:
    parking = await hand_in(PARKING, 1)
    async with signed_in(path=f"/console/cases/{house.slug}") as one:
        page = one.page
        await expect(page.locator("#queue .item")).to_have_count(1)
        report = await hand_in(REPORT, 1)
        await press(page, page.locator(f'#queue [data-id="{parking["id"]}"]'))
        async with page.expect_response(lambda answer: "/v1/clerk/cases?" in answer.url):
            await owner.execute("SELECT pg_notify('appointment', $1)", str(house.office_id))
        await page.mouse.up()
        await expect(page.locator(".case-head .number")).to_have_text(parking["reference"])
        await expect(page.locator(f'#queue [data-id="{report["id"]}"]')).to_be_visible()


async def test_a_key_that_follows_a_closed_dialog_at_once_is_heard(
    guests: dict[str, tuple[UUID, str]], signed_in: OpenWindow
) -> None:
    async with signed_in() as one:
        page = one.page
        await page.locator(f'#requests [data-id="{guests["wish"][0]}"].what').click()
        await page.keyboard.press("t")
        await expect(page.locator("dialog[open] input[name=name]")).to_be_focused()
        # What had the focus before is drawn anew meanwhile, so the browser leaves it where it is until the next frame.
        assert await page.evaluate(
            """() => {
                 for (const one of document.querySelectorAll("#requests button")) one.replaceWith(one.cloneNode(true));
                 const dialog = document.querySelector("dialog[open]");
                 dialog.close();
                 const focused = document.activeElement;
                 focused.dispatchEvent(new KeyboardEvent("keydown", {key: "r", bubbles: true, cancelable: true}));
                 return dialog.contains(focused);
               }"""
        ), "the moment that this is about did not come"
        await expect(page.locator("dialog[open] [name=reason]")).to_be_visible()
