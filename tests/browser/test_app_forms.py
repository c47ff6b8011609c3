"""A form with a photo, on a phone that loses its network when it matters."""

import hashlib
import io
import random
import tempfile
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest_asyncio
from PIL import Image
from playwright.async_api import Page, Request, expect

from backend.clock import system_now
from backend.db import open_database
from backend.documents.checking import Checker
from backend.documents.rules import key_of_part
from backend.documents.scanning import StandIn
from backend.documents.store import ObjectStore
from backend.settings import Settings
from tests.browser.citizen import Clerk, here, installed, look
from tests.browser.citizen import clerk as clerk
from tests.browser.citizen import network as network
from tests.browser.citizen import phone as phone
from tests.browser.conftest import OpenWindow, Owner, Window
from tests.browser.test_flows import until
from tests.tus.proxy import BadNetwork

ROWS = "SELECT id, state, size, sha256 FROM document WHERE name = $1"


@pytest_asyncio.fixture(loop_scope="session")
async def store(server_settings: Settings) -> AsyncGenerator[ObjectStore]:
    """The server's store."""
    one = ObjectStore(server_settings)
    yield one
    await one.close()


async def check(settings: Settings, store: ObjectStore) -> None:
    """What the checker of documents does all day."""
    database = await open_database(settings.database_url, size=1)
    try:
        checker = Checker(database, store, StandIn(), settings, system_now)
        while await checker.check_next():
            pass
    finally:
        await database.close()


def photo(seed: int) -> bytes:
    """About a megabyte, as phones make them."""
    noise = random.Random(seed).randbytes(900 * 700 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (900, 700), noise).save(file, "JPEG", quality=90)
    return file.getvalue()


async def fill_in(page: Page) -> None:
    await page.goto("/app#/forms")
    await page.get_by_role("button", name="Mangel melden").click()
    await page.get_by_label("Art des Mangels").select_option("light")
    await page.get_by_label("Nummer der Laterne").fill("4711")
    await page.get_by_label("Beschreibung", exact=True).fill("Die Laterne flackert seit Tagen.")
    await page.get_by_label("Stadtteil").select_option("bismarck")
    await page.locator("fieldset", has_text="Rückfragen").get_by_label("Nein").check()


async def test_written_offline_cut_again_and_again_and_handed_in_once(
    window: OpenWindow, owner: Owner, network: BadNetwork, server_settings: Settings, store: ObjectStore
) -> None:
    data, name = photo(1), "laterne-offline.jpg"
    async with window("phone", base_url=f"http://127.0.0.1:{network.port}") as one:
        page = one.page
        await page.goto("/app")
        await installed(page)
        await fill_in(page)
        await expect(page.locator(".live")).to_have_text("Gespeichert")
        draft = here(page)

        # No network: a photo is taken, the form is handed in, the phone is put away.
        await one.context.set_offline(True)
        await page.goto("about:blank")
        await page.goto(f"/app#/drafts/{draft}")
        await expect(page.get_by_label("Beschreibung", exact=True)).to_have_value("Die Laterne flackert seit Tagen.")
        file = {"name": name, "mimeType": "image/jpeg", "buffer": data}
        await page.locator("input[capture=environment]").set_input_files([file])  # pyright: ignore[reportArgumentType]
        await expect(page.locator(".files li")).to_contain_text("wartet auf Verbindung")
        await page.get_by_role("button", name="Absenden").click()
        await expect(page.locator(".told")).to_contain_text("noch nicht abgesendet")
        await page.reload()
        await expect(page.locator(".told")).to_contain_text("noch nicht abgesendet")

        # A line that breaks after each 150,000 bytes.
        offsets: list[int] = []
        page.on("request", lambda request: offsets.extend(offset_of(request)))
        network.forward = 150_000
        network.cut()
        await one.context.set_offline(False)

        async def arrived() -> bool:
            return any(row["state"] not in ("declared", "uploading") for row in await owner.fetch(ROWS, name))

        await until(arrived)
        network.forward = 10**12
        assert len(set(offsets)) > 2 and offsets == sorted(offsets), "each goes on where the one before was cut"
        [row] = await owner.fetch(ROWS, name)
        part = await owner.fetchval("SELECT parts -> 0 ->> 'number' FROM upload WHERE document_id = $1", row["id"])
        assert await sent_bytes(store, key_of_part(row["id"], int(part)), len(data)) == data
        assert row["sha256"] == hashlib.sha256(data).digest()

        await check(server_settings, store)
        await expect(page.locator(".course")).to_contain_text("Eingegangen", timeout=15_000)
        await expect(page.locator(".said").first).to_contain_text("Straßenbeleuchtung")
        assert await owner.fetchval("SELECT count(*) FROM case_file WHERE id = $1", UUID(here(page))) == 1
        assert await owner.fetchval("SELECT state FROM document WHERE name = $1", name) == "clean"
        await page.goto("/app#/forms")
        await expect(page.locator(".chip")).to_have_text("eingegangen")
        await expect(page.get_by_role("heading", name="Angefangen")).to_have_count(0)


def offset_of(request: Request) -> list[int]:
    """Where bytes of an upload begin; nothing for other requests."""
    at = request.headers.get("upload-offset")
    return [] if at is None else [int(at)]


async def sent_bytes(store: ObjectStore, key: str, size: int) -> bytes:
    """What lies in the quarantine."""
    with tempfile.TemporaryDirectory() as folder:
        await store.fetch("quarantine", key, Path(folder) / "sent", most=size)
        return (Path(folder) / "sent").read_bytes()


