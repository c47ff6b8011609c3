"""The first screen in one call: what is in it, who may keep it, and what it costs when nothing changed."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from litestar import Litestar

from tests.api.conftest import Loans
from tests.desk.house import Visitor, book, visitor

PATH = "/v1/bootstrap?city=gelsenkirchen"
FORM = "0193a000-0005-7000-8000-000000000003"


async def start(api: httpx.AsyncClient, who: Visitor | None = None, **more: str) -> Any:
    answer = await api.get(PATH, params={"city": "gelsenkirchen", **more}, headers=who.headers if who else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_city_is_told_in_short_and_the_same_for_everybody(api: httpx.AsyncClient) -> None:
    answer = await api.get(PATH, headers={"Accept-Language": "de"})
    found = answer.json()
    assert answer.headers["cache-control"] == "public, no-cache"
    assert {"Authorization", "Accept-Language"} <= {name.strip() for name in answer.headers["vary"].split(",")}
    assert found["mine"] is None
    catalogue = found["catalogue"]
    services = (await api.get("/v1/cities/gelsenkirchen/services?limit=200", headers={"Accept-Language": "de"})).json()
    assert {s["id"]: s["name"] for s in catalogue["services"]} == {s["id"]: s["name"] for s in services["items"]}
    offices = (await api.get("/v1/cities/gelsenkirchen/offices?fields=id,name")).json()["items"]
    assert [{"id": o["id"], "name": o["name"]} for o in catalogue["offices"]] == offices
    detail = (await api.get(f"/v1/cities/gelsenkirchen/offices/{offices[0]['id']}")).json()
    assert sorted(catalogue["offices"][0]["services"]) == detail["services"]
    forms = (await api.get("/v1/cities/gelsenkirchen/forms", headers={"Accept-Language": "de"})).json()["items"]
    assert [(f["id"], f["version"], f["title"]) for f in catalogue["forms"]] == [
        (f["id"], f["version"], f["title"]) for f in forms
    ]
    assert catalogue["limits"]["holdSeconds"] == 600
    english = await api.get(PATH, headers={"Accept-Language": "en"})
    assert english.json()["version"] != found["version"]
    for language in ("de", "en"):
        tag = {"Accept-Language": language, "If-None-Match": answer.headers["etag"]}
        assert (await api.get(PATH, headers=tag)).status_code == (304 if language == "de" else 200)
    assert (await api.get("/v1/bootstrap?city=atlantis")).json()["code"] == "city-not-found"


CHANGES = {
    "services": "UPDATE service SET minutes = minutes + 1 WHERE slug = 'personalausweis'",
    "offices": "UPDATE office SET name = 'Neues Haus' WHERE slug = 'hans-sachs-haus'",
    "districts": "UPDATE district SET name = 'Neustadt' WHERE slug = 'altstadt' AND city_id = 'gelsenkirchen'",
    "closures": """INSERT INTO closure SELECT gen_random_uuid(), 'gelsenkirchen', NULL, NULL, now(),
                     now() + interval '1 hour', '{"de": "Sturm"}', 'test'""",
    "announcements": """INSERT INTO announcement SELECT gen_random_uuid(), 'gelsenkirchen', NULL, NULL,
                          '{"de": {"title": "Sturm", "body": "Bitte daheim bleiben"}}', gen_random_uuid(), now(),
                          now() + interval '1 hour'""",
    "forms": f"UPDATE form_version SET state = 'retired', retired_at = now() WHERE form_id = '{FORM}'",
}


async def test_whatever_is_committed_is_in_the_next_answer(api: httpx.AsyncClient, demo_owner_url: str) -> None:
    """Each transaction begins before a reading and is committed after it, as a late one is."""
    conn = await asyncpg.connect(demo_owner_url)
    try:
        for seen, change in CHANGES.items():
            late = conn.transaction()
            await late.start()
            await conn.execute(change)
            before = await start(api)
            assert (await start(api)) == before
            await late.commit()
            after = await start(api)
            assert after["version"] != before["version"]
            new = {name for name, value in after["catalogue"].items() if value != before["catalogue"][name]}
            assert new == {seen}
    finally:
        await conn.close()


async def test_with_a_token_it_holds_what_waits_for_the_person_alone(api: httpx.AsyncClient, app: Litestar) -> None:
    me, other = await visitor(api), await visitor(api)
    booked = await book(app, me)
    key = {"Idempotency-Key": uuid4().hex}
    draft = {"id": str(uuid4()), "form": FORM, "version": 1}
    assert (await api.post("/v1/drafts", json=draft, headers={**me.headers, **key})).status_code == 201
    answer = await api.get(PATH, headers=me.headers)
    assert answer.headers["cache-control"] == "private, no-store"
    mine = answer.json()["mine"]
    whole = (await api.get(f"/v1/appointments/{booked.id}", headers=me.headers)).json()
    assert {name: mine["appointment"][name] for name in ("id", "reference", "state", "start", "end", "version")} == {
        name: whole[name] for name in ("id", "reference", "state", "start", "end", "version")
    }
    assert mine["appointment"]["services"] == [s["name"] for s in whole["services"]]
    assert [d["id"] for d in mine["drafts"]] == [draft["id"]]
    assert mine["counts"] == {"unread": 1, "drafts": 1, "cases": 0, "waiting": 0}
    theirs = (await start(api, other))["mine"]
    assert (theirs["appointment"], theirs["drafts"], theirs["counts"]["unread"]) == (None, [], 0)
    # What the phone has already is not sent again; what is its person's is.
    brief = await start(api, me, known=answer.json()["version"])
    assert (brief["catalogue"], brief["mine"]) == (None, mine)
    tag = {**me.headers, "If-None-Match": answer.headers["etag"]}
    assert (await api.get(PATH, headers=tag)).status_code == 304
    assert (await api.get(PATH, headers={**other.headers, "If-None-Match": answer.headers["etag"]})).status_code == 200
    assert (await api.get(PATH, headers={"Authorization": "Bearer nonsense"})).status_code == 401


async def test_it_costs_one_statement_and_one_more_with_a_token(
    api: httpx.AsyncClient, app: Litestar, loans: Loans
) -> None:
    me = await visitor(api)
    await start(api, me)  # from here on the token is known
    with loans() as taken:
        await start(api)
        assert len(taken) == 1
        await start(api, me)
        assert len(taken) == 3


async def test_an_app_in_the_sandbox_needs_its_key_here_too(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/bootstrap?city=sandbox")).json()["code"] == "client-key-required"


async def test_lists_hold_the_fields_that_are_asked_for(api: httpx.AsyncClient, app: Litestar) -> None:
    me = await visitor(api)
    booked = await book(app, me)
    day = booked.starts_at.date().isoformat()
    slots = f"/v1/cities/gelsenkirchen/availability/slots?service=personalausweis&office=hans-sachs-haus&date={day}"
    asked = {
        "/v1/cities/gelsenkirchen/services?limit=2": ("slug,documents", {"slug", "documents"}),
        "/v1/cities/gelsenkirchen/offices?near=51.5,7.1": ("id,address.town,metres", {"id", "address", "metres"}),
        slots: ("start", {"start"}),
        "/v1/appointments?limit=1": ("id,office.name,services.name,links.pass", {"id", "office", "services", "links"}),
        "/v1/inbox?limit=1": ("id,title,readAt", {"id", "title", "readAt"}),
    }
    for path, (fields, names) in asked.items():
        whole = await api.get(path, headers=me.headers)
        answer = await api.get(f"{path}&fields={fields}", headers=me.headers)
        assert answer.status_code == 200, answer.text
        found, full = answer.json(), whole.json()
        assert found["items"], path
        assert all(item.keys() == names for item in found["items"]), path
        assert len(answer.content) < len(whole.content)
        for item, its in zip(found["items"], full["items"], strict=True):
            assert {n: v for n, v in item.items() if not isinstance(v, dict | list)} == {
                n: its[n] for n, v in item.items() if not isinstance(v, dict | list)
            }
        assert answer.headers["etag"] != whole.headers["etag"], path
        again = await api.get(
            f"{path}&fields={fields}", headers={**me.headers, "If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304, path
        if "Link" in answer.headers:
            assert "fields=" in answer.headers["link"]
        wrong = await api.get(f"{path}&fields=id,nothing", headers={**me.headers, "Accept-Language": "de"})
        assert wrong.status_code == 400
        (fault,) = wrong.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("fields", "unknown-field")
        assert all(name in fault["detail"] for name in names), path
        assert "Bekannt sind" in fault["detail"]
    nested: Any = (
        await api.get("/v1/appointments?fields=office.name,services.name,links.pass", headers=me.headers)
    ).json()
    assert nested["items"] == [
        {
            "office": {"name": "BÜRGERcenter Hans-Sachs-Haus"},
            "services": [{"name": "Certificate of good conduct"}],
            "links": {"pass": f"/v1/appointments/{booked.id}/pass"},
        }
    ]
