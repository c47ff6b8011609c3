"""A worker inside the test's own loop, with a channel that the test holds in its hand."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from backend.db import Database
from backend.health.listener import Pulse
from backend.settings import Settings
from infra.dev import fcm_account
from infra.dev.fcm import Loopback, serve
from infra.dev.ports import free_port
from notifications.channels import Channel
from notifications.channels.credentials import AccessTokens
from notifications.channels.push import PushChannel
from notifications.metrics import Metrics
from notifications.model import Lane
from notifications.worker import Worker
from tests.notifications.scripted import Scripted
from tests.support import background

LANES = (Lane("push", "android"), Lane("push", "ios"), Lane("push", "web"))
MakeSettings = Callable[..., Settings]
Working = Callable[..., AbstractAsyncContextManager[Metrics]]


@pytest.fixture
def working(database: Database, database_url: str, make_settings: Callable[..., Settings]) -> Working:
    """``async with working(channel, **settings) as metrics``: a worker that is drained at the end."""

    @asynccontextmanager
    async def run(channel: Channel, *, lanes: Sequence[Lane] = LANES, **overrides: object) -> AsyncGenerator[Metrics]:
        settings = make_settings(database_url, **{"notice_poll_seconds": 0.1, **overrides})
        metrics = Metrics()
        worker = Worker(settings, database, dict.fromkeys(lanes, channel), metrics, Pulse())
        async with background.working(worker):
            yield metrics

    return run


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A service account; its key takes a moment to make."""
    path = tmp_path_factory.mktemp("account") / "account.json"
    fcm_account.write(path, "http://127.0.0.1:1/token")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture
async def fcm(account: dict[str, Any]) -> AsyncIterator[Scripted]:
    loopback, port = Loopback(), free_port()
    runner = await serve(loopback, port)
    url = f"http://127.0.0.1:{port}"
    yield Scripted(loopback, url, {**account, "token_uri": f"{url}/token"})
    await runner.cleanup()


@pytest.fixture
async def push(fcm: Scripted, make_settings: Callable[..., Settings]) -> AsyncIterator[PushChannel]:
    settings = make_settings("postgresql://unused", fcm_url=fcm.url, push_timeout_seconds=3.0)
    channel = PushChannel(settings, fcm.account, AccessTokens(fcm.account, fcm.fetches.append))
    yield channel
    await channel.close()
