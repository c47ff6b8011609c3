"""Drafts over HTTP: offline ids, merge patches, other devices, older versions, and nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.clock import system_now
from backend.db import Database
from backend.forms.queries import sweep_drafts
from tests.desk.house import book, visitor
from tests.forms.samples import PARKING, REGISTER, REPORT, answers
from tests.forms.test_versions import publish

Guest = Callable[[], Awaitable[dict[str, str]]]
Idem = Callable[[], dict[str, str]]


async def begin(api: httpx.AsyncClient, who: dict[str, str], form: str = REPORT, **body: Any) -> dict[str, Any]:
    """A draft of the form's first version."""
    wanted = {"id": str(uuid4()), "form": form, "version": 1, **body}
    answer = await api.post("/v1/drafts", json=wanted, headers={**who, "Idempotency-Key": uuid4().hex})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def change(api: httpx.AsyncClient, who: dict[str, str], draft: dict[str, Any], **patch: Any) -> httpx.Response:
    """A merge patch from the revision that ``draft`` has."""
    headers = {**who, "If-Match": f'"{draft["revision"]}"', "Content-Type": "application/merge-patch+json"}
    return await api.patch(f"/v1/drafts/{draft['id']}", json=patch, headers=headers)


async def test_a_draft_is_begun_offline_and_sent_as_often_as_the_network_wants(
    api: httpx.AsyncClient, guest: Guest, idem: Idem
) -> None:
    who, other = await guest(), await guest()
    body = {"id": str(uuid4()), "form": REPORT, "version": 1, "answers": {"category": "litter"}}
    first = await api.post("/v1/drafts", json=body, headers={**who, **idem()})
    # Another key: the app was restarted and knows of no earlier request.
    again = await api.post("/v1/drafts", json=body, headers={**who, **idem()})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert first.headers["etag"] == '"1"'
    assert first.headers["location"] == f"/v1/drafts/{body['id']}"
    assert (await api.post("/v1/drafts", json=body, headers={**other, **idem()})).json()["code"] == "draft-id-taken"
    twenty = await asyncio.gather(
        *(api.post("/v1/drafts", json={**body, "id": body["id"]}, headers={**who, **idem()}) for _ in range(20))
    )
    assert {answer.status_code for answer in twenty} == {201}
    listed = (await api.get("/v1/drafts", headers=who)).json()["items"]
    assert [item["id"] for item in listed] == [body["id"]]


async def test_problems_and_what_is_missing_are_told_and_nothing_is_refused(
    api: httpx.AsyncClient, guest: Guest
) -> None:
    who = await guest()
    draft = await begin(api, {**who, "Accept-Language": "de"}, answers={"category": "light", "description": "zu kurz"})
    assert [(p["pointer"], p["code"]) for p in draft["problems"]] == [("/description", "too-short")]
    assert draft["problems"][0]["detail"] == "Bitte beschreiben Sie es mit wenigstens zehn Zeichen."
    assert {p["pointer"] for p in draft["missing"]} == {"/district", "/wantsAnswer", "/lampNumber"}
    assert "/lampNumber" in draft["visible"]
    assert "/vehiclePlate" not in draft["visible"]


async def test_a_patch_merges_from_the_revision_that_was_seen(api: httpx.AsyncClient, guest: Guest) -> None:
    who = await guest()
    draft = await begin(api, who, answers={"category": "light", "point": {"latitude": 51.5}})
    bare = await api.patch(f"/v1/drafts/{draft['id']}", json={"answers": {}}, headers=who)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition-required")
    changed = await change(api, who, draft, answers={"category": None, "point": {"longitude": 7.1}})
    assert changed.status_code == 200
    assert changed.json()["answers"] == {"point": {"latitude": 51.5, "longitude": 7.1}}
    assert changed.headers["etag"] == '"2"'
    stale = await change(api, who, draft, answers={"place": "hier"})
    assert (stale.status_code, stale.json()["code"]) == (412, "draft-changed")
    assert stale.json()["current"]["revision"] == 2
    assert stale.json()["current"]["answers"] == changed.json()["answers"]


