"""Streams bring each change once, soon, from any process, resume where they broke off, and end with their token."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from api.app import create_app
from backend.appointments import service
from backend.appointments.model import Actor, Appointment
from backend.appointments.rules import Action
from backend.clock import system_now
from backend.db.pool import SYSTEM
from backend.desk import feed
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.settings import Settings
from tests.api.conftest import running
from tests.desk import house
from tests.desk.house import book, open_all_day, streaming, visitor

Headers = dict[str, str]
Clerks = Callable[..., Awaitable[Headers]]


async def step(api: httpx.AsyncClient, clerk: Headers, appointment: Appointment, action: str) -> None:
    key = {"Idempotency-Key": f"{appointment.id}-{action}-{time.monotonic_ns()}"}
    answer = await api.post(f"/v1/clerk/appointments/{appointment.id}/{action}", json={}, headers={**clerk, **key})
    assert answer.status_code == 200, answer.text


async def quietly(app: Litestar, appointment: Appointment, action: Action) -> None:
    """A change that nobody announces, as after a crash between commit and notify."""
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await service.change(conn, SYSTEM, appointment.id, action, Actor("clerk", None), system_now())


async def test_the_history_is_a_list_without_a_stream(api: httpx.AsyncClient, app: Litestar) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    await quietly(app, booked, "check_in")
    answer = await api.get(f"/v1/appointments/{booked.id}/events", headers=person.headers)
    events = answer.json()["items"]
    assert [(e["version"], e["kind"], e["fromState"], e["toState"], e["by"]) for e in events] == [
        (1, "booked", None, "confirmed", "person"),
        (2, "checked_in", "confirmed", "checked_in", "clerk"),
    ]
    again = {**person.headers, "If-None-Match": answer.headers["etag"]}
    assert (await api.get(f"/v1/appointments/{booked.id}/events", headers=again)).status_code == 304


@pytest.mark.parametrize(
    "accept, streamed",
    [
        ("text/event-stream", True),
        ("TEXT/Event-Stream; charset=utf-8", True),
        ("application/json;q=0.5, text/event-stream", True),
        ("application/json, text/event-stream, application/problem+json", False),  # what a generated client sends
        ("text/event-stream;q=0, */*", False),
        ("*/*", False),
        ("text/html", False),
        ("", False),
    ],
)
async def test_a_stream_comes_to_who_would_rather_have_one(
    api: httpx.AsyncClient, app: Litestar, accept: str, streamed: bool
) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    sent = {**person.headers, "Accept": accept}
    # A HEAD of a stream ends at once.
    answer = await api.head(f"/v1/appointments/{booked.id}/events", headers=sent)
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind == ("text/event-stream" if streamed else "application/json")


@pytest.fixture
def unpolled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by himself within the test: what arrives was announced."""
    monkeypatch.setattr(feed, "POLL_SECONDS", 3_600.0)


@pytest.mark.usefixtures("unpolled")
async def test_a_change_by_a_clerk_arrives_before_any_poll_once_and_resumes(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks
) -> None:
    person, clerk = await visitor(api), await clerk_headers("clerk", house.OFFICE)
    booked = await book(app, person)
    path = f"/v1/appointments/{booked.id}/events"
    async with streaming(app, path, person.headers) as stream:
        assert await stream.start() == 200
        assert "retry" in await stream.next()
        assert (await stream.next())["event"] == "booked"
        await step(api, clerk, booked, "check-in")
        event = await stream.next()
        assert (event["id"], event["event"]) == ("2", "checked_in")
    await step(api, clerk, booked, "call")
    await step(api, clerk, booked, "park")
    async with streaming(app, path, {**person.headers, "Last-Event-ID": "2"}) as stream:
        await stream.start()
        await stream.next()
        assert [(await stream.next())["id"] for _ in range(2)] == ["3", "4"]
        with pytest.raises(TimeoutError):
            await stream.next(1.5)


async def test_a_change_that_nobody_announced_arrives_all_the_same(api: httpx.AsyncClient, app: Litestar) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    async with streaming(app, f"/v1/appointments/{booked.id}/events", person.headers) as stream:
        await stream.start()
        await stream.next()
        await stream.next()
        await asyncio.sleep(1.2)  # the first reading of the poll is over
        await quietly(app, booked, "check_in")
        assert (await stream.next())["event"] == "checked_in"


@pytest.mark.usefixtures("unpolled")
async def test_a_change_in_another_process_is_heard_before_any_poll(
    api: httpx.AsyncClient, app: Litestar, settings: Settings, clerk_headers: Clerks, demo_url: str
) -> None:
    person, clerk = await visitor(api), await clerk_headers("clerk", house.OFFICE)
    booked = await book(app, person)
    async with (
        running(create_app(settings)) as elsewhere,
        streaming(app, f"/v1/appointments/{booked.id}/events", person.headers) as stream,
    ):
        await stream.start()
        await stream.next()
        await stream.next()
        await listening(demo_url)
        heard: list[str] = []
        for action in ("check-in", "call", "park", "call"):
            await step(elsewhere, clerk, booked, action)
            heard.append((await stream.next())["event"])
        assert heard == ["checked_in", "called", "parked", "called"]


