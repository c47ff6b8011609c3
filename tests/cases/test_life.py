"""A case's life: a question, an answer, a decision by one or two; and what each side sees of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.cases.queries import empty_cases
from tests.cases.house import document, key, ready, submit, submitted
from tests.desk.house import streaming
from tests.forms.samples import PARKING, REGISTER, REPORT

Headers = dict[str, str]
Clerks = Callable[..., Awaitable[Headers]]
SOON = (datetime.now(UTC) + timedelta(days=10)).isoformat()


async def act(api: httpx.AsyncClient, who: Headers, case: dict[str, Any], action: str, **body: Any) -> httpx.Response:
    """A clerk's step from the version that ``case`` has."""
    headers = {**who, **key(), "If-Match": f'"{case["version"]}"'}
    return await api.post(f"/v1/clerk/cases/{case['id']}/{action}", json=body, headers=headers)


async def test_a_question_opens_just_what_it_names_and_an_approval_ends_it(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api)
    clerk, mine = await clerk_headers("clerk", "hans-sachs-haus"), one.person.headers
    path = f"/v1/cases/{case['id']}"
    seen = (await api.get(f"/v1/clerk{path[3:]}", headers=clerk)).json()
    assert seen["answers"]["applicant"]["familyName"] == "Mustermann"
    asked = await act(
        api, clerk, seen, "request-info", message="Der Fahrzeugschein ist unleserlich.",
        fields=["/vehicle/registration", "/vehicle/weight"], due=SOON,
    )  # fmt: skip
    assert asked.json()["state"] == "info_requested"
    shown = (await api.get(path, headers=mine)).json()
    assert shown["request"]["message"] == "Der Fahrzeugschein ist unleserlich."
    assert shown["actions"] == ["answer", "withdraw"]

    async def answer(**answers: Any) -> httpx.Response:
        return await api.post(f"{path}/answer", json={"answers": answers}, headers={**mine, **key()})

    refused = await answer(vehicle={"plate": "GE-XX 1"}, zone="buer")
    assert {(e["pointer"], e["code"]) for e in refused.json()["errors"]} == {
        ("/answers/vehicle/plate", "not-reopened"), ("/answers/zone", "not-reopened"),
    }  # fmt: skip
    # Nothing that was asked is answered: the office would be told of an answer, and find what it had.
    nothings: list[dict[str, Any]] = [{}, {"vehicle": {}}, {"applicant": {"familyName": "Mustermann"}}]
    for nothing in nothings:
        bare = await answer(**nothing)
        assert {(e["pointer"], e["code"]) for e in bare.json()["errors"]} == {
            ("/answers/vehicle/registration", "not-answered"), ("/answers/vehicle/weight", "not-answered"),
        }  # fmt: skip
    assert (await api.get(path, headers=mine)).json()["state"] == "info_requested"
    unfit = await answer(vehicle={"registration": [str(uuid4())]})
    assert unfit.json()["code"] == "documents-unfit"
    better = await document(app, one.person, "vehicle-registration")
    answered = await answer(vehicle={"registration": [str(better)], "weight": 1800})
    assert answered.status_code == 200, answered.text
    assert (answered.json()["state"], answered.json()["answers"]["vehicle"]["weight"]) == ("in_review", 1800)
    assert {file["id"] for file in answered.json()["documents"]} == {str(better), str(one.documents[0])}
    late = await answer(vehicle={"weight": 1})
    assert (late.status_code, late.json()["code"]) == (409, "case-state")
    current = (await api.get(f"/v1/clerk{path[3:]}", headers=clerk)).json()
    done = await act(api, clerk, current, "approve")
    assert (done.json()["state"], done.json()["decision"]["outcome"]) == ("approved", "approved")
    kinds = [e["kind"] for e in (await api.get(f"{path}/events", headers=mine)).json()["items"]]
    assert kinds == ["submitted", "info_requested", "answered", "approved"]
    told = [n["kind"] for n in (await api.get("/v1/inbox", headers=mine)).json()["items"]]
    assert sorted(told) == ["case.approved", "case.info_requested", "case.received"]
    withdrawn = await api.post(f"{path}/withdraw", json={}, headers={**mine, **key()})
    assert withdrawn.json()["code"] == "case-state"


