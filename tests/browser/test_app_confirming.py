"""A form that somebody else has to confirm: a link is asked for, passed on and answered, then the form is handed in."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Page, expect

from backend.clock import system_now
from tests.browser.citizen import Clerk, here, installed, look
from tests.browser.citizen import clerk as clerk
from tests.browser.citizen import network as network
from tests.browser.citizen import phone as phone
from tests.browser.conftest import OpenWindow, Window
from tests.forms.samples import REGISTER, answers
from tests.support.servers import ApiProcess
from tests.tus.proxy import BadNetwork

BEGIN = """async ([form, title, language, answers]) => {
  const core = document.querySelector("script[src*='core/main.js']").src;
  const { beginDraft } = await import(core.replace("main.js", "outbox.js"));
  const { put } = await import(core.replace("main.js", "store.js"));
  const draft = await beginDraft({ id: form, version: 1, slug: "wohnsitz-anmelden" }, title, language);
  await put("drafts", draft.id, { ...draft, answers });
  location.hash = `/drafts/${draft.id}`;
}"""


async def begun(page: Page, said: dict[str, Any] | None = None, language: str = "de") -> str:
    """A form that was filled in on this phone, open where the landlord is asked; its id."""
    said = answers("wohnsitz-anmelden") if said is None else said
    await page.evaluate(BEGIN, [REGISTER, "Wohnsitz anmelden", language, said])
    await at_landlord(page)
    return here(page)


async def at_landlord(page: Page) -> None:
    await page.locator(".steps li button").nth(2).click()
    await expect(page.locator(".confirming")).to_be_visible()


async def say(server: ApiProcess, link: str, *, yes: bool) -> None:
    """The landlord answers, wherever that is."""
    async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"]) as api:
        body = {"confirmed": yes, "name": "Vera Vermieterin"}
        path = f"/v1/confirmations/{link.rpartition('/')[2]}"
        answer = await api.post(path, json=body, headers={"Idempotency-Key": uuid4().hex})
        assert answer.status_code == 200, answer.text


async def link_of(page: Page) -> str:
    field = page.get_by_label("Link zum Weitergeben")
    await expect(field).to_have_value(re.compile("/confirm/"), timeout=15_000)
    return await field.input_value()


async def hand_in(page: Page) -> None:
    await page.locator(".steps li button").nth(3).click()
    await page.get_by_role("button", name="Absenden").click()


async def test_a_link_is_passed_on_confirmed_while_one_looks_and_the_form_handed_in(
    phone: Window, server: ApiProcess
) -> None:
    page = phone.page
    await phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.evaluate("navigator.share = async (what) => { window.passedOn = what; }")
    await begun(page)
    await expect(page.locator(".confirming")).to_contain_text("Neue Wohnung")
    wrong = await look(phone, "confirming-none")
    # Nobody has confirmed anything yet: it is said where it is asked for, before anything is sent.
    await hand_in(page)
    await expect(page.locator(".notice.bad")).to_contain_text("Eine Angabe fehlt noch")
    await expect(page.locator(".confirming > .wrong")).to_have_text("Bitte lassen Sie das noch bestätigen.")
    await expect(page.get_by_role("button", name="Link erstellen")).to_be_focused()
    wrong += await look(phone, "confirming-owed")
    await page.keyboard.press("Enter")
    link = await link_of(page)
    await page.get_by_role("button", name="Kopieren").click()
    await expect(page.locator(".toast")).to_contain_text("kopiert")
    assert await page.evaluate("navigator.clipboard.readText()") == link
    await page.get_by_role("button", name="Teilen").click()
    assert await page.evaluate("window.passedOn") == {"title": "Wohnsitz anmelden", "url": link}
    await expect(page.locator(".confirming .told")).to_contain_text("Wartet auf Antwort")
    await expect(page.locator(".notice.bad")).to_have_count(0)
    wrong += await look(phone, "confirming-pending", desk=True)
    await hand_in(page)
    await expect(page.locator(".confirming > .wrong")).to_contain_text("noch niemand bestätigt")
    await say(server, link, yes=True)
    await expect(page.locator(".confirming .told")).to_contain_text("Von Vera Vermieterin", timeout=15_000)
    await expect(page.locator(".confirming button")).to_have_count(0)
    wrong += await look(phone, "confirming-confirmed")
    await hand_in(page)
    await expect(page.locator(".course")).to_contain_text("Eingegangen", timeout=15_000)
    assert wrong == [], "\n".join(wrong)


async def test_wished_for_offline_refused_in_between_and_over_once_answers_change(
    window: OpenWindow, server: ApiProcess, network: BadNetwork
) -> None:
    async with window("phone", base_url=f"http://127.0.0.1:{network.port}") as one:
        page = one.page
        await page.goto("/app")
        await installed(page)
        draft = await begun(page)
        await expect(page.locator(".live")).to_have_text("Gespeichert", timeout=15_000)
        await one.context.set_offline(True)
        await page.get_by_role("button", name="Link erstellen").click()
        await expect(page.locator(".confirming")).to_contain_text("sobald wieder Netz da ist")
        wrong = await look(one, "confirming-later")
        # The phone is put away, and taken out where there is a network.
        await page.goto("about:blank")
        await page.goto(f"/app#/drafts/{draft}")
        await at_landlord(page)
        await expect(page.locator(".confirming")).to_contain_text("sobald wieder Netz da ist")
        await one.context.set_offline(False)
        link = await link_of(page)

        # Without a network it is said from when that is; whatever the landlord says meanwhile is seen on return.
        await one.context.set_offline(True)
        await expect(page.locator(".confirming .stale")).to_contain_text("Ohne Verbindung")
        await page.goto("about:blank")
        await say(server, link, yes=False)
        await one.context.set_offline(False)
        await page.goto(f"/app#/drafts/{draft}")
        await at_landlord(page)
        await expect(page.locator(".confirming .told")).to_contain_text("Abgelehnt", timeout=15_000)
        wrong += await look(one, "confirming-refused")
        await page.get_by_role("button", name="Neuen Link erstellen").click()
        second = await link_of(page)
        assert second != link

        # Another day: what the link shows is not what would be handed in.
        await page.locator(".steps li button").nth(0).click()
        await page.get_by_label("Einzug").first.fill("2026-12-01")
        await at_landlord(page)
        await expect(page.locator(".confirming .told")).to_contain_text("gilt nicht mehr", timeout=15_000)
        wrong += await look(one, "confirming-over")
        await page.get_by_role("button", name="Neuen Link erstellen").click()
        third = await link_of(page)
        assert third not in (link, second)
        await say(server, third, yes=True)
        await expect(page.locator(".confirming .told")).to_contain_text("Von Vera Vermieterin", timeout=15_000)
        assert wrong == [], "\n".join(wrong)


async def test_what_is_to_be_confirmed_is_answered_first(phone: Window) -> None:
    """And nobody is asked who need not be."""
    page = phone.page
    await begun(page, {"landlord": {"how": "link"}, "moveIn": "2026-12-01"})
    await page.get_by_role("button", name="Link erstellen").click()
    await expect(page.locator(".notice.bad")).to_contain_text("Erst muss dastehen, was bestätigt werden soll")
    await expect(page.locator("[data-pointer='/newHome/street'] input")).to_be_focused()
    await expect(page.locator("[data-pointer='/kindOfHome']")).not_to_have_class("faulty")
    await at_landlord(page)
    await page.get_by_label("Die Wohnung gehört mir").check()
    await expect(page.locator(".confirming")).to_be_hidden()


async def test_what_an_office_asks_about_is_confirmed_by_a_link_as_at_the_first_hand_in(
    phone: Window, clerk: Clerk, server: ApiProcess
) -> None:
    """The home was said to be one's own; the office asks, and it is a landlord's after all."""
    page = phone.page
    said = answers("wohnsitz-anmelden") | {"landlord": {"how": "owner", "ownership": True}}
    await page.evaluate(BEGIN, [REGISTER, "Wohnsitz anmelden", "de", said])
    await hand_in(page)
    await expect(page.locator(".live")).to_have_attribute("data-state", "open", timeout=15_000)
    case = here(page)
    due = (system_now() + timedelta(days=7)).isoformat()
    await clerk.ask(case, "Sind Sie wirklich Eigentümer?", ["/landlord"], due)
    await expect(page.locator("#state")).to_contain_text("Rückfrage")
    await expect(page.locator(".confirming")).to_be_hidden()
    await page.get_by_label("Ich schicke meinem Vermieter einen Link").check()
    await expect(page.locator(".confirming")).to_be_visible()
    # Said before anything is sent.
    await page.get_by_role("button", name="Antwort senden").click()
    await expect(page.locator(".confirming > .wrong")).to_have_text("Bitte lassen Sie das noch bestätigen.")
    await expect(page.get_by_role("button", name="Link erstellen")).to_be_focused()
    wrong = await look(phone, "answer-owed")
    await page.keyboard.press("Enter")
    link = await link_of(page)
    await expect(page.locator(".confirming .told")).to_contain_text("Wartet auf Antwort")
    await page.reload()
    assert await link_of(page) == link, "what was begun is still there"
    await page.get_by_role("button", name="Antwort senden").click()
    await expect(page.locator(".confirming > .wrong")).to_contain_text("noch niemand bestätigt")
    await say(server, link, yes=True)
    await expect(page.locator(".confirming .told")).to_contain_text("Von Vera Vermieterin", timeout=15_000)
    await expect(page.locator(".notice.bad")).to_have_count(0)
    wrong += await look(phone, "answer-confirmed")
    await page.get_by_role("button", name="Antwort senden").click()
    await expect(page.locator("#state")).to_contain_text("wird bearbeitet", timeout=15_000)
    found = (await clerk.client.get(f"/v1/clerk/cases/{case}")).json()
    assert found["answers"]["landlord"]["how"] == "link"
    assert [(c["kind"], c["outcome"], c["name"]) for c in found["confirmations"]] == [
        ("landlord", "confirmed", "Vera Vermieterin")
    ]
    assert wrong == [], "\n".join(wrong)


async def test_in_english_too(window: OpenWindow) -> None:
    async with window("phone", locale="en-GB") as one:
        await one.goto("/app")
        await begun(one.page, language="en")
        await one.page.get_by_role("button", name="Create a link").click()
        await expect(one.page.locator(".confirming .told")).to_contain_text("Waiting for an answer", timeout=15_000)
        assert await look(one, "confirming-english") == []
