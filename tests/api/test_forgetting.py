"""Of who is forgotten, no name is left in any table; what clerks did for them stays done, and is not done twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from tests.api.conftest import step
from tests.api.test_booking_routes import CITY, OFFICE, App, GuestMaker
from tests.cases.house import key, put, ready
from tests.desk.house import Visitor
from tests.forms.samples import PARKING

Headers = dict[str, str]
Clerks = Callable[..., Awaitable[Headers]]
PERSONAL = ("Zwirnsdorff", "zwirnsdorff@postfach.example", "0209 55501234", "Rollstuhl", "1931-07-29")
"""What nobody else in the demo has."""


async def found_in(owner_url: str) -> dict[str, list[str]]:
    """Tables that hold something of it, and what."""
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        names = await owner.fetch(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        found: dict[str, list[str]] = {}
        for table in (row["relname"] for row in names):
            columns = await owner.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND atttypid = 'bytea'::regtype"
                " AND attnum > 0 AND NOT attisdropped",
                table,
            )
            # What is kept as bytes shows its letters only when it is asked for them.
            more = "".join(f" || encode(t.{row['attname']}, 'escape')" for row in columns)
            for row in await owner.fetch(
                f'SELECT coalesce(to_jsonb(t)::text{more}, to_jsonb(t)::text) AS text FROM "{table}" t'
            ):
                for one in PERSONAL:
                    if one in row["text"] and one not in found.setdefault(table, []):
                        found[table].append(one)
        return {table: words for table, words in found.items() if words}
    finally:
        await owner.close()


async def book(api: httpx.AsyncClient, who: Visitor) -> dict[str, Any]:
    phone = App(api, who.headers)
    body = {
        "hold": await phone.hold((await phone.slots())[0]),
        "person": {"name": PERSONAL[0], "dateOfBirth": PERSONAL[4]},
        "contact": {"email": PERSONAL[1], "phone": PERSONAL[2]},
        "note": PERSONAL[3],
    }
    booked = await phone.post("/v1/appointments", body)
    assert booked.status_code == 201, booked.text
    return booked.json()


async def test_no_table_holds_anything_of_who_was_forgotten(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks, demo_owner_url: str
) -> None:
    clerk = await clerk_headers("clerk", OFFICE)
    one = await ready(app, api, PARKING, 0)
    person = one.person
    answers = dict(one.answers)
    put(answers, "/applicant/familyName", PERSONAL[0])
    put(answers, "/applicant/email", PERSONAL[1])
    tag = (await api.get(f"/v1/drafts/{one.draft}", headers=person.headers)).headers["etag"]
    changed = await api.patch(
        f"/v1/drafts/{one.draft}", json={"answers": answers}, headers={**person.headers, "If-Match": tag}
    )
    assert changed.status_code == 200, changed.text
    case = await api.post(f"/v1/drafts/{one.draft}/submit", json={}, headers={**person.headers, **key()})
    assert case.status_code == 201, case.text
    waiting = await ready(app, api, PARKING, 0, person)  # a draft that is left lying
    tag = (await api.get(f"/v1/drafts/{waiting.draft}", headers=person.headers)).headers["etag"]
    await api.patch(
        f"/v1/drafts/{waiting.draft}", json={"answers": answers}, headers={**person.headers, "If-Match": tag}
    )

    passport = (await api.get(f"/v1/cities/{CITY}/services/reisepass")).json()["id"]
    wish = {"city": CITY, "mode": "none", "services": [{"service": passport}], "contact": {"email": PERSONAL[1]}}
    joined = await api.post("/v1/waiting-list", json=wish, headers={**person.headers, **key()})
    assert joined.status_code == 201, joined.text

    booked = await book(api, person)
    assigned = {**clerk, **key(), "If-Match": f'"{case.json()["version"]}"'}
    path = f"/v1/clerk/cases/{case.json()['id']}/assign"
    at_work = await api.post(path, json={"assignee": None}, headers=assigned)
    looked = {**clerk, **key()}
    found = await api.post("/v1/clerk/appointments/lookup", json={"reference": booked["reference"]}, headers=looked)
    assert (at_work.status_code, found.status_code) == (200, 200), at_work.text + found.text
    go = step(api, clerk, key)
    cancelled = {**clerk, **key()}
    ended = await api.post(f"/v1/clerk/appointments/{booked['id']}/cancel", json={"reason": "Feuer"}, headers=cancelled)
    assert ended.status_code == 200, ended.text
    there = await found_in(demo_owner_url)
    assert there.keys() >= {"appointment", "case_file", "draft", "idempotency_record", "waiting_entry"}, (
        "else nothing is shown below"
    )

    assert (await api.delete("/v1/me", headers=person.headers)).status_code == 204
    assert await found_in(demo_owner_url) == {}

    # Whoever repeats is told that it was done, and it is not done again.
    for again in (
        await api.post(path, json={"assignee": None}, headers=assigned),
        await api.post("/v1/clerk/appointments/lookup", json={"reference": booked["reference"]}, headers=looked),
        await api.post(f"/v1/clerk/appointments/{booked['id']}/cancel", json={"reason": "Feuer"}, headers=cancelled),
    ):
        assert (again.status_code, again.json()["code"]) == (410, "idempotency-answer-erased")
    other = await go(booked["id"], "cancel", reason="Feuer")
    assert other.json()["code"] == "appointment-state"


@pytest.mark.parametrize("shown", ["reference", "pass"])
async def test_what_a_clerk_reads_at_that_very_moment_is_waited_for(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks, demo_owner_url: str, guest: GuestMaker, shown: str
) -> None:
    """The clerk has read, and commits after the person is forgotten in between: nothing is left all the same."""
    clerk = await clerk_headers("clerk", OFFICE)
    person = Visitor(uuid4(), await guest())
    booked = await book(api, person)
    token = (await api.get(f"/v1/appointments/{booked['id']}/pass", headers=person.headers)).json()["token"]
    ended = await api.post(f"/v1/appointments/{booked['id']}/cancel", json={}, headers={**person.headers, **key()})
    assert ended.status_code == 200
    body = {"reference": booked["reference"]} if shown == "reference" else {"pass": token}
    owner = await asyncpg.connect(demo_owner_url)
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE audit_entry")  # what both write last
            looking = asyncio.create_task(
                api.post("/v1/clerk/appointments/lookup", json=body, headers={**clerk, **key()})
            )
            await asyncio.sleep(0.4)
            forgetting = asyncio.create_task(api.delete("/v1/me", headers=person.headers))
            await asyncio.sleep(0.4)
            assert not looking.done() and not forgetting.done()
        assert (await looking).status_code == 200
        assert (await forgetting).status_code == 204
    finally:
        await owner.close()
    assert await found_in(demo_owner_url) == {}
