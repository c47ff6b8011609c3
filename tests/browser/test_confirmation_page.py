"""The landlord's page on a phone: without scripts, by keyboard, in both colours, and nothing that axe finds wrong."""

from uuid import uuid4

import httpx
from playwright.async_api import expect

from tests.browser.conftest import PICTURES, OpenWindow
from tests.browser.test_look import faults
from tests.forms.samples import REGISTER, answers
from tests.support.servers import ApiProcess


async def asked(server: ApiProcess) -> str:
    """A fresh link."""

    def key() -> dict[str, str]:
        return {"Idempotency-Key": uuid4().hex}

    async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"]) as api:
        session = await api.post("/v1/sessions/guest", json={"installationId": str(uuid4())}, headers=key())
        who = {"Authorization": f"Bearer {session.json()['accessToken']}"}
        draft = {"id": str(uuid4()), "form": REGISTER, "version": 1, "answers": answers("wohnsitz-anmelden")}
        await api.post("/v1/drafts", json=draft, headers={**who, **key()})
        path = f"/v1/drafts/{draft['id']}/confirmations"
        link = await api.post(path, json={"kind": "landlord"}, headers={**who, **key()})
        return str(link.json()["link"])


async def test_a_landlord_confirms_on_a_phone_without_scripts(server: ApiProcess, window: OpenWindow) -> None:
    link = await asked(server)
    async with window("phone", java_script_enabled=False) as one:
        await one.goto(link)
        await one.page.get_by_role("button", name="Ja, ich bestätige das").click()
        await expect(one.page.get_by_role("alert")).to_contain_text("Bitte tragen Sie Ihren Namen ein")
        await expect(one.page.get_by_label("Ihr Vor- und Nachname")).to_be_focused()
        await one.page.keyboard.type("Vera Vermieterin")
        # Enter does what the first button says; loading anew sends nothing.
        await one.page.keyboard.press("Enter")
        await expect(one.page.get_by_role("heading")).to_have_text("Danke, Sie haben bestätigt")
        await one.page.reload()
        await expect(one.page.get_by_role("heading")).to_have_text("Danke, Sie haben bestätigt")
        await one.page.get_by_role("link", name="English").click()
        await expect(one.page.get_by_role("heading")).to_have_text("Thank you, you have confirmed")


async def test_the_page_looks_right(server: ApiProcess, window: OpenWindow) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    link, wrong = await asked(server), list[str]()
    for theme in ("light", "dark"):
        async with window("phone", color_scheme=theme) as one:
            for name, path in (("asked", link), ("unknown", f"{server.environment['PUBLIC_URL']}/confirm/none")):
                await one.goto(path)
                await one.page.screenshot(path=PICTURES / f"confirm-{name}-{theme}.png", full_page=True)
                wrong += [f"{name} {theme}: {fault}" for fault in await faults(one)]
                assert not await one.page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
            await one.goto(link)
            await one.page.get_by_role("button").last.click()
            await one.page.screenshot(path=PICTURES / f"confirm-faults-{theme}.png", full_page=True)
            wrong += [f"faults {theme}: {fault}" for fault in await faults(one)]
            assert [text for text in one.complaints if "404" not in text and "400" not in text] == []
    assert wrong == [], "\n".join(wrong)
