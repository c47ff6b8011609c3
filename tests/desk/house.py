"""People who book and an office that is open now, for tests of the desk over HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
from litestar import Litestar

from api.context import Context
from backend.appointments import service
from backend.appointments.model import Answer, Appointment, Details, Guest, Hold, IdempotencyClaim
from backend.availability.model import Slot, Wanted
from backend.catalogue.queries import find_office, find_service
from backend.clock import local_day, system_now
from backend.ids import new_id
from tests.support.noon import zone_at_noon

CITY, OFFICE = "gelsenkirchen", "hans-sachs-haus"
AUTOMATIC, CONFIRMED_BY_CLERK = "fuehrungszeugnis", "eheschliessung"


class Visitor(msgspec.Struct, frozen=True):
    """A guest with headers of a session."""

    person_id: UUID
    headers: dict[str, str]


async def visitor(api: httpx.AsyncClient) -> Visitor:
    """A new person on a new phone."""
    key = {"Idempotency-Key": str(new_id())}
    answer = await api.post("/v1/sessions/guest", json={"installationId": str(new_id())}, headers=key)
    session = answer.json()
    return Visitor(UUID(session["personId"]), {"Authorization": f"Bearer {session['accessToken']}"})


async def free(app: Litestar, service_slug: str = AUTOMATIC, office_slug: str = OFFICE) -> list[Slot]:
    """What can be held from tomorrow on."""
    context: Context = app.state["context"]
    async with context.database.connection() as conn:
        office = await find_office(conn, CITY, office_slug)
        wanted = await find_service(conn, CITY, service_slug)
    assert office is not None
    assert wanted is not None
    now = system_now()
    first = local_day(now, (await context.engine.rules(office.id)).zone) + timedelta(days=1)
    return await context.engine.slots(office.id, [Wanted(wanted.id)], first, first + timedelta(days=14), now)


async def book(
    app: Litestar,
    by: Visitor,
    *,
    service_slug: str = AUTOMATIC,
    office_slug: str = OFFICE,
    name: str = "Erika Mustermann",
    slot: Slot | None = None,
) -> Appointment:
    """Holds and books, as the API does."""
    context: Context = app.state["context"]
    now = system_now()
    chosen = slot or (await free(app, service_slug, office_slug))[0]
    async with context.database.connection() as conn:
        wanted = await find_service(conn, CITY, service_slug)
    assert wanted is not None
    holds: list[Hold] = []
    booked: list[Appointment] = []

    def keep(into: list[Any], one: Any) -> Answer:
        into.append(one)
        return Answer(201, {}, b"{}")

    guest = Guest(person_id=by.person_id)
    parts = (context.hot_calls, context.engine, context.settings, context.recent_holds, guest)
    await service.hold(
        *parts, chosen.office, [Wanted(wanted.id)], chosen.start, now, _claim(), lambda one: keep(holds, one)
    )
    details = Details(name=name, email="erika@example.org")
    await service.book(*parts, holds[0].id, details, now, _claim(), lambda one: keep(booked, one))
    return booked[0]


async def open_all_day(owner_url: str, app: Litestar, office_slug: str = OFFICE) -> None:
    """Moves the office to a zone where it is about noon, and opens every counter for the whole day."""
    zone = zone_at_noon()
    owner = await asyncpg.connect(owner_url)
    try:
        office_id = await owner.fetchval(
            """UPDATE office SET zone = $2, rules_version = rules_version + 1 WHERE city_id = $3 AND slug = $1
               RETURNING id""",
            office_slug, zone, CITY,
        )  # fmt: skip
        await owner.execute(
            """INSERT INTO special_opening (id, city_id, office_id, day, opens_minute, closes_minute)
               VALUES ($1, $2, $3, (now() AT TIME ZONE $4)::date, 0, 1440)""",
            new_id(), CITY, office_id, zone,
        )  # fmt: skip
    finally:
        await owner.close()
    app.state["context"].engine.forget(office_id)


async def walk_in(app: Litestar, **changes: Any) -> dict[str, Any]:
    """The body of a booking for somebody at the desk."""
    context = app.state["context"]
    async with context.database.connection() as conn:
        wanted = await find_service(conn, CITY, AUTOMATIC)
    assert wanted is not None
    body: dict[str, Any] = {
        "office": OFFICE,
        "services": [{"service": str(wanted.id)}],
        "person": {"name": "Hans im Glück"},
    }
    return {**body, **changes}


class Streaming:
    """One open stream: its start, and the events as they come."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = asyncio.Event()
        self._text = ""

    async def start(self) -> int:
        """The status; the headers have come."""
        message = await self.messages.get()
        return int(message["status"])

    async def next(self, seconds: float = 30.0) -> dict[str, str]:
        """The next event's fields; comments count as an event with the field ``""``. TimeoutError, EOFError."""
        async with asyncio.timeout(seconds):
            while "\n\n" not in self._text:
                message = await self.messages.get()
                self._text += message["body"].decode()
                if not message.get("more_body") and "\n\n" not in self._text:
                    raise EOFError
        found, self._text = self._text.split("\n\n", 1)
        return dict(line.split(": ", 1) for line in found.split("\n"))


@asynccontextmanager
async def streaming(app: Litestar, path: str, headers: dict[str, str]) -> AsyncGenerator[Streaming]:
    """An open ``text/event-stream``; leaving the block hangs up, and waits until the server has noticed."""
    stream = Streaming()
    every = {"host": "127.0.0.1:8000", "accept": "text/event-stream", **headers}
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "headers": [(name.lower().encode(), value.encode()) for name, value in every.items()],
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
    }
    asked = False

    async def receive() -> Any:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await stream.closed.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        await stream.messages.put(message)

    serving = asyncio.create_task(app(scope, receive, send))
    try:
        yield stream
    finally:
        stream.closed.set()
        async with asyncio.timeout(30):
            await serving


def _claim() -> IdempotencyClaim:
    return IdempotencyClaim("test", str(new_id()), b"")