async def test_what_is_wrong_is_said_where_it_is_wrong(phone: Window) -> None:
    page = phone.page
    await page.goto("/app#/forms")
    await page.get_by_role("button", name="Mangel melden").click()
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.get_by_label("Art des Mangels")).to_be_focused()
    await expect(page.locator(".notice.bad")).to_contain_text("Noch 4 Angaben")
    await page.get_by_label("Beschreibung", exact=True).fill("zu kurz")
    await page.get_by_label("Art des Mangels").select_option("litter")
    await page.get_by_label("Stadtteil").select_option("horst")
    await page.locator("fieldset", has_text="Rückfragen").get_by_label("Ja").check()
    await page.get_by_label("E-Mail").fill("nobody")
    await page.get_by_role("button", name="Absenden").click()
    # The server's own words, at the fields that it means.
    wrong = page.locator("[data-pointer='/description'] .wrong")
    await expect(wrong).to_have_text("Bitte beschreiben Sie es mit wenigstens zehn Zeichen.")
    await expect(page.get_by_label("E-Mail")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Beschreibung", exact=True).fill("Zwei Kühlschränke am Waldrand.")
    await page.get_by_label("E-Mail").fill("hans@example.org")
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.locator(".course")).to_contain_text("Eingegangen", timeout=15_000)


async def test_the_office_asks_and_gets_an_answer(
    phone: Window, clerk: Clerk, server_settings: Settings, store: ObjectStore
) -> None:
    """Another text and a photo, while one looks at the case."""
    page = phone.page
    await fill_in(page)
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.locator(".live")).to_have_attribute("data-state", "open")
    case = here(page)
    due = (system_now() + timedelta(days=7)).isoformat()
    await clerk.ask(case, "Bitte ein Foto, und welche Laterne genau?", ["/lampNumber", "/photos"], due)
    await expect(page.locator("#state")).to_contain_text("Rückfrage")
    await page.get_by_label("Nummer der Laterne").fill("4712")
    file = {"name": "nachgereicht.jpg", "mimeType": "image/jpeg", "buffer": photo(2)}
    await page.locator("input[capture=environment]").set_input_files([file])  # pyright: ignore[reportArgumentType]
    await expect(page.locator(".files li")).to_contain_text("wird geprüft")
    await check(server_settings, store)
    await page.get_by_role("button", name="Antwort senden").click()
    await expect(page.locator("#state")).to_contain_text("wird bearbeitet")
    await expect(page.locator(".said").first).to_contain_text("4712")
    await expect(page.locator(".files")).to_contain_text("nachgereicht.jpg")


async def test_what_is_right_as_it_stands_is_sent_back_once_that_is_meant(phone: Window, clerk: Clerk) -> None:
    page = phone.page
    await fill_in(page)
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.locator(".live")).to_have_attribute("data-state", "open")
    due = (system_now() + timedelta(days=7)).isoformat()
    await clerk.ask(here(page), "Stimmt die Nummer?", ["/lampNumber"], due)
    await expect(page.locator("#state")).to_contain_text("Rückfrage")
    await page.get_by_role("button", name="Antwort senden").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Nichts geändert")
    assert await look(phone, "case-same") == []
    await page.get_by_role("dialog").get_by_role("button", name="Zurück").click()
    await expect(page.locator("#state")).to_contain_text("Rückfrage")
    await page.get_by_role("button", name="Antwort senden").click()
    await page.get_by_role("button", name="Ja, alles richtig").click()
    await expect(page.locator("#state")).to_contain_text("wird bearbeitet")


async def test_what_nobody_sees_is_left_out_of_what_is_pasted(phone: Window) -> None:
    """As some phones copy numbers; a line's end and a joiner stay."""
    kept = await phone.page.evaluate(
        """async (pasted) => {
             const main = document.querySelector("script[src*='core/main.js']").src;
             const { field } = await import(main.replace("main.js", "parts.js"));
             const input = document.createElement("textarea");
             let read;
             input.addEventListener("input", () => { read = input.value; });
             document.body.append(field("Notiz", input).box);
             input.value = pasted;
             input.dispatchEvent(new InputEvent("input"));
             return read;
           }""",
        "\u202a+49 209 1690\u202c\n12\u200f34\x07 \u2068نمی\u200cخواهم\u2069",
    )
    assert kept == "+49 209 1690\n1234 نمی\u200cخواهم"


async def test_the_apps_rules_are_the_servers(phone: Window) -> None:
    """Against the published vectors of every form: what is shown for which answers."""
    counted, differing = await phone.page.evaluate(
        """async () => {
             const main = document.querySelector("script[src*='core/main.js']").src;
             const logic = await import(main.replace("main.js", "formlogic.js"));
             const read = async (path) => (await fetch(path)).json();
             let counted = 0;
             const differing = [];
             for (const one of (await read("/v1/cities/gelsenkirchen/forms")).items) {
               const { controls } = logic.understand(await read(one.content));
               for (const vector of await read(`${one.content}/vectors`)) {
                 const shown = logic.visible(controls, logic.strip(controls, vector.answers)).sort();
                 counted += 1;
                 if (shown.join() !== [...vector.visible].sort().join()) differing.push([one.slug, vector.name, shown]);
               }
             }
             return [counted, differing];
           }"""
    )
    assert counted > 300 and differing == []
