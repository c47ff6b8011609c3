"""Fixtures of who is asking: a provider over real HTTP, callers over a real database, and a small town."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from socket import socket

import pytest

from backend.db import Database
from backend.identity import Callers, open_callers
from backend.identity.oidc import DEV_ISSUER_PATH
from backend.settings import Settings
from tests.identity.issuer import AUDIENCE, Issuer, running_issuer
from tests.identity.town import Town, make_town

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
CLERKS = "clerks-of-tests"


@pytest.fixture
def now() -> datetime:
    """The instant at which a test begins."""
    return NOW


@pytest.fixture(scope="session")
def issuer_door() -> Iterator[socket]:
    """Where the provider listens in every test of this worker, so that their settings are the same."""
    with socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(128)
        yield door


@pytest.fixture
async def issuer(issuer_door: socket) -> AsyncIterator[Issuer]:
    """The citizens' provider."""
    async with running_issuer(issuer_door) as found:
        yield found


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str, issuer: Issuer) -> Settings:
    """Citizens by the provider, clerks by the development issuer."""
    public_url = "http://127.0.0.1:9"
    return make_settings(
        database_url,
        public_url=public_url,
        citizen_oidc_issuer=issuer.url,
        citizen_oidc_audience=AUDIENCE,
        clerk_oidc_issuer=public_url + DEV_ISSUER_PATH,
        clerk_oidc_audience=CLERKS,
    )


@pytest.fixture
async def callers(database: Database, settings: Settings) -> AsyncIterator[Callers]:
    """Who is asking, as one API process knows it."""
    found = open_callers(database, settings)
    yield found
    await found.close()


@pytest.fixture
async def town(database: Database) -> Town:
    """Two cities: two offices in one, one in the other."""
    return await make_town(database)
