"""What clerks do with cases, in a real browser: alone, two at once, by keyboard, and with the documents in sight."""

from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import FilePayload, Page, expect

from tests.browser.at_the_desk import house as house
from tests.browser.at_the_desk import signed_in as signed_in
from tests.browser.conftest import OpenWindow, Owner
from tests.browser.day import House
from tests.browser.handed_in import HandIn, paper
from tests.browser.handed_in import hand_in as hand_in
from tests.browser.looking import faults
from tests.browser.test_flows import until
from tests.cases.house import key
from tests.forms.samples import PARKING, REGISTER, REPORT
from tests.support.servers import ApiProcess


def in_state(owner: Owner, case: dict[str, Any], state: str) -> Callable[[], Any]:
    async def look() -> bool:
        return bool(await owner.fetchval("SELECT state = $2 FROM case_file WHERE id = $1", case["id"], state))

    return look


async def viewed(page: Page) -> bool:
    """Whether the browser's own viewer shows a PDF within the page."""
    return any(frame.url.startswith("chrome-extension://") for frame in page.frames)


async def seen(page: Page) -> list[str]:
    """The references in the queue."""
    return await page.locator("#queue .number").all_inner_texts()


async def test_a_case_from_the_queue_to_its_end_by_keyboard(
    owner: Owner, house: House, server: ApiProcess, hand_in: HandIn, signed_in: OpenWindow
) -> None:
    parking, report = await hand_in(PARKING, 1), await hand_in(REPORT, 0)
    async with signed_in(path=f"/console/cases/{house.slug}") as one:
        page = one.page
        await expect(page.locator("#queue .item")).to_have_count(2)
        assert await seen(page) == [parking["reference"], report["reference"]]
        # What arrives while the page is open is there without a reload.
        late = await hand_in(REPORT, 1)
        await owner.execute("SELECT pg_notify('appointment', $1)", str(house.office_id))
        await expect(page.locator("#queue .item")).to_have_count(3)

        # Filters.
        await page.locator("select[name=form]").select_option(REPORT)
        await expect(page.locator("#queue .item")).to_have_count(2)
        await page.locator("select[name=form]").select_option("")
        await page.locator("select[name=assignee]").select_option("me")
        await expect(page.locator("#queue .none")).to_be_visible()
        await page.locator("select[name=assignee]").select_option("")
        await page.locator("input[name=overdue]").check()
        await expect(page.locator("#queue .none")).to_be_visible()
        await page.locator("input[name=overdue]").uncheck()
        await expect(page.locator("#queue .item")).to_have_count(3)

        # Opened and taken, all by keyboard.
        await page.locator("#queue-title").click()
        await page.keyboard.press("1")
        await page.keyboard.press("Enter")
        await expect(page.locator(".case-head h2")).to_have_text("Bewohnerparkausweis beantragen")
        await page.keyboard.press("t")
        await expect(page.locator(".case-head .state")).to_have_text("in Bearbeitung")
        await expect(page.locator(".case-head")).to_contain_text("Bearbeitung: ich")

        # Documents: small beside the answers, large within the page, pictures and papers alike.
        await expect(page.locator(".paper-card img")).to_have_count(3)
        await page.keyboard.press("p")
        await expect(page.locator("dialog.preview iframe, dialog.preview .stage img")).to_have_count(1)
        kinds = set[str]()
        for _ in range(3):
            kind = await page.locator("dialog.preview .stage > *").evaluate("e => e.localName")
            if kind == "iframe":
                await until(lambda: viewed(page))
            kinds.add(kind)
            await page.keyboard.press("ArrowRight")
        assert kinds == {"iframe", "img"}
        shown = page.locator("dialog.preview .stage img")
        while not await shown.count():
            await page.keyboard.press("ArrowRight")
        await until(lambda: shown.evaluate("e => e.complete && e.naturalWidth > 1000"))
        await page.keyboard.press("Escape")

        # A note stays between clerks; a question opens just what is named.
        await page.keyboard.press("n")
        await page.keyboard.type("Halter anrufen")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".notes li")).to_contain_text("Halter anrufen")
        await page.locator(".case-head h2").click()
        await page.keyboard.press("f")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog [role=alert]")).to_have_text("Bitte schreiben Sie, was fehlt.")
        await page.locator("dialog textarea").fill("Der Fahrzeugschein ist unleserlich.")
        await page.locator("dialog .primary").click()
        await expect(page.locator("dialog [role=alert]")).to_contain_text("was die Person ändern darf")
        await page.locator("dialog input[value='/vehicle/registration']").check()
        await expect(page.locator("dialog legend", has_text="Bisher nicht beantwortet")).to_be_visible()
        await page.locator("dialog .primary").click()
        await expect(page.locator(".banner.parked")).to_contain_text("Der Fahrzeugschein ist unleserlich.")
        asked = await owner.fetchval("SELECT request->'fields' FROM case_file WHERE id = $1", parking["id"])
        assert "/vehicle/registration" in str(asked)

        # The answer arrives by itself, and what is new is marked.
        async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"]) as phone:
            now = (await phone.get(f"/v1/cases/{parking['id']}", headers=parking["headers"])).json()
            kept = now["answers"]["vehicle"]["registration"][:1]
            patch = {"answers": {"vehicle": {"registration": kept}}}
            match = {"If-Match": f'"{now["version"]}"'}
            path = f"/v1/cases/{parking['id']}/answer"
            done = await phone.post(path, json=patch, headers={**parking["headers"], **key(), **match})
            assert done.status_code == 200, done.text
        await expect(page.locator(".toast").last).to_contain_text("geantwortet")
        await expect(page.locator(".block .fresh").first).to_be_visible()

        # Approved with a remark; the next case is rejected with a reason, which is owed.
        await page.keyboard.press("g")
        await page.locator("dialog textarea").fill("Gute Fahrt.")
        await page.locator("dialog .primary").click()
        await expect(page.locator(".banner.checked_in")).to_contain_text("Gute Fahrt.")
        await expect(page.locator("#queue .item")).to_have_count(2)
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await expect(page.locator(".case-head .number")).to_have_text(report["reference"])
        await page.keyboard.press("r")
        await page.locator("dialog .danger").click()
        await expect(page.locator("dialog [role=alert]")).to_be_visible()
        await page.keyboard.type("Die Laterne steht in Essen.")
        await page.locator("dialog .danger").click()
        await until(in_state(owner, report, "rejected"))
        await expect(page.locator("#queue .item")).to_have_count(1)
        assert await seen(page) == [late["reference"]]
        assert one.complaints == []


