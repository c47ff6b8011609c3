"""From what happens to an integrator's server: once, signed, about nobody, and again when it did not arrive."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import jsonschema
from aiohttp import web

from backend.clock import system_now
from backend.db.pool import SYSTEM
from backend.notices import service as notices
from backend.webhooks import sending, service
from backend.webhooks.model import TYPES, Ending
from infra.dev.contract.document import document
from tests.notifications.people import phone, rows, told
from tests.support.background import WorkerProcess
from tests.support.waiting import eventually
from tests.webhooks.conftest import House
from tests.webhooks.receiver import Receiver, saying


def log_is(house: House, endpoint: UUID, *wanted: tuple[str | None, list[str]]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        found = await house.log(endpoint)
        return found == list(wanted)

    return check


async def test_an_event_is_told_once_to_every_endpoint_that_may_hear_of_it(house: House, receiver: Receiver) -> None:
    all_of_it = await house.endpoint(receiver.url)
    some = await house.endpoint(receiver.url, "case.approved")
    elsewhere = await house.endpoint(receiver.url, owner=await house.client("bottrop"))
    sandbox = await house.endpoint(receiver.url, owner=await house.client("gelsenkirchen", environment="test"))
    silent = await house.endpoint(receiver.url, owner=await house.client("gelsenkirchen", scopes=["app"]))
    person = await phone(house.database)
    confirmed = await told(house.database, person)
    for kind in ("appointment.reminder", "draft.confirmed", "waiting.offer"):
        await told(house.database, person, kind)
    async with house.working():
        await eventually(log_is(house, all_of_it.endpoint.id, ("delivered", ["ok"])))
        for _ in range(3):  # however often they are spread
            await notices.spread_notices(house.database, house.settings, system_now(), 100)
        await asyncio.sleep(0.2)
    (event,) = receiver.events(all_of_it.secret)
    assert event["type"] == "appointment.confirmed"
    assert event["data"] == {"id": str(confirmed.subject_id), "city": "gelsenkirchen"}
    assert set(event) == {"type", "timestamp", "data"}
    headers, body = receiver.came[0]
    declared = document()["webhooks"]["event"]["post"]
    assert {one["name"] for one in declared["parameters"]} <= set(headers)
    schema = deepcopy(document()["components"]["schemas"]["WebhookEvent"])
    assert all(f"`{name}`" in schema["properties"]["type"]["description"] for name in TYPES)
    schema["additionalProperties"] = schema["properties"]["data"]["additionalProperties"] = False
    cast("Any", jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())).validate(event)
    assert b"Mustermann" not in body and str(person.person_id).encode() not in body
    notice = await rows(house.database, "SELECT id FROM notice WHERE kind = 'appointment.confirmed'")
    assert headers["webhook-id"] == str(notice[0]["id"])
    assert await house.log(some.endpoint.id) == []
    for other in (elsewhere, sandbox, silent):
        count = "SELECT count(*) AS n FROM webhook_delivery WHERE endpoint_id = $1"
        assert await rows(house.database, count, other.endpoint.id) == [{"n": 0}]
    assert "appointment.reminder" not in TYPES and "appointment.confirmed" in TYPES


async def test_what_does_not_arrive_comes_again_and_its_log_says_why(house: House, receiver: Receiver) -> None:
    made = await house.endpoint(receiver.url)
    await told(house.database, await phone(house.database))
    receiver.answer = saying(500, "Traceback: " + "x" * 10_000)
    async with house.working():
        await eventually(log_is(house, made.endpoint.id, (None, ["http-500"])))
        for words, answer in (
            (["http-500", "redirect"], saying(302, Location="http://127.0.0.1:1/elsewhere")),
            (["http-500", "redirect", "http-503"], saying(503, Retry_After="7200")),
        ):
            receiver.answer = answer
            await house.make_due()
            await eventually(log_is(house, made.endpoint.id, (None, words)))
        (waiting,) = await rows(
            house.database, "SELECT due_at > now() + interval '1 hour' AS later FROM webhook_delivery"
        )
        assert waiting["later"], "Retry-After is kept"
        async with house.database.transaction(SYSTEM) as conn:
            failing = await service.find(conn, house.owner, made.endpoint.id, system_now())
        assert (failing.failures, failing.last_failure) == (3, "http-503") and failing.failing_since
        receiver.answer = saying(200, "thanks")
        await house.make_due()
        await eventually(log_is(house, made.endpoint.id, ("delivered", ["http-500", "redirect", "http-503", "ok"])))
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert len({body for _, body in receiver.came}) == 1, "the same bytes each time"
    receiver.events(made.secret)
    (first,) = await rows(house.database, "SELECT * FROM webhook_attempt WHERE attempt = 1")
    assert first["status"] == 500 and len(first["answer"]) == 500
    async with house.database.transaction(SYSTEM) as conn:
        well = await service.find(conn, house.owner, made.endpoint.id, system_now())
    assert (well.failures, well.failing_since) == (0, None)


async def test_the_slow_the_endless_and_the_absent_stop_nobody(house: House, receiver: Receiver) -> None:
    sent: list[int] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            await asyncio.sleep(30)
        stream = web.StreamResponse(headers={"Content-Encoding": "gzip"})
        await stream.prepare(request)
        if request.path == "/endless":
            for n in range(100_000):
                await stream.write(b"x" * 65_536)
                sent.append(n)
        return stream

    receiver.answer = answer
    base = receiver.url.removesuffix("/hook")
    ids = [(await house.endpoint(f"{base}{path}")).endpoint.id for path in ("/hook", "/slow", "/endless")]
    absent = (await house.endpoint("http://127.0.0.1:1/")).endpoint.id
    await told(house.database, await phone(house.database))
    async with house.working():
        for one, words in zip([*ids, absent], ("ok", "timeout", "ok", "no-connection"), strict=True):
            await eventually(log_is(house, one, ("delivered" if words == "ok" else None, [words])))
    assert len(sent) < 200, "what an endless answer says is not read to its end"


async def test_an_endpoint_that_is_gone_or_fails_for_days_is_disabled_and_says_why(
    house: House, receiver: Receiver
) -> None:
    made = await house.endpoint(receiver.url)
    receiver.answer = saying(410)
    person = await phone(house.database)
    for _ in range(3):
        await told(house.database, person)

    async def disabled() -> str | None:
        async with house.database.transaction(SYSTEM) as conn:
            return (await service.find(conn, house.owner, made.endpoint.id, system_now())).disabled_reason

    async def is_gone() -> bool:
        return await disabled() == "gone"

    async with house.working():
        await eventually(is_gone)
    open_ones = "SELECT count(*) AS n FROM webhook_delivery WHERE done_at IS NULL"
    assert await rows(house.database, open_ones) == [{"n": 0}]
    wanted = service.Wanted(url=receiver.url, types=(), description="")
    async with house.database.transaction(SYSTEM) as conn:
        await service.change(conn, house.owner, made.endpoint.id, wanted, system_now(), loopback=True)
        assert await service.replay_since(
            conn, house.owner, made.endpoint.id, system_now() - timedelta(hours=1), system_now(), delivered_too=False
        ) == 3  # fmt: skip
    receiver.answer = saying(500)
    async with house.working():
        await eventually(lambda: _failing(house, made.endpoint.id))
        assert await disabled() is None
        await rows(
            house.database, "UPDATE webhook_endpoint SET failing_since = now() - interval '6 days' RETURNING 1 AS x"
        )
        await house.make_due()

        async def is_failing() -> bool:
            return await disabled() == "failing"

        await eventually(is_failing)
    count = len(receiver.came)
    await told(house.database, person)
    async with house.working():
        await asyncio.sleep(0.3)
    assert len(receiver.came) == count, "nothing more is sent"


async def _failing(house: House, endpoint: object) -> bool:
    found = await rows(house.database, "SELECT failures FROM webhook_endpoint WHERE id = $1", endpoint)
    return found[0]["failures"] >= 1


async def test_one_that_fails_does_not_hold_up_another(house: House, receiver: Receiver) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            await asyncio.sleep(30)
        return web.Response(status=204)

    receiver.answer = answer
    await house.endpoint(receiver.url.replace("/hook", "/slow"))
    good = await house.endpoint(receiver.url)
    person = await phone(house.database)
    for _ in range(60):
        await told(house.database, person)
    async with house.working():
        await eventually(log_is(house, good.endpoint.id, *[("delivered", ["ok"])] * 60))
        slow = await rows(
            house.database,
            """SELECT count(*) AS n, (SELECT failures FROM webhook_endpoint WHERE url LIKE '%slow') AS failures
                 FROM webhook_attempt a JOIN webhook_delivery d ON d.id = a.delivery_id
                 JOIN webhook_endpoint e ON e.id = d.endpoint_id WHERE e.url LIKE '%slow'""",
        )
    assert slow[0]["n"] <= 24, "it is left alone after some failures"


async def test_a_rotation_a_test_event_and_a_replay(house: House, receiver: Receiver) -> None:
    made = await house.endpoint(receiver.url, "case.approved")
    endpoint = made.endpoint.id
    async with house.working():
        async with house.database.transaction(SYSTEM) as conn:
            sent = await service.test(conn, house.owner, endpoint, system_now())
        await eventually(log_is(house, endpoint, ("delivered", ["ok"])))
        async with house.database.transaction(SYSTEM) as conn:
            other = await service.rotate(
                conn, house.keyring, house.owner, endpoint, system_now(), overlap=timedelta(hours=1)
            )  # fmt: skip
            await service.replay_one(conn, house.owner, endpoint, sent.id, system_now())
        await eventually(log_is(house, endpoint, ("delivered", ["ok", "ok"])))
        assert [event["type"] for event in receiver.events(made.secret)] == ["webhook.test"] * 2
        receiver.came = receiver.came[1:]
        receiver.events(other.secret)
        assert receiver.came[0][0]["webhook-signature"].count("v1,") == 2
        await rows(house.database, "UPDATE webhook_endpoint SET old_secret_until = now() RETURNING 1 AS x")
        async with house.database.transaction(SYSTEM) as conn:
            await service.replay_one(conn, house.owner, endpoint, sent.id, system_now())
        await eventually(log_is(house, endpoint, ("delivered", ["ok", "ok", "ok"])))
        assert receiver.came[-1][0]["webhook-signature"].count("v1,") == 1
    sealed = await rows(house.database, "SELECT secret FROM webhook_endpoint")
    assert other.secret.encode() not in sealed[0]["secret"]


async def test_a_worker_that_is_killed_in_the_midst_loses_nothing(house: House, receiver: Receiver) -> None:
    made = await house.endpoint(receiver.url)
    arrived = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await asyncio.sleep(30)
        return web.Response()

    receiver.answer = hang
    await told(house.database, await phone(house.database))
    settings = house.settings
    names = ("mode", "database_url", "token_signing_keys", "pass_signing_keys", "client_secrets")
    environment = {name.upper(): str(getattr(settings, name)) for name in names}
    more = {"NOTICE_LEASE_SECONDS": "4", "WEBHOOK_TIMEOUT_SECONDS": "3.9", "PUSH_TIMEOUT_SECONDS": "1"}
    more["MAIL_TIMEOUT_SECONDS"] = "1"
    victim = WorkerProcess({**environment, **more, "NOTICE_POLL_SECONDS": "0.05", "LOG_LEVEL": "error"})
    victim.begin()  # it sends as soon as it can, perhaps before it says that it is ready
    try:
        async with asyncio.timeout(60):
            await arrived.wait()
    finally:
        victim.kill()
    receiver.answer = saying(204)
    async with house.working():
        await eventually(log_is(house, made.endpoint.id, ("delivered", ["ok"])))
    (delivery,) = await rows(house.database, "SELECT attempts FROM webhook_delivery")
    assert delivery["attempts"] == 2, "what killed its worker was counted"
    assert len(receiver.events(made.secret)) == 2


async def test_what_a_late_worker_says_changes_nothing_and_old_logs_go(house: House, receiver: Receiver) -> None:
    made = await house.endpoint(receiver.url)
    await told(house.database, await phone(house.database))
    now = system_now()
    await notices.spread_notices(house.database, house.settings, now, 100)
    (late,) = await sending.claim(house.database, now, lease=timedelta(seconds=1), limit=10)
    assert await sending.claim(house.database, now, lease=timedelta(seconds=1), limit=10) == []
    (second,) = await sending.claim(house.database, now + timedelta(seconds=2), lease=timedelta(seconds=1), limit=10)
    assert (late.attempt, second.attempt) == (1, 2)

    async def settle(parcel: sending.Parcel, ending: Ending | None) -> None:
        tried = sending.Tried(
            parcel=parcel, ending=ending, due_at=now, at=now, milliseconds=1, status=None,
            code="timeout" if ending is None else "ok", answer="", gone=False, counted=True,
        )  # fmt: skip
        await sending.settle(house.database, house.settings, [tried], now)

    await settle(second, "delivered")
    await settle(late, None)
    assert await house.log(made.endpoint.id) == [("delivered", ["timeout", "ok"])]
    assert await sending.forget(house.database, house.settings, now) == 0
    assert await sending.forget(house.database, house.settings, now + timedelta(days=31)) == 1
    assert await rows(house.database, "SELECT FROM webhook_attempt") == []
