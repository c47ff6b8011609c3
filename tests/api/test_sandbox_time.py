"""What a person of the sandbox has, and what comes of it as time passes: drafts and cases, each to its end."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from api.context import context_of
from backend.cases.queries import empty_cases
from backend.clock import system_now
from backend.db import Database
from backend.forms.queries import sweep_drafts
from backend.forms.versions import Versions
from backend.notices import service as notices
from backend.sandbox.service import decide, decide_cases
from backend.settings import Settings
from tests.api.test_sandbox_offers import SOON, Line
from tests.api.testers import SERVICES, Guest
from tests.notifications.people import rows

FORM = "0193a0ff-0005-7000-8000-000000000001"
Begin = Callable[[], Awaitable[Guest]]


class Paper:
    """A person of the sandbox with its form."""

    def __init__(self, guest: Guest, database: Database) -> None:
        self.guest, self.database, self.draft = guest, database, f"/v1/drafts/{uuid4()}"
        self.versions = Versions()

    async def begin(self, **answers: str) -> httpx.Response:
        body = {"id": self.draft.rpartition("/")[2], "form": FORM, "version": 1, "answers": answers}
        made = await self.guest.post("/v1/drafts", body)
        assert made.status_code == 201, made.text
        return made

    async def hand_in(self, decision: str) -> str:
        """The path of the case."""
        await self.begin(decision=decision)
        submitted = await self.guest.post(f"{self.draft}/submit", {})
        assert submitted.status_code == 201, submitted.text
        return f"/v1/cases/{submitted.json()['id']}"

    async def round(self, after: timedelta = SOON) -> int:
        return await decide_cases(self.database, self.versions, system_now() + after)

    async def inbox(self, language: str = "en") -> dict[str, dict[str, Any]]:
        """By kind, a minute later: clerks of the tests decide some seconds ahead of the clock on the wall."""
        assert (await self.guest.forward(1)).status_code == 200
        found = await self.guest.get("/v1/inbox", **{"Accept-Language": language})
        return {one["kind"]: one for one in found.json()["items"]}


@pytest.fixture
async def paper(tester: Begin, demo: Database) -> Paper:
    return Paper(await tester(), demo)


async def test_time_passes_for_a_draft(paper: Paper, demo: Database, settings: Settings) -> None:
    made = (await paper.begin(decision="approve")).json()
    tag = (await paper.guest.get(paper.draft)).headers["etag"]
    lasts = datetime.fromisoformat(made["expiresAt"]) - system_now()
    assert "draft.expiring" not in await paper.inbox()
    assert (await paper.guest.forward(int(lasts.total_seconds() // 60) - 60)).status_code == 200
    read = await paper.guest.get(paper.draft, **{"If-None-Match": tag})
    assert read.status_code == 200, "what was read before is not what is there now"
    left = datetime.fromisoformat(read.json()["expiresAt"]) - system_now()
    assert timedelta(minutes=58) < left < timedelta(minutes=62)
    told = (await paper.inbox())["draft.expiring"]
    assert told["subject"]["id"] == made["id"]
    # What it says of the time is true now, and an answer to it lets the draft live on.
    count = "SELECT count(*) AS n FROM notice WHERE kind = 'draft.expiring'"
    shown = await rows(
        demo,
        "SELECT (data ->> 'expiresAt')::timestamptz = expires_at AS same FROM notice WHERE kind = 'draft.expiring'",
    )
    assert shown == [{"same": True}]
    await notices.spread_notices(demo, settings, system_now(), 100)
    tag = (await paper.guest.get(paper.draft)).headers["etag"]
    headers = {**paper.guest.headers, "If-Match": tag}
    again = await paper.guest.api.patch(paper.draft, json={"answers": {"remark": "x"}}, headers=headers)
    assert again.status_code == 200, again.text
    assert (await rows(demo, count))[0]["n"] == 2, "the next reminder is for the next end"
    assert (await paper.guest.forward(int(lasts.total_seconds() // 60) + 1)).status_code == 200
    over = await paper.guest.get(paper.draft)
    assert (over.status_code, over.json()["code"]) == (410, "draft-expired")
    async with demo.connection() as conn:
        assert await sweep_drafts(conn, system_now(), 100) == 1
    assert (await paper.guest.get(paper.draft)).status_code == 404


@pytest.mark.parametrize(
    "wish, state, kind", [("approve", "approved", "case.approved"), ("reject", "rejected", "case.rejected")]
)
async def test_a_case_is_decided_as_it_wants_and_emptied_when_its_time_is_over(
    paper: Paper, demo: Database, wish: str, state: str, kind: str
) -> None:
    case = await paper.hand_in(wish)
    assert await paper.round(timedelta(0)) == 0, "not yet"
    assert await paper.round() == 1 and await paper.round() == 0
    assert kind in await paper.inbox()
    decided = await paper.guest.get(case)
    assert decided.json()["state"] == state
    assert decided.json()["answers"]
    assert (await paper.guest.forward(31 * 1440)).status_code == 200
    moved = await paper.guest.get(case, **{"If-None-Match": decided.headers["etag"]})
    assert moved.status_code == 200
    assert moved.json()["submittedAt"] < decided.json()["submittedAt"]
    at = [datetime.fromisoformat(one["decision"]["at"]) for one in (decided.json(), moved.json())]
    assert timedelta(days=30) < at[0] - at[1] < timedelta(days=32)
    mark = (await paper.guest.get("/v1/sync")).json()["since"]
    async with demo.connection() as conn:
        assert await empty_cases(conn, system_now(), 100) == 1
        assert await empty_cases(conn, system_now(), 100) == 0
    emptied = await paper.guest.get(case, **{"If-None-Match": moved.headers["etag"]})
    assert (emptied.status_code, emptied.json()["answers"]) == (200, {}), "what was read before is not there any more"
    assert emptied.json()["version"] == moved.json()["version"] + 1
    assert emptied.json()["updatedAt"] == moved.json()["updatedAt"], "nobody has worked on it"
    told = (await paper.guest.get(f"/v1/sync?since={mark}")).json()
    assert case.rpartition("/")[2] in str(told["cases"])


async def test_a_case_that_is_asked_something_waits_reminds_and_is_approved(paper: Paper, demo: Database) -> None:
    case = await paper.hand_in("ask")
    undecided = Paper(paper.guest, demo)
    other = await undecided.hand_in("none")
    assert await paper.round() == 1 and await paper.round() == 0
    asked = (await paper.guest.get(case)).json()
    assert (asked["state"], asked["request"]["fields"]) == ("info_requested", ["/remark"])
    due = datetime.fromisoformat(asked["request"]["due"])
    assert "case.answer_due" not in await paper.inbox()
    assert (await paper.guest.forward(13 * 1440)).status_code == 200
    later = (await paper.guest.get(case)).json()
    moved = due - datetime.fromisoformat(later["request"]["due"])
    assert moved == timedelta(days=13, minutes=1) and "case.answer_due" in await paper.inbox()
    events = (await paper.guest.get(f"{case}/events")).json()["items"]
    assert all(datetime.fromisoformat(one["at"]) < system_now() - timedelta(days=12) for one in events)
    answered = await paper.guest.post(f"{case}/answer", {"answers": {"remark": "Hier."}})
    assert answered.status_code == 200, answered.text
    assert await paper.round() == 1
    assert (await paper.guest.get(case)).json()["state"] == "approved"
    assert (await paper.guest.get(other)).json()["state"] == "submitted", "what wants nothing is left alone"


async def test_german_is_not_mixed_with_english(paper: Paper, app: Litestar, demo: Database) -> None:
    guest = paper.guest
    german = {"Accept-Language": "de"}
    starts = await guest.starts()
    wanted = {"service": f"0193a0ff-0002-7000-8000-00000000000{SERVICES['clerk-rejects']}", "persons": 1}
    held = await guest.post(
        "/v1/holds", {"office": "0193a0ff-0003-7000-8000-000000000001", "start": starts[9], "services": [wanted]}
    )
    await guest.post("/v1/appointments", {"hold": held.json()["id"], "person": {"name": "T"}}, **german)
    for wish in ("reject", "ask"):
        one = Paper(guest, demo)
        body = {
            "id": one.draft.rpartition("/")[2],
            "form": FORM,
            "version": 1,
            "answers": {"decision": wish},
            "language": "de",
        }
        assert (await guest.post("/v1/drafts", body, **german)).status_code == 201
        assert (await guest.post(f"{one.draft}/submit", {}, **german)).status_code == 201
    line = Line(guest, context_of(app))
    await line.join()
    assert await decide(demo, system_now() + SOON) == 1 and await paper.round() == 2 and await line.round() == 1
    items = await paper.inbox("de")
    assert items.keys() >= {"appointment.rejected", "case.rejected", "case.info_requested", "waiting.offer"}
    told = " ".join(f"{one['title']} {one['body']}" for one in items.values()).lower()
    assert "immer abgelehnt" in told and "testantrag" in told
    for word in ("sandbox", " this ", " is ", " the ", "rejected", "please", " clerk"):
        assert word not in told, word
