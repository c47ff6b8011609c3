"""A client in a city, its endpoints, and a worker that tells them."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.clients import Keyring
from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.health.listener import Pulse
from backend.settings import Settings
from backend.webhooks import service
from backend.webhooks.model import NewSecret, Owner, Wanted
from notifications.channels.webhook import WebhookChannel
from notifications.metrics import Metrics
from notifications.worker import Worker
from tests.notifications.people import rows
from tests.support.background import working
from tests.webhooks.receiver import Receiver, serving


class House:
    """What a test works with."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings, self.keyring = database, settings, Keyring(settings)
        self.owner = Owner(uuid4(), "live")

    async def client(self, *cities: str, environment: Any = "live", scopes: Any = ("app", "webhooks")) -> Owner:
        """A new one."""
        owner = Owner(uuid4(), environment)
        await rows(
            self.database,
            """INSERT INTO client (id, name, contact, cities, scopes, created_at)
               VALUES ($1, 'Test', 'x@example.org', $2, $3, now()) RETURNING id""",
            owner.client_id, list(cities), list(scopes),
        )  # fmt: skip
        return owner

    async def endpoint(self, url: str, *types: str, owner: Owner | None = None) -> NewSecret:
        """A new one, which hears of what happens from now on."""
        wanted = Wanted(url=url, types=types, description="")
        async with self.database.transaction(SYSTEM) as conn:
            return await service.add(
                conn, self.keyring, owner or self.owner, wanted, system_now(), loopback=True
            )  # fmt: skip

    async def log(self, endpoint: UUID, owner: Owner | None = None) -> list[tuple[str | None, list[str]]]:
        """Of each delivery, the earliest first: its outcome, and the words of its attempts in order."""
        async with self.database.transaction(SYSTEM) as conn:
            found = await service.deliveries(
                conn, owner or self.owner, endpoint, system_now(), before=None, outcome=None, limit=100
            )
        return [(one.outcome, [a.code for a in reversed(one.attempts)]) for one in reversed(found)]

    async def make_due(self) -> None:
        """As if every pause were over."""
        await rows(self.database, "UPDATE webhook_delivery SET due_at = now() WHERE done_at IS NULL RETURNING id")
        await rows(self.database, "UPDATE webhook_endpoint SET paused_until = NULL RETURNING id")

    @asynccontextmanager
    async def working(self, **channel: Any) -> AsyncGenerator[Metrics]:
        """A worker that is drained at the end."""
        metrics = Metrics()
        webhooks = WebhookChannel(self.settings, self.keyring, **channel)
        worker = Worker(self.settings, self.database, {}, metrics, Pulse(), webhooks)
        try:
            async with working(worker):
                yield metrics
        finally:
            await webhooks.close()


Working = Callable[..., AbstractAsyncContextManager[Metrics]]


@pytest.fixture
async def house(database: Database, database_url: str, make_settings: Callable[..., Settings]) -> House:
    settings = make_settings(
        database_url, notice_poll_seconds=0.05, webhook_timeout_seconds=3.0, notice_lease_seconds=6.0,
        push_timeout_seconds=1.0, mail_timeout_seconds=1.0,
    )  # fmt: skip
    made = House(database, settings)
    made.owner = await made.client("gelsenkirchen")
    return made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with serving(Receiver()) as one:
        yield one
