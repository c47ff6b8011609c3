"""A lane's hands and its claims, step by step: with a queue that the test holds in its hand."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from backend.clock import system_now
from backend.settings import Settings
from notifications.lane import LaneWorker, Way
from notifications.metrics import Metrics
from notifications.model import SENT, Lane, Outcome
from notifications.settling import Settler
from tests.support.waiting import eventually


class Parcel(msgspec.Struct, frozen=True):
    id: UUID
    told_at: datetime
    leased_until: datetime
    attempt: int = 1
    expires_at: datetime | None = None


class Held:
    """Gives one parcel for each claim; the second comes exactly when ``second`` is let go."""

    def __init__(self) -> None:
        now = system_now()
        self.parcels = [Parcel(uuid4(), now, now + timedelta(minutes=1)) for _ in range(2)]
        self.second = asyncio.get_running_loop().create_future()
        self.claims = 0
        self.settled: list[UUID] = []

    async def claim(self, lane: Lane, limit: int) -> Sequence[Parcel]:
        self.claims += 1
        if self.claims == 2:
            await self.second
        return [self.parcels[self.claims - 1]] if self.claims <= 2 else []

    def judged(self, claimed: Parcel, outcome: Outcome) -> UUID:
        assert outcome.result == "sent"
        return claimed.id

    async def settle(self, judged: Sequence[UUID], now: datetime) -> None:
        self.settled += judged


async def test_what_is_claimed_in_the_moment_in_which_the_only_hand_ends_finds_a_hand(
    make_settings: Callable[..., Settings],
) -> None:
    queue, settings = Held(), make_settings("postgresql://unused", notice_poll_seconds=60.0)

    async def ready() -> bool:
        return True

    async def send(parcel: Parcel) -> Outcome:
        if parcel is queue.parcels[0]:
            lane.wake()
            await eventually(claiming)
            queue.second.set_result(None)  # and without another step: sent, and nothing waits
        return SENT

    async def claiming() -> bool:
        return queue.claims == 2

    async def all_sent() -> bool:
        return len(queue.settled) == 2

    settler: Settler[Parcel, UUID] = Settler(queue)
    way = Way[Any](ready, send, timeout_seconds=1.0, at_once=1)
    lane: LaneWorker[Parcel, UUID] = LaneWorker(Lane("webhook"), way, queue, settler, settings, Metrics())
    running = [asyncio.create_task(lane.run()), asyncio.create_task(settler.run())]
    try:
        await eventually(all_sent)
    finally:
        await lane.drain(1)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert queue.settled == [parcel.id for parcel in queue.parcels]
