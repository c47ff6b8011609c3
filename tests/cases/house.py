"""People with documents and drafts, ready to be handed in."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar import Litestar

from backend.db.pool import SYSTEM
from tests.desk.house import Visitor, visitor
from tests.documents.rows import give_document
from tests.forms.samples import PARKING, REGISTER, REPORT, answers, demo_form

SLUGS = {REPORT: "maengelmeldung", PARKING: "bewohnerparkausweis", REGISTER: "wohnsitz-anmelden"}


class Ready(msgspec.Struct):
    """A person with a draft that is complete."""

    person: Visitor
    draft: str
    documents: list[UUID]
    answers: dict[str, Any]


def key(value: str | None = None) -> dict[str, str]:
    """The header of a POST."""
    return {"Idempotency-Key": value or uuid4().hex}


def put(value: Any, pointer: str, new: Any) -> None:
    """Writes at a JSON Pointer."""
    *above, last = pointer.split("/")[1:]
    for name in above:
        value = value[int(name) if isinstance(value, list) else name]
    value[int(last) if isinstance(value, list) else last] = new


async def ready(
    app: Litestar, api: httpx.AsyncClient, form: str = PARKING, sample: int = 0, person: Visitor | None = None
) -> Ready:
    """A new person with the answers of an example, and clean documents of their own where these name some."""
    who = person or await visitor(api)
    given = answers(SLUGS[form], sample)
    ids: list[UUID] = []
    for attachment in demo_form(SLUGS[form]).attachments(given):
        ids.append(await document(app, who, attachment.purpose))
        put(given, attachment.pointer, str(ids[-1]))
    body: dict[str, Any] = {"id": str(uuid4()), "form": form, "version": 1, "answers": given}
    answer = await api.post("/v1/drafts", json=body, headers={**who.headers, **key()})
    assert answer.status_code == 201, answer.text
    return Ready(who, body["id"], ids, given)


async def document(app: Litestar, who: Visitor, purpose: str, state: Any = "clean") -> UUID:
    """A document of the person, sent for the purpose."""
    database = app.state["context"].database
    found = await give_document(database, who.person_id, state)
    async with database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE document SET purpose = $2 WHERE id = $1", found, purpose)
    return found


async def submit(
    api: httpx.AsyncClient, one: Ready, *, idempotency: str | None = None, language: str = "en"
) -> httpx.Response:
    """Hands in."""
    headers = {**one.person.headers, **key(idempotency), "Accept-Language": language}
    return await api.post(f"/v1/drafts/{one.draft}/submit", json={}, headers=headers)


async def submitted(
    app: Litestar, api: httpx.AsyncClient, form: str = PARKING, sample: int = 0
) -> tuple[Ready, dict[str, Any]]:
    """A case that has just come in."""
    one = await ready(app, api, form, sample)
    if form == REGISTER and sample == 0:
        await confirm(api, one)
    answer = await submit(api, one)
    assert answer.status_code == 201, answer.text
    return one, answer.json()


async def confirm(api: httpx.AsyncClient, one: Ready, *, yes: bool = True) -> None:
    """The landlord opens the link and answers."""
    path = f"/v1/drafts/{one.draft}/confirmations"
    link = await api.post(path, json={"kind": "landlord"}, headers={**one.person.headers, **key()})
    said = {"confirmed": yes, "name": "Vera Vermieterin"}
    answer = await api.post(f"/v1/confirmations/{link.json()['token']}", json=said, headers=key())
    assert answer.status_code == 200, answer.text
