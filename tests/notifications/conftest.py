"""A worker inside the test's own loop, with a channel that the test holds in its hand."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from backend.db import Database
from backend.settings import Settings
from notifications.channels import Channel
from notifications.health import Pulse
from notifications.metrics import Metrics
from notifications.model import Lane
from notifications.worker import Worker

LANES = (Lane("push", "android"), Lane("push", "ios"), Lane("push", "web"))
Working = Callable[..., AbstractAsyncContextManager[Metrics]]


@pytest.fixture
def working(database: Database, database_url: str, make_settings: Callable[..., Settings]) -> Working:
    """``async with working(channel, **settings) as metrics``: a worker that is drained at the end."""

    @asynccontextmanager
    async def run(channel: Channel, **overrides: object) -> AsyncGenerator[Metrics]:
        settings = make_settings(database_url, **{"notice_poll_seconds": 0.1, **overrides})
        metrics = Metrics()
        worker = Worker(settings, database, dict.fromkeys(LANES, channel), metrics, Pulse())
        running = asyncio.create_task(worker.run())
        try:
            yield metrics
        finally:
            worker.stop()
            async with asyncio.timeout(8):
                await running

    return run
