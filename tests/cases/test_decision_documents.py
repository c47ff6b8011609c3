"""A document that goes with a decision: sent by a clerk, checked, agreed to by two, and the person's only then."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from backend.clock import system_now
from backend.documents.checking import Checker
from backend.documents.scanning import StandIn
from backend.documents.store import ObjectStore
from backend.settings import Settings
from tests.cases.house import key, submitted
from tests.documents import corpus
from tests.forms.samples import PARKING, REGISTER

Headers = dict[str, str]
Clerks = Callable[..., Awaitable[Headers]]
PDF = corpus.pdf()


@pytest.fixture
def settings(settings: Settings, buckets: dict[str, str]) -> Settings:
    return msgspec.structs.replace(settings, **buckets)


class Office:
    """Clerks who send documents, and the checker that looks at them."""

    def __init__(self, api: httpx.AsyncClient, checker: Checker) -> None:
        self.api, self.checker = api, checker

    async def declare(self, who: Headers, case: dict[str, Any], data: bytes = PDF, **changes: Any) -> httpx.Response:
        body = {"name": "Bescheid.pdf", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **changes}
        path = f"/v1/clerk/cases/{case['id']}/decision-documents"
        return await self.api.post(path, json=body, headers={**who, **key()})

    async def send(self, who: Headers, case: dict[str, Any], data: bytes = PDF) -> str:
        """Declared, put, completed and checked; its id."""
        declared = (await self.declare(who, case, data)).json()
        one, complete = declared["document"]["id"], f"/v1/clerk/cases/{case['id']}/decision-documents/%s/complete"
        early = await self.api.post(complete % one, headers={**who, **key()})
        assert (early.status_code, early.json()["code"]) == (409, "upload-incomplete")
        async with httpx.AsyncClient() as store:
            put = await store.put(declared["put"]["url"], content=data, headers=declared["put"]["headers"])
            assert put.is_success
        for _ in range(2):
            done = await self.api.post(complete % one, headers={**who, **key()})
            assert (done.status_code, done.json()["state"]) == (200, "uploaded"), done.text
        assert await self.checker.check_next()
        return one

    async def decide(self, who: Headers, case: dict[str, Any], action: str = "approve", **body: Any) -> httpx.Response:
        seen = (await self.api.get(f"/v1/clerk/cases/{case['id']}", headers=who)).json()
        headers = {**who, **key(), "If-Match": f'"{seen["version"]}"'}
        return await self.api.post(f"/v1/clerk/cases/{case['id']}/{action}", json=body, headers=headers)


@pytest.fixture
async def office(app: Litestar, api: httpx.AsyncClient, settings: Settings) -> Any:
    store = ObjectStore(settings)
    yield Office(api, Checker(app.state["context"].database, store, StandIn(), settings, system_now))
    await store.close()


async def test_it_reaches_the_person_with_the_decision_of_two_and_not_before(
    app: Litestar, api: httpx.AsyncClient, office: Office, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api, REGISTER)
    anna, bert = [await clerk_headers("clerk", "hans-sachs-haus") for _ in range(2)]
    elsewhere, mine = await clerk_headers("clerk", "rathaus-buer"), one.person.headers
    first, second = await office.send(anna, case), await office.send(bert, case)

    async def seen_by_person(document: str) -> list[int]:
        own = [f"/v1/documents/{document}{part}" for part in ("", "/content", "/thumbnail")]
        return [(await api.get(path, headers=mine)).status_code for path in [*own, f"/v1/uploads/{document}"]]

    async def taken(document: str) -> list[int]:
        paths = [("DELETE", f"/v1/documents/{document}"), ("DELETE", f"/v1/uploads/{document}"),
                 ("POST", f"/v1/uploads/{document}/complete")]  # fmt: skip
        return [(await api.request(m, path, headers={**mine, **key()})).status_code for m, path in paths]

    assert (await api.get(f"/v1/clerk/documents/{first}", headers=bert)).json()["state"] == "clean"
    assert (await api.get(f"/v1/clerk/documents/{first}", headers=elsewhere)).status_code == 404
    assert (await office.declare(elsewhere, case)).status_code == 404
    assert (await office.declare(mine, case)).status_code == 401

    proposed = await office.decide(anna, case, document=first)
    assert (proposed.json()["state"], proposed.json()["proposal"]["document"]) == ("in_review", first)
    # Another document is another decision: four eyes have to have seen the one that goes out.
    other = await office.decide(bert, case, document=second)
    assert (other.json()["decision"], other.json()["proposal"]["document"]) == (None, second)
    assert (await office.decide(bert, case)).json()["code"] == "second-clerk-needed"
    for document in (first, second):
        assert await seen_by_person(document) == [404] * 4
        assert 200 not in await taken(document)
    mentioned = [(await api.get(path, headers=mine)).text for path in ("/v1/documents", "/v1/me/export", "/v1/inbox")]
    assert not [text for text in mentioned if first in text or second in text]
    assert first not in (await api.get(f"/v1/cases/{case['id']}/events", headers=mine)).text

    done = await office.decide(anna, case, reason="Alles da.")
    assert (done.json()["state"], done.json()["decision"]["document"]["id"]) == ("approved", second)
    assert await seen_by_person(second) == [200, 303, 303, 200]
    assert await seen_by_person(first) == [404] * 4
    assert await taken(second) == [409, 409, 200]  # nothing is left to complete
    decision = (await api.get(f"/v1/cases/{case['id']}", headers=mine)).json()["decision"]
    assert (decision["document"]["id"], decision["document"]["sha256"]) == (second, hashlib.sha256(PDF).hexdigest())
    async with httpx.AsyncClient() as store:
        where = (await api.get(f"/v1/documents/{second}/content", headers=mine)).headers["location"]
        assert (await store.get(where)).content == PDF
    assert (await office.declare(anna, case)).json()["code"] == "case-state"


async def test_what_is_not_clean_or_of_another_case_goes_with_no_decision(
    app: Litestar, api: httpx.AsyncClient, office: Office, clerk_headers: Clerks, demo_owner_url: str
) -> None:
    one, case = await submitted(app, api, PARKING)
    _, other = await submitted(app, api, PARKING)
    anna = await clerk_headers("clerk", "hans-sachs-haus")
    refused, foreign = await office.send(anna, case, corpus.encrypted_pdf()), await office.send(anna, other)
    unsent = (await office.declare(anna, case)).json()["document"]["id"]
    # A picture is no decision, and what a citizen has handed in is none either.
    picture = await office.send(anna, case, corpus.photo())
    for document, why in (
        (refused, "refused"), (foreign, "not-found"), (unsent, "not-sent"), (picture, "refused"),
        (str(one.documents[0]), "not-found"), (str(uuid4()), "not-found"),
    ):  # fmt: skip
        for action, reason in (("approve", None), ("reject", "Nein.")):
            answer = await office.decide(anna, case, action, document=document, reason=reason)
            assert (answer.status_code, answer.json()["documents"][0]["why"]) == (409, why), answer.text
    shown = (await api.get(f"/v1/clerk/documents/{refused}", headers=anna)).json()
    assert (shown["state"], shown["refusal"]["code"]) == ("refused", "encrypted")
    told = (await api.get("/v1/inbox", headers=one.person.headers)).json()["items"]
    assert [notice["kind"] for notice in told] == ["case.received"]  # nothing of what the office had refused
    assert (await office.declare(anna, case, size=10_000_001)).status_code == 400
    named = await office.declare(anna, case, name="C:\\Bescheide\\Bescheid\u202efdp.exe")
    assert named.json()["document"]["name"] == "Bescheidfdp.exe"
    for _ in range(6):
        assert (await office.declare(anna, case)).status_code == 201
    assert (await office.declare(anna, case)).json()["code"] == "too-many-uploads"
    assert (await office.decide(anna, case)).json()["state"] == "approved"
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        # Who is forgotten takes along what was never decided with.
        await owner.execute("SELECT erase_in_documents(now(), $1)", one.person.person_id)
        left = await owner.fetch("SELECT id FROM document WHERE person_id = $1", one.person.person_id)
        assert [row["id"] for row in left] == one.documents
    finally:
        await owner.close()
