"""The desk: clerks see and change what is at their own offices, exactly once, and nothing elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from backend.db.pool import SYSTEM
from tests.api.conftest import step
from tests.desk import house
from tests.desk.house import CONFIRMED_BY_CLERK, book, visitor, walk_in

Headers = dict[str, str]
Clerks = Callable[..., Awaitable[Headers]]
Idem = Callable[[], Headers]
OTHERS = [("clerk", "rathaus-buer", "gelsenkirchen"), ("city_admin", None, "bottrop")]


async def test_the_whole_life_at_the_desk(api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem) -> None:
    booked = await book(app, await visitor(api))
    go = step(api, clerk, idem)
    for action, state in [
        ("check-in", "checked_in"),
        ("call", "called"),
        ("park", "parked"),
        ("call", "called"),
        ("complete", "completed"),
    ]:
        answer = await go(booked.id, action)
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    assert answer.json()["actions"] == []
    assert answer.json()["version"] == 6
    again = await go(booked.id, "complete")
    assert (again.status_code, again.json()["code"]) == (409, "appointment-state")


async def test_a_request_waits_on_top_of_the_day_until_it_is_confirmed(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks, idem: Idem
) -> None:
    slots = await house.free(app, CONFIRMED_BY_CLERK, "rathaus-buer")
    clerk = await clerk_headers("clerk", "rathaus-buer")
    booked = await book(
        app, await visitor(api), service_slug=CONFIRMED_BY_CLERK, office_slug="rathaus-buer", slot=slots[0]
    )
    day = f"/v1/clerk/offices/rathaus-buer/day?date={slots[0].start.date()}"
    before = (await api.get(day, headers=clerk)).json()
    assert [a["id"] for a in before["requested"]] == [str(booked.id)]
    assert before["counts"]["requested"] == 1
    answer = await step(api, clerk, idem)(booked.id, "confirm")
    assert answer.json()["state"] == "confirmed"
    after = (await api.get(day, headers=clerk)).json()
    assert (after["requested"], after["counts"]["confirmed"]) == ([], 1)


async def test_a_rejection_owes_a_reason_and_frees_the_place(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks, idem: Idem
) -> None:
    slots = await house.free(app, CONFIRMED_BY_CLERK, "rathaus-buer")
    clerk = await clerk_headers("clerk", "rathaus-buer")
    booked = await book(
        app, await visitor(api), service_slug=CONFIRMED_BY_CLERK, office_slug="rathaus-buer", slot=slots[0]
    )
    go = step(api, clerk, idem)
    refused = await go(booked.id, "reject")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/reason")
    rejected = await go(booked.id, "reject", reason="Die Unterlagen fehlen")
    assert (rejected.json()["state"], rejected.json()["reason"]) == ("rejected", "Die Unterlagen fehlen")
    assert (await house.free(app, CONFIRMED_BY_CLERK, "rathaus-buer"))[0] == slots[0]


async def test_the_day_shows_counters_openings_names_and_holds_without_names(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers
) -> None:
    booked = await book(app, await visitor(api), name="Erika Mustermann")
    context = app.state["context"]
    held = await book(app, await visitor(api), name="Noch unbekannt")
    async with context.database.connection() as conn:  # back to a hold: its place alone is what the desk sees
        await conn.execute("UPDATE place SET hold_until = now() + interval '5 minutes' WHERE id = $1", held.place_id)
    day = (await api.get(f"/v1/clerk/offices/{house.OFFICE}/day?date={booked.starts_at.date()}", headers=clerk)).json()
    assert day["zone"] == "Europe/Berlin"
    counters = {counter["id"]: counter for counter in day["counters"]}
    assert [counter["name"] for counter in day["counters"] if counter["staffOnly"]]
    mine = counters[str(booked.counter_id)]
    assert [a["person"]["name"] for a in mine["appointments"]] == ["Erika Mustermann"]
    assert mine["openings"][0]["start"].endswith(("+01:00", "+02:00"))
    (hold,) = counters[str(held.counter_id)]["holds"]
    assert set(hold) == {"start", "end", "until"}


async def test_each_look_at_names_is_recorded_and_an_unchanged_day_is_not_sent_again(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers
) -> None:
    booked = await book(app, await visitor(api))
    address = f"/v1/clerk/offices/{house.OFFICE}/day?date={booked.starts_at.date()}"
    first = await api.get(address, headers=clerk)
    again = await api.get(address, headers={**clerk, "If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    async with app.state["context"].database.connection() as conn:
        rows = await conn.fetch("SELECT actor_kind, detail FROM audit_entry WHERE action = 'day.read'")
    assert [(row["actor_kind"], row["detail"]) for row in rows] == [
        ("clerk", {"date": booked.starts_at.date().isoformat()})
    ]


@pytest.mark.parametrize("role, office, city", OTHERS)
async def test_other_offices_and_cities_do_not_exist(
    api: httpx.AsyncClient,
    app: Litestar,
    clerk_headers: Clerks,
    idem: Idem,
    role: str,
    office: str | None,
    city: str,
) -> None:
    booked = await book(app, await visitor(api))
    other = await clerk_headers(role, office, city)
    for action in ("confirm", "check-in", "call", "park", "complete", "no-show", "cancel"):
        answer = await step(api, other, idem)(booked.id, action)
        assert (answer.status_code, answer.json()["code"]) == (404, "appointment-not-found"), action
    moved = await step(api, other, idem)(booked.id, "reschedule", start="2030-01-07T10:00:00+01:00")
    assert moved.status_code == 404
    unknown = await step(api, other, idem)(uuid4(), "cancel")
    assert unknown.json()["code"] == "appointment-not-found"
    for path in ("day", "queue"):
        answer = await api.get(f"/v1/clerk/offices/{house.OFFICE}/{path}", headers=other)
        assert answer.status_code == 404
    found = await api.post(
        "/v1/clerk/appointments/lookup", json={"reference": booked.reference}, headers={**other, **idem()}
    )
    assert found.status_code == 404
    body = walk_in(app)
    refused = await api.post("/v1/clerk/appointments", json=await body, headers={**other, **idem()})
    assert refused.status_code == 404
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        assert await conn.fetchval("SELECT state FROM appointment WHERE id = $1", booked.id) == "confirmed"


async def test_no_citizen_works_at_the_desk(api: httpx.AsyncClient, app: Litestar, idem: Idem) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    assert (await step(api, person.headers, idem)(booked.id, "complete")).status_code == 401
    assert (await api.get(f"/v1/clerk/offices/{house.OFFICE}/day", headers=person.headers)).status_code == 401


async def test_of_two_clerks_who_saw_the_same_version_one_wins(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks, idem: Idem
) -> None:
    booked = await book(app, await visitor(api))
    one, other = [await clerk_headers("clerk", house.OFFICE) for _ in range(2)]
    answers = await asyncio.gather(
        step(api, one, idem)(booked.id, "check-in", match=1), step(api, other, idem)(booked.id, "cancel", match=1)
    )
    assert sorted(a.status_code for a in answers) == [200, 412]
    lost = next(a for a in answers if a.status_code == 412).json()
    won = next(a for a in answers if a.status_code == 200).json()
    assert lost["current"] == {"version": 2, "state": won["state"]}


async def test_a_repeated_step_happens_once(api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem) -> None:
    booked = await book(app, await visitor(api))
    headers = {**clerk, **idem()}
    address = f"/v1/clerk/appointments/{booked.id}/check-in"
    first, second = [await api.post(address, json={}, headers=headers) for _ in range(2)]
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_clerk_moves_without_a_hold_off_the_grid_and_to_a_counter_of_choice(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem
) -> None:
    booked = await book(app, await visitor(api))
    start = booked.starts_at + timedelta(minutes=17)
    rules = await app.state["context"].engine.rules(booked.office_id)
    staff = next(c for c in rules.counters if c.staff_only and set(booked.service_ids) <= c.service_ids)
    moved = await step(api, clerk, idem)(
        booked.id, "reschedule", match=1, start=start.isoformat(), counter=str(staff.id)
    )
    assert moved.status_code == 200, moved.text
    assert moved.json()["counter"]["name"] == staff.name
    assert (moved.json()["state"], moved.json()["version"]) == ("confirmed", 2)
    night = await step(api, clerk, idem)(booked.id, "reschedule", start=start.replace(hour=1).isoformat())
    assert (night.status_code, night.json()["code"]) == (409, "slot-not-offered")


async def test_a_taken_counter_is_refused_with_alternatives_and_so_is_the_repeat(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem
) -> None:
    slot = (await house.free(app))[0]
    taken, other = [await book(app, await visitor(api), slot=slot) for _ in range(2)]
    assert taken.counter_id != other.counter_id
    headers = {**clerk, **idem()}
    body = {"start": slot.start.isoformat(), "counter": str(taken.counter_id)}
    address = f"/v1/clerk/appointments/{other.id}/reschedule"
    first, second = [await api.post(address, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()["code"]) == (409, "slot-taken")
    assert len(first.json()["alternatives"]) == 3
    assert second.json() == first.json()


async def test_an_admin_sees_every_office_of_the_city(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks, idem: Idem
) -> None:
    booked = await book(app, await visitor(api))
    admin = await clerk_headers("city_admin", None)
    assert (await step(api, admin, idem)(booked.id, "check-in")).status_code == 200
    for office in (house.OFFICE, "rathaus-buer", str(booked.office_id)):
        assert (await api.get(f"/v1/clerk/offices/{office}/day", headers=admin)).status_code == 200
