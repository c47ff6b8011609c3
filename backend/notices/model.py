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
Mail = Literal["always", "without_device", "never"]
"""Letters to an address that was given: always, only where no device takes pushes, never."""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a change has to tell a person. ``dedupe`` and ``kind`` together happen once, however often it is told."""

    city_id: str | None
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

    channel: ChannelName | Literal["webhook"]
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
    city_id: str | None
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
    """For texts that stay between us and the person (mail). Empty for a push, which must not carry it."""
    letter: dict[str, Any] | None = None
    """For mail: whom it goes ``to``, in which ``city``'s name; the ``appointment`` that it is about, as its table has
    it, or the ``state`` of the case; and the ``facts``."""
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
    city_id: str | None
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


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """What of one lane is owed and not done. ``code`` is what most of it failed with last; None: not tried yet."""

    lane: str
    waiting: int
    oldest_seconds: float
    code: str | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the telling stands. ``workers``: connections of theirs to the database; without one nobody sends."""

    workers: int
    backlog: Backlog
    lanes: list[Queued]


class OfficeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is."""

    id: UUID
    city: str
    city_name: str = msgspec.field(name="cityName")
    name: str
    zone: str
    address: str
    latitude: float | None = None
    longitude: float | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a notice's subject; nothing of what is not the reader's."""

    reference: str | None = None
    counter: str | None = None
    wanted: tuple[dict[str, Any], ...] | None = None
    """The services that were booked, with persons."""
    language: str | None = None
    """The one that was booked in."""
    services: tuple[dict[str, dict[str, str]], ...] = ()
    """Texts of the services, by language."""
    bring: tuple[dict[str, str], ...] = ()
    """What to bring, by language."""
    office: OfficeFacts | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A notice or announcement as an inbox shows it."""

    id: UUID
    city_id: str | None
    kind: str
    subject_id: UUID
    data: dict[str, Any]
    created_at: datetime
    due_at: datetime
    """Shown from then on; the inbox is in this order."""
    read_at: datetime | None
    facts: Facts


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an inbox, the latest first, at the moment of ``snapshot``."""

    snapshot: str
    """What the reader has seen, by transaction."""
    unread: int
    items: tuple[Item, ...]


class Position(msgspec.Struct, frozen=True):
    """Where a page ended."""

    due_at: datetime
    id: UUID


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """An installation that wants pushes. ``target_kind``: ``token`` or ``fid``."""

    id: UUID
    platform: Platform
    language: str
    app_version: str | None
    target_kind: TargetKind
    target: str


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to hear of. ``version`` 0: nothing was set. Minutes are on the wall clock of ``zone``."""

    version: int = 0
    inbox_off: tuple[str, ...] = ()
    push_off: tuple[str, ...] = ()
    mail_off: tuple[str, ...] = ()
    mail: Mail = "without_device"
    quiet_from_minute: int | None = None
    quiet_until_minute: int | None = None
    zone: str = "Europe/Berlin"
    city_id: str | None = None
    district_id: UUID | None = None
    topics: tuple[str, ...] = ()
    language: str = "de"
    """The person's own, which letters are written in."""


class Flag(msgspec.Struct, frozen=True):
    """Whether it was done."""

    done: bool


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int


class Audience(msgspec.Struct, frozen=True):
    """Whether there is such a city, and such a district in it."""

    city: bool
    district_id: UUID | None


class Reach(msgspec.Struct, frozen=True):
    """How many people are told, and on how many phones."""

    people: int
    phones: int


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """What a city has told. ``clerk`` and ``district`` by their names."""

    id: UUID
    city_id: str
    district_id: UUID | None
    district: str | None
    topic: str | None
    texts: dict[str, dict[str, str]]
    clerk: str
    published_at: datetime
    expires_at: datetime


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """What a city tells many. ``texts``: title and body by language."""

    id: UUID
    city_id: str
    district_id: UUID | None
    topic: str | None
    texts: dict[str, dict[str, str]]
    clerk_id: UUID
    published_at: datetime
    expires_at: datetime
