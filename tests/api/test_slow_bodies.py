"""Who sends slowly, or nothing: no clock stands still for them, and nobody else waits for them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import msgspec
import pytest

from api.app import create_app
from backend.settings import Settings
from tests.api.conftest import Headers, MakeSettings, put_together, running
from tests.api.test_booking_routes import App
from tests.support.servers import ApiProcess

_HOLD_SECONDS = 1
HEAD = b"POST /v1/sessions/guest HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"


async def late(body: object, seconds: float) -> AsyncGenerator[bytes]:
    whole = msgspec.json.encode(body)
    yield whole[:1]
    await asyncio.sleep(seconds)
    yield whole[1:]


@pytest.fixture
def short(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, hold_seconds=_HOLD_SECONDS)


@pytest.mark.parametrize("short_way", [True, False])
async def test_a_hold_that_runs_out_while_the_body_is_on_its_way_cannot_be_booked(
    short: Settings, idem: Callable[[], Headers], short_way: bool
) -> None:
    async with running(create_app(short, short_way=short_way)) as api:
        begun = await api.post("/v1/sessions/guest", json={"installationId": str(uuid4())}, headers=idem())
        phone = App(api, {"Authorization": f"Bearer {begun.json()['accessToken']}"})
        held = await phone.hold((await phone.slots())[0])
        headers = {**phone.headers, **idem(), "Content-Type": "application/json"}
        body = late({"hold": held, "person": {"name": "Erika Mustermann"}}, _HOLD_SECONDS + 0.2)
        answer = await api.post("/v1/appointments", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (410, "hold-expired")


async def test_a_body_that_does_not_come_is_given_up(
    make_settings: MakeSettings, database_url: str, idem: Callable[[], Headers]
) -> None:
    hasty = make_settings(database_url, rate_limits="off", max_body_seconds=0.2)
    async with running(put_together(hasty)) as api:
        body = late({"installationId": str(uuid4())}, 5)
        headers = {**idem(), "Content-Type": "application/json"}
        answer = await api.post("/v1/sessions/guest", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (408, "body-incomplete")


@pytest.fixture
async def served(make_settings: MakeSettings, database_url: str) -> AsyncGenerator[ApiProcess]:
    settings = make_settings(database_url)
    names = ("mode", "database_url", "token_signing_keys", "pass_signing_keys")
    process = ApiProcess({name.upper(): getattr(settings, name) for name in names} | {"RATE_LIMITS": "off"})
    process.options = (*process.options, "--http1-header-read-timeout", "1000")
    await process.start()
    yield process
    process.stop()


async def test_thousands_of_connections_that_say_nothing_keep_nobody_waiting(served: ApiProcess) -> None:
    async with AsyncExitStack() as stack:
        silent: list[asyncio.StreamReader] = []
        for _ in range(2_500):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            stack.callback(writer.close)
            silent.append(reader)
            if len(silent) % 2:
                writer.write(HEAD + b"Content-Length: 100\r\n\r\n{")
        begun = time.perf_counter()
        async with httpx.AsyncClient(timeout=20) as other:
            answer = await other.get(f"http://127.0.0.1:{served.port}/v1/cities")
        assert answer.status_code == 200
        assert time.perf_counter() - begun < 10
        async with asyncio.timeout(20):
            assert await silent[1].read() == b"", "a connection that says nothing is closed"
