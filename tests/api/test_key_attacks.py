"""What somebody might try with a client's key that is not theirs, not for this, or not good any more."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.auth import client as client_guard
from backend.clients import Clients, Keyring
from backend.clients.errors import ClientKeyInvalid
from backend.clients.rules import write_key
from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.settings import Settings
from tests.api.conftest import CITY, Headers
from tests.api.testers import Guest, Idem, new_client, new_key
from tests.support.servers import ApiProcess

Sign = Callable[..., Awaitable[Headers]]
SOME = "0193a0ff-0009-7000-8000-000000000001"
VALUES: dict[type, str] = {UUID: SOME, int: "1"}


def addresses(app: Litestar) -> list[tuple[str, str, bool]]:
    """Of every handler below /v1: method, an address of it, and whether it is for clients alone."""
    found: list[tuple[str, str, bool]] = []
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/v1/"):
            for method, (handler, _) in route.route_handler_map.items():
                address = "/" + "/".join(
                    {"uuid": SOME, "int": "1"}.get(part.type.__name__.lower(), CITY)
                    if not isinstance(part, str)
                    else part
                    for part in route.path_components
                )
                if method != "OPTIONS":
                    found.append((method, address, _for_clients(handler)))
    return found


def _for_clients(handler: Any) -> bool:
    return client_guard in handler.resolve_guards()


async def test_a_key_does_what_its_scope_says_on_every_route(
    api: httpx.AsyncClient, app: Litestar, idem: Idem, clerk_headers: Sign, guest: Callable[[], Awaitable[Headers]]
) -> None:
    admin, person = await clerk_headers("city_admin"), await guest()
    keys = {
        scope: {
            "Client-Key": (await new_key(api, admin, idem, await new_client(api, admin, idem, scopes=[scope])))["key"]
        }
        for scope in ("app", "webhooks")
    }
    every = addresses(app)
    assert len(every) > 120 and sum(own for _, _, own in every) > 8
    for method, address, own in every:
        for token in (person, admin):
            headers = {**token, **keys["webhooks"], **idem()}
            answer = await api.request(method, address, headers=headers)
            refused = answer.status_code == 403 and answer.json()["code"] == "client-scope-missing"
            assert refused != own, f"a key for webhooks alone: {method} {address} {answer.status_code}"
    for method, address, own in every:
        if own and address != "/v1/clients/current":
            body = {"url": "https://hooks.example.org/"} if method in ("POST", "PUT") else None
            if address.endswith("/replay"):
                body = {"delivery": SOME}
            elif address.endswith("/rotate"):
                body = {}
            answer = await api.request(method, address, json=body, headers={**keys["app"], **idem()})
            assert answer.json()["code"] == "client-scope-missing", f"a key for an app: {method} {address}"


async def test_a_test_key_makes_nothing_outside_the_sandbox_by_whatever_address(
    api: httpx.AsyncClient, client_keys: dict[str, Headers], tester: Callable[[], Awaitable[Guest]], idem: Idem,
    demo: Database,
) -> None:  # fmt: skip
    test = client_keys["test"]
    for address in (
        "/v1/cities/{}", "/v1//cities/{}", "//v1/cities/{}", "/v1/cities//{}", "/v1/./cities/{}", "/v1/x/../cities/{}",
        "/v1/clients/../cities/{}", "/v1/clients/%2e%2e/cities/{}", "/v1/cities%2f{}", "/v1/cities/{}%2f",
        "/v1/cities/{};x", "/V1/cities/{}", "/v1/cities/{}%00", "/v1/cities/{}//services",
    ):  # fmt: skip
        real = await api.get(address.format(CITY), headers=test)
        assert real.json()["code"] in {"client-key-not-for-city", "not-found", "city-not-found"}, address
        none = await api.get(address.format("sandbox"))
        assert none.json()["code"] in {"client-key-required", "not-found", "city-not-found"}, address
    assert (await api.get("/v1/cities/%73andbox")).json()["code"] == "client-key-required"
    one = await tester()
    office = (await api.get(f"/v1/cities/{CITY}/offices/hans-sachs-haus")).json()["id"]
    service = (await api.get(f"/v1/cities/{CITY}/services/personalausweis")).json()["id"]
    free = (await api.get(f"/v1/cities/{CITY}/availability/earliest?service=personalausweis&limit=1")).json()["items"][
        0
    ]
    form = (await api.get(f"/v1/cities/{CITY}/forms")).json()["items"][0]
    wanted = [{"service": service, "persons": 1}]
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/v1/holds", {"office": office, "start": free["start"], "services": wanted}),
        ("/v1/waiting-list", {"city": CITY, "mode": "none", "services": wanted}),
        ("/v1/drafts", {"id": SOME, "form": form["id"], "version": form["version"], "answers": {}}),
    )
    for path, body in asked:
        refused = await one.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "client-key-not-for-city"), path
    screen = await one.get(f"/v1/bootstrap?city={CITY}")
    assert screen.json()["code"] == "client-key-not-for-city"
    async with demo.connection() as conn:
        for table in ("hold", "waiting_entry", "draft"):
            assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_a_key_in_its_grace_is_good_until_it_ends_or_is_taken_away(
    api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign, demo: Database, settings: Settings
) -> None:
    admin = await clerk_headers("city_admin")
    client = await new_client(api, admin, idem)
    address = f"/v1/clerk/clients/{client}/keys"

    async def rotate(**more: Any) -> Any:
        answer = await api.post(f"{address}/rotate", json={"environment": "live", **more}, headers={**admin, **idem()})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def good(key: Any, after: timedelta = timedelta()) -> bool:
        """Asked of a process that remembers nothing."""
        try:
            await Clients(demo, Keyring(settings)).verify(key["key"], system_now() + after)
        except ClientKeyInvalid:
            return False
        return True

    first = await new_key(api, admin, idem, client)
    second = await rotate(overlapHours=2)
    assert await good(first) and await good(second)
    assert await good(first, timedelta(hours=1, minutes=59)) and not await good(first, timedelta(hours=2, minutes=1))
    assert (await api.post(f"{address}/{first['id']}/revoke", headers={**admin, **idem()})).status_code == 204
    assert not await good(first) and await good(second), "what is taken away has no grace"
    third = await rotate(overlapHours=24)
    fourth = await rotate(overlapHours=24)
    assert [await good(key) for key in (second, third, fourth)] == [False, True, True], "two at a time"
    assert not await good(third, timedelta(hours=25)) and await good(fourth, timedelta(hours=25))
    # A rotation never lengthens what was to end sooner.
    fifth = await rotate(overlapHours=0)
    assert not await good(fourth, timedelta(seconds=1)) and await good(fifth)


async def test_a_remembered_key_ends_with_its_time_and_not_with_the_memory(
    demo: Database, settings: Settings, api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign
) -> None:
    admin = await clerk_headers("city_admin")
    client = await new_client(api, admin, idem)
    key = await new_key(api, admin, idem, client)
    clients, now = Clients(demo, Keyring(settings)), system_now()
    async with demo.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE client_key SET expires_at = $1", now + timedelta(seconds=3))
    assert await clients.verify(key["key"], now)
    assert await clients.verify(key["key"], now + timedelta(seconds=2))
    with pytest.raises(ClientKeyInvalid):
        await clients.verify(key["key"], now + timedelta(seconds=3, milliseconds=1))


async def test_how_much_of_a_key_is_right_cannot_be_measured(
    api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign, demo: Database, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    admin = await clerk_headers("city_admin")
    made = await new_key(api, admin, idem, await new_client(api, admin, idem))
    secrets = ",".join(("A" * 43 + "=", settings.client_secrets, "B" * 43 + "="))
    clients = Clients(demo, Keyring(msgspec.structs.replace(settings, client_secrets=secrets)))
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr("backend.clients.keyring.hmac.compare_digest", compare)
    now = system_now()
    assert await clients.verify(made["key"], now)
    right, compared = compared.copy(), []
    assert right == [(32, 32)] * 3, "each of the installation's secrets, by whole digests, whichever fits"
    # The same id, one bit of the secret wrong; and every bit of it.
    for secret in (bytes(32), bytes(31) + b"\x01", bytes([255]) * 32):
        compared.clear()
        with pytest.raises(ClientKeyInvalid):
            await clients.verify(write_key("live", UUID(made["id"]), secret), now)
        assert compared == right
    # A key of the other environment with the same id is another key.
    with pytest.raises(ClientKeyInvalid):
        await clients.verify(write_key("test", UUID(made["id"]), bytes(32)), now)


async def test_a_key_that_stands_in_an_address_is_not_written_down(
    demo_url: str, test_keys: dict[str, str], tmp_path: Path, api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign
) -> None:
    admin = await clerk_headers("city_admin")
    key = (await new_key(api, admin, idem, await new_client(api, admin, idem)))["key"]
    environment = {name.upper(): value for name, value in test_keys.items()}
    log = tmp_path / "log"
    server = ApiProcess({"MODE": "embedded", "DATABASE_URL": demo_url, "RATE_LIMITS": "off", **environment}, output=log)
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as phone:
            for address in (
                f"/v1/cities?client_key={key}", f"/v1/cities?{key}", f"/v1/cities/{key}",
                f"/v1/clients/current?Client-Key={key}", f"/v1/forms/{key}/versions/1", f"/{key}",
                f"/docs/errors/{key}",
            ):  # fmt: skip
                answer = await phone.get(address)
                assert answer.status_code in (400, 401, 404), (address, answer.status_code)
                await phone.post(address, json={"x": key}, headers={"Idempotency-Key": key[:40]})
            assert (await phone.get("/v1/clients/current", headers={"Client-Key": f"{key[:-1]}!"})).status_code == 401
            assert (await phone.get("/v1/clients/current", headers={"Client-Key": key})).status_code == 200
    finally:
        server.stop()
    said = log.read_text(encoding="utf-8")
    assert said.count("unmatched") + said.count("/v1/cities") > 4, "requests are written down"
    assert key[:30] not in said and key[40:] not in said
