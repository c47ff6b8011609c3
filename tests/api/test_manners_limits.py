"""Rate limits hold for an address, a person and a device, whatever the process, and cannot be talked round."""

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest
from structlog.testing import capture_logs

from api.app import create_app
from api.middleware.addresses import client_address, counted, parse_networks
from backend.clock import system_now
from backend.db import Database, open_database
from backend.limits import Limiter, Policy, Wish
from backend.limits.queries import clear_buckets
from backend.settings import Settings, SettingsError
from tests.api.conftest import running
from tests.api.echo import ECHOES

SMALL = Policy("small", 10, 3600)


async def count(limiter: Limiter, wish: Wish, tries: int) -> int:
    states = [await limiter.take([wish]) for _ in range(tries)]
    return sum(state.allowed for (state,) in states)


async def test_the_bound_holds_for_one_process(database: Database) -> None:
    assert await count(Limiter(database), Wish(SMALL, "a"), 30) == 10


async def test_the_bound_holds_across_processes_at_the_same_time(database_url: str) -> None:
    policy = Policy("wide", 100, 3600)
    pools = [await open_database(database_url) for _ in range(4)]
    try:
        limiters = [Limiter(pool) for pool in pools]
        allowed = await asyncio.gather(
            *(count(limiter, Wish(policy, "a"), 60) for limiter in limiters for _ in range(2))
        )
    finally:
        for pool in pools:
            await pool.close()
    assert sum(allowed) <= 100
    assert sum(allowed) > 80, "and what processes keep to themselves is little"


async def test_people_do_not_share_a_bucket(database: Database) -> None:
    limiter = Limiter(database)
    assert await count(limiter, Wish(SMALL, "a"), 11) == 10
    assert await count(limiter, Wish(SMALL, "b"), 1) == 1


async def test_a_bucket_fills_with_time(database: Database) -> None:
    policy = Policy("quick", 10, 10)
    limiter = Limiter(database)
    began = time.monotonic()
    assert await count(limiter, Wish(policy, "a"), 11) == 10 or time.monotonic() - began > 1
    await asyncio.sleep(2.2)  # a token comes every second
    refilled = await count(limiter, Wish(policy, "a"), 10)
    assert 2 <= refilled <= 1 + time.monotonic() - began


async def test_a_refusal_of_one_bucket_spends_nothing_of_the_other(database: Database) -> None:
    limiter = Limiter(database)
    await count(limiter, Wish(SMALL, "person"), 10)
    for _ in range(5):
        await limiter.take([Wish(SMALL, "person"), Wish(SMALL, "device")])
    assert await count(limiter, Wish(SMALL, "device"), 20) == 10


async def test_old_buckets_are_cleared(database: Database) -> None:
    await count(Limiter(database), Wish(SMALL, "a"), 1)
    async with database.connection() as conn:
        assert await clear_buckets(conn, system_now(), 100) == 1


