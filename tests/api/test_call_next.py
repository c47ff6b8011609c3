"""Whose turn it is is called once: by however many clerks at one moment, at one counter or any, and by a repeat."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.desk.house import OFFICE, open_all_day, walk_in

Headers = dict[str, str]
Idem = Callable[[], Headers]
Clerks = Callable[..., Awaitable[Headers]]
PATH = f"/v1/clerk/offices/{OFFICE}/call-next"


@pytest.fixture
async def waiting(
    api: httpx.AsyncClient, app: Litestar, clerk: Headers, idem: Idem, demo_owner_url: str
) -> list[dict[str, Any]]:
    """Six people who wait in the house, in their order."""
    await open_all_day(demo_owner_url, app)
    for n in range(6):
        body = await walk_in(app, person={"name": f"Gast {n}"})
        answer = await api.post("/v1/clerk/appointments", json=body, headers={**clerk, **idem()})
        assert (answer.status_code, answer.json()["state"]) == (201, "checked_in"), answer.text
    return await queue(api, clerk)


async def queue(api: httpx.AsyncClient, clerk: Headers) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(f"/v1/clerk/offices/{OFFICE}/queue", headers=clerk)).json()["waiting"]
    return found


async def test_clerks_who_call_at_once_get_different_people(
    api: httpx.AsyncClient, clerk_headers: Clerks, idem: Idem, waiting: list[dict[str, Any]]
) -> None:
    clerks = [await clerk_headers("clerk", OFFICE) for _ in range(4)]

    async def call(who: Headers) -> httpx.Response:
        return await api.post(PATH, json={}, headers={**who, **idem()})

    first = await asyncio.gather(*map(call, clerks))
    assert [answer.status_code for answer in first] == [200] * 4, [answer.text for answer in first]
    assert {answer.json()["state"] for answer in first} == {"called"}
    # The first four of the line, each once.
    assert {answer.json()["id"] for answer in first} == {one["id"] for one in waiting[:4]}
    rest = await asyncio.gather(*map(call, clerks))
    assert sorted(answer.status_code for answer in rest) == [200, 200, 409, 409]
    assert {answer.json()["code"] for answer in rest if answer.status_code == 409} == {"nobody-waits"}
    assert await queue(api, clerks[0]) == []


async def test_one_by_one_they_come_in_the_order_of_the_queue_and_a_repeat_calls_nobody_else(
    api: httpx.AsyncClient, clerk: Headers, idem: Idem, waiting: list[dict[str, Any]]
) -> None:
    last = waiting[-1]
    mine = await api.post(PATH, json={"counter": last["counter"]["id"]}, headers={**clerk, **idem()})
    served = next(one for one in waiting if one["counter"]["id"] == last["counter"]["id"])
    assert mine.json()["id"] == served["id"]
    key = {**clerk, **idem()}
    answers = [await api.post(PATH, json={}, headers=key) for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[2].headers["idempotent-replayed"] == "true"
    expected = [one["id"] for one in waiting if one["id"] != served["id"]]
    assert answers[0].json()["id"] == expected[0]
    assert [one["id"] for one in await queue(api, clerk)] == expected[1:]


async def test_nobody_is_called_at_an_office_of_others(
    api: httpx.AsyncClient, clerk_headers: Clerks, idem: Idem, waiting: list[dict[str, Any]]
) -> None:
    other = await clerk_headers("clerk", "rathaus-buer")
    assert (await api.post(PATH, json={}, headers={**other, **idem()})).json()["code"] == "office-not-found"
    elsewhere = PATH.replace(OFFICE, "rathaus-buer")
    body = {"counter": waiting[0]["counter"]["id"]}
    assert (await api.post(elsewhere, json=body, headers={**other, **idem()})).json()["code"] == "nobody-waits"