async def test_a_decision_for_two_takes_two(app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks) -> None:
    one, case = await submitted(app, api, REGISTER)
    anna, bert = [await clerk_headers("clerk", "hans-sachs-haus") for _ in range(2)]
    proposed = (await act(api, anna, case, "approve")).json()
    assert (proposed["state"], proposed["proposal"]["outcome"], proposed["fourEyes"]) == ("in_review", "approved", True)
    again = await act(api, anna, proposed, "approve")
    assert (again.status_code, again.json()["code"]) == (409, "second-clerk-needed")
    events = (await api.get(f"/v1/cases/{case['id']}/events", headers=one.person.headers)).json()["items"]
    assert [e["kind"] for e in events] == ["submitted"]
    other = (await act(api, bert, proposed, "reject", reason="Die Unterschrift fehlt.")).json()
    assert (other["state"], other["proposal"]["outcome"]) == ("in_review", "rejected")
    done = (await act(api, anna, other, "reject", reason="Die Unterschrift fehlt.")).json()
    assert (done["state"], len(done["decidedBy"])) == ("rejected", 2)
    shown = (await api.get(f"/v1/cases/{case['id']}", headers=one.person.headers)).json()
    assert shown["decision"] == {**shown["decision"], "outcome": "rejected", "reason": "Die Unterschrift fehlt."}
    bare = await api.post(f"/v1/clerk/cases/{case['id']}/reject", json={"reason": "x"}, headers={**anna, **key()})
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition-required")