@pytest.fixture
async def strict(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    return make_settings(
        database_url, rate_address_per_minute=25, rate_guest_sessions_per_hour=3, trusted_proxies="127.0.0.0/8"
    )


async def ask(client: httpx.AsyncClient, forwarded: str) -> httpx.Response:
    return await client.get("/echo/query?size=1", headers={"X-Forwarded-For": forwarded})


async def test_a_refusal_says_when_to_come_back(strict: Settings) -> None:
    async with running(create_app(strict, ECHOES)) as client:
        first = await ask(client, "198.51.100.7")
        assert first.headers["ratelimit-policy"] == '"address";q=25;w=60'
        assert first.headers["ratelimit"] == '"address";r=24;t=1'
        answers = [await ask(client, "198.51.100.7") for _ in range(30)]
        refused = answers[-1]
        assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 3
        assert refused.headers["ratelimit"].startswith('"address";r=0')
        assert (await ask(client, "198.51.100.8")).status_code == 200, "another address has its own bucket"
        assert (await client.get("/health/live")).status_code == 200, "whoever watches the process is not limited"


async def test_a_forged_forwarded_for_does_not_evade(strict: Settings) -> None:
    async with running(create_app(strict, ECHOES)) as client:
        statuses = [(await ask(client, f"203.0.113.{i}, 198.51.100.7")).status_code for i in range(40)]
    assert statuses.count(429) >= 10


async def test_nobody_is_believed_without_trusted_proxies(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    async with running(create_app(make_settings(database_url, rate_address_per_minute=25), ECHOES)) as client:
        statuses = [(await ask(client, f"203.0.113.{i}")).status_code for i in range(40)]
    assert statuses.count(429) >= 10


@pytest.mark.parametrize("trusted, told", [("10.0.0.0/8", 1), ("127.0.0.1", 0)])
async def test_a_proxy_that_nobody_named_is_told_once(
    make_settings: Callable[..., Settings], database_url: str, trusted: str, told: int
) -> None:
    settings = make_settings(database_url, trusted_proxies=trusted)
    async with running(create_app(settings, ECHOES)) as client:
        with capture_logs() as said:
            assert (await client.get("/echo/query?size=1")).status_code == 200
            assert [one for one in said if "TRUSTED_PROXIES" in one["event"]] == []
            for _ in range(2):
                await ask(client, "198.51.100.7")
    assert [one["proxy"] for one in said if "TRUSTED_PROXIES" in one["event"]] == ["127.0.0.1"] * told


async def test_new_guests_are_limited_by_address(strict: Settings, idem: Callable[[], dict[str, str]]) -> None:
    async with running(create_app(strict)) as client:
        bodies = [{"installationId": f"018f0000-0000-4000-8000-00000000000{i}"} for i in range(5)]
        answers = [await client.post("/v1/sessions/guest", json=body, headers=idem()) for body in bodies]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
        for path in ("//v1/sessions/guest", "/v1//sessions/guest", "/%2Fv1/sessions/guest", "/v1/sessions%2F/guest"):
            again = await client.post(f"http://127.0.0.1:8000{path}", json=bodies[0], headers=idem())
            assert again.status_code == 404, f"{path} leads past the limit"


async def test_holds_are_limited_by_address(
    make_settings: Callable[..., Settings], database_url: str, idem: Callable[[], dict[str, str]]
) -> None:
    settings = make_settings(database_url, rate_holds_per_hour=2, trusted_proxies="127.0.0.0/8")
    async with running(create_app(settings)) as client:

        async def hold(device: int, address: str) -> httpx.Response:
            body = {"installationId": f"018f0000-0000-4000-8000-00000000000{device}"}
            guest = (await client.post("/v1/sessions/guest", json=body, headers=idem())).json()
            sent = {**idem(), "Authorization": f"Bearer {guest['accessToken']}", "X-Forwarded-For": address}
            return await client.post("/v1/holds", json={}, headers=sent)

        answers = [await hold(device, "198.51.100.7") for device in range(4)]
        assert [answer.status_code for answer in answers] == [400, 400, 429, 429], "of other guests as well"
        assert answers[0].headers["ratelimit-policy"].startswith('"address";q=1800;w=60, "holds";q=2;w=3600')
        assert int(answers[-1].headers["retry-after"]) > 600
        assert (await hold(5, "198.51.100.8")).status_code == 400, "another address has its own bucket"


async def test_a_person_is_limited_whatever_the_address(
    make_settings: Callable[..., Settings], database_url: str, idem: Callable[[], dict[str, str]]
) -> None:
    settings = make_settings(database_url, rate_person_reads_per_minute=5, trusted_proxies="127.0.0.0/8")
    async with running(create_app(settings)) as client:
        begun = await client.post(
            "/v1/sessions/guest", json={"installationId": "018f0000-0000-4000-8000-000000000001"}, headers=idem()
        )
        token = {"Authorization": f"Bearer {begun.json()['accessToken']}"}
        answers = [await client.get("/v1/me", headers={**token, "X-Forwarded-For": f"203.0.113.{i}"}) for i in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3


@pytest.mark.parametrize(
    "forwarded, expected",
    [
        ("198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("198.51.100.7:1, garbage", "unknown"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:ffff::1]:443", "2001:db8:1:2::/64"),
        ("", "10.0.0.1"),
    ],
)
def test_the_nearest_untrusted_hop_counts(forwarded: str, expected: str) -> None:
    scope = {"client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert client_address(scope, parse_networks("10.0.0.0/8, fd00::/8")) == expected


def test_addresses_are_counted_as_one() -> None:
    assert counted("2001:db8::1") == counted("2001:db8::ffff")
    assert counted("::ffff:198.51.100.7") == "198.51.100.7"
    with pytest.raises(SettingsError):
        parse_networks("10.0.0.0/99")
