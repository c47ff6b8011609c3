"""What slips at a desk: a key pressed twice, a hand beside the form, an answer that is lost, a sign-in that ends."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from playwright.async_api import Page, Route, expect

from tests.browser import day
from tests.browser.at_the_desk import guests as guests
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House
from tests.browser.looking import faults
from tests.browser.test_flows import is_in, until

COMMANDS = re.compile(r"/v1/clerk/(appointments/[^/]+/[^/]+|offices/[^/]+/call-next)$")


@asynccontextmanager
async def held_back(page: Page, where: str | re.Pattern[str]) -> AsyncGenerator[None]:
    """The server's answers wait until the block is over."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    await page.route(where, hold)
    yield
    for route in waiting:
        await route.continue_()
    await page.unroute(where)


async def test_pressed_twice_it_is_done_once(
    owner: Owner, house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """Nobody else is blamed for one's own second click, and it meets nobody else."""
    other, _ = await day.add(owner, house, 7, 700, "checked_in", name="Zoë Jansen", minutes=10)
    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".appt")
        async with held_back(page, COMMANDS):
            await page.locator("#next").click()
            await page.keyboard.press("n")
        await expect(page.locator("#toasts")).to_contain_text("aufgerufen")
        assert [await is_in(owner, who, "called") for who in (other, guests["waiting"][0])] == [True, False]
        await page.locator("#house [data-action=call]").first.dblclick()
        for called in (guests["waiting"][0], other):
            await until(lambda called=called: is_in(owner, called, "called"))
        await expect(page.locator("dialog[open]")).to_have_count(0)
        # The list moves up under the hand: the second click of a double one would confirm the next request.
        await page.locator("#requests [data-action=confirm]").first.dblclick()
        await expect(page.locator("#requests [data-action=confirm]")).to_have_count(1)
        await page.keyboard.press("Escape")
        # Chosen already: the same again is not sent beside it.
        await page.locator(f'.appt[data-id="{guests["wish"][0]}"]').click()
        await page.keyboard.press("b")
        await expect(page.locator(".toast .rest")).to_have_count(1)
        assert await is_in(owner, guests["wish"][0], "requested")
        assert one.complaints == []


async def test_a_key_that_is_held_down_calls_one_person(
    owner: Owner, house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    other, _ = await day.add(owner, house, 7, 700, "checked_in", name="Zoë Jansen", minutes=10)
    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".appt")
        await page.keyboard.down("n")
        await expect(page.locator("#toasts")).to_contain_text("aufgerufen")
        await page.keyboard.down("n")
        await page.keyboard.up("n")
        await page.keyboard.press("?")
        await expect(page.locator("dialog[open]")).to_have_count(1)
        left = [await is_in(owner, waits, "checked_in") for waits in (guests["waiting"][0], other)]
        assert sorted(left) == [False, True]


async def test_a_hand_beside_the_form_loses_nothing(house: House, signed_in: OpenWindow) -> None:
    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".column")
        await page.keyboard.press("w")
        name = page.locator("dialog [name=name]")
        box = await name.bounding_box()
        assert box is not None
        # Text is selected, and the mouse let go beside the dialog.
        await page.mouse.move(box["x"] + 60, box["y"] + 10)
        await page.mouse.down()
        await page.mouse.move(20, box["y"] + 10, steps=3)
        await page.mouse.up()
        await expect(name).to_be_visible()
        await name.fill("Hans im Glück")
        await page.mouse.click(20, 400)
        await expect(name).to_have_value("Hans im Glück")
        await page.keyboard.press("Escape")
        await page.keyboard.press("w")
        await page.mouse.click(20, 400)
        await expect(page.locator("dialog[open]")).to_have_count(0)


async def test_a_booking_whose_answers_are_lost_is_booked_once(
    owner: Owner, house: House, signed_in: OpenWindow
) -> None:
    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".column")
        # The pauses between the tries are none: what is tested is the last try.
        await page.evaluate(
            "const later = setTimeout; window.setTimeout = (act, ms) => later(act, ms > 20000 ? ms : 0)"
        )
        await page.route("**/v1/clerk/appointments", lose)
        await page.keyboard.press("w")
        await page.keyboard.type("Hans Verloren")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog .problem")).to_contain_text("Keine Verbindung")
        await page.unroute("**/v1/clerk/appointments")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog[open]")).to_have_count(0)
        booked = "SELECT count(*) FROM appointment WHERE office_id = $1"
        assert await owner.fetchval(booked, house.office_id) == 1


