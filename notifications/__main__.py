"""``python -m notifications``: the worker as a process. SIGTERM and SIGINT end it within eight seconds."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack

import structlog
import uvloop

from backend import garbage, logs
from backend.db import open_database
from backend.health.listener import Pulse, listen
from backend.notices.service import WORKER
from backend.settings import Settings, SettingsError, from_environment
from notifications.channels import Channel, Off
from notifications.channels.mail import open_mail
from notifications.channels.push import AccountError, open_push
from notifications.channels.webhook import open_webhooks
from notifications.metrics import Metrics
from notifications.model import Lane
from notifications.worker import Worker

PLANS = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
"""Batches of a queue: what is fast when the tables are small must stay so when they are large and not yet analysed."""
_log = structlog.get_logger("wartefrei.worker")


async def work(settings: Settings) -> None:
    """Until a signal comes; raises AccountError, OSError where it cannot begin."""
    metrics, pulse = Metrics(), Pulse()
    async with AsyncExitStack() as stack:
        push: Channel | None = open_push(settings, lambda outcome: metrics.token_refreshes.labels(outcome).inc())
        if push is None:
            push = Off()
            _log.warning("no service account is set: nothing is pushed")
        stack.push_async_callback(push.close)
        mail = open_mail(settings)
        if mail is not None:
            stack.push_async_callback(mail.close)
        database = await open_database(
            settings.database_url, size=settings.database_pool_size, name=WORKER, parameters=PLANS,
            statement_timeout_seconds=settings.database_statement_timeout_seconds,
        )  # fmt: skip
        stack.push_async_callback(database.close)
        channels: dict[Lane, Channel] = {Lane("push", platform): push for platform in ("android", "ios", "web")}
        if mail is not None:
            channels[Lane("mail")] = mail
        webhooks = open_webhooks(settings)
        if webhooks is not None:
            stack.push_async_callback(webhooks.close)
        worker = Worker(settings, database, channels, metrics, pulse, webhooks)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        if settings.worker_port is not None:
            listener = await listen(settings.worker_port, pulse, database, metrics.page)
            stack.push_async_callback(listener.cleanup)
        garbage.settle()
        await worker.run()


def main() -> int:
    """0 after a signal, 1 where it cannot begin, with the reason in the log."""
    try:
        settings = from_environment(role="worker")
        logs.configure(settings.log_level)
        uvloop.run(work(settings))
    except (AccountError, SettingsError, OSError) as error:
        _log.error("the worker cannot begin", cause=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
