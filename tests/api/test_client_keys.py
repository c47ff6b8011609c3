"""An integrator's key: shown once, good where it should be, gone when it is taken away, never written down."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import jwt
import pytest

from api.app import create_app
from api.console.cookies import session_cookie
from backend.clients import Clients, Keyring
from backend.clients.errors import ClientKeyInvalid
from backend.clock import system_now
from backend.db import Database
from backend.identity.oidc import Identity
from backend.settings import Settings
from tests.api.conftest import CITY, Headers, running
from tests.api.testers import new_client, new_key

Sign = Callable[..., Awaitable[Headers]]
Idem = Callable[[], Headers]
ROOT = Path(__file__).parents[2]


async def test_the_life_of_a_key(
    api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign, demo: Database, demo_owner_url: str,
    settings: Settings, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    admin = await clerk_headers("city_admin")
    client = await new_client(api, admin, idem)
    address = f"/v1/clerk/clients/{client}/keys"
    once = idem()
    first = await api.post(address, json={"environment": "live"}, headers={**admin, **once})
    again = await api.post(address, json={"environment": "live"}, headers={**admin, **once})
    key = first.json()["key"]
    assert again.json() == {**first.json(), "key": None}, "a repeat is the same key, which is shown to nobody twice"
    me = await api.get("/v1/clients/current", headers={"Client-Key": key})
    assert (me.json()["id"], me.json()["environment"], me.json()["cities"]) == (client, "live", [CITY])
    second = await new_key(api, admin, idem, client)
    third = await api.post(address, json={"environment": "live"}, headers={**admin, **idem()})
    assert (third.status_code, third.json()["code"]) == (409, "too-many-client-keys")

    rotated = await api.post(f"{address}/rotate", json={"environment": "live"}, headers={**admin, **idem()})
    assert rotated.status_code == 201
    fresh = Clients(demo, Keyring(settings))
    now = system_now() + timedelta(seconds=1)
    with pytest.raises(ClientKeyInvalid):
        await fresh.verify(key, now)
    assert (await fresh.verify(second["key"], now)).client_id == (
        await fresh.verify(rotated.json()["key"], now)
    ).client_id
    with pytest.raises(ClientKeyInvalid):
        await fresh.verify(second["key"], now + timedelta(days=8))

    newest = rotated.json()
    gone = await api.post(f"{address}/{newest['id']}/revoke", headers={**admin, **idem()})
    assert gone.status_code == 204
    await fresh.verify(newest["key"], now)  # remembered, for some seconds
    with pytest.raises(ClientKeyInvalid):
        await fresh.verify(newest["key"], now + timedelta(seconds=11))
    listed = (await api.get("/v1/clerk/clients", headers=admin)).json()["items"][0]["keys"]
    assert [one["id"] for one in listed] == [newest["id"], second["id"], first.json()["id"]]
    assert listed[0]["revokedAt"] and listed[2]["lastUsedAt"] and not listed[1]["revokedAt"]

    conn = await asyncpg.connect(demo_owner_url)
    try:
        tables = [row["relname"] for row in await conn.fetch("SELECT relname FROM pg_class WHERE relkind = 'r'")]
        for table in (name for name in tables if not name.startswith(("pg_", "sql_"))):
            for row in await conn.fetch(f'SELECT to_jsonb(t)::text AS all FROM "{table}" t'):
                assert key[40:] not in row["all"] and key[40:].encode().hex() not in row["all"], table
        actions = await conn.fetch("SELECT action, actor_kind FROM audit_entry WHERE entity = 'client'")
    finally:
        await conn.close()
    assert {row["action"] for row in actions} == {"client.created", "client.key-made", "client.key-revoked"}
    said = capfd.readouterr()
    assert key[20:] not in said.out + said.err


async def test_a_key_opens_its_city_and_a_test_key_none_that_is_real(
    api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign, guest: Callable[[], Awaitable[Headers]]
) -> None:
    admin = await clerk_headers("city_admin")
    client = await new_client(api, admin, idem)
    live = {"Client-Key": (await new_key(api, admin, idem, client))["key"]}
    test = {"Client-Key": (await new_key(api, admin, idem, client, "test"))["key"]}
    person = await guest()
    earliest = f"/v1/cities/{CITY}/availability/earliest?service=personalausweis&limit=1"

    async def hold(key: Headers) -> tuple[int, str]:
        free = (await api.get(earliest)).json()["items"][0]
        services = [{"service": "0193a000-0002-7000-8000-000000000001", "persons": 1}]
        body = {"office": free["office"], "start": free["start"], "services": services}
        answer = await api.post("/v1/holds", json=body, headers={**person, **idem(), **key})
        return answer.status_code, answer.json().get("code", "")

    assert (await api.get(earliest)).status_code == 200
    refused = await api.get(earliest, headers=test)
    assert (refused.status_code, refused.json()["code"]) == (403, "client-key-not-for-city"), "not even from memory"
    assert (await api.get("/v1/cities/bottrop", headers=live)).json()["code"] == "client-key-not-for-city"
    assert (await api.get(f"/v1/cities/{CITY}", headers=live)).status_code == 200
    assert await hold(test) == (403, "client-key-not-for-city")
    assert await hold(live) == (201, "")
    for wrong in ("nonsense", "wfk_live_" + "0" * 71, live["Client-Key"][:-1] + "!", ""):
        answer = await api.get("/v1/cities", headers={"Client-Key": wrong})
        assert (answer.status_code, answer.json()["code"]) == (401, "client-key-invalid")
        assert answer.headers["www-authenticate"].startswith("Client-Key")
        assert wrong not in answer.text or not wrong
    assert (await api.get("/v1/clients/current")).json()["code"] == "client-key-required"


async def test_administrators_manage_clients_of_their_own_cities(
    api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign
) -> None:
    admin, neighbour = await clerk_headers("city_admin"), await clerk_headers("city_admin", city_id="bottrop")
    client = await new_client(api, admin, idem)
    assert (await api.get("/v1/clerk/clients", headers=neighbour)).json()["items"] == []
    body = {"name": "x", "contact": "y@example.org", "cities": ["bottrop"], "scopes": ["webhooks"]}
    address = f"/v1/clerk/clients/{client}"
    assert (await api.put(address, json=body, headers=neighbour)).json()["code"] == "client-not-found"
    taken = await api.post(f"{address}/keys", json={"environment": "live"}, headers={**neighbour, **idem()})
    assert taken.json()["code"] == "client-not-found"
    for cities in (["gelsenkirchen"], ["atlantis"], ["sandbox"]):
        answer = await api.post("/v1/clerk/clients", json={**body, "cities": cities}, headers={**neighbour, **idem()})
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/cities/0"]
    manager = await clerk_headers("office_manager", "hans-sachs-haus")
    assert (await api.get("/v1/clerk/clients", headers=manager)).json()["code"] == "role-insufficient"
    changed = await api.put(address, json={**body, "cities": [CITY]}, headers=admin)
    assert (changed.status_code, changed.json()["scopes"]) == (200, ["webhooks"])
    key = {"Client-Key": (await new_key(api, admin, idem, client))["key"]}
    assert (await api.get("/v1/cities", headers=key)).json()["code"] == "client-scope-missing"


async def test_a_city_may_want_keys_and_a_client_has_a_bucket_of_its_own(
    make_settings: Callable[..., Settings], settings: Settings, demo_url: str, idem: Idem, clerk_headers: Sign
) -> None:
    strict = make_settings(
        demo_url, client_key_cities=CITY, trusted_proxies="127.0.0.0/8", clerk_oidc_issuer=settings.clerk_oidc_issuer,
        clerk_oidc_audience="wartefrei-clerk",
    )  # fmt: skip
    admin = await clerk_headers("city_admin")
    async with running(create_app(strict)) as api:
        assert (await api.get(f"/v1/cities/{CITY}")).json()["code"] == "client-key-required"
        assert (await api.get(f"http://127.0.0.1:8000//v1/cities/{CITY}")).status_code == 404, "no way past the gate"
        assert (await api.get("/v1/cities/bottrop")).status_code == 200
        client = await new_client(api, admin, idem, perMinute=5)
        keys = [{"Client-Key": (await new_key(api, admin, idem, client))["key"]} for _ in range(2)]
        answers = [
            await api.get(f"/v1/cities/{CITY}", headers={**keys[n % 2], "X-Forwarded-For": f"203.0.113.{n}"})
            for n in range(7)
        ]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert '"client";q=5;w=60' in answers[0].headers["ratelimit-policy"] and answers[6].headers["retry-after"]


async def test_a_city_that_wants_keys_wants_them_for_its_forms_too_but_not_from_its_clerks(
    make_settings: Callable[..., Settings], settings: Settings, demo_url: str, idem: Idem, clerk_headers: Sign,
    demo: Database,
) -> None:  # fmt: skip
    strict = make_settings(
        demo_url, client_key_cities=CITY, clerk_oidc_issuer=settings.clerk_oidc_issuer,
        clerk_oidc_audience="wartefrei-clerk", rate_limits="off",
    )  # fmt: skip
    rows = await demo.pool.fetch("SELECT city_id, id FROM form WHERE city_id IN ($1, 'sandbox')", CITY)
    forms = {row["city_id"]: f"/v1/forms/{row['id']}/versions/1" for row in rows}
    admin = await clerk_headers("city_admin")
    async with running(app := create_app(strict)) as api:
        client = await new_client(api, admin, idem)
        live, test = [
            {"Client-Key": (await new_key(api, admin, idem, client, kind))["key"]} for kind in ("live", "test")
        ]
        console = app.state["context"].callers.console
        staff: dict[str, Headers] = {}
        for city in (CITY, "bottrop"):
            token = (await clerk_headers("city_admin", None, city))["Authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, options={"verify_signature": False})
            session, _ = await console.begin(Identity(claims["iss"], claims["sub"]), system_now())
            staff[city] = {"Cookie": f"{session_cookie(strict, token).key}={session}"}
        for more in ("", "/vectors"):
            path = forms[CITY] + more
            first = await api.get(path, headers=live)
            assert first.status_code == 200
            assert {"Client-Key", "Cookie"} <= set(first.headers["vary"].split(", "))
            for headers, code in (
                ({}, "client-key-required"),
                ({"If-None-Match": first.headers["etag"]}, "client-key-required"),
                (test, "client-key-not-for-city"),
                (staff["bottrop"], "client-key-required"),
            ):
                refused = await api.get(path, headers=headers)
                assert refused.json()["code"] == code, (path, headers)
            assert (await api.get(path, headers=staff[CITY])).content == first.content
            unchanged = await api.get(path, headers={**live, "If-None-Match": first.headers["etag"]})
            assert unchanged.status_code == 304
            assert (await api.get(forms["sandbox"] + more)).json()["code"] == "client-key-required"
            assert (await api.get(forms["sandbox"] + more, headers=test)).status_code == 200
        assert (await api.get(f"/v1/cities/{CITY}", headers=staff[CITY])).status_code == 200
        assert (await api.get(f"/v1/cities/{CITY}", headers=staff["bottrop"])).status_code == 401


async def test_the_operators_command(
    demo_url: str, test_keys: dict[str, str], settings: Settings, demo: Database
) -> None:
    environment = {**os.environ, "MODE": "embedded", "DATABASE_URL": demo_url}
    environment |= {name.upper(): value for name, value in test_keys.items()}

    async def wartefrei(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api.cli", "client", *words, env=environment, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode().strip()

    status, client = await wartefrei("new", "Stadt-App", "--contact", "a@example.org", "--city", CITY)
    assert status == 0
    status, key = await wartefrei("key", client, "--environment", "live")
    clients, now = Clients(demo, Keyring(settings)), system_now()
    assert str((await clients.verify(key, now)).client_id) == client
    assert (await wartefrei("disable", client))[0] == 0
    with pytest.raises(ClientKeyInvalid):
        await Clients(demo, Keyring(settings)).verify(key, now)
    status, listed = await wartefrei("list")
    assert status == 0 and "(disabled)" in listed and key not in listed
    assert (await wartefrei("key", str(uuid4()), "--environment", "live"))[0] == 1
