"""Notices, and their deliveries to one device or address each."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

ChannelName = Literal["push", "mail"]
Platform = Literal["android", "ios", "web"]
TargetKind = Literal["token", "fid"]
Ending = Literal["sent", "dead", "dropped", "expired"]
"""How a delivery ended: ``dead`` is for an operator to look at, the others are not."""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a change has to tell a person. ``dedupe`` and ``kind`` together happen once, however often it is told."""

    city_id: str
    person_id: UUID
    kind: str
    """``room.what``, for example ``appointment.confirmed``."""
    subject_id: UUID
    dedupe: str
    data: dict[str, Any] = {}
    """What the text needs to know, ready for JSON. It stays in the house: a push carries kind and id only."""
    due_at: datetime | None = None
    """Shown and sent from then on; None: at once."""
    expires_at: datetime | None = None
    """Not pushed any more from then on."""


class Lane(msgspec.Struct, frozen=True):
    """Deliveries that go the same way and wait for one another: a channel and, for pushes, a platform."""

    channel: ChannelName
    platform: Platform | None = None

    def __str__(self) -> str:
        return self.platform or self.channel


class Spread(msgspec.Struct, frozen=True):
    """How many notices were spread, and into which lanes."""

    notices: int
    lanes: list[Lane]


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed delivery with everything that its channel needs."""

    id: UUID
    """The delivery's."""
    notice_id: UUID
    person_id: UUID
    city_id: str
    kind: str
    subject_id: UUID
    channel: ChannelName
    platform: Platform | None
    device_id: UUID | None
    target_kind: TargetKind | None
    target: str | None
    """Where FCM finds the device at this moment."""
    language: str
    """The device's; without one, the person's."""
    data: dict[str, Any]
    """For texts that stay between us and the person (mail). It must not go into a push."""
    attempt: int
    """1 for the first claim. Whoever settles names it, so that an answer that comes too late changes nothing."""
    told_at: datetime
    """When the notice became due."""
    expires_at: datetime | None
    leased_until: datetime


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a claimed delivery. ``ending`` None: it is due again at ``due_at``."""

    id: UUID
    attempt: int
    ending: Ending | None
    detail: str
    """The provider's code or our own word; never a text that came from outside."""
    due_at: datetime
    counted: bool = True
    """False: nothing was tried, the claim does not count as an attempt."""


class Gone(msgspec.Struct, frozen=True):
    """A target that FCM does not know any more, and the device that it was read from."""

    device_id: UUID
    target: str


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that ended for an operator to look at. Ids and codes only."""

    id: UUID
    notice_id: UUID
    city_id: str
    kind: str
    channel: ChannelName
    platform: Platform | None
    attempts: int
    detail: str | None
    done_at: datetime


class Backlog(msgspec.Struct, frozen=True):
    """What waits: notices to be spread, deliveries that are due, seconds that the oldest of them has waited."""

    notices: int
    deliveries: int
    oldest_seconds: float
    dead: int
