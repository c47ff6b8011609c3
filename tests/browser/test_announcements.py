"""A manager tells the city something, in a real browser: seen as phones show it, counted, and only then sent."""

from playwright.async_api import expect

from tests.browser.announcing import TEXTS, write
from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House


async def test_an_announcement_is_seen_counted_and_sent_once(owner: Owner, house: House, signed_in: OpenWindow) -> None:
    path = f"/console/announcements/{house.slug}"
    people: int = await owner.fetchval(
        """WITH one AS (INSERT INTO person (id) VALUES (gen_random_uuid()) RETURNING id)
           INSERT INTO preference (person_id, city_id, district_id, updated_at)
           SELECT one.id, d.city_id, d.id, now() FROM one, district d
            WHERE d.city_id = 'gelsenkirchen' AND d.slug = 'buer' RETURNING 1"""
    )
    async with signed_in("Sabine Brandt", path) as one:
        page = one.page
        await page.locator("#write [type=submit]").click()
        await expect(page.locator("#fault")).to_contain_text("Es fehlt die Überschrift: Deutsch.")
        await expect(page.locator("[name=title-de]")).to_be_focused()
        await write(page)
        for name, (title, body) in TEXTS.items():
            shown = page.locator(".phone").nth(list(TEXTS).index(name))
            await expect(shown.locator(".entry b")).to_have_text(title)
            await expect(shown.locator(".entry p")).to_have_text(body)
        await expect(page.locator(".phone .push b").nth(1)).to_have_text("News from your city")
        # A tab is reached by arrows, and a text that is begun has to be whole.
        await page.locator("#tab-de").focus()
        await page.keyboard.press("ArrowRight")
        await page.locator("[name=body-en]").fill("")
        await page.locator("#write [type=submit]").click()
        await expect(page.locator("#fault")).to_contain_text("Es fehlt der Text: English.")
        await page.locator("[name=body-en]").fill(TEXTS["en"][1])
        # Whom it reaches is counted anew for each audience.
        await page.locator("[value=topic]").check()
        await page.locator("[name=topic]").fill("Müll")
        await page.locator("#write [type=submit]").click()
        await expect(page.locator("#fault")).to_contain_text("Bindestrichen")
        await page.locator("[value=district]").check()
        await page.locator("[name=district]").select_option("horst")
        await expect(page.locator("#reach")).to_contain_text("0 Personen")
        await page.locator("[name=district]").select_option("buer")
        reached = f"{people} Personen"
        await expect(page.locator("#reach")).to_contain_text(reached)
        await page.locator("[name=days]").fill("7")
        await page.locator("#write [type=submit]").click()
        dialog = page.locator("dialog[open]")
        await expect(dialog).to_contain_text("Stadtteil Buer")
        await expect(dialog).to_contain_text(reached)
        await page.keyboard.press("Escape")
        count = "SELECT count(*) FROM announcement WHERE texts->'de'->>'title' = $1"
        assert await owner.fetchval(count, TEXTS["de"][0]) == 0
        await page.locator("#write [type=submit]").click()
        await dialog.locator(".primary").click()
        await expect(page.locator("#sent summary").first).to_contain_text(TEXTS["de"][0])
        await expect(page.locator("#sent summary").first).to_contain_text("Stadtteil Buer")
        await expect(page.locator("[name=title-de]")).to_have_value("")
        assert await owner.fetchval(count, TEXTS["de"][0]) == 1
        await page.locator("#sent summary").first.click()
        await expect(page.locator("#sent")).to_contain_text(TEXTS["deLeicht"][0])
        assert one.complaints == []
    async with signed_in("Anna Kowalski") as one:
        await expect(one.page.get_by_role("link", name="Bekanntmachungen")).to_have_count(0)
        await one.goto(path)
        await expect(one.page.locator("code")).to_have_text("role-insufficient")
