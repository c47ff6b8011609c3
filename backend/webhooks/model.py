"""Endpoints, and deliveries to them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.clients.model import Environment
from backend.notices.kinds import KINDS, is_told_to_webhooks

TEST = "webhook.test"
DOCUMENT = "document.received"
TYPES: tuple[str, ...] = (*sorted(name for name in KINDS if is_told_to_webhooks(name)), DOCUMENT)
"""Every type of event that an endpoint may ask for; ``webhook.test`` comes when it is asked for, to whoever asks."""

Ending = Literal["delivered", "failed", "dropped"]
"""``failed``: given up after its last attempt. ``dropped``: its endpoint was disabled."""
Reason = Literal["failing", "gone", "by-client"]


class Owner(msgspec.Struct, frozen=True):
    """Whose endpoints: a client's, in the environment of its key."""

    client_id: UUID
    environment: Environment


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server is told. ``types`` empty: of everything."""

    id: UUID
    url: str
    types: tuple[str, ...]
    description: str
    created_at: datetime
    failures: int
    failing_since: datetime | None
    last_failure: str | None
    disabled_at: datetime | None
    disabled_reason: Reason | None
    old_secret_until: datetime | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint is to be."""

    url: str
    types: tuple[str, ...]
    description: str
    enabled: bool = True


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try. ``code``: a word of ours; ``answer``: how the other side's began."""

    attempt: int
    at: datetime
    milliseconds: int
    status: int | None
    code: str
    answer: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to an endpoint, or arrived."""

    id: UUID
    event_id: UUID
    type: str
    city_id: str | None
    subject_id: UUID | None
    happened_at: datetime
    due_at: datetime
    done_at: datetime | None
    outcome: Ending | None
    attempts: tuple[Attempt, ...]


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed delivery with everything that is needed to send it."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: str
    city_id: str | None
    subject_id: UUID | None
    told_at: datetime
    """When it happened."""
    url: str
    secret: bytes
    old_secret: bytes | None
    """Sealed both; None: no rotation is under way."""
    attempt: int
    round_attempt: int
    """1 for the first since it began, or was begun again."""
    begun_at: datetime
    leased_until: datetime
    expires_at: datetime | None = None
    """Never: what happened goes on being true."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a claimed delivery. ``ending`` None: it is due again at ``due_at``."""

    parcel: Parcel
    ending: Ending | None
    due_at: datetime
    at: datetime
    milliseconds: int
    status: int | None
    code: str
    answer: str
    gone: bool
    """The other side says that it wants nothing any more."""
    counted: bool
    """False: nothing was tried."""


class NewSecret(msgspec.Struct, frozen=True):
    """An endpoint whose secret was just made."""

    endpoint: Endpoint
    secret: str


class Key(msgspec.Struct, frozen=True):
    """An id alone."""

    id: UUID


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int
