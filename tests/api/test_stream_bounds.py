"""A HEAD of a stream is answered at once; open streams are counted by caller, address and process."""

import asyncio
from contextlib import ExitStack
from typing import Any

import httpx
import msgspec
from litestar import Litestar

from api.errors import TooManyStreams
from api.streams import Streams
from backend.settings import Settings
from tests.desk.house import book, streaming, visitor

EVENTS = {"Accept": "text/event-stream"}


async def test_a_head_of_a_stream_is_answered_at_once(api: httpx.AsyncClient, app: Litestar) -> None:
    person = await visitor(api)
    booked = await book(app, person)
    async with asyncio.timeout(30):
        answer = await api.head(f"/v1/appointments/{booked.id}/events", headers={**person.headers, **EVENTS})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert app.state["context"].streams.count == 0
    stranger = await visitor(api)
    refused = await api.head(f"/v1/appointments/{booked.id}/events", headers={**stranger.headers, **EVENTS})
    assert refused.status_code == 404


async def test_one_caller_has_so_many_streams_and_no_more(api: httpx.AsyncClient, app: Litestar) -> None:
    context = app.state["context"]
    context.streams = Streams(msgspec.structs.replace(context.settings, max_streams_per_caller=2))
    person, other = await visitor(api), await visitor(api)
    booked, others = await book(app, person), await book(app, other)
    path = f"/v1/appointments/{booked.id}/events"
    async with streaming(app, path, person.headers) as one, streaming(app, path, person.headers) as two:
        assert [await stream.start() for stream in (one, two)] == [200, 200]
        for stream in (one, two):
            await stream.next()
        refused = await api.get(path, headers={**person.headers, **EVENTS})
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
        assert int(refused.headers["retry-after"]) > 0
        assert (await api.get(path, headers=person.headers)).status_code == 200, "the list is no stream"
        async with streaming(app, f"/v1/appointments/{others.id}/events", other.headers) as theirs:
            assert await theirs.start() == 200
    async with streaming(app, path, person.headers) as again:
        assert await again.start() == 200
    assert context.streams.count == 0


def test_addresses_and_processes_are_bounded_whoever_calls(settings: Settings) -> None:
    bounds = {"max_streams_per_address": 2, "max_streams_per_process": 3, "max_streams_per_caller": 9}
    streams = Streams(msgspec.structs.replace(settings, **bounds))

    def room(address: str) -> bool:
        scope: dict[str, Any] = {"client": (address, 1), "headers": [], "state": {}}
        try:
            kept.enter_context(streams.counted(streams.admit(scope)))
        except TooManyStreams:
            return False
        return True

    kept = ExitStack()
    assert [room("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert [room("192.0.2.2"), room("192.0.2.3")] == [True, False]
    assert streams.count == 3
    kept.close()
    assert streams.count == 0
