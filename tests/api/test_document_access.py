"""Every operation on documents, for each: the owner, another person, clerks of this and of other offices, nobody."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from backend.clock import system_now
from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.documents import service
from backend.documents.checking import Checker
from backend.documents.scanning import StandIn
from backend.documents.store import ObjectStore
from backend.ids import new_id
from backend.settings import Settings
from tests.api.conftest import CITY, Headers
from tests.documents import corpus

PDF = corpus.pdf()
Guest = Callable[[], Awaitable[Headers]]


@pytest.fixture
def settings(settings: Settings, buckets: dict[str, str]) -> Settings:
    return msgspec.structs.replace(settings, **buckets)


async def send(api: httpx.AsyncClient, who: Headers, idem: Callable[[], Headers]) -> dict[str, Any]:
    """Declared, put and completed, as an app does it."""
    wanted = {"name": "Ausweis.pdf", "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest(), "purpose": "identity"}
    declared = await api.post("/v1/uploads", json=wanted, headers={**who, **idem()})
    assert declared.status_code == 201, declared.text
    upload: dict[str, Any] = declared.json()
    early = await api.post(f"/v1/uploads/{upload['id']}/complete", headers={**who, **idem()})
    assert (early.status_code, early.json()["code"]) == (409, "upload-incomplete")
    async with httpx.AsyncClient() as store:
        wrong = await store.put(upload["put"]["url"], content=PDF[::-1], headers=upload["put"]["headers"])
        assert 400 <= wrong.status_code < 500
        assert (await store.put(upload["put"]["url"], content=PDF, headers=upload["put"]["headers"])).is_success
        again = await store.put(upload["put"]["url"], content=PDF, headers=upload["put"]["headers"])
        assert again.status_code == 412
    key = idem()
    for _ in range(2):
        done = await api.post(f"/v1/uploads/{upload['id']}/complete", headers={**who, **key})
        assert (done.status_code, done.json()["state"]) == (200, "uploaded"), done.text
    return upload


async def test_nobody_but_the_owner_and_the_cases_clerks_reads_anything(
    api: httpx.AsyncClient,
    demo: Database,
    settings: Settings,
    guest: Guest,
    idem: Callable[[], Headers],
    clerk_headers: Callable[..., Awaitable[Headers]],
) -> None:
    owner, other = await guest(), await guest()
    upload = await send(api, owner, idem)
    document = UUID(upload["id"])
    mine = [f"/v1/documents/{document}{part}" for part in ("", "/content", "/thumbnail")]
    office = [f"/v1/clerk/documents/{document}{part}" for part in ("", "/content", "/thumbnail")]
    here, elsewhere, abroad = (
        await clerk_headers("clerk", "hans-sachs-haus"),
        await clerk_headers("clerk", "rathaus-buer"),
        await clerk_headers("city_admin", city_id="bottrop"),
    )

    async def statuses(who: Headers, paths: list[str]) -> list[int]:
        return [(await api.get(path, headers=who)).status_code for path in paths]

    # Before its check: the owner sees that it is there, and nobody reads a byte.
    assert await statuses(owner, mine) == [200, 409, 409]
    assert await statuses(here, office) == [404, 404, 404]

    store = ObjectStore(settings)
    assert await Checker(demo, store, StandIn(), settings, system_now).check_next()
    assert await statuses(owner, mine) == [200, 303, 303]
    assert await statuses(here, office) == [404, 404, 404]  # no case has taken it up

    async with demo.transaction(SYSTEM) as conn:
        person = await conn.fetchval("SELECT person_id FROM document WHERE id = $1", document)
        office_id = await conn.fetchval("SELECT id FROM office WHERE slug = 'hans-sachs-haus' AND city_id = $1", CITY)
    async with demo.transaction(Principal(person_id=person)) as conn:
        await service.attach(
            conn, person, [document], case_id=new_id(), city_id=CITY, office_id=office_id, now=system_now()
        )
    assert await statuses(here, office) == [200, 303, 303]
    for who in (elsewhere, abroad):
        assert await statuses(who, office) == [404, 404, 404]
    assert await statuses(other, mine) == [404, 404, 404]
    for who, paths in ((here, mine), (owner, office), ({}, mine), ({}, office)):
        assert set(await statuses(who, paths)) == {401}
    for path in (f"/v1/uploads/{document}", f"/v1/documents/{document}"):
        assert (await api.delete(path, headers=other)).status_code == 404
        assert (await api.delete(path)).status_code == 401
        assert (await api.delete(path, headers=owner)).json()["code"] == "document-in-use"
    assert (await api.get(f"/v1/uploads/{document}", headers=other)).status_code == 404
    complete = f"/v1/uploads/{document}/complete"
    assert (await api.post(complete, headers={**other, **idem()})).status_code == 404
    assert [len((await api.get("/v1/documents", headers=who)).json()["items"]) for who in (owner, other)] == [1, 0]

    # The bytes: a download for a minute, and each time somebody was given an address it was written down.
    answer = await api.get(mine[1], headers=owner)
    assert "X-Amz-Expires=60" in answer.headers["location"] and answer.headers["x-content-type-options"] == "nosniff"
    async with httpx.AsyncClient() as client:
        got = await client.get(answer.headers["location"])
    assert got.content == PDF and got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].startswith('attachment; filename="Ausweis.pdf"')
    async with demo.transaction(SYSTEM) as conn:
        audited = await conn.fetch(
            "SELECT actor_kind, action, count(*) FROM audit_entry WHERE entity = 'document' AND entity_id = $1"
            " GROUP BY 1, 2 ORDER BY 1, 2", str(document),
        )  # fmt: skip
    assert [tuple(row) for row in audited] == [
        ("clerk", "document.previewed", 1),
        ("clerk", "document.read", 1),
        ("person", "document.previewed", 1),
        ("person", "document.read", 2),
    ]
    await store.close()


@pytest.mark.parametrize(
    "name, shown",
    [
        ("Loch in der Straße.png", "Loch in der Straße.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\Ausweis.pdf", "Ausweis.pdf"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("\x1b[31mrot\u2028.png", "[31mrot.png"),
        ("/", "document"),
    ],
)
async def test_a_name_is_shown_on_one_line_and_leads_nowhere(
    api: httpx.AsyncClient, guest: Guest, idem: Callable[[], Headers], name: str, shown: str
) -> None:
    wanted = {"name": name, "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest(), "purpose": "identity"}
    who = await guest()
    declared = await api.post("/v1/uploads", json=wanted, headers={**who, **idem()})
    assert (declared.status_code, declared.json()["name"]) == (201, shown)
    assert (await api.get(f"/v1/documents/{declared.json()['id']}", headers=who)).json()["name"] == shown