async def test_four_eyes_and_two_clerks_at_one_moment(
    owner: Owner, house: House, hand_in: HandIn, signed_in: OpenWindow
) -> None:
    four, contested = await hand_in(REGISTER, 1), await hand_in(REPORT, 1)
    path = f"/console/cases/{house.slug}"
    async with signed_in(path=path) as anna, signed_in("Mehmet Yılmaz", path=path) as mehmet:
        for one in (anna, mehmet):
            await one.page.locator("#queue [data-id]", has_text=four["reference"]).click()
            await one.page.wait_for_selector(".case-head")
        # One proposes, which the other sees at once; nobody agrees to their own proposal.
        await anna.page.keyboard.press("g")
        await anna.page.locator("dialog textarea").fill("Alles da.")
        bescheid = FilePayload(name="Bescheid.pdf", mimeType="application/pdf", buffer=paper())
        await anna.page.locator("dialog input[type=file]").set_input_files(files=[bescheid])
        await anna.page.locator("dialog .primary").click()
        await hand_in.check()
        await expect(anna.page.locator(".banner.requested")).to_contain_text("Eine zweite Person muss zustimmen")
        await expect(anna.page.locator("[data-action=approve]")).to_have_count(0)
        await expect(mehmet.page.locator(".banner.requested")).to_contain_text("Anna Kowalski")
        await mehmet.page.locator("[data-action=notice]").click()
        await until(lambda: viewed(mehmet.page))
        await mehmet.page.keyboard.press("Escape")
        await mehmet.page.locator("[data-action=approve]").click()
        await expect(mehmet.page.locator("dialog textarea")).to_have_value("Alles da.")
        await mehmet.page.locator("dialog .primary").click()
        await expect(anna.page.locator(".banner.checked_in")).to_contain_text("Mehmet Yılmaz")
        await until(in_state(owner, four, "approved"))
        await expect(anna.page.locator(".banner.checked_in [data-action=notice]")).to_have_text("Bescheid.pdf")

        # Both have it open, and both decide: who was slower is asked, not refused.
        for one in (anna, mehmet):
            await one.page.locator("#queue [data-id]", has_text=contested["reference"]).click()
            await expect(one.page.locator(".case-head .number")).to_have_text(contested["reference"])
        await mehmet.page.keyboard.press("w")
        await anna.page.keyboard.press("t")
        await expect(anna.page.locator(".case-head")).to_contain_text("Bearbeitung: ich")
        await mehmet.page.locator("dialog select").select_option(label="Sabine Brandt")
        await mehmet.page.locator("dialog .primary").click()
        choice = mehmet.page.locator("dialog.conflict, dialog:has(.conflict)")
        await expect(choice).to_contain_text("Anna Kowalski")
        assert await faults(mehmet, "dialog[open]") == []
        await choice.locator(".primary").click()
        await expect(mehmet.page.locator(".case-head")).to_contain_text("Bearbeitung: Sabine Brandt")
        await expect(anna.page.locator(".case-head")).to_contain_text("Bearbeitung: Sabine Brandt")
        # What is no longer possible is explained.
        await mehmet.page.keyboard.press("f")
        await anna.page.keyboard.press("g")
        await anna.page.locator("dialog .primary").click()
        await until(in_state(owner, contested, "approved"))
        await mehmet.page.locator("dialog textarea").fill("Wo genau?")
        await mehmet.page.locator("dialog input[type=checkbox]").first.check()
        await mehmet.page.locator("dialog .primary").click()
        await expect(choice).to_contain_text("nicht mehr möglich")
        await choice.locator("footer button").click()
        await expect(choice).to_have_count(0)
        assert [text for one in (anna, mehmet) for text in one.complaints if "412" not in text] == []


async def test_a_note_half_written_waits_for_its_case(
    owner: Owner, house: House, hand_in: HandIn, signed_in: OpenWindow
) -> None:
    """While one looks at another case; and pressed twice it is kept once."""
    first, second = await hand_in(REPORT, 0), await hand_in(REPORT, 1)
    async with signed_in(path=f"/console/cases/{house.slug}") as one:
        page: Page = one.page
        note = page.locator("textarea[name=note]")
        await page.locator(f'#queue [data-id="{first["id"]}"]').click()
        await note.fill("Der Antrag ist")
        await page.locator(f'#queue [data-id="{second["id"]}"]').click()
        await expect(page.locator(".case-head .number")).to_have_text(second["reference"])
        await expect(note).to_have_value("")
        await page.locator(f'#queue [data-id="{first["id"]}"]').click()
        await expect(note).to_have_value("Der Antrag ist")
        await note.fill("Der Antrag ist geprüft.")
        await page.locator(".note-form button").dblclick()
        await expect(page.locator(".notes li")).to_have_count(1)
        await expect(note).to_have_value("")
        assert await owner.fetchval("SELECT count(*) FROM case_note WHERE case_id = $1", first["id"]) == 1
        assert one.complaints == []
