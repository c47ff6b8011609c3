"""A case says that somebody confirmed its answers as long as these are the ones that they have seen."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from litestar import Litestar

from tests.cases.house import Ready, confirm, document, key, ready, submit, submitted
from tests.cases.test_life import Clerks, act
from tests.forms.samples import PARKING, REGISTER

SOON = (datetime.now(UTC) + timedelta(days=10)).isoformat()
LATER = "2027-01-01"


async def asked_back(api: httpx.AsyncClient, clerk: dict[str, str], case: dict[str, Any], *fields: str) -> None:
    current = (await api.get(f"/v1/clerk/cases/{case['id']}", headers=clerk)).json()
    asked = await act(api, clerk, current, "request-info", message="Bitte prüfen.", fields=fields, due=SOON)
    assert asked.status_code == 200, asked.text


async def answer(api: httpx.AsyncClient, one: Ready, case: dict[str, Any], **answers: Any) -> httpx.Response:
    headers = {**one.person.headers, **key()}
    return await api.post(f"/v1/cases/{case['id']}/answer", json={"answers": answers}, headers=headers)


async def test_an_answer_that_was_confirmed_and_changes_is_confirmed_no_more(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api, REGISTER)
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    await asked_back(api, clerk, case, "/contact/phone")
    kept = await answer(api, one, case, contact={"phone": "+49 209 1"})
    assert [(c["kind"], c["outcome"]) for c in kept.json()["confirmations"]] == [("landlord", "confirmed")]
    await asked_back(api, clerk, case, "/moveIn")
    assert (await answer(api, one, case, moveIn=LATER)).json()["confirmations"] == []
    seen = (await api.get(f"/v1/clerk/cases/{case['id']}", headers=clerk)).json()
    assert (seen["state"], seen["answers"]["moveIn"], seen["confirmations"]) == ("in_review", LATER, [])
    events = (await api.get(f"/v1/cases/{case['id']}/events", headers=one.person.headers)).json()["items"]
    assert [e["data"].get("unconfirmed") for e in events if e["kind"] == "answered"] == [None, ["landlord"]]


async def test_a_draft_says_what_somebody_else_still_has_to_confirm_as_the_refusal_does(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    one = await ready(app, api, REGISTER)

    async def draft() -> dict[str, Any]:
        found: dict[str, Any] = (await api.get(f"/v1/drafts/{one.draft}", headers=one.person.headers)).json()
        return found

    async def owed() -> list[dict[str, str]]:
        missing: list[dict[str, str]] = (await draft())["missing"]
        assert missing == (await submit(api, one)).json().get("errors", [])
        return missing

    at = "/confirmations/landlord"
    assert [(m["pointer"], m["code"]) for m in await owed()] == [(at, "not-confirmed")]
    await confirm(api, one, yes=False)
    assert [(m["pointer"], m["code"]) for m in await owed()] == [(at, "confirmation-refused")]
    await confirm(api, one)
    assert (await draft())["missing"] == []
    headers = {**one.person.headers, "If-Match": f'"{(await draft())["revision"]}"'}
    moved = await api.patch(f"/v1/drafts/{one.draft}", json={"answers": {"moveIn": LATER}}, headers=headers)
    assert [(m["pointer"], m["code"]) for m in moved.json()["missing"]] == [(at, "confirmation-outdated")]
    assert await owed() == moved.json()["missing"]
    headers["If-Match"] = f'"{moved.json()["revision"]}"'
    other = {"answers": {"landlord": {"how": "owner", "ownership": True}}}
    assert (await api.patch(f"/v1/drafts/{one.draft}", json=other, headers=headers)).json()["missing"] == []


async def test_nothing_is_answered_that_somebody_else_would_have_to_confirm_first(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api, REGISTER, 1)
    assert case["answers"]["landlord"]["how"] == "upload"
    clerk = await clerk_headers("clerk", "rathaus-buer")
    await asked_back(api, clerk, case, "/landlord", "/moveIn")
    refused = await answer(api, one, case, landlord={"how": "link"})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/confirmations/landlord", "not-confirmed")
    ]
    assert (await answer(api, one, case, moveIn=LATER)).status_code == 200


async def prepared(api: httpx.AsyncClient, one: Ready, case: dict[str, Any], **changes: Any) -> str:
    """A draft with the answers of the case, ``changes`` among them."""
    body = {"id": str(uuid4()), "form": case["form"], "version": case["formVersion"]}
    body["answers"] = {**case["answers"], **changes}
    begun = await api.post("/v1/drafts", json=body, headers={**one.person.headers, **key()})
    assert begun.status_code == 201, begun.text
    return str(body["id"])


async def test_an_answer_that_somebody_else_has_to_confirm_is_confirmed_as_a_draft(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api, REGISTER, 1)
    clerk = await clerk_headers("clerk", "rathaus-buer")
    await asked_back(api, clerk, case, "/landlord", "/moveIn")
    link: dict[str, Any] = {"landlord": {"how": "link"}}
    draft = await prepared(api, one, case, **link)
    at, wanted = "/confirmations/landlord", {"answers": link, "draft": draft}
    headers = {**one.person.headers}
    path = f"/v1/cases/{case['id']}/answer"

    async def codes(body: dict[str, Any]) -> list[tuple[str, str]]:
        refused = await api.post(path, json=body, headers={**headers, **key()})
        assert refused.status_code == 400, refused.text
        return [(e["pointer"], e["code"]) for e in refused.json()["errors"]]

    assert await codes(wanted) == [(at, "not-confirmed")]
    mine = Ready(one.person, draft, [], {})
    await confirm(api, mine, yes=False)
    assert await codes(wanted) == [(at, "confirmation-refused")]
    await confirm(api, mine)
    # Confirmed was another day; and the draft of another form is none of this case.
    assert await codes({**wanted, "answers": {**link, "moveIn": LATER}}) == [(at, "confirmation-outdated")]
    other = await ready(app, api, PARKING, person=one.person)
    assert await codes({**wanted, "draft": other.draft}) == [("/draft", "other-form")]
    foreign = await ready(app, api, REGISTER)
    assert (
        await api.post(path, json={**wanted, "draft": foreign.draft}, headers={**headers, **key()})
    ).status_code == 404
    done = await api.post(path, json=wanted, headers={**headers, **key()})
    assert (done.status_code, done.json()["state"]) == (200, "in_review"), done.text
    said = [(c["kind"], c["outcome"], c["name"]) for c in done.json()["confirmations"]]
    assert said == [("landlord", "confirmed", "Vera Vermieterin")]
    events = (await api.get(f"/v1/cases/{case['id']}/events", headers=headers)).json()["items"]
    assert [e["data"].get("confirmed") for e in events if e["kind"] == "answered"] == [["landlord"]]
    over = await api.get(f"/v1/drafts/{draft}", headers=headers)
    assert (over.status_code, over.json()["code"], over.json()["case"]) == (410, "draft-submitted", case["id"])


async def test_what_was_confirmed_and_changes_is_confirmed_anew(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api, REGISTER)
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    await asked_back(api, clerk, case, "/moveIn")
    draft = await prepared(api, one, case, moveIn=LATER)
    await confirm(api, Ready(one.person, draft, [], {}))
    body = {"answers": {"moveIn": LATER}, "draft": draft}
    done = await api.post(f"/v1/cases/{case['id']}/answer", json=body, headers={**one.person.headers, **key()})
    before, after = case["confirmations"], done.json()["confirmations"]
    assert [c["kind"] for c in after] == ["landlord"] and after[0]["at"] > before[0]["at"]
    events = (await api.get(f"/v1/cases/{case['id']}/events", headers=one.person.headers)).json()["items"]
    answered = next(e["data"] for e in events if e["kind"] == "answered")
    assert ("unconfirmed" in answered, answered["confirmed"]) == (False, ["landlord"])


async def test_an_upload_instead_of_a_link_does_not_borrow_what_was_confirmed_of_other_answers(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    one = await ready(app, api, REGISTER)
    await confirm(api, one)
    paper = await document(app, one.person, "residence-confirmation")
    changed = {"moveIn": LATER, "landlord": {"how": "upload", "confirmation": [str(paper)]}}
    headers = {**one.person.headers, "If-Match": "*"}
    patched = await api.patch(f"/v1/drafts/{one.draft}", json={"answers": changed}, headers=headers)
    assert patched.status_code == 200, patched.text
    case = (await submit(api, one)).json()
    assert (case["state"], case["answers"]["moveIn"], case["confirmations"]) == ("submitted", LATER, [])