async def test_listening_begins_anew_when_its_connection_is_lost(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks, demo_url: str
) -> None:
    person, clerk = await visitor(api), await clerk_headers("clerk", house.OFFICE)
    booked = await book(app, person)
    async with streaming(app, f"/v1/appointments/{booked.id}/events", person.headers) as stream:
        await stream.start()
        await stream.next()
        await stream.next()
        first = await listening(demo_url)
        await app.state["context"].database.pool.execute("SELECT pg_terminate_backend($1)", first)
        assert await listening(demo_url, other_than=first) != first
        await step(api, clerk, booked, "check-in")
        assert (await stream.next())["event"] == "checked_in"


async def listening(url: str, other_than: int = 0) -> int:
    """The process id of the database's connection that listens, once there is one."""
    watching = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(10):
            while True:
                found = await watching.fetchval(
                    """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                        AND application_name = 'wartefrei feed' AND query LIKE 'LISTEN%' AND pid <> $1""",
                    other_than,
                )
                if found:
                    return int(found)
                await asyncio.sleep(0.02)
    finally:
        await watching.close()


async def test_the_queue_streams_as_people_come_and_are_called(
    api: httpx.AsyncClient, app: Litestar, clerk_headers: Clerks, demo_owner_url: str
) -> None:
    await open_all_day(demo_owner_url, app)
    clerk = await clerk_headers("clerk", house.OFFICE)
    path = f"/v1/clerk/offices/{house.OFFICE}/queue"
    booked = await book_for_today(app, await visitor(api))
    async with streaming(app, path, clerk) as stream:
        await stream.start()
        await stream.next()
        assert msgspec.json.decode((await stream.next())["data"])["waiting"] == []
        await step(api, clerk, booked, "check-in")
        (waiting,) = msgspec.json.decode((await stream.next())["data"])["waiting"]
        assert (waiting["reference"], waiting["name"], waiting["waitingMinutes"]) == (
            booked.reference,
            "Erika Mustermann",
            0,
        )
        await step(api, clerk, booked, "call")
        event = await stream.next()
        (called,) = msgspec.json.decode(event["data"])["called"]
        assert called["counter"]["name"]
    async with streaming(app, path, {**clerk, "Last-Event-ID": event["id"]}) as stream:
        await stream.start()
        await stream.next()
        with pytest.raises(TimeoutError):
            await stream.next(1.5)  # nothing was missed
        await step(api, clerk, booked, "complete")
        assert msgspec.json.decode((await stream.next())["data"])["called"] == []
    # Who was checked in by hand, without an event, waits like everybody else, and nobody's queue breaks.
    other = await book_for_today(app, await visitor(api))
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE appointment SET state = 'checked_in', version = version + 1 WHERE id = $1", other.id)
    (waiting,) = (await api.get(path, headers=clerk)).json()["waiting"]
    assert (waiting["id"], waiting["checkedInAt"] is not None) == (str(other.id), True)


async def book_for_today(app: Litestar, by: house.Visitor) -> Appointment:
    """Any time of today that is left, at the office that is open all day."""
    context = app.state["context"]
    slot = (await house.free(app))[0]
    booked = await book(app, by, slot=slot)
    start = system_now().replace(second=0, microsecond=0) + timedelta(minutes=2)
    async with context.database.transaction(SYSTEM) as conn:
        plan = await context.engine.plan_hold(booked.office_id, booked.services, start, system_now(), staff=True)
        return await service.move(conn, context.engine, SYSTEM, booked.id, plan, Actor("clerk"), system_now())


async def test_a_stream_ends_with_its_token(
    api: httpx.AsyncClient, app: Litestar, settings: Settings, demo_owner_url: str
) -> None:
    owner = await asyncpg.connect(demo_owner_url)
    issuer = settings.clerk_oidc_issuer or ""
    await ensure_dev_clerk(owner, "brief", "Brief", "clerk", house.CITY, house.OFFICE, issuer=issuer)
    await owner.close()
    audience = settings.clerk_oidc_audience or ""
    token = mint_dev_token(settings, "brief", system_now(), audience=audience, lifetime=timedelta(seconds=3))
    headers = {"Authorization": f"Bearer {token}"}
    async with streaming(app, f"/v1/clerk/offices/{house.OFFICE}/queue", headers) as stream:
        assert await stream.start() == 200
        await stream.next()
        await stream.next()
        assert await stream.next() == {"event": "end", "data": '{"reason":"token-expired"}'}
        with pytest.raises(EOFError):
            await stream.next()


async def test_a_client_that_hangs_up_is_forgotten_and_holds_no_connection(
    api: httpx.AsyncClient, app: Litestar
) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    context = app.state["context"]
    for _ in range(15):  # more than the pool has connections
        async with streaming(app, f"/v1/appointments/{booked.id}/events", person.headers) as stream:
            await stream.start()
            await stream.next()
            await stream.next()
    assert context.feed.watched == 0
    assert context.database.lender.used == 0
