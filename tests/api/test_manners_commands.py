"""A POST with a key happens once, and its answer belongs to who asked."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest

from backend.db import Database
from tests.api.echo import SLOW, Slow

Idem = Callable[[], dict[str, str]]


async def say(bare: httpx.AsyncClient, name: str, headers: dict[str, str]) -> httpx.Response:
    return await bare.post("/echo/command", json={"name": name}, headers=headers)


async def test_a_repeat_gets_the_first_answer(bare: httpx.AsyncClient, idem: Idem) -> None:
    key = idem()
    first, again = await say(bare, "a", key), await say(bare, "a", key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["content-type"] == "application/json"
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (await say(bare, "a", idem())).json()["run"] == 2, "another key is another command"


async def test_a_key_is_needed_and_has_a_form(bare: httpx.AsyncClient) -> None:
    missing = await say(bare, "a", {})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency-key-missing")
    for key in ("", "with space", "x" * 256, "tab\t"):
        answer = await say(bare, "a", {"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-malformed"), key
    assert (await say(bare, "a", {"Idempotency-Key": "x" * 255})).status_code == 201


async def test_a_key_with_another_body_is_refused(bare: httpx.AsyncClient, idem: Idem) -> None:
    key = idem()
    await say(bare, "a", key)
    answer = await say(bare, "b", key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


@pytest.fixture
def slow() -> Iterator[Slow]:
    SLOW.append(Slow())
    yield SLOW[-1]
    SLOW.pop()


async def test_a_repeat_while_the_first_runs_is_told_to_wait(bare: httpx.AsyncClient, idem: Idem, slow: Slow) -> None:
    key = idem()
    first = asyncio.create_task(say(bare, "slow", key))
    await slow.begun.wait()
    second = await say(bare, "slow", key)
    assert (second.status_code, second.json()["code"]) == (409, "idempotency-in-flight")
    assert int(second.headers["retry-after"]) >= 1
    slow.go.set()
    assert (await first).status_code == 201
    assert (await say(bare, "slow", key)).content == (await first).content


async def test_a_refusal_is_repeated_too(bare: httpx.AsyncClient, idem: Idem) -> None:
    key = idem()
    first, again = await say(bare, "refused", key), await say(bare, "refused", key)
    assert first.json()["code"] == "hold-exists"
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == "application/problem+json"


async def test_being_busy_is_not_kept(bare: httpx.AsyncClient, idem: Idem) -> None:
    key = idem()
    for _ in range(2):
        answer = await say(bare, "busy", key)
        assert answer.status_code == 409
        assert "idempotent-replayed" not in answer.headers


async def test_what_is_broken_off_leaves_nothing(
    bare: httpx.AsyncClient, database: Database, idem: Idem, slow: Slow
) -> None:
    key = idem()
    call = asyncio.create_task(say(bare, "slow", key))
    await slow.begun.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert await database.pool.fetchval("SELECT count(*) FROM idempotency_record") == 0
    slow.go.set()
    assert (await say(bare, "slow", key)).json()["run"] == 1


async def test_another_persons_key_never_replays(bare: httpx.AsyncClient, idem: Idem) -> None:
    key = idem()
    people: list[dict[str, str]] = []
    for i in range(2):
        body = {"installationId": f"018f0000-0000-4000-8000-00000000000{i}"}
        begun = await bare.post("/v1/sessions/guest", json=body, headers=idem())
        people.append({"Authorization": f"Bearer {begun.json()['accessToken']}"})
    runs = [
        (await bare.post("/echo/mine", json={"name": "a"}, headers={**person, **key})).json()["run"]
        for person in people
    ]
    assert runs == [1, 2]


@pytest.mark.parametrize(
    "body, kind, alone",
    [
        (b'{"name": 7}', "application/json", "invalid-input"),
        (b'{"run": 1}', "application/json", "invalid-input"),
        (b"", "application/json", "invalid-input"),
        (b"{", "application/json", "malformed-json"),
        (b"[" * 5_000, "application/json", "json-too-deep"),
        (b"name=a", "application/x-www-form-urlencoded", "unsupported-media-type"),
    ],
)
async def test_a_used_key_is_refused_as_that_whatever_is_wrong_with_the_other_body(
    bare: httpx.AsyncClient, idem: Idem, body: bytes, kind: str, alone: str
) -> None:
    used, fresh = idem(), idem()
    await say(bare, "a", used)
    for key, code in ((fresh, alone), (used, "idempotency-key-reused"), (fresh, alone)):
        answer = await bare.post("/echo/command", content=body, headers={**key, "Content-Type": kind})
        assert answer.json()["code"] == code
        assert answer.status_code == answer.json()["status"]
    assert (await say(bare, "a", fresh)).status_code == 201, "what could not be read has used no key"


async def test_a_used_key_is_refused_as_that_where_the_handler_finds_fault_first(
    bare: httpx.AsyncClient, idem: Idem
) -> None:
    key = idem()
    answers = [await bare.post("/echo/judged", json={"name": name}, headers=key) for name in ("a", "odd", "a")]
    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert answers[2].content == answers[0].content
    assert (await bare.post("/echo/judged", json={"name": "odd"}, headers=idem())).json()["code"] == "hold-exists"


async def test_a_repeat_that_would_be_refused_today_gets_its_first_answer(bare: httpx.AsyncClient, idem: Idem) -> None:
    key = idem()
    first = await bare.post("/echo/once", json={"name": "a"}, headers=key)
    again = await bare.post("/echo/once", json={"name": "a"}, headers=key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"


async def test_keys_of_a_device_and_of_a_refresh_token_are_refused_alike(bare: httpx.AsyncClient, idem: Idem) -> None:
    """The body names to whom the key belongs; one that names nobody has no key that could have been used."""
    key, device = idem(), "018f0000-0000-4000-8000-000000000001"
    begun = await bare.post("/v1/sessions/guest", json={"installationId": device}, headers=key)
    assert begun.status_code == 201
    for body, code in (
        ({"installationId": device, "attestation": 1}, "idempotency-key-reused"),
        ({"installationId": device, "more": 1}, "idempotency-key-reused"),
        ({"installationId": 7}, "invalid-input"),
    ):
        answer = await bare.post("/v1/sessions/guest", json=body, headers=key)
        assert answer.json()["code"] == code, body
    token, key = begun.json()["refreshToken"], idem()
    assert (await bare.post("/v1/sessions/refresh", json={"refreshToken": token}, headers=key)).status_code == 200
    answer = await bare.post("/v1/sessions/refresh", json={"refreshToken": token, "more": 1}, headers=key)
    assert answer.json()["code"] == "idempotency-key-reused"
