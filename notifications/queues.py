"""The two queues that lanes serve: what people are told, and what integrators' servers are told.

They are tables of their own, since they keep other things for other times; how they are claimed, sent, counted and
settled is the same and stands once, in ``lane`` and ``settling``.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from backend.clock import clock_minute, system_now
from backend.db import Database
from backend.notices import service
from backend.notices.model import Ending, Gone, Outgoing, Settled
from backend.settings import Settings
from backend.webhooks import sending
from backend.webhooks.model import Parcel, Tried
from backend.webhooks.rules import next_due
from notifications.backoff import pause_seconds
from notifications.model import Lane, Outcome, Result, Trouble

_ENDINGS: dict[Result, Ending | None] = {
    "sent": "sent", "transient": None, "permanent": "dead", "target_gone": "dropped", "off": "dropped",
    "expired": "expired", "breaker": None,
}  # fmt: skip


_ITS_OWN: frozenset[Trouble] = frozenset(("refused", "stumbled"))
"""What is wrong with one delivery stays so. An outage ends some time, and so does greylisting."""


_NO_TARGET = Outcome(result="target_gone", code="no-target")


class Claimed(Protocol):
    """What every claimed delivery says."""

    @property
    def id(self) -> UUID: ...
    @property
    def attempt(self) -> int: ...
    @property
    def told_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def leased_until(self) -> datetime: ...


D = TypeVar("D", bound=Claimed)
E = TypeVar("E")


class Queue(Protocol, Generic[D, E]):
    """Deliveries of one kind; ``judged`` makes of an outcome what ``settle`` writes down."""

    async def claim(self, lane: Lane, limit: int) -> Sequence[D]: ...
    def judged(self, claimed: D, outcome: Outcome) -> E: ...
    async def settle(self, judged: Sequence[E], now: datetime) -> None: ...


class Notices:
    """What people are told on phones and by mail."""

    def __init__(self, database: Database, settings: Settings, *, mails: bool = False) -> None:
        self._database, self._random, self._mails = database, SystemRandom(), mails
        self._lease = timedelta(seconds=settings.notice_lease_seconds)
        self._night = clock_minute(settings.night_from), clock_minute(settings.night_until)
        self._most_attempts = settings.notice_max_attempts
        self._tried_for = timedelta(hours=settings.notice_retry_hours)

    async def claim(self, lane: Lane, limit: int) -> list[Outgoing]:
        now = system_now()
        claimed = await service.claim(
            self._database, lane, now, lease=self._lease, limit=limit, most_attempts=self._most_attempts,
            night=self._night,
        )  # fmt: skip
        without = [one for one in claimed if one.channel == "push" and one.target is None]
        if not without:
            return claimed
        await self.settle([self.judged(one, _NO_TARGET) for one in without], now)
        return [one for one in claimed if one.channel != "push" or one.target is not None]

    def judged(self, claimed: Outgoing, outcome: Outcome) -> tuple[Settled, Gone | None]:
        now = system_now()
        ending = _ENDINGS[outcome.result]
        due_at = now
        if outcome.result == "transient":
            pause = pause_seconds(claimed.attempt, outcome.retry_after_seconds, self._random)
            due_at = now + timedelta(seconds=pause)
            enough = outcome.trouble in _ITS_OWN or now >= claimed.told_at + self._tried_for
            if enough and claimed.attempt >= self._most_attempts:
                ending = "dead"
        settled = Settled(
            id=claimed.id, attempt=claimed.attempt, ending=ending, detail=outcome.code, due_at=due_at,
            counted=outcome.result != "breaker",
        )  # fmt: skip
        return settled, _gone(claimed, outcome)

    async def settle(self, judged: Sequence[tuple[Settled, Gone | None]], now: datetime) -> None:
        await service.settle(
            self._database, [s for s, _ in judged], [gone for _, gone in judged if gone], now, mails=self._mails
        )  # fmt: skip


class Parcels:
    """What integrators' servers are told."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings, self._random = database, settings, SystemRandom()
        self._lease = timedelta(seconds=settings.notice_lease_seconds)

    async def claim(self, lane: Lane, limit: int) -> list[Parcel]:  # noqa: ARG002 - there is one lane of them
        return await sending.claim(self._database, system_now(), lease=self._lease, limit=limit)

    def judged(self, claimed: Parcel, outcome: Outcome) -> Tried:
        now = system_now()
        wish, untried = outcome.retry_after_seconds, outcome.result == "breaker"
        due = now if untried else next_due(claimed.round_attempt, claimed.begun_at, wish, now, self._random)
        gone = outcome.result == "target_gone"
        return Tried(
            parcel=claimed, due_at=due or now, at=now - timedelta(milliseconds=outcome.milliseconds),
            ending="delivered" if outcome.result == "sent" else "failed" if gone or due is None else None,
            milliseconds=outcome.milliseconds, status=outcome.status, code=outcome.code, answer=outcome.answer,
            gone=gone, counted=not untried,
        )  # fmt: skip

    async def settle(self, judged: Sequence[Tried], now: datetime) -> None:
        await sending.settle(self._database, self._settings, judged, now)


def _gone(outgoing: Outgoing, outcome: Outcome) -> Gone | None:
    if outcome.result != "target_gone" or outgoing.device_id is None or outgoing.target is None:
        return None
    return Gone(outgoing.device_id, outgoing.target)
