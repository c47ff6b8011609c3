"""Clerks change hours and add closures: only where they manage, and nobody is stranded without having been seen."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.db import Database
from tests.catalogue.booked import BERLIN, book, next_weekday

Headers = dict[str, str]
SignIn = Callable[..., Awaitable[Headers]]
Idem = Callable[[], Headers]

HORST, ERLE = "0193a000-0003-7000-8000-000000000003", "0193a000-0003-7000-8000-000000000004"
HORST_1, ERLE_1 = "0193a000-0004-7000-8000-000000000301", "0193a000-0004-7000-8000-000000000401"
BOTTROP_1 = "0193a001-0004-7000-8000-000000000101"
CARD = UUID("0193a000-0002-7000-8000-000000000001")
HOURS = f"/v1/clerk/counters/{HORST_1}/opening-hours"
MORNINGS = {"rules": [{"weekday": day, "opens": "08:00", "closes": "10:00"} for day in range(1, 6)]}


@pytest.fixture
async def manager(clerk_headers: SignIn) -> Headers:
    """Of the office at Schloss Horst."""
    return await clerk_headers("office_manager", "schloss-horst")


async def rules_version(demo: Database, office: str = HORST) -> int:
    async with demo.connection() as conn:
        return int(await conn.fetchval("SELECT rules_version FROM office WHERE id = $1", UUID(office)))


def closing(start: datetime, hours: float = 1, **what: Any) -> dict[str, Any]:
    return {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat(), **what}


async def test_hours_are_read_and_changed(api: httpx.AsyncClient, manager: Headers, demo: Database) -> None:
    before, version = await api.get(HOURS, headers=manager), await rules_version(demo)
    assert before.status_code == 200
    assert len(before.json()["rules"]) == 8
    changed = await api.put(HOURS, json=MORNINGS, headers={**manager, "If-Match": before.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert [(r["weekday"], r["opens"], r["closes"]) for r in changed.json()["rules"]] == [
        (day, "08:00", "10:00") for day in range(1, 6)
    ]
    after = await api.get(HOURS, headers=manager)
    assert after.json()["rules"] == changed.json()["rules"]
    assert after.headers["etag"].removeprefix("W/") == changed.headers["etag"].removeprefix("W/")
    assert await rules_version(demo) == version + 1
    async with demo.connection() as conn:
        entry = await conn.fetchrow("SELECT actor_kind, action, entity_id FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert entry is not None
    assert tuple(entry.values()) == ("clerk", "hours.change", HORST_1)


async def test_the_same_hours_again_change_nothing(api: httpx.AsyncClient, manager: Headers, demo: Database) -> None:
    before, version = (await api.get(HOURS, headers=manager)).json(), await rules_version(demo)
    answer = await api.put(HOURS, json={"rules": list(reversed(before["rules"]))}, headers=manager)
    assert answer.json()["rules"] == before["rules"]
    assert await rules_version(demo) == version


async def test_a_stale_change_is_refused_with_what_is_there(api: httpx.AsyncClient, manager: Headers) -> None:
    seen = (await api.get(HOURS, headers=manager)).headers["etag"]
    assert (await api.put(HOURS, json=MORNINGS, headers=manager)).status_code == 200
    late = await api.put(HOURS, json={"rules": []}, headers={**manager, "If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "hours-changed")
    assert late.json()["current"][0] == "Mon 08:00-10:00"
    assert len((await api.get(HOURS, headers=manager)).json()["rules"]) == 5


async def test_a_dry_run_lists_who_would_be_stranded_and_changes_nothing(
    api: httpx.AsyncClient, manager: Headers, demo: Database
) -> None:
    start, version = next_weekday(4), await rules_version(demo)
    stranded = await book(demo, UUID(HORST_1), start, service=CARD)
    await book(demo, UUID(HORST_1), start - timedelta(hours=1), service=CARD)
    before = (await api.get(HOURS, headers=manager)).json()
    answer = await api.put(HOURS, params={"dryRun": "true"}, json=MORNINGS, headers=manager)
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["stranded"]
    assert found == {
        "id": str(stranded),
        "reference": found["reference"],
        "office": HORST,
        "counter": HORST_1,
        "start": start.astimezone(BERLIN).isoformat(),
        "end": (start + timedelta(minutes=15)).astimezone(BERLIN).isoformat(),
        "reason": "closed",
    }
    assert answer.json()["dryRun"] is True
    assert len(answer.json()["rules"]) == 5
    assert (await api.get(HOURS, headers=manager)).json() == before
    assert await rules_version(demo) == version


async def test_stranding_is_refused_unless_it_is_accepted(
    api: httpx.AsyncClient, manager: Headers, demo: Database
) -> None:
    stranded = await book(demo, UUID(HORST_1), next_weekday(4), service=CARD)
    refused = await api.put(HOURS, json=MORNINGS, headers=manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "appointments-stranded")
    assert [a["id"] for a in refused.json()["appointments"]] == [str(stranded)]
    assert "Mustermann" not in refused.text
    assert len((await api.get(HOURS, headers=manager)).json()["rules"]) == 8
    accepted = await api.put(HOURS, json={**MORNINGS, "acceptStranded": True}, headers=manager)
    assert accepted.status_code == 200
    assert [a["id"] for a in accepted.json()["stranded"]] == [str(stranded)]


async def test_a_change_waits_for_bookings_that_are_half_way(
    api: httpx.AsyncClient, manager: Headers, demo: Database
) -> None:
    async with demo.connection() as conn, conn.transaction():
        await conn.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended('office:' || $1::uuid, 0))", UUID(HORST)
        )
        change = asyncio.create_task(api.put(HOURS, json=MORNINGS, headers=manager))
        await asyncio.sleep(0.3)
        assert not change.done()
        dry = await api.put(HOURS, params={"dryRun": "true"}, json=MORNINGS, headers=manager)
        assert dry.status_code == 200, "a dry run waits for nobody"
    assert (await change).status_code == 200


@pytest.mark.parametrize(
    "rule,pointer",
    [
        ({"weekday": 1, "opens": "10:00", "closes": "08:00"}, "/rules/1/closes"),
        ({"weekday": 1, "opens": "09:00", "closes": "11:00"}, "/rules/1"),
        ({"weekday": 8, "opens": "09:00", "closes": "11:00"}, "/rules/1/weekday"),
        ({"weekday": 2, "opens": "9 Uhr", "closes": "11:00"}, "/rules/1/opens"),
        ({"weekday": 2, "opens": "09:00", "closes": "11:00", "everyWeeks": 2}, "/rules/1/anchor"),
        (
            {"weekday": 2, "opens": "09:00", "closes": "11:00", "validFrom": "2027-02-01", "validUntil": "2027-01-01"},
            "/rules/1/validUntil",
        ),
    ],
)
async def test_rules_that_make_no_sense_are_refused(
    api: httpx.AsyncClient, manager: Headers, rule: dict[str, Any], pointer: str
) -> None:
    answer = await api.put(HOURS, json={"rules": [MORNINGS["rules"][0], rule]}, headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("counter", [ERLE_1, BOTTROP_1, "0193a000-0004-7000-8000-00000000ffff"])
async def test_counters_of_others_do_not_exist(api: httpx.AsyncClient, manager: Headers, counter: str) -> None:
    path = f"/v1/clerk/counters/{counter}/opening-hours"
    for answer in (await api.get(path, headers=manager), await api.put(path, json=MORNINGS, headers=manager)):
        assert (answer.status_code, answer.json()["code"]) == (404, "counter-not-found")


async def test_who_only_works_at_the_desk_may_not(api: httpx.AsyncClient, clerk_headers: SignIn, idem: Idem) -> None:
    clerk = await clerk_headers("clerk", "schloss-horst")
    body = closing(next_weekday(4), office=HORST)
    assert (await api.get(HOURS, headers=clerk)).status_code == 403
    assert (await api.put(HOURS, json=MORNINGS, headers=clerk)).status_code == 403
    assert (await api.post("/v1/clerk/closures", json=body, headers={**clerk, **idem()})).status_code == 403
    assert (await api.get(HOURS)).status_code == 401


async def test_an_admin_reaches_every_office_of_the_own_city_only(
    api: httpx.AsyncClient, clerk_headers: SignIn
) -> None:
    admin = await clerk_headers("city_admin", None)
    assert (await api.get(HOURS, headers=admin)).status_code == 200
    other = await clerk_headers("city_admin", None, "bottrop")
    assert (await api.get(HOURS, headers=other)).status_code == 404


async def test_a_closure_closes_and_its_removal_opens_again(
    api: httpx.AsyncClient, manager: Headers, demo: Database, idem: Idem
) -> None:
    version = await rules_version(demo)
    body = closing(next_weekday(4), office=HORST, reason={"de": "Umbau", "en": "Building work"})
    key = idem()
    added = await api.post("/v1/clerk/closures", json=body, headers={**manager, **key})
    assert added.status_code == 201, added.text
    again = await api.post("/v1/clerk/closures", json=body, headers={**manager, **key})
    assert (again.json(), again.headers["idempotent-replayed"]) == (added.json(), "true")
    office = await api.get("/v1/cities/gelsenkirchen/offices/schloss-horst", headers={"Accept-Language": "en"})
    assert [c["reason"] for c in office.json()["closures"]] == ["Building work"]
    closure = added.json()["closure"]["id"]
    listed = await api.get("/v1/clerk/closures", params={"office": HORST}, headers=manager)
    assert [c["id"] for c in listed.json()["items"]] == [closure]
    dry = await api.delete(f"/v1/clerk/closures/{closure}", params={"dryRun": "true"}, headers=manager)
    assert dry.status_code == 200
    assert await rules_version(demo) == version + 1
    assert (await api.delete(f"/v1/clerk/closures/{closure}", headers=manager)).status_code == 200
    assert await rules_version(demo) == version + 2
    assert (await api.delete(f"/v1/clerk/closures/{closure}", headers=manager)).status_code == 404


async def test_what_is_closed_is_no_longer_offered_and_comes_back(
    api: httpx.AsyncClient, manager: Headers, idem: Idem
) -> None:
    """The answer is remembered by the API: a change of rules has to make it stale at once."""
    start = next_weekday(4)
    day = {"service": "personalausweis", "office": "schloss-horst", "date": start.astimezone(BERLIN).date().isoformat()}

    async def offered() -> int:
        answer = await api.get("/v1/cities/gelsenkirchen/availability/slots", params=day)
        assert answer.status_code == 200, answer.text
        return sum(slot["free"] for slot in answer.json()["items"])

    before = await offered()
    body = closing(start, hours=1, office=HORST)
    added = await api.post("/v1/clerk/closures", json=body, headers={**manager, **idem()})
    assert await offered() == before - 4 * 6, "four quarters of an hour at six counters"
    await api.delete(f"/v1/clerk/closures/{added.json()['closure']['id']}", headers=manager)
    assert await offered() == before
    await api.put(HOURS, json={"rules": []}, headers=manager)
    assert await offered() == before * 5 // 6


async def test_a_closure_tells_whom_it_would_strand(
    api: httpx.AsyncClient, manager: Headers, demo: Database, idem: Idem
) -> None:
    start = next_weekday(4)
    stranded = await book(demo, UUID(HORST_1), start, service=CARD)
    await book(demo, UUID(HORST_1), start + timedelta(hours=1), service=CARD)
    body, key = closing(start, counter=HORST_1), idem()
    dry = await api.post("/v1/clerk/closures", params={"dryRun": "true"}, json=body, headers={**manager, **key})
    assert dry.status_code == 200, dry.text
    assert [a["id"] for a in dry.json()["stranded"]] == [str(stranded)]
    refused = await api.post("/v1/clerk/closures", json=body, headers={**manager, **key})
    assert (refused.status_code, refused.json()["code"]) == (409, "appointments-stranded")
    body = {**body, "acceptStranded": True}
    assert (await api.post("/v1/clerk/closures", json=body, headers={**manager, **idem()})).status_code == 201


async def test_only_admins_close_the_city_and_only_their_own(
    api: httpx.AsyncClient, manager: Headers, clerk_headers: SignIn, demo: Database, idem: Idem
) -> None:
    body = closing(next_weekday(4), city="gelsenkirchen")
    assert (await api.post("/v1/clerk/closures", json=body, headers={**manager, **idem()})).status_code == 403
    admin = await clerk_headers("city_admin", None)
    foreign = closing(next_weekday(4), city="bottrop")
    assert (await api.post("/v1/clerk/closures", json=foreign, headers={**admin, **idem()})).status_code == 404
    before = [await rules_version(demo, office) for office in (HORST, ERLE)]
    added = await api.post("/v1/clerk/closures", json=body, headers={**admin, **idem()})
    assert added.status_code == 201, added.text
    assert [await rules_version(demo, office) for office in (HORST, ERLE)] == [version + 1 for version in before]
    closure = added.json()["closure"]["id"]
    assert (await api.delete(f"/v1/clerk/closures/{closure}", headers=manager)).status_code == 403
    other = await clerk_headers("city_admin", None, "bottrop")
    assert (await api.delete(f"/v1/clerk/closures/{closure}", headers=other)).status_code == 404


async def test_a_city_wide_closure_sees_the_appointments_of_all_its_offices(
    api: httpx.AsyncClient, clerk_headers: SignIn, demo: Database, idem: Idem
) -> None:
    start = next_weekday(4)
    booked = {str(await book(demo, UUID(counter), start, service=CARD)) for counter in (HORST_1, ERLE_1)}
    await book(demo, UUID(BOTTROP_1), start, service=UUID("0193a001-0002-7000-8000-000000000001"))
    admin = await clerk_headers("city_admin", None)
    dry = await api.post(
        "/v1/clerk/closures",
        params={"dryRun": "true"},
        json=closing(start, city="gelsenkirchen"),
        headers={**admin, **idem()},
    )
    assert {a["id"] for a in dry.json()["stranded"]} == booked


@pytest.mark.parametrize(
    "change,pointers",
    [
        ({"office": None}, [""]),
        ({"counter": HORST_1}, [""]),
        ({"end": "2020-01-01T00:00:00+01:00", "start": "2019-12-31T00:00:00+01:00"}, ["/end"]),
        ({"end": "2026-01-01T00:00:00+01:00", "start": "2026-01-01T00:00:00+01:00"}, ["/end"]),
        ({"end": "9999-12-31T23:59:59-12:00"}, ["/end"]),
        ({"start": "0001-01-01T00:00:00+12:00"}, ["/end"]),
        ({"start": "2026-01-01T00:00:00"}, ["/start"]),
    ],
)
async def test_closures_that_make_no_sense_are_refused(
    api: httpx.AsyncClient, manager: Headers, idem: Idem, change: dict[str, Any], pointers: list[str]
) -> None:
    body = {**closing(next_weekday(4), office=HORST), **change}
    answer = await api.post("/v1/clerk/closures", json=body, headers={**manager, **idem()})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input"), answer.text
    assert [e["pointer"] for e in answer.json()["errors"]] == pointers
