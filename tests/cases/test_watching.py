"""A page of cases hears which of them have changed, and nothing that is in them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from tests.api.test_event_streams import streaming
from tests.cases.house import key, submitted

Headers = dict[str, str]
PATH = "/v1/clerk/offices/hans-sachs-haus/cases"


async def test_cases_are_watched_by_their_versions(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Callable[..., Awaitable[Headers]]
) -> None:
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    one, case = await submitted(app, api)

    def items(event: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = msgspec.json.decode(event["data"])["items"]
        return found

    async def act(action: str, version: int | None = None, **body: Any) -> None:
        match = {"If-Match": f'"{version}"'} if version else {}
        answer = await api.post(
            f"/v1/clerk/cases/{case['id']}/{action}", json=body, headers={**clerk, **key(), **match}
        )
        assert answer.is_success, answer.text

    async with streaming(app, PATH, clerk) as stream:
        await stream.start()
        await stream.next()
        first = await stream.next()
        assert (first["event"], items(first)) == ("cases", [{"id": case["id"], "version": 1, "notes": 0}])
        await act("notes", text="Halter anrufen")
        changed = await stream.next()
        assert (changed["event"], items(changed)) == ("changes", [{"id": case["id"], "version": 1, "notes": 1}])
        await act("approve", 1)
        last = await stream.next()
        assert items(last) == [{"id": case["id"], "version": 2, "notes": 1}], "a case that has ended is heard of, once"
        assert "Halter" not in changed["data"] + last["data"]
    async with streaming(app, PATH, {**clerk, "Last-Event-ID": last["id"]}) as stream:
        await stream.start()
        await stream.next()
        with pytest.raises(TimeoutError):
            await stream.next(1.5)  # nothing was missed
    for role, office in (("clerk", "rathaus-buer"), ("office_manager", "schloss-horst")):
        assert (await api.get(PATH, headers=await clerk_headers(role, office))).status_code == 404
    assert (await api.get(PATH, headers=one.person.headers)).status_code in (401, 403)