async def test_what_could_not_be_sent_goes_out_by_itself(owner: Owner, house: House, signed_in: OpenWindow) -> None:
    people = [await day.add(owner, house, n, 720, name=name) for n, name in enumerate(day.NAMES[:7])]
    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".appt")
        await page.evaluate("const later = setTimeout; window.setTimeout = (act, ms) => later(act, ms > 5000 ? ms : 0)")
        await page.context.set_offline(True)
        for who, _ in people:
            await page.locator(f'.appt[data-id="{who}"]').click()
            await page.keyboard.press("d")
        # Each by name, however many there are.
        for name in day.NAMES[:7]:
            await expect(page.locator("#toasts")).to_contain_text(f"{name} ist da")
        await expect(page.locator(".toast", has_text="Noch nicht gesendet")).to_have_count(1)
        await page.context.set_offline(False)
        for who, _ in people:
            await until(lambda who=who: is_in(owner, who, "checked_in"))
        await expect(page.locator("#toasts")).not_to_contain_text("Noch nicht gesendet")


async def test_a_sign_in_that_runs_out_under_a_form(
    owner: Owner, house: House, window: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """The form stays, and so does what was decided a moment ago; both go out once the person is back."""
    async with window() as one:
        page: Page = one.page
        await one.goto(f"/console/today/{house.slug}")
        await page.get_by_role("link", name="Anna Kowalski").click()
        await page.wait_for_selector(".appt")
        expected = guests["expected"][0]
        await owner.execute(
            """UPDATE console_session SET ended_at = now()
                WHERE id = (SELECT id FROM console_session ORDER BY created_at DESC LIMIT 1)"""
        )
        await page.keyboard.press("w")
        await page.keyboard.type("Hans im Glück")
        await page.locator("dialog .primary").click()
        ended = page.locator("dialog.ended")
        await expect(ended).to_contain_text("bleibt hier stehen")
        assert await faults(one, "dialog.ended") == []
        async with page.expect_popup() as opened:
            await ended.locator("a").click()
        beside = await opened.value
        await beside.get_by_role("link", name="Anna Kowalski").click()
        await beside.wait_for_selector(".appt")
        await beside.close()
        await page.evaluate("dispatchEvent(new Event('focus'))")
        await expect(ended).to_have_count(0)
        await expect(page.locator("dialog [name=name]")).to_have_value("Hans im Glück")
        await page.locator("dialog .primary").click()
        await expect(page.locator("#house")).to_contain_text("Hans im Glück")
        # Somebody else at the same browser is not taken for the one who was here.
        other = await one.context.new_page()
        await other.goto("/console/sign-in?again=true")
        await other.get_by_role("link", name="Mehmet Yılmaz").click()
        await other.wait_for_url("**/console/today/**")
        await other.close()
        await page.locator(f'.appt[data-id="{expected}"]').click()
        await page.keyboard.press("d")
        await expect(ended).to_have_count(1)
        await page.evaluate("dispatchEvent(new Event('focus'))")
        answer = await page.evaluate("fetch('/console/session').then((a) => a.json())")
        assert set(answer) == {"clerk", "csrf"}
        await expect(ended).to_have_count(1)
        assert await is_in(owner, expected, "confirmed")


async def test_what_is_wrong_is_named_and_kept(
    house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".appt")
        # One letter of a number was misheard: it is put right, not typed anew.
        reference = guests["expected"][1]
        wrong = reference[:-1] + ("2" if reference[-1] != "2" else "3")
        await page.keyboard.press("/")
        await page.keyboard.type(wrong)
        await page.keyboard.press("Enter")
        await expect(page.locator(".toast.bad")).to_contain_text("keine Terminnummer")
        field = page.locator("#find input")
        await expect(field).to_have_value(wrong)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await field.fill(reference)
        await page.keyboard.press("Enter")
        await expect(page.locator("#inspector h2")).to_have_text("Ayşe Demir")
        await expect(field).to_have_value("")
        # A form says which field is wrong, and leads there.
        await page.keyboard.press("t")
        await page.keyboard.type("Werner Pötter")
        mail, persons = page.locator("dialog [name=email]"), page.locator("dialog [name=persons]")
        await mail.fill("werner")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog .problem")).to_have_text("E-Mail: Das ist keine E-Mail-Adresse")
        await expect(mail).to_be_focused()
        await expect(mail).to_have_attribute("aria-invalid", "true")
        await mail.fill("werner@example.org")
        await persons.fill("99")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog .problem")).to_contain_text("Personen: ")
        await expect(persons).to_have_attribute("aria-invalid", "true")
        assert await mail.get_attribute("aria-invalid") is None
        assert await faults(one, "dialog[open]") == []


async def test_a_broken_line_is_seen_at_once(house: House, signed_in: OpenWindow) -> None:
    async with signed_in() as one:
        page: Page = one.page
        await expect(page.locator("#live")).to_have_text("Live")
        await page.context.set_offline(True)
        await expect(page.locator("#live")).to_have_text("Keine Verbindung", timeout=5_000)
        await page.context.set_offline(False)
        await expect(page.locator("#live")).to_have_text("Live")


async def test_two_who_call_the_next_at_once_call_two_people(
    owner: Owner, house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """Nobody is asked whose call is to count."""
    now = int((day.system_now() - house.at(0)).total_seconds() // 60)
    others = [(await day.add(owner, house, n, now + n, "checked_in", name=f"Zoë {n}"))[0] for n in (6, 7)]
    async with signed_in() as one, signed_in("Sabine Brandt") as two:
        for window in (one, two):
            await window.page.wait_for_selector("#house [data-action=call]")
        await asyncio.gather(*(window.page.keyboard.press("n") for window in (one, two)))
        for window in (one, two):
            await expect(window.page.locator("#toasts")).to_contain_text("aufgerufen")
            await expect(window.page.locator("dialog[open]")).to_have_count(0)
        for called in (guests["waiting"][0], others[0]):
            await until(lambda called=called: is_in(owner, called, "called"))
        assert await is_in(owner, others[1], "checked_in")
        assert {await w.page.locator("#inspector h2").text_content() for w in (one, two)} == {"Max Schulte", "Zoë 6"}


async def test_who_comes_on_the_wrong_day_is_not_let_in_by_habit(
    owner: Owner, house: House, signed_in: OpenWindow
) -> None:
    """The number, Enter, Enter: a check-in is not taken back, so it is asked about. Nobody is moved into the past."""
    early, reference = await day.add(owner, house, 2, 600, days=1, name="Olena Kovalenko")
    now = int((day.system_now() - house.at(0)).total_seconds() // 60) // 5 * 5
    today, _ = await day.add(owner, house, 3, now + 60, name="Marco Rossi")
    async with signed_in() as one:
        page: Page = one.page
        await page.wait_for_selector(".appt")
        await page.locator(f'.appt[data-id="{today}"]').click()
        await page.keyboard.press("m")
        for _ in range(2):
            await page.keyboard.press("PageUp")
        await expect(page.locator(".ghost")).to_contain_text("vorbei")
        await page.keyboard.press("Escape")
        tomorrow = f"{house.at(24 * 60 + 600):%Y-%m-%d}"
        await one.goto(f"/console/today/{house.slug}?date={tomorrow}")
        await page.wait_for_selector(".appt")
        await page.keyboard.press("/")
        await page.keyboard.type(reference)
        await page.keyboard.press("Enter")
        await expect(page.locator("#inspector h2")).to_have_text("Olena Kovalenko")
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog[open]")).to_contain_text("nicht heute")
        assert await faults(one, "dialog[open]") == []
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog[open]")).to_have_count(0)
        assert await is_in(owner, early, "confirmed")
        await page.keyboard.press("d")
        await page.locator("dialog .danger").click()
        await until(lambda: is_in(owner, early, "checked_in"))
