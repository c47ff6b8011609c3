"""One lane: claims its deliveries, hands them to the channel, many at once, and reports what became of them."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, cast

import msgspec
import structlog
from prometheus_client import Counter

from backend.clock import system_now
from backend.db.outage import is_outage
from backend.settings import Settings
from notifications.breaker import Breaker, State
from notifications.metrics import Metrics
from notifications.model import Lane, Outcome, Result
from notifications.queues import D, E, Queue
from notifications.settling import Settler

_UNTRIED = Outcome(result="breaker")
_STUMBLED = Outcome(result="transient", code="channel-failed", trouble="stumbled")
# Within which what is given back has been written down; the poll finds what takes longer.
_GIVEN_BACK_SECONDS = 1.0
_BROKEN: dict[State, float] = {"closed": 0.0, "half_open": 0.5, "open": 1.0}
_log = structlog.get_logger("wartefrei.lane")


class Way(msgspec.Struct, Generic[D], frozen=True):
    """How a lane sends: whether it makes sense at this moment, one attempt, within which time, how many at once.

    What was claimed more than ``fresh_seconds`` ago and has not begun is claimed anew: what the claim read of it, whose
    device it is above all, may have changed. None: it is good for as long as the lease.
    """

    ready: Callable[[], Awaitable[bool]]
    send: Callable[[D], Awaitable[Outcome]]
    timeout_seconds: float
    at_once: int
    fresh_seconds: float | None = None


class LaneWorker(Generic[D, E]):
    """``run`` until ``drain``; any number of processes may work on one lane."""

    def __init__(
        self, lane: Lane, way: Way[D], queue: Queue[D, E], settler: Settler[D, E], settings: Settings, metrics: Metrics
    ) -> None:
        self.lane, self._way, self._queue, self._settings = lane, way, queue, settings
        self._settler, self._metrics = settler, metrics
        # A claimed message that waits for its turn needs enough of its lease left to be sent in, and must be fresh.
        lease, fresh = settings.notice_lease_seconds, way.fresh_seconds
        self._margin = timedelta(seconds=max(way.timeout_seconds, 0 if fresh is None else lease - fresh))
        self._given_back_at = 0.0
        self._breaker = Breaker(self._breaker_changed)
        self._at_once, self._most = way.at_once, 4 * way.at_once
        self._waiting: deque[D] = deque()
        self._hands: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._woken = asyncio.Event()
        self._more = False
        self._draining = False
        self._lag = metrics.lag.labels(str(lane))
        self._shown = metrics.under_way.labels(str(lane))
        self._counted: dict[Result, Counter] = {}
        metrics.breaker.labels(str(lane)).set(0)

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def written(self) -> None:
        """Outcomes were written down: what was given back can be claimed."""
        if time.monotonic() < self._given_back_at + _GIVEN_BACK_SECONDS:
            self.wake()

    async def run(self) -> None:
        """Claims and sends until it is drained."""
        pause = self._settings.notice_poll_seconds
        while not self._draining:
            self._woken.clear()
            try:
                self._more = await self._claim()
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("nothing can be claimed", lane=str(self.lane), cause=type(error).__name__)
            if self._more and self._room() > 0:
                continue
            wait = self._breaker.wait_seconds()
            try:
                async with asyncio.timeout(pause if wait is None else min(pause, wait + 0.01)):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def drain(self, seconds: float) -> None:
        """No more claims; what has not begun is given back, what is under way may end within ``seconds``."""
        self._draining = True
        self.wake()
        while self._waiting:
            self._end(self._waiting.popleft(), _UNTRIED)
        if self._hands:
            _, left = await asyncio.wait(self._hands, timeout=seconds)
            for hand in left:
                hand.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _room(self) -> int:
        """How many to claim: enough at once that a claim pays, never more than the lease lets us send."""
        free = self._most - self._under_way
        return self._breaker.allowance(free) if free >= self._most // 4 else 0

    async def _claim(self) -> bool:
        """True when there is probably more."""
        room = self._room()
        if room == 0:
            return True  # not asked, so there may be: what is done makes room and asks then
        if not await self._way.ready() or self._draining:
            return False
        claimed = await self._queue.claim(self.lane, room)
        for _ in claimed:
            self._breaker.begun()
        self._under_way += len(claimed)
        self._shown.set(self._under_way)
        self._waiting.extend(claimed)
        for _ in range(min(len(self._waiting), self._at_once - len(self._hands))):
            self._hands.add(asyncio.create_task(self._serve()))
        return len(claimed) == room

    async def _serve(self) -> None:
        """One hand: sends one after the other until nothing waits. A task for each would cost a tenth of a send."""
        try:
            while self._waiting:
                outgoing = self._waiting.popleft()
                self._end(outgoing, await self._try(outgoing))
        finally:
            # In the same step in which it found nothing more: a callback would come after a claim that counts hands.
            self._hands.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _try(self, outgoing: D) -> Outcome:
        now = system_now()
        if self._draining or now + self._margin >= outgoing.leased_until:
            self._given_back_at = time.monotonic()
            return _UNTRIED
        if outgoing.expires_at is not None and outgoing.expires_at <= now:
            return Outcome(result="expired")
        if self._breaker.state == "open":
            return _UNTRIED
        try:
            return await self._way.send(outgoing)
        except Exception as error:  # noqa: BLE001 - one message that the channel stumbles over must not stop the others
            _log.error("a channel failed", lane=str(self.lane), cause=type(error).__name__, delivery=outgoing.id)
            return _STUMBLED

    def _end(self, outgoing: D, outcome: Outcome) -> None:
        self._under_way -= 1
        self._breaker.ended(outcome)
        self._settler.add(outgoing, outcome)
        self._report(outgoing, outcome)
        if self._more and self._most - self._under_way >= self._most // 4:
            self.wake()

    def _report(self, outgoing: D, outcome: Outcome) -> None:
        lane, counted = str(self.lane), self._counted.get(outcome.result)
        if counted is None:
            counted = self._counted[outcome.result] = self._metrics.outcomes.labels(lane, outcome.result)
        counted.inc()
        if outcome.result == "sent":
            self._lag.observe((system_now() - outgoing.told_at).total_seconds())
        elif outcome.result == "permanent" or outcome.trouble in {"refused", "misconfigured"}:
            self._metrics.alerts.labels(lane, outcome.code).inc()
            _log.error("a delivery is refused", lane=lane, code=outcome.code, delivery=outgoing.id)

    def _breaker_changed(self, state: State, cause: str) -> None:
        self._metrics.breaker.labels(str(self.lane)).set(_BROKEN[state])
        level = _log.error if state == "open" else _log.info
        level("the breaker turns", lane=str(self.lane), state=state, cause=cause)
        self.wake()
