"""What stands around the day: passes before the camera, the telephone, paper, languages, colours, and leaving."""

import asyncio
import io
import re
from pathlib import Path
from uuid import UUID

import httpx
import segno
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser import day
from tests.browser.at_the_desk import guests as guests
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import ARGUMENTS, OpenWindow, Owner, chromium
from tests.browser.day import House
from tests.browser.looking import faults, look
from tests.browser.test_flows import card, is_in, leave, until
from tests.desk.house import visitor
from tests.support.servers import ApiProcess


async def pass_for_today(server: ApiProcess, house: House, owner: Owner) -> tuple[UUID, str]:
    """Somebody with an appointment of today, and the text of the pass that their phone shows."""
    async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"]) as phone:
        who = await visitor(phone)
        found, _ = await day.add(owner, house, 5, 930, name="Olena Kovalenko", person_id=who.person_id)
        answer = await phone.get(f"/v1/appointments/{found}/pass", headers=who.headers)
        assert answer.status_code == 200, answer.text
        return found, str(answer.json()["token"])


def picture(text: str) -> Image.Image:
    """A phone that shows a QR code, as a camera sees it: 640 × 480, neither straight nor white."""
    made = io.BytesIO()
    segno.make(text, error="m", micro=False).save(made, kind="png", scale=4, border=4)
    code = Image.blend(Image.open(made).convert("L"), Image.new("L", Image.open(made).size, 120), 0.25)
    code.thumbnail((400, 400))
    scene = Image.new("L", (640, 480), 120)
    scene.paste(code.rotate(4, fillcolor=120, expand=True), (110, 20))
    return scene


def film(scene: Image.Image, path: Path) -> Path:
    """The picture as a film that Chromium takes for a camera: YUV 4:2:0, no colour."""
    grey = bytes([128]) * (640 * 480 // 2)
    frame = b"FRAME\n" + scene.tobytes() + grey
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 5)
    return path


async def test_a_pass_before_the_camera_and_as_a_picture(
    owner: Owner, house: House, server: ApiProcess, signed_in: OpenWindow, tmp_path: Path
) -> None:
    arrived, text = await pass_for_today(server, house, owner)
    scene = picture(text)
    assert [code.text for code in zxingcpp.read_barcodes(scene)] == [text], "the scene itself has to be readable"
    path = f"/console/today/{house.slug}"
    # Chromium takes a film for its camera when it starts, so this one is of this test alone.
    film_arguments = [
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film(scene, tmp_path / 'camera.y4m')}",
    ]  # fmt: skip
    async with signed_in() as one:
        kept = await one.context.storage_state()
    async with async_playwright() as playwright:
        filming: Browser = await playwright.chromium.launch(
            executable_path=chromium(), args=[*ARGUMENTS, *film_arguments]
        )
        context = await filming.new_context(base_url=server.environment["PUBLIC_URL"], storage_state=kept)
        page = await context.new_page()
        await page.goto(path)
        await page.wait_for_selector(".appt")
        await page.locator("#scan").click()
        await expect(page.locator("#inspector h2")).to_have_text("Olena Kovalenko", timeout=15_000)
        await expect(page.locator("dialog[open]")).to_have_count(0)
        await page.keyboard.press("Enter")
        await until(lambda: is_in(owner, arrived, "checked_in"))
        await filming.close()
    # Without a camera: a picture of the pass does as well, and one of something else says so.
    async with signed_in(path=path) as one:
        page = one.page
        await page.wait_for_selector(".appt")
        await page.locator("#scan").click()
        await expect(page.locator("dialog .banner")).to_contain_text("keine Kamera")
        await expect(page.locator("dialog [role=status]")).to_have_text("")
        assert await look(one, "dialog-scan", "dialog[open]") == []
        nothing, shown = tmp_path / "nothing.png", tmp_path / "pass.png"
        Image.new("L", (640, 480), 120).save(nothing)
        scene.save(shown)
        await page.locator("dialog input[type=file]").set_input_files(nothing)
        await expect(page.locator("dialog [role=status]")).to_contain_text("kein Pass")
        await page.locator("dialog input[type=file]").set_input_files(shown)
        await expect(page.locator("#inspector h2")).to_have_text("Olena Kovalenko")
        assert one.complaints == []


