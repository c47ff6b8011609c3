"""A server with the demo clerks, and a way to come in that uses no browser."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import msgspec
import pytest

from infra.dev.demo import load_clerks
from tests.support.cluster import Cluster
from tests.support.servers import ApiProcess


class Seat(msgspec.Struct):
    """Somebody's cookies, and what a page of theirs would know."""

    client: httpx.AsyncClient
    csrf: str

    def headers(self, **more: str) -> dict[str, str]:
        """Of a change, as the console's scripts send it."""
        return {"X-CSRF-Token": self.csrf, "Sec-Fetch-Site": "same-origin", **more}


@pytest.fixture
async def owner(cluster: Cluster, demo_name: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that sees and may write everything."""
    base, _, _ = cluster.superuser_url.rpartition("/")
    conn = await asyncpg.connect(f"{base}/{demo_name}")
    yield conn
    await conn.close()


@pytest.fixture
async def server(demo_url: str) -> AsyncGenerator[ApiProcess]:
    """The API in a process of its own: its console asks its own issuer over HTTP, as it would ask any other."""
    process = ApiProcess({"MODE": "embedded", "DATABASE_URL": demo_url, "RATE_LIMITS": "off", "LOG_LEVEL": "error"})
    url = process.environment["PUBLIC_URL"]
    process.environment |= {
        "CLERK_OIDC_ISSUER": f"{url}/dev-issuer",
        "CLERK_OIDC_AUDIENCE": "wartefrei-clerk",
        "CLERK_OIDC_CLIENT_ID": "wartefrei-console",
    }
    await load_clerks(demo_url, f"{url}/dev-issuer")
    await process.start()
    yield process
    process.stop()


@pytest.fixture
async def client(server: ApiProcess) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser without anything, which follows no redirect by itself."""
    async with httpx.AsyncClient(base_url=server.environment["PUBLIC_URL"]) as found:
        yield found


async def to_provider(client: httpx.AsyncClient, then: str = "/console") -> dict[str, str]:
    """Begins a sign-in; what the provider is asked for."""
    answer = await client.get("/console/sign-in", params={"then": then})
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def back_as(client: httpx.AsyncClient, subject: str, asked: dict[str, str]) -> dict[str, str]:
    """Chooses a demo clerk; what the browser is sent back with."""
    answer = await client.get("/dev-issuer/authorize", params={**asked, "subject": subject})
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def sign_in(client: httpx.AsyncClient, subject: str, then: str = "/console") -> tuple[Seat, httpx.Response]:
    """All the way; the answer that sets the session."""
    answer: Any = await client.get(
        "/console/signed-in", params=await back_as(client, subject, await to_provider(client, then))
    )
    page = await client.get("/console/signed-out")
    csrf = page.text.split('name="csrf" content="')[1].split('"')[0]
    return Seat(client, csrf), answer
