"""The desk books for people without the app, and finds what they show or read out."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.appointments import passes
from backend.identity.keys import load_keys
from backend.settings import Settings
from tests.api.conftest import step
from tests.desk import house
from tests.desk.house import book, open_all_day, visitor, walk_in

Headers = dict[str, str]
Idem = Callable[[], Headers]


async def test_a_walk_in_gets_the_next_place_and_is_checked_in(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem, demo_owner_url: str
) -> None:
    await open_all_day(demo_owner_url, app)
    answers = [
        await api.post("/v1/clerk/appointments", json=await walk_in(app), headers={**clerk, **idem()})
        for _ in range(20)
    ]
    assert {a.status_code for a in answers} == {201}, answers[-1].text
    found = [a.json() for a in answers]
    assert {a["state"] for a in found} == {"checked_in"}
    starts = sorted(a["start"] for a in found)
    rules = await app.state["context"].engine.rules(UUID(found[0]["office"]["id"]))
    service = UUID(found[0]["services"][0]["service"])
    serving = [counter for counter in rules.counters if service in counter.service_ids]
    assert any(counter.staff_only for counter in serving)
    assert len(serving) < len(found)
    # One at each counter that serves it, those for staff only included; who comes then waits for the first of them.
    assert {a["counter"]["id"] for a in found} == {str(counter.id) for counter in serving}
    assert starts[len(serving)] > starts[0]
    queue = (await api.get(f"/v1/clerk/offices/{house.OFFICE}/queue", headers=clerk)).json()
    assert len(queue["waiting"]) == 20
    assert [t["start"] for t in queue["waiting"]] == starts


async def test_a_repeated_walk_in_is_the_same_booking(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem, demo_owner_url: str
) -> None:
    await open_all_day(demo_owner_url, app)
    headers, body = {**clerk, **idem()}, await walk_in(app)
    first, second = [await api.post("/v1/clerk/appointments", json=body, headers=headers) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]


async def test_a_caller_is_booked_for_a_time_and_not_checked_in(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem
) -> None:
    start = (await house.free(app))[0].start
    body = await walk_in(app, channel="phone", start=start.isoformat(), contact={"phone": "+49 209 1690"})
    answer = await api.post("/v1/clerk/appointments", json=body, headers={**clerk, **idem()})
    assert (answer.status_code, answer.json()["state"], answer.json()["channel"]) == (201, "confirmed", "phone")


async def test_the_desk_books_whole_minutes_and_nothing_that_is_over(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem
) -> None:
    start = (await house.free(app))[0].start
    for when in (start - timedelta(days=364), start + timedelta(milliseconds=500), start + timedelta(seconds=30)):
        body = {**await walk_in(app), "channel": "phone", "start": when.isoformat()}
        answer = await api.post("/v1/clerk/appointments", json=body, headers={**clerk, **idem()})
        assert (answer.status_code, answer.json()["code"]) == (409, "slot-not-offered"), when


async def test_when_today_is_closed_the_desk_is_told_what_else_is_free(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem, demo_owner_url: str
) -> None:
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute(
        """INSERT INTO closure (id, city_id, starts_at, ends_at, created_by)
           VALUES (gen_random_uuid(), $1, now() - interval '1 day', now() + interval '26 hours', 'test')""",
        house.CITY,
    )
    await owner.execute("UPDATE office SET rules_version = rules_version + 1")
    await owner.close()
    answer = await api.post("/v1/clerk/appointments", json=await walk_in(app), headers={**clerk, **idem()})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-free-today")
    assert len(answer.json()["alternatives"]) == 3


@pytest.mark.parametrize("written", ["{}", "{} ", " {}"])
async def test_what_is_read_out_is_found_however_it_is_written(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem, written: str
) -> None:
    booked = await book(app, await visitor(api))
    spoken = written.format(booked.reference.lower().replace("-", " "))
    found = await api.post("/v1/clerk/appointments/lookup", json={"reference": spoken}, headers={**clerk, **idem()})
    assert (found.status_code, found.json()["appointment"]["id"]) == (200, str(booked.id))
    assert found.json()["pass"] is None


async def test_a_misheard_reference_is_refused_before_anything_is_searched(
    api: httpx.AsyncClient, clerk: Headers, idem: Idem
) -> None:
    for body in ({"reference": "GE-7K4M-92XA"}, {}, {"reference": "GE-7K4M-92XQ", "pass": "x"}):
        answer = await api.post("/v1/clerk/appointments/lookup", json=body, headers={**clerk, **idem()})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")


async def test_a_pass_is_found_and_an_outdated_one_is_told(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem
) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    shown = (await api.get(f"/v1/appointments/{booked.id}/pass", headers=person.headers)).json()["token"]
    address = "/v1/clerk/appointments/lookup"
    fresh = (await api.post(address, json={"pass": shown}, headers={**clerk, **idem()})).json()
    assert (fresh["appointment"]["id"], fresh["pass"]["current"]) == (str(booked.id), True)
    start = booked.starts_at + timedelta(minutes=5)
    await step(api, clerk, idem)(booked.id, "reschedule", start=start.isoformat())
    old = (await api.post(address, json={"pass": shown}, headers={**clerk, **idem()})).json()
    assert (old["pass"]["current"], old["pass"]["revision"]) == (False, 0)


async def test_a_forged_pass_is_refused(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem, settings: Settings, test_keys: dict[str, str]
) -> None:
    booked = await book(app, await visitor(api))
    zone = (await app.state["context"].engine.rules(booked.office_id)).zone
    claims = passes.claims_of(booked, "x", zone, "https://elsewhere.example")
    elsewhere = passes.sign(claims, load_keys(settings.pass_signing_keys, "EdDSA")[0])
    for token in ("x.y.z", elsewhere):
        answer = await api.post("/v1/clerk/appointments/lookup", json={"pass": token}, headers={**clerk, **idem()})
        assert (answer.status_code, answer.json()["code"]) == (400, "pass-invalid")
