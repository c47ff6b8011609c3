"""Forms that people have handed in with their documents, at an office of the console's tests."""

import asyncio
import io
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
import typst
from PIL import Image, ImageDraw

from backend.db import open_database
from backend.documents.scanning import StandIn
from backend.documents.store import ObjectStore
from backend.settings import Settings
from tests.browser.conftest import Owner
from tests.browser.day import House
from tests.cases.house import SLUGS, key, put
from tests.desk.house import Visitor, visitor
from tests.documents.conftest import Works
from tests.forms.samples import PARKING, answers, demo_form
from tests.support.servers import ApiProcess

_REGISTRATION = """#set page(width: 148mm, height: 105mm, margin: 10mm, fill: rgb("#f4f1e4"))
#set text(size: 9pt)
#text(size: 13pt, weight: "bold")[Zulassungsbescheinigung Teil I]
#table(columns: (1fr, 1fr), stroke: 0.4pt, inset: 5pt,
 [Kennzeichen], [GE-AB 123], [Hersteller], [Muster], [Leermasse], [1 480 kg], [Erstzulassung], [04.05.2021])
#v(1fr) #text(fill: gray)[Muster, ohne Gültigkeit]
"""


def paper() -> bytes:
    """A PDF that looks like a vehicle's registration."""
    return typst.compile(_REGISTRATION.encode(), format="pdf")


def photo() -> bytes:
    """A JPEG that looks like a photograph of something."""
    picture = Image.new("RGB", (1200, 800), "#6f8796")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520, 1200, 800), fill="#4d5358")
    draw.rectangle((580, 120, 610, 620), fill="#22282c")
    draw.ellipse((540, 70, 650, 180), fill="#e5d9a8")
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=80)
    return made.getvalue()


class HandIn:
    """``await hand_in(form, sample)``: a case at the house, as a person's phone and the checker have made it."""

    def __init__(self, url: str, works: Works, owner: Owner, house: House) -> None:
        self._url, self._works, self._owner, self._house = url, works, owner, house

    async def __call__(self, form: str = PARKING, sample: int = 0) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self._url, timeout=30) as phone:
            who = await visitor(phone)
            given = answers(SLUGS[form], sample)
            for number, attachment in enumerate(demo_form(SLUGS[form]).attachments(given)):
                put(given, attachment.pointer, str(await self._document(who, attachment.purpose, number)))
            draft = {"id": str(uuid4()), "form": form, "version": 1, "answers": given}
            begun = await phone.post("/v1/drafts", json=draft, headers={**who.headers, **key()})
            assert begun.status_code == 201, begun.text
            sent = await phone.post(f"/v1/drafts/{draft['id']}/submit", json={}, headers={**who.headers, **key()})
            assert sent.status_code == 201, sent.text
        case = UUID(sent.json()["id"])
        for table, column in (("case_file", "id"), ("case_event", "case_id"), ("document", "case_id")):
            change = f"UPDATE {table} SET office_id = $1 WHERE {column} = $2"
            await self._owner.execute(change, self._house.office_id, case)
        return {**sent.json(), "headers": who.headers}

    async def check(self) -> None:
        """What the checker does as soon as something has been sent."""
        async with asyncio.timeout(20):
            while not await self._works.checker.check_next():  # noqa: ASYNC110 - a row changes without telling us
                await asyncio.sleep(0.05)

    async def _document(self, who: Visitor, purpose: str, number: int) -> UUID:
        self._works.person = who.person_id
        named = ("Foto.jpg", photo()) if purpose == "photo" or number % 2 else ("Fahrzeugschein.pdf", paper())
        return (await self._works.check(named[1], name=named[0], purpose=purpose)).id


@pytest_asyncio.fixture(loop_scope="session")
async def hand_in(server: ApiProcess, server_settings: Settings, owner: Owner, house: House) -> AsyncGenerator[HandIn]:
    """Cases with real documents."""
    database = await open_database(server_settings.database_url, size=2)
    store = ObjectStore(server_settings)
    works = Works(database, store, StandIn(), server_settings)
    yield HandIn(server.environment["PUBLIC_URL"], works, owner, house)
    await store.close()
    await database.close()