async def test_two_clerks_at_one_moment_do_not_overwrite_each_other(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    _, case = await submitted(app, api)
    clerks = [await clerk_headers("clerk", "hans-sachs-haus") for _ in range(4)]
    ends = await asyncio.gather(
        *(act(api, who, case, "reject" if n % 2 else "approve", reason="so") for n, who in enumerate(clerks))
    )
    assert sorted(answer.status_code for answer in ends) == [200, 412, 412, 412]
    stale = next(answer for answer in ends if answer.status_code == 412)
    assert stale.json()["current"]["version"] == 2


async def test_the_queue_is_filtered_and_the_notes_stay_between_clerks(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, first = await submitted(app, api)
    _, second = await submitted(app, api)
    clerk, admin = await clerk_headers("clerk", "hans-sachs-haus"), await clerk_headers("city_admin")

    async def queue(who: Headers = clerk, **query: Any) -> list[str]:
        answer = await api.get("/v1/clerk/cases", params=query, headers=who)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    both = [first["id"], second["id"]]
    assert await queue() == both
    assert await queue(admin, office="hans-sachs-haus", form=PARKING) == both
    assert await queue(form=REGISTER) == []
    assert await queue(olderThanDays=1) == []
    assert await queue(overdue="true") == []
    assert await queue(assignee="none", state="submitted") == both
    page = (await api.get("/v1/clerk/cases", params={"limit": 1}, headers=clerk)).json()
    rest = (await api.get("/v1/clerk/cases", params={"cursor": page["next"]}, headers=clerk)).json()
    assert [i["id"] for i in page["items"] + rest["items"]] == both
    me = (await act(api, clerk, first, "assign", assignee=None)).json()["events"][-1]["clerk"]
    seen = (await api.get(f"/v1/clerk/cases/{first['id']}", headers=clerk)).json()
    taken = (await act(api, clerk, seen, "assign", assignee=me["id"])).json()
    assert (taken["state"], taken["assignee"]["name"]) == ("in_review", "Test Clerk")
    assert await queue(assignee="me") == [first["id"]]
    assert await queue(assignee="none") == [second["id"]]
    wrong = await act(api, clerk, taken, "assign", assignee=str(uuid4()))
    assert wrong.json()["errors"][0]["pointer"] == "/assignee"
    note = {"text": "Halter anrufen"}
    watched = "/v1/clerk/offices/hans-sachs-haus/cases"
    before = await api.get(watched, headers=clerk)
    noted = await api.post(f"/v1/clerk/cases/{first['id']}/notes", json=note, headers={**clerk, **key()})
    assert noted.json()["notes"][0]["text"] == "Halter anrufen"
    after = (await api.get(watched, headers={**clerk, "If-None-Match": before.headers["etag"]})).json()["items"]
    revisions = {item["id"]: (item["version"], item["notes"]) for item in after}
    assert revisions == {first["id"]: (taken["version"], 1), second["id"]: (second["version"], 0)}
    elsewhere = await api.get("/v1/clerk/offices/rathaus-buer/cases", headers=clerk)
    assert elsewhere.status_code == 404
    for path in (f"/v1/cases/{first['id']}", f"/v1/cases/{first['id']}/events", "/v1/me/export"):
        assert "Halter anrufen" not in (await api.get(path, headers=one.person.headers)).text


async def test_one_file_of_several_may_be_asked_for_again_and_nothing_that_is_not_there(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one = await ready(app, api, PARKING, 1)
    second = str(await document(app, one.person, "vehicle-registration"))
    first = one.answers["vehicle"]["registration"][0]
    changed = {"vehicle": {"registration": [first, second]}}
    headers = {**one.person.headers, "If-Match": '"1"'}
    assert (await api.patch(f"/v1/drafts/{one.draft}", json={"answers": changed}, headers=headers)).status_code == 200
    case = (await submit(api, one)).json()
    clerk = await clerk_headers("clerk", "rathaus-buer")
    ask = {"message": "Die Rückseite ist unscharf.", "due": SOON}
    wrong = ["/vehicle/registration/2", "/zone/0", "/vehicle/registration/0/name", "/vehicle/registration/1"]
    wrong[:0] = ["/vehicle/registration/01"]  # a JSON Pointer writes a number in one way
    nowhere = await act(api, clerk, case, "request-info", **ask, fields=wrong)
    assert {(e["pointer"], e["code"]) for e in nowhere.json()["errors"]} == {
        (f"/fields/{n}", "unknown") for n in (0, 1, 2, 3)
    }
    # As the case lists the file itself.
    (pointer,) = (file["pointer"] for file in case["documents"] if file["id"] == second)
    assert (await act(api, clerk, case, "request-info", **ask, fields=[pointer])).status_code == 200
    third, fourth = [str(await document(app, one.person, "vehicle-registration")) for _ in range(2)]

    async def answer(*files: str) -> httpx.Response:
        body = {"answers": {"vehicle": {"registration": files}}}
        return await api.post(f"/v1/cases/{case['id']}/answer", json=body, headers={**one.person.headers, **key()})

    refused = await answer(fourth, third)
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/answers/vehicle/registration/0", "not-reopened")
    ]
    answered = await answer(first, third)
    assert answered.status_code == 200, answered.text
    assert answered.json()["answers"]["vehicle"]["registration"] == [first, third]


async def test_a_case_is_withdrawn_until_it_is_decided(app: Litestar, api: httpx.AsyncClient) -> None:
    one, case = await submitted(app, api)
    path = f"/v1/cases/{case['id']}/withdraw"
    done = await api.post(path, json={"reason": "Auto verkauft"}, headers={**one.person.headers, **key()})
    assert (done.json()["state"], done.json()["actions"]) == ("withdrawn", [])
    listed = (await api.get("/v1/cases", headers=one.person.headers)).json()["items"]
    assert [(item["id"], item["state"]) for item in listed] == [(case["id"], "withdrawn")]


async def test_a_watching_app_hears_of_it(app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks) -> None:
    one, case = await submitted(app, api)
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    async with streaming(app, f"/v1/cases/{case['id']}/events", one.person.headers) as stream:
        assert await stream.start() == 200
        await stream.next()
        assert (await stream.next())["event"] == "submitted"
        await act(api, clerk, case, "approve")
        assert (await stream.next())["event"] == "approved"


async def test_what_is_decided_is_kept_as_long_as_it_has_to_be_and_what_is_not_goes_with_its_person(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks, demo_owner_url: str
) -> None:
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    one, decided = await submitted(app, api)
    await act(api, clerk, decided, "approve", reason="Alles in Ordnung")
    two, waiting = await submitted(app, api)
    for each in (one, two):
        assert (await api.delete("/v1/me", headers=each.person.headers)).status_code == 204
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        rows = {str(r["id"]): r for r in await owner.fetch("SELECT * FROM case_file")}
        assert (rows[waiting["id"]]["state"], rows[waiting["id"]]["answers"]) == ("withdrawn", "{}")
        assert rows[decided["id"]]["answers"] != "{}"
        left = await owner.fetch("SELECT id FROM document WHERE id = ANY ($1)", one.documents + two.documents)
        assert [row["id"] for row in left] == one.documents
        until = rows[decided["id"]]["keep_until"]
        assert until - rows[decided["id"]]["updated_at"] == timedelta(days=730)
        async with app.state["context"].database.connection() as conn:
            assert await empty_cases(conn, until - timedelta(seconds=1), 10) == 1, "clerks' notes on the withdrawn one"
            assert await owner.fetchval("SELECT answers FROM case_file WHERE id = $1", decided["id"]) != "{}"
            assert await empty_cases(conn, until, 10) == 1
            assert await empty_cases(conn, until, 10) == 0
        row = await owner.fetchrow("SELECT answers, documents, decision FROM case_file WHERE id = $1", decided["id"])
        assert row is not None
        assert row["answers"] == "{}"
        assert "reason" not in row["decision"]
        assert "Ausweis.pdf" not in row["documents"]
    finally:
        await owner.close()


@pytest.mark.parametrize("answered", [True, False])
async def test_what_clerks_wrote_goes_with_the_answers_and_where_there_were_none(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks, demo_owner_url: str, answered: bool
) -> None:
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    _, case = await submitted(app, api)
    noted = await api.post(
        f"/v1/clerk/cases/{case['id']}/notes", json={"text": "Frau Mustermann rief an"}, headers={**clerk, **key()}
    )
    assert noted.status_code == 201, noted.text
    await act(api, clerk, case, "reject", reason="Die Wohnung der Familie Mustermann liegt nicht in der Zone")
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        if not answered:  # a form of uploads and confirmations alone
            await owner.execute("UPDATE case_file SET answers = '{}' WHERE id = $1", case["id"])
        left = """SELECT (SELECT to_jsonb(c)::text FROM case_file c WHERE c.id = $1)
            || (SELECT jsonb_agg(e)::text FROM case_event e WHERE e.case_id = $1)
            || (SELECT count(*) FROM case_note n WHERE n.case_id = $1)"""
        before = await owner.fetchval(left, case["id"])
        assert before.count("Mustermann") >= 2
        async with app.state["context"].database.connection() as conn:
            assert await empty_cases(conn, datetime.now(UTC) + timedelta(days=36_600), 10) == 1
        after = await owner.fetchval(left, case["id"])
        assert "Mustermann" not in after
        assert after.endswith("0"), "no note is left"
    finally:
        await owner.close()


async def test_what_a_guest_began_and_handed_in_goes_along_to_who_they_turn_out_to_be(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    guest, case = await submitted(app, api)
    open_draft = await ready(app, api, REPORT, 1, person=guest.person)
    known = (await ready(app, api, REPORT, 1)).person
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        for room in ("forms", "cases", "documents"):
            await owner.execute(f"SELECT merge_in_{room}(now(), $1, $2)", guest.person.person_id, known.person_id)
    finally:
        await owner.close()
    for path in (f"/v1/drafts/{open_draft.draft}", f"/v1/cases/{case['id']}", f"/v1/cases/{case['id']}/events"):
        assert (await api.get(path, headers=known.headers)).status_code == 200, path
        assert (await api.get(path, headers=guest.person.headers)).status_code == 404, path
