"""A phone in a tunnel: the line is cut after N bytes, in either direction, at every step from draft to case."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.cases.test_submitting import FORGETFUL
from tests.forms.samples import REPORT, answers
from tests.support.servers import ApiProcess

CUTS = (0, 1, 40, 300, 500, 700, 900, 1100, 1400, 1800)


class Tunnel:
    """Passes bytes on to ``port``; each connection is cut after ``left`` bytes, counted up or down the line."""

    def __init__(self, port: int) -> None:
        self._port, self.left, self.upwards, self.cuts = port, 0, True, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.create_task(self._pass(reader, far_writer, counted=self.upwards))
        down = asyncio.create_task(self._pass(far_reader, writer, counted=not self.upwards))
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, far_writer):
            one.transport.abort()
        await asyncio.gather(up, down, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        while data := await reader.read(65_536):
            if counted and len(data) > self.left:
                writer.write(data[: self.left])
                await writer.drain()
                self.cuts += 1
                return
            self.left -= len(data) if counted else 0
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def tunnel(database_url: str) -> AsyncGenerator[tuple[Tunnel, str]]:
    """A real server behind a tunnel, and the address to enter it by."""
    api = ApiProcess({"MODE": "embedded", "RATE_LIMITS": "off", "LOG_LEVEL": "error", "DATABASE_URL": database_url})
    try:
        await api.start()
        found = Tunnel(api.port)
        server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
        async with server:
            yield found, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        api.stop()


async def insist(line: Tunnel, url: str, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
    """Repeats one request as an app does, over a line that holds a little longer each time; the first answer counts."""
    for upwards in (True, False):
        for cut in CUTS:
            line.left, line.upwards = cut, upwards
            try:
                async with httpx.AsyncClient(base_url=url, timeout=10) as client:
                    answer = await client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code != 409:  # the first request still runs
                return answer
            await asyncio.sleep(0.1)
    line.left = 1_000_000
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        return await client.request(method, path, json=body, headers=headers)


async def hand_in(line: Tunnel, url: str) -> None:
    """From a new person to a case, everything through the tunnel; what is answered has to fit what happened."""

    def key() -> dict[str, str]:
        return {"Idempotency-Key": uuid4().hex}

    begun = await insist(line, url, "POST", "/v1/sessions/guest", {"installationId": str(uuid4())}, key())
    who = {"Authorization": f"Bearer {begun.json()['accessToken']}"}
    body = {"id": str(uuid4()), "form": REPORT, "version": 1}
    draft = await insist(line, url, "POST", "/v1/drafts", body, {**who, **key()})
    assert draft.status_code == 201, draft.text
    patch = {"answers": answers("maengelmeldung", 1)}
    path = f"/v1/drafts/{body['id']}"
    changed = await insist(line, url, "PATCH", path, patch, {**who, "If-Match": '"1"'})
    # The change may have come through although its answer was lost: then the 412 shows that it is there.
    assert changed.status_code in (200, 412), changed.text
    now = changed.json() if changed.status_code == 200 else changed.json()["current"]
    assert (now["revision"], now["answers"]) == (2, patch["answers"])
    case = await insist(line, url, "POST", f"{path}/submit", {}, {**who, **key()})
    assert case.status_code == 201, case.text
    again = await insist(line, url, "POST", f"{path}/submit", {}, {**who, **key()})
    assert again.json()["id"] == case.json()["id"]


async def happened(owner_url: str) -> list[int]:
    """How many drafts, cases, events and notices there are."""
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        tables = ("draft", "case_file", "case_event", "notice")
        return [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    finally:
        await owner.close()


async def test_over_a_line_that_breaks_everywhere_one_draft_becomes_one_case(
    demo_url: str, demo_owner_url: str
) -> None:
    async with tunnel(demo_url) as (line, url):
        await hand_in(line, url)
        assert line.cuts > 20
        assert await happened(demo_owner_url) == [1, 1, 1, 1]
        # The control: where the draft does not remember its case and nothing judges, the same line hands in twice.
        owner = await asyncpg.connect(demo_owner_url)
        await owner.execute(FORGETFUL)
        await owner.execute("ALTER TABLE case_file DROP CONSTRAINT case_of_draft")
        await owner.close()
        with pytest.raises(AssertionError):
            await hand_in(line, url)
        drafts, cases, *_ = await happened(demo_owner_url)
        assert cases > drafts