async def test_somebody_calls_and_the_place_is_taken(
    owner: Owner, house: House, signed_in: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """By telephone: every counter is taken at half past three, so one of the times that are offered is booked."""
    for counter in range(len(house.counters)):
        await day.add(owner, house, counter, 930, minutes=60)
    async with signed_in() as one:
        page = one.page
        await page.wait_for_selector(".appt")
        await page.keyboard.press("t")
        await page.keyboard.type("Werner Pötter")
        await page.locator("dialog [name=service]").select_option(label="Meldebescheinigung (10 Min.)")
        await page.locator("dialog [name=phone]").fill("+49 209 169 0")
        await page.locator("dialog input[type=radio]").nth(1).check()
        await page.locator("dialog [name=at]").fill(f"{house.today.isoformat()}T15:30")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog .near button")).to_have_count(3)
        await page.locator("dialog .near button").first.click()
        await expect(page.locator("#inspector h2")).to_have_text("Werner Pötter")
        await expect(page.locator("#inspector")).to_contain_text("telefonisch gebucht")
        booked = await owner.fetchrow(
            "SELECT state, channel, phone FROM appointment WHERE name = 'Werner Pötter' AND office_id = $1",
            house.office_id,
        )
        assert booked is not None and tuple(booked) == ("confirmed", "phone", "+49 209 169 0")

        # The next person of one counter, not of the whole house.
        mine = house.counters[6]
        waiting, _ = await day.add(owner, house, 6, 700, "checked_in", name="Zoë Jansen", minutes=10)
        await leave(page)
        await page.locator("#my-counter").select_option(label=mine[1])
        await page.keyboard.press("Escape")
        await page.locator("#next").click()
        await until(lambda: is_in(owner, waiting, "called"))
        assert await is_in(owner, guests["waiting"][0], "checked_in")
        await leave(page)
        await expect(page.locator("#my-counter")).to_have_value(str(mine[0]))


async def test_paper_language_colours_and_leaving(
    owner: Owner, house: House, window: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    async with window() as one:
        page: Page = one.page
        await one.goto(f"/console/today/{house.slug}")
        await page.get_by_role("link", name="Anna Kowalski").click()
        await page.wait_for_selector(".appt")
        # Paper: the day as a table with everybody on it, and nothing else.
        await page.emulate_media(media="print")
        await page.evaluate("dispatchEvent(new Event('beforeprint'))")
        await expect(page.locator("#paper tbody tr")).to_have_count(6)
        await expect(page.locator("#paper")).to_contain_text(guests["expected"][1])
        heads = ["Zeit", "Schalter", "Name", "Leistung", "Nr.", "Stand"]
        assert await page.locator("#paper th").all_inner_texts() == heads
        await expect(page.locator("#today")).to_be_hidden()
        await expect(page.locator(".bar")).to_be_hidden()
        await page.emulate_media(media="screen")
        # Language and colours stay chosen.
        await page.locator("[data-language=en]").click()
        await expect(page.locator(".screens [aria-current]")).to_have_text("Today")
        await page.wait_for_selector(".appt")
        # The day stands before the month in English, too: 7/11 and 11/7 are two days.
        await expect(page.locator("#date-text")).to_have_text(re.compile(r"^[A-Z][a-z]{2},? \d{1,2} [A-Z][a-z]+$"))
        for theme in ("dark", "light", "dark"):
            await page.locator("#theme").click()
            await expect(page.locator("html")).to_have_attribute("data-theme", theme)
        await leave(page)
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        # Letters can be switched off for whoever dictates, and then do nothing.
        await page.keyboard.press("?")
        await page.locator("dialog input[type=checkbox]").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("w")
        await expect(page.locator("dialog[open]")).to_have_count(0)
        await page.keyboard.press("?")
        await page.locator("dialog input[type=checkbox]").check()
        await page.keyboard.press("Escape")
        # A session that ends under an open page says so, and the way back leads to the same page.
        await owner.execute(
            """UPDATE console_session SET ended_at = now()
                WHERE id = (SELECT id FROM console_session ORDER BY created_at DESC LIMIT 1)"""
        )
        await page.locator("#find input").fill(guests["expected"][1])
        await page.keyboard.press("Enter")
        ended = page.locator("dialog.ended")
        await expect(ended).to_contain_text("Your sign-in has ended")
        assert await faults(one, "dialog[open]") == []
        await ended.locator("a").click()
        await page.get_by_role("link", name="Anna Kowalski").click()
        await page.wait_for_url(f"**/console/today/{house.slug}")
        await page.wait_for_selector(".appt")
        # What is decided and not sent yet goes out before the session ends; then there is no way back in.
        wish = guests["wish"][0]
        await page.locator(f'#requests .what[data-id="{wish}"]').click()
        await page.keyboard.press("b")
        await expect(card(page, wish)).to_have_class("appt confirmed pending")
        await page.locator("#sign-out").click()
        await page.wait_for_url("**/console/signed-out")
        assert await is_in(owner, wish, "confirmed")
        await one.goto(f"/console/today/{house.slug}")
        assert "/dev-issuer/" in page.url
        # The office is theirs alone: whoever works elsewhere is told so in words.
        await one.goto(f"/console/today/{house.slug}")
        await page.get_by_role("link", name="Jan Nowak").click()
        await expect(page.locator("h1")).to_be_visible()
        assert await page.locator("code").inner_text() == "office-not-found"


async def test_a_page_that_is_left_open_overnight_shows_the_new_day(signed_in: OpenWindow) -> None:
    async with signed_in() as one:
        page = one.page
        await page.clock.install()
        await leave(page)
        loaded: list[Page] = []
        page.on("load", lambda opened: loaded.append(opened))  # noqa: PLW0108 - Playwright marks what hears it
        # What is being written is not lost.
        await page.keyboard.press("t")
        await page.locator("dialog[open] input[name=name]").fill("Ayşe")
        async with asyncio.timeout(30):  # a clock that is put forward waits for ever for a page that has gone
            await page.clock.fast_forward("26:00:00")
            await page.clock.fast_forward(16_000)
        assert loaded == []
        async with page.expect_event("load", timeout=30_000):
            await page.keyboard.press("Escape")
        # And it turns once: by the server's clock, which has not moved, it is the same day still.
        await page.wait_for_selector("#live[data-state=open]")
        loaded.clear()
        async with asyncio.timeout(30):
            await page.clock.fast_forward(31_000)
        assert loaded == []
