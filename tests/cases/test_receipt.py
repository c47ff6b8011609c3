"""The receipt of a case: all that was handed in, on a page that one would print."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import asyncpg
import httpx
import pypdfium2
import pytest
from litestar import Litestar

from tests.cases.house import document, key, submitted
from tests.cases.test_life import SOON, Clerks, act
from tests.forms.samples import PARKING, REGISTER


@pytest.mark.parametrize("form, sample, language", [(REGISTER, 0, "de"), (PARKING, 1, "en")])
async def test_the_receipt_says_everything_and_is_tagged(
    app: Litestar, api: httpx.AsyncClient, form: str, sample: int, language: str, demo_owner_url: str
) -> None:
    one, case = await submitted(app, api, form, sample)
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("SET app.system = 'on'")
    await owner.execute("UPDATE case_file SET language = $1", language)
    await owner.close()
    answer = await api.get(case["receipt"], headers=one.person.headers)
    assert answer.headers["content-type"] == "application/pdf"
    assert (await api.get(case["receipt"], headers=one.person.headers)).content == answer.content
    pdf: Any = pypdfium2.PdfDocument(answer.content)
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert case["reference"] in text
    for block in case["shown"]:
        for line in block["lines"]:
            if language == "en":
                assert line["label"].split()[0] in text, line
    assert ("01" * 32 in text.replace("\r\n", "")) == bool(case["documents"])
    assert ("Vera Vermieterin" in text) == (form == REGISTER)
    assert pdf.is_tagged()
    assert pdf.get_metadata_value("Title").endswith(f"({case['reference']})")
    assert f"/Lang ({language})".encode() in answer.content or f"({language}".encode() in answer.content
    headings = [item.get_title() for item in pdf.get_toc()]
    assert headings and all(one != following for one, following in pairwise(headings))
    assert b"pdfuaid" in answer.content
    pdf.close()


@pytest.mark.parametrize(
    "language, words",
    [
        (
            "de",
            (
                "Eingegangen 02.01.2026, 09:00 Uhr",
                "Rückfrage beantwortet",
                "geändert am",
                "nachgereicht am",
                "Zurückgezogen",
            ),
        ),
        ("en", ("Received 2 January 2026, 09:00", "Question answered", "changed on", "sent later, on", "Withdrawn")),
    ],
)
async def test_what_was_changed_since_and_that_it_was_withdrawn_says_when(
    app: Litestar,
    api: httpx.AsyncClient,
    clerk_headers: Clerks,
    demo_owner_url: str,
    language: str,
    words: tuple[str, ...],
) -> None:
    one, case = await submitted(app, api)
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("SET app.system = 'on'")
    await owner.execute("UPDATE case_file SET language = $1, submitted_at = '2026-01-02 09:00+01'", language)
    await owner.close()
    path, mine = f"/v1/cases/{case['id']}", one.person.headers

    async def receipt() -> str:
        answer = await api.get(f"{path}/receipt.pdf", headers=mine)
        assert b"pdfuaid" in answer.content
        assert (await api.get(f"{path}/receipt.pdf", headers=mine)).content == answer.content
        pdf: Any = pypdfium2.PdfDocument(answer.content)
        assert pdf.is_tagged()
        text = " ".join("".join(page.get_textpage().get_text_range() for page in pdf).split())
        pdf.close()
        return text

    received, answered, changed, added, withdrawn = words
    before = await receipt()
    assert received in before and not any(word in before for word in words[1:])
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    fields = ["/vehicle/registration", "/vehicle/weight"]
    seen = (await api.get(f"/v1/clerk/cases/{case['id']}", headers=clerk)).json()
    assert (await act(api, clerk, seen, "request-info", message="?", fields=fields, due=SOON)).status_code == 200
    more = {"weight": 1800, "registration": [str(await document(app, one.person, "vehicle-registration"))]}
    headers = {**mine, **key()}
    assert (await api.post(f"{path}/answer", json={"answers": {"vehicle": more}}, headers=headers)).status_code == 200
    text = await receipt()
    events = (await api.get(f"{path}/events", headers=mine)).json()["items"]
    assert events[-1]["data"]["changed"] == ["/vehicle/registration/0", "/vehicle/weight"]
    at = datetime.fromisoformat(events[-1]["at"])
    moment = f"{at:%d.%m.%Y, %H:%M} Uhr" if language == "de" else f"{at.day} {at:%B %Y, %H:%M}"
    assert received in text and f"{answered} {moment}" in text
    assert text.count(f"{changed} {moment}") == 2, "the two answers, and no other"
    assert text.count(f"{added} {moment}") == 1
    assert withdrawn not in text
    assert (await api.post(f"{path}/withdraw", json={}, headers={**mine, **key()})).status_code == 200
    gone = datetime.fromisoformat((await api.get(f"{path}/events", headers=mine)).json()["items"][-1]["at"])
    moment = f"{gone:%d.%m.%Y, %H:%M} Uhr" if language == "de" else f"{gone.day} {gone:%B %Y, %H:%M}"
    assert f"{withdrawn} {moment}" in await receipt()


async def test_letters_that_no_font_has_do_not_cost_anybody_their_receipt(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one, case = await submitted(app, api)
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("SET app.system = 'on'")
    await owner.execute(
        "UPDATE case_file SET answers = jsonb_set(answers, '{applicant,familyName}', $1::jsonb)",
        '"李 #let x = 1; *محمد* $ \\\\u{1F600}"',
    )
    await owner.close()
    answer = await api.get(case["receipt"], headers=one.person.headers)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")


async def test_what_is_written_without_a_blank_stays_on_the_receipt(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one, case = await submitted(app, api)
    address, name = "w" * 64 + "@" + "WWWWWWWWWW." * 17 + "de", "X" * 251
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("SET app.system = 'on'")
    await owner.execute(
        """UPDATE case_file SET answers = jsonb_set(answers, '{applicant,email}', to_jsonb($1::text)),
           documents = jsonb_set(documents, '{0,name}', to_jsonb($2::text))""",
        address, f"{name}.pdf",
    )  # fmt: skip
    await owner.execute(
        "UPDATE case_file SET answers = jsonb_set(answers, '{applicant,givenNames}', to_jsonb($1::text))", "Mia\tEva"
    )
    await owner.close()
    answer = await api.get(case["receipt"], headers=one.person.headers)
    assert b"pdfuaid" in answer.content
    pdf: Any = pypdfium2.PdfDocument(answer.content)
    text = ""
    for page in pdf:
        on_it = page.get_textpage()
        text += on_it.get_text_range()
        right = page.get_width() - 20 * 72 / 25.4  # the margin of 20 mm
        assert max(on_it.get_charbox(n)[2] for n in range(on_it.count_chars())) <= right + 0.5
    said = text.replace("\r\n", "")
    assert address in said and name in said  # so it can be copied as it was written
    assert "Mia Eva" in " ".join(text.split())
    pdf.close()
