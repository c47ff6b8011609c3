"""Forms that go with a visit, versions that are offered no more, and the reminder of a question."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from litestar import Litestar

from backend.db.pool import SYSTEM
from backend.forms.lint import lint
from backend.forms.versions import retire, save
from tests.cases.house import key, submitted
from tests.desk.house import CONFIRMED_BY_CLERK, Visitor, book, visitor
from tests.forms.samples import small
from tests.identity.conftest import NOW

Headers = dict[str, str]


async def visiting_form(app: Litestar) -> UUID:
    """The small form, for people who have a confirmed appointment."""
    value = {**small(), "appointment": "required", "prefill": {"/name": "appointment.name"}}
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        head, _ = await save(conn, lint(value, ()), NOW, publish=True)
    return head.form_id


async def hand_in(api: httpx.AsyncClient, who: Visitor, form: UUID, appointment: Any) -> httpx.Response:
    """A draft that is begun and handed in at once."""
    body = {"id": str(uuid4()), "form": str(form), "version": 1, "answers": {"dog": False}}
    given = {**body, **({"appointment": str(appointment)} if appointment else {})}
    begun = await api.post("/v1/drafts", json=given, headers={**who.headers, **key()})
    if begun.status_code != 201:
        return begun
    return await api.post(f"/v1/drafts/{body['id']}/submit", json={}, headers={**who.headers, **key()})


def missing(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["missing"]]


def errors(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_a_form_for_visitors_wants_an_appointment_of_theirs_that_is_confirmed(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    form, mine, asking = await visiting_form(app), await visitor(api), await visitor(api)
    confirmed = await book(app, mine)
    requested = await book(app, asking, service_slug=CONFIRMED_BY_CLERK)
    assert errors(await hand_in(api, mine, form, None)) == [("/appointment", "required")]
    assert errors(await hand_in(api, mine, form, requested.id)) == [("/appointment", "unknown")]
    assert errors(await hand_in(api, asking, form, requested.id)) == [("/appointment", "not-confirmed")]
    done = await hand_in(api, mine, form, confirmed.id)
    assert (done.status_code, done.json()["appointment"]) == (201, str(confirmed.id))
    # Its name was filled in from the appointment, and is not asked where there is no dog.
    assert done.json()["answers"] == {"dog": False}


async def test_a_draft_tells_what_stands_in_the_way_of_its_appointment(app: Litestar, api: httpx.AsyncClient) -> None:
    form, asking = await visiting_form(app), await visitor(api)
    requested = await book(app, asking, service_slug=CONFIRMED_BY_CLERK)
    body = {"id": str(uuid4()), "form": str(form), "version": 1, "answers": {"dog": False}}
    begun = await api.post("/v1/drafts", json=body, headers={**asking.headers, **key()})
    assert missing(begun) == [("/appointment", "required")]
    path, named = f"/v1/drafts/{body['id']}", {"appointment": str(requested.id)}
    changed = await api.patch(path, json=named, headers={**asking.headers, "If-Match": begun.headers["etag"]})
    assert missing(changed) == [("/appointment", "not-confirmed")]
    moved = await api.post(f"{path}/migrate", json={}, headers={**asking.headers, **key()})
    assert [fault["pointer"] for fault in moved.json()["draft"]["missing"]] == ["/appointment"]
    await api.post(f"/v1/appointments/{requested.id}/cancel", json={}, headers={**asking.headers, **key()})
    # What becomes of the appointment changes no revision, and is told all the same.
    tag = {"If-None-Match": changed.headers["etag"], "Accept-Language": "de"}
    read = await api.get(path, headers={**asking.headers, **tag})
    assert (read.status_code, missing(read)) == (200, [("/appointment", "unknown")])
    mine = await visitor(api)
    confirmed = await book(app, mine)
    whole = {**body, "id": str(uuid4()), "appointment": str(confirmed.id)}
    assert missing(await api.post("/v1/drafts", json=whole, headers={**mine.headers, **key()})) == []


async def test_an_appointment_that_was_cancelled_in_the_meantime_does_not_count(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    form, mine = await visiting_form(app), await visitor(api)
    booked = await book(app, mine)
    body = {"id": str(uuid4()), "form": str(form), "version": 1, "appointment": str(booked.id)}
    begun = await api.post("/v1/drafts", json={**body, "answers": {"dog": False}}, headers={**mine.headers, **key()})
    assert begun.json()["answers"] == {"dog": False, "name": "Erika Mustermann"}
    await api.post(f"/v1/appointments/{booked.id}/cancel", json={}, headers={**mine.headers, **key()})
    refused = await api.post(f"/v1/drafts/{body['id']}/submit", json={}, headers={**mine.headers, **key()})
    assert errors(refused) == [("/appointment", "unknown")]


async def test_a_draft_of_a_version_that_is_offered_no_more_is_handed_in_all_the_same(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    who, database = await visitor(api), app.state["context"].database
    async with database.transaction(SYSTEM) as conn:
        head, _ = await save(conn, lint(small(), ()), NOW, publish=True)
    body = {"id": str(uuid4()), "form": str(head.form_id), "version": 1, "answers": {"dog": False}}
    await api.post("/v1/drafts", json=body, headers={**who.headers, **key()})
    async with database.transaction(SYSTEM) as conn:
        await retire(conn, "gelsenkirchen", "hund", None, NOW)
    done = await api.post(f"/v1/drafts/{body['id']}/submit", json={}, headers={**who.headers, **key()})
    assert (done.status_code, done.json()["formVersion"]) == (201, 1)


async def test_a_question_is_remembered_before_its_day_and_not_after_the_answer(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Callable[..., Awaitable[Headers]], demo_owner_url: str
) -> None:
    one, case = await submitted(app, api)
    clerk, due = await clerk_headers("clerk", "hans-sachs-haus"), datetime.now(UTC) + timedelta(days=10)
    asked = {"message": "Wie schwer?", "fields": ["/vehicle/weight"], "due": due.isoformat()}
    headers = {**clerk, **key(), "If-Match": '"1"'}
    assert (
        await api.post(f"/v1/clerk/cases/{case['id']}/request-info", json=asked, headers=headers)
    ).status_code == 200
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        reminders = "SELECT due_at FROM notice WHERE kind = 'case.answer_due' AND subject_id = $1"
        [reminder] = await owner.fetch(reminders, case["id"])
        assert abs(reminder["due_at"] - (due - timedelta(days=2))) < timedelta(minutes=1)
        overdue = await api.get("/v1/clerk/cases", params={"overdue": "true"}, headers=clerk)
        assert overdue.json()["items"] == []
        answer = {"answers": {"vehicle": {"weight": 1500}}}
        path = f"/v1/cases/{case['id']}/answer"
        done = await api.post(path, json=answer, headers={**one.person.headers, **key()})
        assert done.status_code == 200, done.text
        assert await owner.fetch(reminders, case["id"]) == []
    finally:
        await owner.close()
