"""The arena: two API processes over one database that a test may disturb as it likes."""

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from backend.clock import system_now
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.settings import from_environment
from infra.dev import migrate
from infra.dev.postgres import Postgres
from tests.bench import load
from tests.proof import people
from tests.support import town as towns
from tests.support.cluster import Cluster
from tests.support.fcm import Fcm
from tests.support.servers import ApiProcess, signing_keys

DATABASE = "wartefrei"
BLACK_HOLE_SECONDS = float(os.environ.get("BLACK_HOLE_SECONDS", "3"))
"""For how long FCM or its token endpoint says nothing. Less than in life, for want of time; with 60 it holds too."""
_URL = "http://127.0.0.1:8000"  # one installation, whatever the ports of its processes
_API = {
    "MODE": "embedded",
    "PUBLIC_URL": _URL,
    "CLERK_OIDC_ISSUER": f"{_URL}/dev-issuer",
    "CLERK_OIDC_AUDIENCE": "wartefrei-clerks",
    "RATE_LIMITS": "off",
    "WAITING_QUIET_FROM_HOUR": "0",  # tests run at any hour
    "WAITING_QUIET_UNTIL_HOUR": "0",
    "LOG_LEVEL": "error",
    "DATABASE_POOL_SIZE": "10",
}


class Arena:
    """Two API processes, the database's owner, and what tests do with them."""

    def __init__(self, owner_url: str, apis: list[ApiProcess], postgres: Postgres | None = None) -> None:
        self.owner_url, self.apis, self._postgres = owner_url, apis, postgres
        self.ports = tuple(api.port for api in apis)
        self.owner: asyncpg.Connection[asyncpg.Record]

    async def town(self, *, counters: int) -> towns.Town:
        """One office with ``counters`` counters, open from 08:00 to 16:00 every day, 15 minutes a visit."""
        return await towns.build(self.owner, counters=counters, horizon_days=60)

    async def booked(self, place: towns.Town, start: datetime, token: str) -> UUID:
        """A confirmed appointment of the token's person."""
        [held] = await load.volley(self.ports[:1], [people.hold(place.offices[0], place.service, start, token)])
        assert held.status == 201, held.body
        [booked] = await load.volley(self.ports[1:], [people.book(people.body(held)["id"], token)])
        assert booked.status == 201, booked.body
        return UUID(people.body(booked)["id"])

    async def manager(self, place: towns.Town) -> str:
        """A token of somebody who manages the town's first office."""
        settings = from_environment({**_API, **signing_keys(), "DATABASE_URL": self.owner_url})
        await ensure_dev_clerk(
            self.owner, "manager", "Manager", "office_manager", towns.CITY, "office-0", issuer=_API["CLERK_OIDC_ISSUER"]
        )
        return mint_dev_token(settings, "manager", system_now(), audience=_API["CLERK_OIDC_AUDIENCE"])

    async def release_all_holds(self) -> None:
        """Frees what is held, as if everybody had let go."""
        await self.owner.execute("DELETE FROM place WHERE hold_until IS NOT NULL")

    async def reconnect_owner(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A fresh connection, after the server came back."""
        self.owner = await asyncpg.connect(self.owner_url)
        return self.owner

    def crash_postgres(self) -> None:
        """The server dies without a checkpoint and comes back on the same port."""
        assert self._postgres is not None
        self._postgres.crash()
        self._postgres.start(port=self._postgres.port)


@asynccontextmanager
async def _arena(
    owner_url: str, app_url: str, postgres: Postgres | None = None, **settings: str
) -> AsyncGenerator[Arena]:
    environment = {**_API, **settings, "DATABASE_URL": app_url}
    apis = [ApiProcess(environment) for _ in range(2)]
    arena = Arena(owner_url, apis, postgres)
    try:
        await arena.reconnect_owner()
        for api in apis:
            await api.start()
        yield arena
    finally:
        for api in apis:
            api.stop()
        await arena.owner.close()


@pytest.fixture
def superuser_url(cluster: Cluster, empty_name: str) -> str:
    """This test's database for a role that sees every row."""
    return cluster.url(empty_name, "postgres")


@pytest.fixture
async def arena(superuser_url: str, database_url: str) -> AsyncIterator[Arena]:
    """Two API processes with the usual settings."""
    async with _arena(superuser_url, database_url) as found:
        yield found


@pytest.fixture
async def arena_short_holds(superuser_url: str, database_url: str) -> AsyncIterator[Arena]:
    """The same, with holds of one second."""
    async with _arena(superuser_url, database_url, HOLD_SECONDS="1") as found:
        yield found


@pytest.fixture
async def durable_arena(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Arena]:
    """A server of its own that keeps its promises over a crash."""
    folder: Path = tmp_path_factory.mktemp("durable")
    postgres = Postgres(folder, durable=True)
    try:
        postgres.start()
        await migrate.prepare(
            postgres.url("postgres"), postgres.url(DATABASE, migrate.OWNER), DATABASE, postgres.password
        )
        async with _arena(postgres.url(DATABASE), postgres.url(DATABASE, migrate.APP), postgres) as found:
            yield found
    finally:
        postgres.stop()


@pytest.fixture
async def arena_short_offers(superuser_url: str, database_url: str) -> AsyncIterator[Arena]:
    """The same as ``arena``, with offers of the waiting list that stand for three seconds."""
    async with _arena(superuser_url, database_url, WAITING_OFFER_SECONDS="3") as found:
        yield found


@pytest.fixture
async def fcm(tmp_path: Path) -> AsyncIterator[Fcm]:
    """The loopback FCM."""
    server = Fcm(tmp_path)
    await server.start()
    yield server
    server.stop()
