"""What changed since, as an app meets it: in the form of the lists, short when nothing is new, 410 after too long."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from litestar import Litestar

from api.wire import encode_cursor
from backend.clock import system_now
from backend.db.pool import SYSTEM
from backend.ids import new_id
from tests.api.conftest import Loans
from tests.desk.house import Visitor, book, visitor

FORM = "0193a000-0005-7000-8000-000000000003"
SERVICE = "0193a000-0002-7000-8000-000000000001"
Headers = dict[str, str]
Idem = Callable[[], Headers]


async def changes(api: httpx.AsyncClient, who: Visitor, **query: str) -> dict[str, Any]:
    answer = await api.get("/v1/sync", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def filled(found: dict[str, Any]) -> set[str]:
    """The members that hold something."""
    return {name for name, value in found.items() if isinstance(value, list) and value}


async def test_a_phone_is_told_what_changed_in_the_form_of_the_lists(
    api: httpx.AsyncClient, app: Litestar, idem: Idem
) -> None:
    me = await visitor(api)
    await book(app, me)
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await conn.execute(
            "INSERT INTO document (id, person_id, purpose, name, size, sha256, state, created_at, updated_at,"
            " expires_at, delete_after) VALUES ($1, $2, 'photo', 'a.jpg', 9, $3, 'declared', now(), now(), $4, $4)",
            new_id(), me.person_id, bytes(32), system_now() + timedelta(days=9),
        )  # fmt: skip
    draft = {"id": str(uuid4()), "form": FORM, "version": 1}
    assert (await api.post("/v1/drafts", json=draft, headers={**me.headers, **idem()})).status_code == 201
    waiting = {"city": "gelsenkirchen", "mode": "none", "services": [{"service": SERVICE, "persons": 1}]}
    waits = await api.post("/v1/waiting-list", json=waiting, headers={**me.headers, **idem()})
    assert waits.status_code == 201, waits.text
    found = await changes(api, me)
    assert filled(found) == {"reset", "appointments", "drafts", "documents", "entries", "notices"}
    assert len(found["reset"]) == 7
    for member, path in {
        "appointments": "appointments",
        "drafts": "drafts",
        "documents": "documents",
        "entries": "waiting-list",
        "notices": "inbox",
    }.items():
        listed = (await api.get(f"/v1/{path}", headers=me.headers)).json()["items"]
        assert found[member] == listed, member
    assert (found["unread"], found["more"], found["announcements"]) == (1, False, [])
    since = found["since"]
    quiet = await api.get("/v1/sync", params={"since": since}, headers=me.headers)
    assert filled(quiet.json()) == set()
    assert quiet.json()["since"] == since
    assert len(quiet.content) < 600
    tag = {**me.headers, "If-None-Match": quiet.headers["etag"]}
    assert (await api.get("/v1/sync", params={"since": since}, headers=tag)).status_code == 304
    assert (await api.delete(f"/v1/drafts/{draft['id']}", headers=me.headers)).status_code == 204
    assert (await api.get("/v1/sync", params={"since": since}, headers=tag)).status_code == 200
    found = await changes(api, me, since=since)
    assert filled(found) == {"removed"}
    # With the draft went the reminder of it, which was never shown.
    assert {"kind": "draft", "id": draft["id"]} in found["removed"]
    cancelled = f"/v1/appointments/{(await changes(api, me))['appointments'][0]['id']}/cancel"
    assert (await api.post(cancelled, json={}, headers={**me.headers, **idem()})).status_code == 200
    found = await changes(api, me, since=found["since"])
    assert filled(found) == {"appointments", "notices"}
    assert found["appointments"][0]["state"] == "cancelled"
    pages, mark, seen = 0, None, 0
    while pages == 0 or mark is not None:
        page = await changes(api, me, limit="1", **({} if mark is None else {"since": mark}))
        pages, mark = pages + 1, page["since"] if page["more"] else None
        seen += sum(len(page[name]) for name in ("appointments", "documents", "entries", "notices"))
    assert pages == seen == 5


async def test_what_is_no_mark_or_too_old_a_one_is_refused(api: httpx.AsyncClient) -> None:
    me, other = await visitor(api), await visitor(api)
    since = (await changes(api, me))["since"]
    theirs = await api.get("/v1/sync", params={"since": since}, headers={**other.headers, "Accept-Language": "de"})
    assert (theirs.status_code, theirs.json()["code"]) == (410, "sync-expired")
    for wrong in ("x", encode_cursor({"person": b"", "known": None, "after": (99, uuid4())}), encode_cursor(7)):
        answer = await api.get("/v1/sync", params={"since": wrong}, headers=me.headers)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid-cursor")
    assert (await api.get("/v1/sync")).status_code == 401


async def test_a_quiet_question_is_one_statement(api: httpx.AsyncClient, app: Litestar, loans: Loans) -> None:
    me = await visitor(api)
    await book(app, me)
    since = (await changes(api, me))["since"]
    with loans() as taken:
        await changes(api, me, since=since)
        assert len(taken) == 1
