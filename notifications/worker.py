"""The worker: spreads notices, serves the lanes, runs the schedule, and ends politely when asked to.

Any number of workers share the work. Each step is a statement or transaction of its own, so that a worker which is
killed at any point leaves nothing behind that another one does not take up when the lease is over.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import structlog

from backend.availability.engine import Engine
from backend.clock import system_now
from backend.db import Database
from backend.db.listening import listen
from backend.db.outage import is_outage
from backend.forms.versions import Versions
from backend.health.listener import Pulse
from backend.identity.sweeping import Sweeper
from backend.notices import service
from backend.notices.bell import CHANNEL
from backend.settings import Settings
from notifications.channels import Channel
from notifications.channels.webhook import WebhookChannel
from notifications.lane import LaneWorker, Way
from notifications.metrics import Metrics
from notifications.model import Lane, Outgoing
from notifications.queues import Notices, Parcels
from notifications.runner import Runner
from notifications.settling import Settler
from notifications.tasks import TASKS, House

_SPREAD_AT_ONCE = 500
_COUNT_SECONDS = 15.0
_SENDS_END_SECONDS, _WRITES_END_SECONDS = 4.0, 2.0
_CANCEL_AGAIN_SECONDS = 0.25
# So long at most may somebody's notice be on its way to a phone that another person has by now, or who logged out.
_FRESH_SECONDS = 1.0
_log = structlog.get_logger("wartefrei.worker")


class Worker:
    """``run`` until ``stop``. ``channels`` says which channel serves each lane; ``webhooks`` has a lane of its own."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        channels: Mapping[Lane, Channel],
        metrics: Metrics,
        pulse: Pulse,
        webhooks: WebhookChannel | None = None,
    ) -> None:
        self._settings, self._database, self._metrics, self._pulse = settings, database, metrics, pulse
        notices = Notices(database, settings, mails=Lane("mail") in channels)
        settler = Settler(notices, self._written)
        self._settlers: list[Settler[Any, Any]] = [settler]
        self._lanes: dict[Lane, LaneWorker[Any, Any]] = {
            lane: LaneWorker(lane, _way(lane, channel, settings), notices, settler, settings, metrics)
            for lane, channel in channels.items()
        }
        if webhooks is not None:
            self._add_webhooks(webhooks)
        house = House(settings, database, Sweeper(database, settings), Engine(database, settings), Versions())
        self._runner = Runner(house, TASKS, metrics)
        self._rung = asyncio.Event()
        self._stopped = asyncio.Event()

    def _add_webhooks(self, channel: WebhookChannel) -> None:
        lane, settings = Lane("webhook"), self._settings
        parcels = Parcels(self._database, settings)
        # How many of an endpoint are under way is counted in the table: the next may come once that is written.
        settler = Settler(parcels, lambda: self._lanes[lane].wake())  # noqa: PLW0108 - it is not there yet
        way = Way(channel.ready, channel.send, settings.webhook_timeout_seconds, settings.webhook_concurrency)
        self._lanes[lane] = LaneWorker(lane, way, parcels, settler, settings, self._metrics)
        self._settlers.append(settler)

    def stop(self) -> None:
        """Asks ``run`` to end: nothing new is begun, what is under way has some seconds."""
        self._stopped.set()

    async def run(self) -> None:
        """Returns after ``stop``; raises what a loop of ours raised, which is a fault of ours."""
        ring = self._rung.set
        claiming = [asyncio.create_task(lane.run()) for lane in self._lanes.values()]
        others = _tasks(
            self._spread(),
            self._count(),
            self._runner.run(),
            listen(self._settings.database_url, CHANNEL, lambda _: ring(), name=service.WORKER, back=ring),
        )
        writing = [asyncio.create_task(settler.run()) for settler in self._settlers]
        stopped = asyncio.create_task(self._stopped.wait())
        _log.info("working", lanes=[str(lane) for lane in self._lanes])
        try:
            done, _ = await asyncio.wait(
                [stopped, *writing, *claiming, *others], return_when=asyncio.FIRST_COMPLETED
            )  # fmt: skip
            for failed in done - {stopped}:
                failed.result()
            await _end(others)
            await asyncio.gather(*(lane.drain(_SENDS_END_SECONDS) for lane in self._lanes.values()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WRITES_END_SECONDS):
                    await asyncio.gather(*(settler.idle() for settler in self._settlers))
        finally:
            await _end([*claiming, *others, *writing, stopped])
        _log.info("ended")

    async def _spread(self) -> None:
        """Makes deliveries of notices, whenever the bell rings and now and then without."""
        while True:
            self._pulse.beat("spread")
            self._rung.clear()
            try:
                spread = await service.spread_to_persons(
                    self._database, system_now(), _SPREAD_AT_ONCE, mails=Lane("mail") in self._lanes
                )
                self._wake(spread.lanes)  # before anything else: somebody has just booked
                if spread.notices < _SPREAD_AT_ONCE:
                    self._wake((await service.spread_news(self._database, self._settings, system_now())).lanes)
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("notices wait for the database", cause=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            if spread.notices < _SPREAD_AT_ONCE:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.notice_poll_seconds):
                        await self._rung.wait()

    def _wake(self, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            if lane in self._lanes:
                self._lanes[lane].wake()

    def _written(self) -> None:
        for lane in self._lanes.values():
            lane.written()

    async def _count(self) -> None:
        """Reads how much waits, for the metrics."""
        while True:
            try:
                self._metrics.waits(await service.backlog(self._database, system_now()))
            except Exception as error:
                if not is_outage(error):
                    raise
            await asyncio.sleep(_COUNT_SECONDS)


def _way(lane: Lane, channel: Channel, settings: Settings) -> Way[Outgoing]:
    if lane.channel == "mail":
        timeout, at_once = settings.mail_timeout_seconds, settings.mail_concurrency
    else:
        timeout, at_once = settings.push_timeout_seconds, settings.push_concurrency
    return Way(channel.ready, channel.send, timeout, at_once, _FRESH_SECONDS)


def _tasks(*work: Coroutine[Any, Any, None]) -> list["asyncio.Task[None]"]:
    return [asyncio.create_task(one) for one in work]


async def _end(tasks: "list[asyncio.Task[Any]]") -> None:
    left = {task for task in tasks if not task.done()}
    while left:
        # Again and again: what waits for a database that is away may take a cancellation for its own time running out.
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
