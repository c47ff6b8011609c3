"""How a letter looks in a mail program on a phone: nothing that axe finds wrong, nothing cut off, in both colours."""

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from backend.notices import letters
from backend.notices.model import Facts, OfficeFacts
from backend.notices.texting import Language, languages
from tests.browser.conftest import PICTURES, Window
from tests.browser.test_look import faults

_OFFICE = OfficeFacts(
    id=uuid4(), city="gelsenkirchen", city_name="Gelsenkirchen", name="Bürgercenter im Hans-Sachs-Haus",
    zone="Europe/Berlin", address="Ebertstraße 11, 45879 Gelsenkirchen",
)  # fmt: skip
_FACTS = Facts(
    reference="GE-7K4M-92XQ",
    services=({"de": {"name": "Personalausweis beantragen"}},),
    bring=({"de": "Alter Ausweis"}, {"de": "Biometrisches Foto"}),
    office=_OFFICE,
)
_THE_PROGRAMS = ("landmark-one-main:", "region:")  # a letter is shown inside of a page that has these


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_letter_can_be_read_on_a_phone_in_both_colours(browser: Browser, theme: str) -> None:
    german = languages()["de"]
    turned = Language("ar", _source())  # the German words, laid out from right to left
    wrong: list[str] = []
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme="dark" if theme == "dark" else "light", bypass_csp=True
    )
    page = await context.new_page()
    for language in (german, turned):
        for kind in ("appointment.confirmed", "appointment.cancelled"):
            letter = letters.write(
                kind, language, {"startsAt": "2026-12-01T08:00:00+00:00", "by": "clerk", "reason": "Wasserschaden"},
                _FACTS, subject_id=uuid4(), app_url="https://app.stadt.example",
            )  # fmt: skip
            await page.set_content(letter.html)
            PICTURES.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=PICTURES / f"letter-{language.name}-{kind}-{theme}.png", full_page=True)
            found = [fault for fault in await faults(Window(context, page)) if not fault.startswith(_THE_PROGRAMS)]
            wrong += [f"{language.name} {kind}: {fault}" for fault in found]
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{language.name} {kind}: scrolls sideways")
    await context.close()
    assert wrong == []


def _source() -> str:
    return (Path(letters.__file__).parent / "texts/de.ftl").read_text(encoding="utf-8")
