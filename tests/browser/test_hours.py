"""Managers change hours and set up screens, in a real browser; whoever is affected gets an answer."""

from datetime import timedelta
from uuid import UUID

from playwright.async_api import Locator, Page, Route, expect

from tests.browser import day
from tests.browser.at_the_desk import guests as guests
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House
from tests.browser.looking import look
from tests.browser.test_flows import state


async def test_new_hours_strand_nobody_and_a_screen_calls_numbers(
    owner: Owner, house: House, signed_in: OpenWindow, window: OpenWindow, guests: dict[str, tuple[UUID, str]]
) -> None:
    """Two appointments next Monday: one is cancelled, one moved, each in its own name; then a screen is set up."""
    monday = day.next_open(house, [1])
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
            await one.goto(f"/console/hours/{house.slug}")
            await page.locator("#displays button").click()
            await page.locator("dialog .danger").click()
            await expect(shown.locator("#trouble")).to_contain_text("beendet")
            await expect(page.locator("#displays")).to_contain_text("Noch keine Anzeige")
        assert wrong == []


async def test_a_closure_is_entered_and_lifted_again(owner: Owner, house: House, signed_in: OpenWindow) -> None:
    """Somebody has a place at the counter then, and is left where they are."""
    days = day.next_open(house)
    booked, _ = await day.add(owner, house, 2, 600, days=days)
    async with signed_in("Sabine Brandt", f"/console/hours/{house.slug}") as one:
        page: Page = one.page
        await expect(page.locator("#closures")).to_contain_text("Keine Schließzeiten")
        await page.locator("#add-closure").click()
        dialog: Locator = page.locator("dialog[open]")
        await dialog.locator("select").select_option(label=house.counters[2][1])
        times = dialog.locator("input[type=datetime-local]")
        date = (house.today + timedelta(days=days)).isoformat()
        await times.nth(0).fill(f"{date}T11:00")
        await times.nth(1).fill(f"{date}T09:00")
        await dialog.locator(".primary").click()
        await expect(dialog.locator("[role=alert]")).to_be_visible()
        await times.nth(0).fill(f"{date}T09:00")
        await times.nth(1).fill(f"{date}T12:00")
        await dialog.locator("input:not([type])").first.fill("Schulung")
        await dialog.locator(".primary").click()
        await expect(dialog).to_contain_text("1 Termin verlöre seinen Schalter")
        assert await look(one, "dialog-stranded", "dialog[open]") == []
        await dialog.locator(".all button").nth(2).click()
        await dialog.locator("footer .primary").click()
        await expect(dialog.locator(".done")).to_have_text("bleibt stehen")
        await dialog.locator("footer .primary").click()
        await expect(page.locator("#closures li")).to_contain_text("Schulung")
        kept = await owner.fetchrow("SELECT starts_at, ends_at FROM closure WHERE office_id = $1", house.office_id)
        assert kept is not None
        assert (kept["starts_at"], kept["ends_at"]) == (house.at(1440 * days + 540), house.at(1440 * days + 720))
        assert await state(owner, booked) == "confirmed"
        await page.locator("#closures button").click()
        await expect(page.locator("dialog[open]")).to_contain_text("wieder gebucht")
        await page.locator("dialog .danger").click()
        await expect(page.locator("#closures")).to_contain_text("Keine Schließzeiten")
        assert await owner.fetchval("SELECT count(*) FROM closure WHERE office_id = $1", house.office_id) == 0
        assert [text for text in one.complaints if "400" not in text] == []


async def test_who_books_while_a_manager_decides_gets_an_answer_too(
    owner: Owner, house: House, signed_in: OpenWindow
) -> None:
    """Between the question who would be stranded and its answer, somebody else has booked."""
    monday = day.next_open(house, [1])
    asked_about = await day.add(owner, house, 0, 900, days=monday)
    async with signed_in("Sabine Brandt", f"/console/hours/{house.slug}") as one:
        page: Page = one.page
        await page.locator(f"#c-{house.counters[0][0]}-1").click()
        await page.locator("dialog input[type=time]").nth(1).fill("12:00")
        await page.locator("dialog .primary").click()
        await page.locator("#save").click()
        dialog: Locator = page.locator("dialog[open]")
        await expect(dialog).to_contain_text(asked_about[1])
        since = await day.add(owner, house, 0, 930, days=monday)
        await dialog.locator(".all button").nth(2).click()
        await dialog.locator("footer .primary").click()
        await expect(dialog).to_contain_text("Inzwischen ist gebucht worden")
        row = dialog.locator("tr", has_text=since[1])
        await row.locator("select").select_option("cancel")
        await dialog.locator("footer .primary").click()
        await expect(row).to_contain_text("abgesagt")
        assert (await state(owner, asked_about[0]), await state(owner, since[0])) == ("confirmed", "cancelled")


