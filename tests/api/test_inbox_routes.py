"""Inbox, devices and preferences as an app meets them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar

from api.wire import encode_cursor
from backend.appointments import service
from backend.appointments.model import Actor, Appointment
from backend.clock import system_now
from backend.db.pool import SYSTEM
from backend.desk import feed
from tests.desk.house import Visitor, book, streaming, visitor

Headers = dict[str, str]
Idem = Callable[[], Headers]


async def cancel(app: Litestar, appointment: Appointment) -> None:
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        clerk = Actor("clerk", uuid4())
        await service.change(conn, SYSTEM, appointment.id, "cancel", clerk, system_now(), reason="Wasserrohrbruch")


async def inbox(api: httpx.AsyncClient, who: Visitor, **query: str) -> dict[str, Any]:
    answer = await api.get("/v1/inbox", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_booking_and_its_cancellation_are_told_in_the_readers_language(
    api: httpx.AsyncClient, app: Litestar
) -> None:
    me, other = await visitor(api), await visitor(api)
    booked = await book(app, me)
    first = await inbox(api, me)
    (confirmed,) = first["items"]
    assert (confirmed["kind"], confirmed["title"], first["unread"]) == ("appointment.confirmed", "Termin bestätigt", 1)
    assert booked.reference in confirmed["body"]
    assert confirmed["links"]["subject"] == f"/v1/appointments/{booked.id}"
    assert (await api.get(confirmed["links"]["subject"], headers=me.headers)).status_code == 200
    await cancel(app, booked)
    second = await inbox(api, me, since=first["since"])
    (cancelled,) = second["items"]
    assert "Wasserrohrbruch." in cancelled["body"]
    rebook = await api.get(cancelled["links"]["rebook"])
    assert rebook.status_code == 200, rebook.text
    english = await api.get(f"/v1/inbox/{cancelled['id']}", headers={**me.headers, "Accept-Language": "en"})
    assert (english.json()["title"], english.json()["language"]) == ("Appointment cancelled", "en")
    assert (await inbox(api, me, since=second["since"]))["items"] == []
    assert (await inbox(api, other))["items"] == []
    assert (await api.get(f"/v1/inbox/{cancelled['id']}", headers=other.headers)).status_code == 404


async def test_marks_pages_and_tags(api: httpx.AsyncClient, app: Litestar, idem: Idem) -> None:
    me = await visitor(api)
    booked = await book(app, me)
    await cancel(app, booked)
    answer = await api.get("/v1/inbox", params={"limit": "1"}, headers=me.headers)
    page = answer.json()
    assert 'rel="next"' in answer.headers["link"]
    again = {**me.headers, "If-None-Match": answer.headers["etag"]}
    assert (await api.get("/v1/inbox", params={"limit": "1"}, headers=again)).status_code == 304
    below = await inbox(api, me, cursor=page["next"])
    assert (len(page["items"]), len(below["items"]), below["next"]) == (1, 1, None)
    marked = f"/v1/inbox/{page['items'][0]['id']}/read"
    key = idem()
    for _ in range(2):
        done = await api.post(marked, json={}, headers={**me.headers, **key})
        assert (done.status_code, done.json()) == (200, {"unread": 1})
    assert (await api.get("/v1/inbox", params={"limit": "1"}, headers=again)).status_code == 200
    all_read = {"upTo": page["items"][0]["id"]}
    done = await api.post("/v1/inbox/read", json=all_read, headers={**me.headers, **idem()})
    assert done.json() == {"unread": 0}
    gone = await api.post(f"/v1/inbox/{uuid4()}/read", json={}, headers={**me.headers, **idem()})
    assert (gone.status_code, gone.json()["code"]) == (404, "notice-not-found")
    never = encode_cursor({"snapshot": "1:1:", "at": "0001-01-01T00:00:00+14:00"})
    for bad in ({"since": "x"}, {"since": never}, {"cursor": "gqF4oXg"}, {"limit": "0"}):
        assert (await api.get("/v1/inbox", params=bad, headers=me.headers)).status_code == 400


async def test_a_body_without_members_may_be_left_out_and_is_the_same_command(
    api: httpx.AsyncClient, app: Litestar, idem: Idem
) -> None:
    me = await visitor(api)
    await book(app, me)
    marked = f"/v1/inbox/{(await inbox(api, me))['items'][0]['id']}/read"
    headers = {**me.headers, **idem()}
    first = await api.post(marked, headers=headers)
    assert (first.status_code, first.json()) == (200, {"unread": 0})
    repeat = await api.post(marked, json={}, headers=headers)
    assert (repeat.status_code, repeat.headers["idempotent-replayed"]) == (200, "true")
    for content, kind, status in ((b'{"x": 1}', "application/json", 400), (b"{}", "text/plain", 415)):
        wrong = await api.post(marked, content=content, headers={**me.headers, **idem(), "Content-Type": kind})
        assert wrong.status_code == status, wrong.text
    missing = await api.post("/v1/inbox/read", headers={**me.headers, **idem()})
    assert [error["code"] for error in missing.json()["errors"]] == ["missing"]


async def test_a_stream_brings_what_is_told_and_resumes(api: httpx.AsyncClient, app: Litestar) -> None:
    me = await visitor(api)
    booked = await book(app, me)
    async with streaming(app, "/v1/inbox", me.headers) as stream:
        await stream.start()
        await stream.next()
        state = await stream.next()
        assert (state["event"], msgspec.json.decode(state["data"])["unread"]) == ("inbox", 1)
        await cancel(app, booked)
        app.state["context"].feed.tell(me.person_id)
        told = await stream.next()
        assert msgspec.json.decode(told["data"])["kind"] == "appointment.cancelled"
        after = await stream.next()
        assert (after["event"], msgspec.json.decode(after["data"])["unread"]) == ("inbox", 2)
    async with streaming(app, "/v1/inbox", {**me.headers, "Last-Event-ID": state["id"]}) as stream:
        await stream.start()
        await stream.next()
        assert msgspec.json.decode((await stream.next())["data"])["kind"] == "appointment.cancelled"


async def test_what_nobody_announced_is_streamed_all_the_same(api: httpx.AsyncClient, app: Litestar) -> None:
    me = await visitor(api)
    booked = await book(app, me)
    async with streaming(app, "/v1/inbox", me.headers) as stream:
        await stream.start()
        await stream.next()
        await stream.next()
        await cancel(app, booked)
        assert (await stream.next())["event"] == "notice"


async def test_what_a_city_announces_is_in_open_streams_before_any_poll(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Callable[..., Awaitable[Headers]], idem: Idem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(feed, "POLL_SECONDS", 3_600.0)
    manager, me = await clerk_headers("office_manager", "hans-sachs-haus"), await visitor(api)
    home = {"language": "de", "subscriptions": {"city": "gelsenkirchen"}}
    assert (await api.put("/v1/me/preferences", json=home, headers=me.headers)).status_code == 200
    async with streaming(app, "/v1/inbox", me.headers) as stream:
        await stream.start()
        await stream.next()
        await stream.next()
        texts = {"texts": {"de": {"title": "Straßenfest", "body": "Am Samstag."}}}
        told = await api.post("/v1/clerk/announcements", json=texts, headers={**manager, **idem()})
        assert told.status_code == 201
        assert msgspec.json.decode((await stream.next())["data"])["id"] == told.json()["id"]


async def test_a_device_is_registered_and_leaves_with_the_session(
    api: httpx.AsyncClient, app: Litestar, idem: Idem
) -> None:
    installation = str(uuid4())
    begun = await api.post("/v1/sessions/guest", json={"installationId": installation}, headers=idem())
    headers = {"Authorization": f"Bearer {begun.json()['accessToken']}"}
    path, body = f"/v1/devices/{installation}", {"fcmToken": "a-token", "platform": "ios", "language": "de-leicht"}
    assert (await api.put(path, json=body, headers=headers)).status_code == 204
    devices = "SELECT d.target, d.language, s.id IS NOT NULL FROM device d LEFT JOIN session s ON s.device_id = d.id"
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        assert [tuple(row) for row in await conn.fetch(devices)] == [("a-token", "de-leicht", True)]
    both = await api.put(path, json={**body, "fid": "x"}, headers=headers)
    assert (both.status_code, both.json()["errors"][0]["code"]) == (400, "one-of")
    assert (await api.put("/v1/devices/short", json=body, headers=headers)).status_code == 400
    export = await api.get("/v1/me/export", headers=headers)
    assert [device["target"] for device in export.json()["devices"]] == ["a-token"]
    assert (await api.delete("/v1/sessions/current", headers=headers)).status_code == 204
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        assert await conn.fetch(devices) == []


async def test_preferences_are_read_and_replaced(
    api: httpx.AsyncClient, guest: Callable[[], Awaitable[Headers]]
) -> None:
    headers = await guest()
    read = await api.get("/v1/me/preferences", headers=headers)
    assert (read.json()["version"], read.headers["etag"], read.json()["mail"]) == (0, '"0"', "without_device")
    body = {
        "language": "de-leicht",
        "kinds": {"announcements": {"inbox": False, "push": False}},
        "quietHours": {"start": "21:30", "end": "07:00"},
        "subscriptions": {"city": "gelsenkirchen", "topics": ["abfall"]},
    }
    saved = await api.put("/v1/me/preferences", json=body, headers={**headers, "If-Match": '"0"'})
    assert saved.status_code == 200, saved.text
    shown = saved.json()
    assert (shown["quietHours"]["start"], shown["kinds"]["announcements"]["inbox"], shown["version"]) == (
        "21:30",
        False,
        1,
    )
    assert shown["kinds"]["calls"] == {"inbox": True, "push": True, "mail": True}
    late = await api.put("/v1/me/preferences", json=body, headers={**headers, "If-Match": '"0"'})
    assert (late.status_code, late.json()["current"]) == (412, {"version": 1})
    wrong = {
        "language": "de",
        "kinds": {"calls": {"inbox": False}},
        "quietHours": {"start": "21:30", "end": "21:30", "zone": "Mars/Olympus"},
    }
    refused = await api.put("/v1/me/preferences", json=wrong, headers=headers)
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/quietHours/zone", "/quietHours/end"}
    assert (await api.get("/v1/me", headers=headers)).json()["language"] == "de"