async def test_of_writers_at_one_moment_one_wins_and_no_update_is_lost(api: httpx.AsyncClient, guest: Guest) -> None:
    who = await guest()
    draft = await begin(api, who)

    async def write(n: int) -> int:
        """Adds a line of its own, however often it has to look again."""
        current, tries = draft, 0
        while True:
            tries += 1
            answer = await change(api, who, current, answers={"point": {f"x{n}": n}})
            if answer.status_code == 200:
                return tries
            assert answer.status_code == 412
            current = {"id": draft["id"], "revision": answer.json()["current"]["revision"]}

    tries = await asyncio.gather(*(write(n) for n in range(12)))
    final = (await api.get(f"/v1/drafts/{draft['id']}", headers=who)).json()
    assert final["answers"]["point"] == {f"x{n}": n for n in range(12)}
    assert final["revision"] == 13
    assert sum(tries) > 12  # they did meet


@pytest.mark.parametrize(
    "bad, code",
    [
        ({"description": "x" * 100_001}, "too-long"),
        ({"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}}}}}, "too-deep"),
        ({"n": 10**30}, "out-of-range"),
    ],
)
async def test_answers_are_bounded(api: httpx.AsyncClient, guest: Guest, bad: dict[str, Any], code: str) -> None:
    who = await guest()
    draft = await begin(api, who)
    answer = await change(api, who, draft, answers=bad)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


async def test_a_draft_is_its_persons_alone(
    api: httpx.AsyncClient, guest: Guest, clerk_headers: Callable[..., Awaitable[dict[str, str]]], idem: Idem
) -> None:
    draft = await begin(api, await guest())
    path = f"/v1/drafts/{draft['id']}"
    other, clerk = await guest(), await clerk_headers("city_admin")
    for who, status in ((other, 404), (clerk, 401), ({}, 401)):
        calls = [
            api.get(path, headers=who),
            api.patch(path, json={}, headers={**who, "If-Match": '"1"'}),
            api.delete(path, headers=who),
            api.post(f"{path}/migrate", json={}, headers={**who, **idem()}),
            api.post(f"{path}/confirmations", json={"kind": "landlord"}, headers={**who, **idem()}),
        ]
        assert [answer.status_code for answer in await asyncio.gather(*calls)] == [status] * len(calls)


async def test_an_old_version_goes_on_and_migrating_tells_what_is_lost(
    api: httpx.AsyncClient, guest: Guest, demo: Database, idem: Idem
) -> None:
    who = await guest()
    form, _, _ = await publish(demo)
    draft = await begin(api, who, str(form), answers={"dog": True, "name": "Bello", "chip": "1234", "old": 1})
    await publish(demo, {"dog.label": "Haben Sie einen Hund?"})
    path = f"/v1/drafts/{draft['id']}/migrate"
    tried = await api.post(path, json={}, headers={**who, **idem()})
    assert (tried.json()["lost"], tried.json()["draft"]["version"]) == (["/old"], 2)
    assert (await api.get(f"/v1/drafts/{draft['id']}", headers=who)).json()["version"] == 1
    done = await api.post(path, json={"dryRun": False}, headers={**who, **idem(), "If-Match": '"1"'})
    assert done.json()["draft"]["answers"] == {"dog": True, "name": "Bello", "chip": "1234"}
    assert (await api.get(f"/v1/drafts/{draft['id']}", headers=who)).json()["version"] == 2


async def test_a_retired_form_begins_no_draft_and_its_drafts_go_on(
    api: httpx.AsyncClient, guest: Guest, demo_owner_url: str, idem: Idem
) -> None:
    who = await guest()
    draft = await begin(api, who, PARKING)
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("UPDATE form_version SET state = 'retired', retired_at = now() WHERE form_id = $1", PARKING)
    await owner.close()
    body = {"id": str(uuid4()), "form": PARKING, "version": 1}
    refused = await api.post("/v1/drafts", json=body, headers={**who, **idem()})
    assert (refused.status_code, refused.json()["code"], refused.json()["newest"]) == (410, "form-retired", None)
    assert (await change(api, who, draft, answers={"kind": "new"})).status_code == 200


async def test_known_things_are_filled_in_from_ones_own_appointment(
    app: Litestar, api: httpx.AsyncClient, guest: Guest, idem: Idem
) -> None:
    mine, other = await visitor(api), await guest()
    booked = await book(app, mine)
    draft = await begin(api, mine.headers, REGISTER, appointment=str(booked.id), answers={"contact": {"phone": "123"}})
    assert draft["answers"]["contact"] == {"phone": "123", "email": "erika@example.org"}
    body = {"id": str(uuid4()), "form": REGISTER, "version": 1, "appointment": str(booked.id)}
    foreign = await api.post("/v1/drafts", json=body, headers={**other, **idem()})
    assert foreign.json()["errors"][0]["pointer"] == "/appointment"


async def test_a_draft_runs_out_a_month_after_the_last_change_and_says_so_before(
    app: Litestar, api: httpx.AsyncClient, guest: Guest, demo_owner_url: str
) -> None:
    who = await guest()
    draft = await begin(api, who)
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        told = "SELECT due_at, expires_at FROM notice WHERE kind = 'draft.expiring' AND subject_id = $1"
        [reminder] = await owner.fetch(told, draft["id"])
        assert reminder["expires_at"] - reminder["due_at"] == timedelta(days=3)
        await change(api, who, draft, answers={"place": "hier"})
        assert [r["due_at"] for r in await owner.fetch(told, draft["id"])] == [reminder["due_at"]]  # the same day
        await owner.execute("UPDATE draft SET expires_at = expires_at - interval '20 days'")
        slid = await change(api, who, {**draft, "revision": 2}, answers={"place": "dort"})
        [later] = await owner.fetch(told, draft["id"])
        assert later["due_at"] > reminder["due_at"] - timedelta(minutes=1)
        assert slid.json()["expiresAt"] >= draft["expiresAt"]
        await owner.execute("UPDATE draft SET expires_at = now() - interval '1 second'")
        gone = await api.get(f"/v1/drafts/{draft['id']}", headers=who)
        assert (gone.status_code, gone.json()["code"]) == (410, "draft-expired")
        async with app.state["context"].database.connection() as conn:
            assert await sweep_drafts(conn, system_now(), 100) == 1
        assert await owner.fetchval("SELECT count(*) FROM draft") == 0
        fresh = await begin(api, who)
        assert (await api.delete(f"/v1/drafts/{fresh['id']}", headers=who)).status_code == 204
        assert await owner.fetch(told, fresh["id"]) == []
    finally:
        await owner.close()


async def test_the_landlord_confirms_once_and_sees_no_more_than_the_form_says(
    api: httpx.AsyncClient, guest: Guest, idem: Idem, demo_owner_url: str
) -> None:
    who, key = await guest(), idem()
    draft = await begin(api, who, REGISTER, answers=answers("wohnsitz-anmelden"))
    path = f"/v1/drafts/{draft['id']}/confirmations"
    again = {**who, "If-None-Match": f'"{draft["revision"]}"'}
    assert (await api.get(f"/v1/drafts/{draft['id']}", headers=again)).status_code == 304
    first = (await api.post(path, json={"kind": "landlord"}, headers={**who, **key})).json()
    repeat = await api.post(path, json={"kind": "landlord"}, headers={**who, **key})
    assert (repeat.json(), repeat.headers["idempotent-replayed"]) == (first, "true")
    assert first["link"].endswith(f"/confirm/{first['token']}")
    assert (await api.get(f"/v1/drafts/{draft['id']}", headers=again)).status_code == 200, "somebody is asked now"
    link = f"/v1/confirmations/{first['token']}"
    asked = (await api.get(link)).json()
    text = str(asked)
    assert "Bismarckstraße" in text
    assert "Lena Sophie" in text
    assert "erika@example.org" not in text
    assert "+49 209" not in text
    # Of the people just their names: not when and where they were born, nor what they believe, nor their papers.
    assert [line["label"] for block in asked["answers"] for line in block["lines"]] == [
        "Tag des Einzugs", "Straße", "Hausnummer", "Stockwerk, Wohnungsnummer", "Postleitzahl",
        *["Vornamen", "Familienname"] * 3,
    ]  # fmt: skip
    second = (await api.post(path, json={"kind": "landlord"}, headers={**who, **idem()})).json()
    assert (await api.get(link)).json()["code"] == "confirmation-over"
    link = f"/v1/confirmations/{second['token']}"
    said = {"confirmed": True, "name": "Vera Vermieterin"}
    answered = await asyncio.gather(*(api.post(link, json=said, headers=idem()) for _ in range(10)))
    assert sorted(answer.status_code for answer in answered) == [200] + [410] * 9
    assert (await api.get(link)).json()["code"] == "confirmation-used"
    now = (await api.get(f"/v1/drafts/{draft['id']}", headers=who)).json()
    assert [(c["kind"], c["state"], c["name"]) for c in now["confirmations"]] == [
        ("landlord", "confirmed", "Vera Vermieterin")
    ]
    assert now["revision"] == 2
    # It is about the answers as they were: of others nobody has been asked, until they are the same again.
    for day, state in (("2026-12-01", "over"), (draft["answers"]["moveIn"], "confirmed")):
        seen = {**who, "If-Match": f'"{now["revision"]}"'}
        patched = await api.patch(f"/v1/drafts/{draft['id']}", json={"answers": {"moveIn": day}}, headers=seen)
        now = patched.json()
        assert [(c["kind"], c["state"]) for c in now["confirmations"]] == [("landlord", state)]
    assert (await api.get("/v1/confirmations/none")).json()["code"] == "confirmation-not-found"
    unknown = await api.post(path, json={"kind": "butcher"}, headers={**who, **idem()})
    assert unknown.json()["code"] == "confirmation-not-offered"
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        dump = str(await owner.fetch("SELECT c::text, (SELECT string_agg(encode(body, 'escape'), '') FROM"
                                     " idempotency_record)::text FROM confirmation c"))  # fmt: skip
        assert second["token"] not in dump
        assert first["token"] not in dump
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute("UPDATE confirmation SET outcome = 'refused' WHERE outcome IS NOT NULL")
        assert await owner.fetchval("SELECT count(*) FROM notice WHERE kind = 'draft.confirmed'") == 1
    finally:
        await owner.close()


async def test_a_link_is_made_only_for_answers_that_are_complete(
    api: httpx.AsyncClient, guest: Guest, idem: Idem
) -> None:
    who = await guest()
    partial = answers("wohnsitz-anmelden")
    partial["persons"][0].pop("givenNames")
    partial["contact"] = {}  # is not shown to the landlord, so it does not matter yet
    draft = await begin(api, who, REGISTER, answers=partial)
    refused = await api.post(
        f"/v1/drafts/{draft['id']}/confirmations", json={"kind": "landlord"}, headers={**who, **idem()}
    )
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/answers/persons/0/givenNames", "required")
    ]


async def test_a_repeat_of_what_was_refused_is_refused_alike(api: httpx.AsyncClient, guest: Guest, idem: Idem) -> None:
    who, key, other = await guest(), idem(), idem()
    draft = await begin(api, who, REGISTER)
    path = f"/v1/drafts/{draft['id']}/confirmations"
    body = {"id": str(uuid4()), "form": REGISTER, "version": 2_000_000_000}
    for _ in range(2):
        assert (await api.post(path, json={"kind": "butcher"}, headers={**who, **key})).status_code == 404
        assert (await api.post("/v1/drafts", json=body, headers={**who, **other})).status_code == 404
    assert (await api.get(f"/v1/forms/{REGISTER}/versions/{2**80}")).json()["code"] == "not-found"
    assert (await api.get(f"/v1/forms/{REGISTER}/versions/{2**80}/vectors")).json()["code"] == "not-found"