async def test_a_closure_is_entered_once_and_a_refusal_is_read(
    owner: Owner, house: House, signed_in: OpenWindow
) -> None:
    entered = "SELECT count(*) FROM closure WHERE office_id = $1"

    async def refuse(route: Route) -> None:
        if route.request.method == "POST" and "dryRun" not in route.request.url:
            await route.fulfill(status=503, json={"title": "Bitte später"}, content_type="application/problem+json")
        else:
            await route.continue_()

    async with signed_in("Sabine Brandt", f"/console/hours/{house.slug}") as one:
        page: Page = one.page
        await page.evaluate(
            "const later = setTimeout; window.setTimeout = (act, ms) => later(act, ms > 20000 ? ms : 0)"
        )
        await expect(page.locator("#closures")).to_contain_text("Keine Schließzeiten")
        await page.route("**/v1/clerk/closures**", refuse)
        await page.locator("#add-closure").click()
        dialog: Locator = page.locator("dialog[open]")
        await dialog.locator("input:not([type])").first.fill("Schulung")
        await dialog.locator(".primary").click()
        await expect(dialog.locator(".problem")).to_have_text("Bitte später")
        assert await owner.fetchval(entered, house.office_id) == 0
        await page.unroute("**/v1/clerk/closures**")
        await dialog.locator(".primary").dblclick()
        await expect(page.locator("#closures li")).to_have_count(1)
        await expect(dialog).to_have_count(0)
        assert await owner.fetchval(entered, house.office_id) == 1


async def test_a_full_screen_in_the_waiting_room_shows_everyone(
    owner: Owner, house: House, signed_in: OpenWindow, window: OpenWindow
) -> None:
    """Nobody scrolls it: two dozen calls fit, and every counter's name is whole."""
    for number in range(24):
        await day.add(owner, house, number % len(house.counters), 600 + number // 19 * 30, "called")
    async with signed_in("Sabine Brandt", f"/console/hours/{house.slug}") as one:
        page: Page = one.page
        await page.locator("#add-display").click()
        await page.keyboard.type("Wartebereich")
        await page.locator("dialog .primary").click()
        address = await page.locator(".address").inner_text()
        async with window(viewport={"width": 1920, "height": 1080}) as screen:
            shown: Page = screen.page
            await shown.goto(address)
            await expect(shown.locator("#calls li")).to_have_count(24)
            await expect(shown.locator("#calls")).to_contain_text("Information 2")
            for width, height in ((1920, 1080), (1080, 1920), (1280, 720), (390, 844)):
                await shown.set_viewport_size({"width": width, "height": height})
                await expect(shown.locator("#calls li").last).to_be_in_viewport(ratio=1)
                cut = await shown.evaluate(
                    "[...document.querySelectorAll('#calls li')].filter((e) => e.scrollWidth > e.clientWidth).length"
                )
                assert cut == 0, (width, height)


async def test_two_managers_change_the_hours_of_one_counter(owner: Owner, house: House, signed_in: OpenWindow) -> None:
    """Other days stand beside each other; of the same day, the one that was saved first is shown."""
    counter = house.counters[0][0]

    async def change(page: Page, weekday: int, closes: str) -> None:
        await page.locator(f"#c-{counter}-{weekday}").click()
        await page.locator("dialog input[type=time]").nth(1).fill(closes)
        await page.locator("dialog .primary").click()
        await page.locator("#save").click()

    async def closing(weekday: int) -> int:
        hours = "SELECT closes_minute FROM opening_hours WHERE counter_id = $1 AND weekday = $2"
        return int(await owner.fetchval(hours, counter, weekday))

    path = f"/console/hours/{house.slug}"
    async with signed_in("Sabine Brandt", path) as one, signed_in("Petra Lindner", path) as other:
        for window in (one, other):
            await window.page.wait_for_selector(".day-cell")
        await change(one.page, 2, "17:00")
        await expect(one.page.locator("#toasts")).to_contain_text("Gespeichert")
        await change(other.page, 3, "17:30")
        await expect(other.page.locator("#toasts")).to_contain_text("andere Tage")
        await expect(other.page.locator(f"#c-{counter}-2")).to_contain_text("17:00")
        await other.page.locator("#save").click()
        await expect(other.page.locator("#toasts")).to_contain_text("Gespeichert")
        assert (await closing(2), await closing(3)) == (17 * 60, 17 * 60 + 30)
        await change(one.page, 3, "15:00")
        await expect(one.page.locator("#toasts")).to_contain_text("diese Zeiten")
        await expect(one.page.locator(f"#c-{counter}-3")).to_contain_text("17:30")
        assert await closing(3) == 17 * 60 + 30
