"""The sandbox: unhappy paths on demand and time that passes at a word, for test keys and for nobody else."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from litestar import Litestar

from api.context import context_of
from api.middleware.app_versions import AppVersions
from api.middleware.app_versions import wish as wish_to_be_old
from backend.appointments import service as appointments
from backend.clock import system_now
from backend.db import Database
from backend.notices import service as notices
from backend.sandbox import magic
from backend.sandbox.service import decide
from backend.settings import Settings
from tests.api.conftest import CITY, Headers
from tests.api.testers import Guest
from tests.notifications.people import rows

ROOT = Path(__file__).parents[2]
_CLERKS = ("needs-clerk", "clerk-confirms", "clerk-rejects")


async def test_unhappy_paths_come_when_they_are_wanted(
    tester: Callable[[], Awaitable[Guest]], demo: Database, app: Litestar
) -> None:
    one = await tester()
    assert "sandbox" in [city["id"] for city in (await one.get("/v1/cities")).json()["items"]]
    starts = await one.starts()
    lost = await one.hold(next(start for start in starts if "T13:00" in start))
    assert (lost.status_code, lost.json()["code"]) == (409, "slot-taken")
    alternatives = [near["start"] for near in lost.json()["alternatives"]]
    assert alternatives and not [near for near in alternatives if "T13:00" in near]
    assert (await one.hold(alternatives[0])).status_code == 201, "an alternative can be had"

    limited = await one.get("/v1/me", **{"Sandbox-Answer": "429"})
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    absent = await one.get("/v1/cities/sandbox/services", **{"Sandbox-Answer": "503"})
    assert (absent.status_code, absent.json()["code"]) == (503, "temporarily-unavailable")
    assert absent.headers["retry-after"]

    for wish in ("418", "", "Slow", "429,503"):
        unknown = await one.get("/v1/me", **{"Sandbox-Answer": wish})
        assert (unknown.status_code, unknown.json()["code"]) == (400, "sandbox-answer-unknown"), wish
        assert unknown.json()["values"] == ["426", "429", "503", "slow"]

    booked = {name: await (await tester()).book(starts[10], name) for name in _CLERKS}
    assert {one["state"] for one in booked.values()} == {"requested"}
    assert await decide(demo, system_now()) == 0, "not yet"
    assert await decide(demo, system_now() + timedelta(seconds=magic.DECIDED_AFTER_SECONDS + 1)) == 2
    found = await rows(demo, "SELECT id, state, reason FROM appointment WHERE city_id = 'sandbox'")
    states = {str(row["id"]): (row["state"], bool(row["reason"])) for row in found}
    assert [states[booked[name]["id"]] for name in _CLERKS] == [
        ("requested", False),
        ("confirmed", False),
        ("rejected", True),
    ]
    assert context_of(app).settings.rate_limits == "off", "none of it was a real limit"


async def test_an_app_is_too_old_when_it_wants_to_be_and_may_end_what_it_began(
    tester: Callable[[], Awaitable[Guest]], make_settings: Callable[..., Settings], demo_url: str
) -> None:
    one, wish = await tester(), {"Sandbox-Answer": "426"}
    booked = await one.book((await one.starts())[10])
    for path in ("/v1/me", "/v1/cities/sandbox/services", f"/v1/appointments/{booked['id']}"):
        told = await one.get(path, **wish, **{"App-Version": "ios/7.0", "Accept-Language": "de"})
        assert (told.status_code, told.json()["code"], told.json()["platform"]) == (426, "app-outdated", "ios"), path
        assert (told.json()["minimum"], told.json()["store"]) == (magic.NEWER_THAN_ANY, None)
    # By the short way, and from what is remembered for everybody, too.
    slots = "/v1/cities/sandbox/availability/slots?service=automatic&office=testamt"
    asked = [(await one.api.get(slots, headers=one.headers | more)).status_code for more in ({}, {}, wish)]
    assert asked == [200, 200, 426]
    assert (await one.post("/v1/holds", {}, **wish)).json()["code"] == "app-outdated"
    assert (await one.get("/v1/bootstrap?city=sandbox", **wish)).status_code == 200
    assert (await one.post(f"/v1/appointments/{booked['id']}/cancel", {}, **wish)).json()["state"] == "cancelled"
    said = AppVersions(
        make_settings(demo_url, app_minimum_versions="android=2.0", app_stores="android=https://s.example")
    )
    scope: dict[str, Any] = {"path": "/v1/me", "headers": [(b"app-version", b"android/3")], "state": {}}
    assert said.outdated(scope) is None
    wish_to_be_old(scope)
    found = said.outdated(scope)
    assert found is not None and (found.minimum, found.store) == ("2.0", "https://s.example"), (
        "what the installation says"
    )
    assert not said.serves(scope)


async def test_a_real_city_knows_no_magic(
    api: httpx.AsyncClient, client_keys: dict[str, Headers], guest: Callable[[], Awaitable[Headers]],
    idem: Callable[[], Headers],
) -> None:  # fmt: skip
    person = await guest()
    for key in ({}, client_keys["live"]):
        for wish in ("426", "429", "503", "slow", "418"):
            began = time.monotonic()
            headers = {**person, **key, "Sandbox-Answer": wish}
            assert (await api.get("/v1/me", headers=headers)).status_code == 200
            assert time.monotonic() - began < magic.SLOW_SECONDS / 2
        assert "sandbox" not in [c["id"] for c in (await api.get("/v1/cities", headers=key)).json()["items"]]
        assert (await api.get("/v1/cities/sandbox", headers=key)).status_code in {401, 403}
        forward = await api.post("/v1/sandbox/clock", json={"forwardMinutes": 1}, headers={**person, **key, **idem()})
        assert forward.status_code in {401, 403}
    taken = await api.get(f"/v1/cities/{CITY}", headers=client_keys["test"])
    assert taken.json()["code"] == "client-key-not-for-city"
    assert magic.sandbox_of(None) is None
    assert magic.is_dead_target("sandbox", "sandbox-dead-1") and not magic.is_dead_target(CITY, "sandbox-dead-1")
    assert not magic.is_dead_target(None, "sandbox-dead-1")
    # One place: no other module knows a value, or makes what does magic.
    told = re_words((magic.DEAD_TARGET, magic.CONFIRMED, magic.REJECTED, magic.HEADER, "Sandbox()"))
    assert told == {"backend/sandbox/magic.py"}


def re_words(words: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for room in ("backend", "api", "notifications"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if any(word in text for word in words):
                found.add(str(path.relative_to(ROOT)))
    return found


async def test_time_moves_for_its_person_alone(
    tester: Callable[[], Awaitable[Guest]], demo: Database, settings: Settings, demo_owner_url: str
) -> None:
    one, other = await tester(), await tester()
    starts = await one.starts(3)
    held, others = (await one.hold(starts[0])).json(), (await other.hold(starts[1])).json()
    assert (await one.forward(11)).json() == {"forwardMinutes": 11}
    assert (await one.get(f"/v1/holds/{held['id']}")).json()["code"] == "hold-expired"
    assert (await other.get(f"/v1/holds/{others['id']}")).status_code == 200, "another's time goes on as it does"

    appointment = await one.book(starts[2])
    before = (await one.get(f"/v1/appointments/{appointment['id']}")).headers["etag"]

    async def reminders() -> int:
        await notices.remind(demo, settings, system_now())
        kind = "SELECT count(*) AS n FROM notice WHERE kind = 'appointment.reminder'"
        return int((await rows(demo, kind))[0]["n"])

    assert await reminders() == 0
    away = (await rows(demo, "SELECT starts_at - now() AS left FROM appointment WHERE state = 'confirmed'"))[0]["left"]
    wanted = away - timedelta(hours=23)
    assert (await one.forward(int(wanted.total_seconds() // 60))).status_code == 200
    shown = await one.get(f"/v1/appointments/{appointment['id']}", **{"If-None-Match": before})
    assert shown.status_code == 200, "what was read before is not what is there now"
    # At night nobody is reminded; the clock on the wall is real, so the office's night is switched off.
    day = settings_at_noon(settings)
    await notices.remind(demo, day, system_now())
    assert (await rows(demo, "SELECT count(*) AS n FROM notice WHERE kind = 'appointment.reminder'"))[0]["n"] == 1
    assert (await one.forward(1)).status_code == 200
    await notices.remind(demo, day, system_now())
    assert (await rows(demo, "SELECT count(*) AS n FROM notice WHERE kind = 'appointment.reminder'"))[0]["n"] == 1

    assert (await one.forward(2 * 1440)).status_code == 200
    conn = await asyncpg.connect(demo_owner_url)
    try:
        assert await conn.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'sandbox.forwarded'") == 4
    finally:
        await conn.close()
    await appointments.tidy(demo, settings, system_now())


def settings_at_noon(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, night_from="03:00", night_until="03:01")


async def test_whoever_has_anything_in_a_real_city_keeps_its_time(
    tester: Callable[[], Awaitable[Guest]], api: httpx.AsyncClient, idem: Callable[[], Headers]
) -> None:
    one = await tester()
    free = (await api.get(f"/v1/cities/{CITY}/availability/earliest?service=personalausweis&limit=1")).json()["items"][
        0
    ]
    services = [{"service": "0193a000-0002-7000-8000-000000000001", "persons": 1}]
    token = {"Authorization": one.headers["Authorization"]}
    body = {"office": free["office"], "start": free["start"], "services": services}
    assert (await api.post("/v1/holds", json=body, headers={**token, **idem()})).status_code == 201
    refused = await one.forward(60)
    assert (refused.status_code, refused.json()["code"]) == (409, "clock-not-yours")

    blocked, other = await tester(), await tester()
    starts = await other.starts(2)
    for start in (starts[0],) * 3:
        await (await tester()).book(start)
    await blocked.book(starts[8])
    answer = await blocked.forward(8 * 15)
    assert (answer.status_code, answer.json()["code"]) == (409, "clock-blocked")
    assert (await blocked.forward(8 * 15 + 60)).status_code == 200
