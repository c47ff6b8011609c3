"""Webhooks as they go over the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from api.wire import TEXT, Wire, out
from backend.webhooks.model import Delivery, Endpoint, NewSecret, Wanted

_Type = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z_]+\.[a-z_]+\Z")]
_Url = Annotated[str, Meta(min_length=9, max_length=2000, pattern="^https?://", description="Public, and https.")]
_Types = Annotated[tuple[_Type, ...], Meta(max_length=50, description="Of events; empty: all of them.")]
_Description = Annotated[str, Meta(max_length=200, pattern=TEXT, description="For yourself.")]
_Time = Annotated[datetime, Meta(tz=True)]
Outcome = Literal["open", "delivered", "failed", "dropped"]


class WebhookIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a server wants to be told."""

    url: _Url
    types: _Types = ()
    description: _Description = ""

    def wanted(self) -> Wanted:
        """As the room takes it."""
        return Wanted(url=self.url, types=tuple(dict.fromkeys(self.types)), description=self.description)


class WebhookChangeIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is to be from now on, as a whole."""

    url: _Url
    types: _Types = ()
    description: _Description = ""
    enabled: Annotated[bool, Meta(description="True enables it again, whoever disabled it.")] = True

    def wanted(self) -> Wanted:
        """As the room takes it."""
        return Wanted(
            url=self.url, types=tuple(dict.fromkeys(self.types)), description=self.description, enabled=self.enabled
        )  # fmt: skip


class SecretRotationIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another secret."""

    overlap_hours: Annotated[int, Meta(ge=0, le=168, description="How long the present one signs beside it.")] = 24


class ReplayIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to send again."""

    since: Annotated[_Time | None, Meta(description="When it happened; 30 days are kept.")] = None
    delivery: Annotated[UUID | None, Meta(description="One alone.")] = None
    delivered: Annotated[bool, Meta(description="What arrived as well.")] = False


class WebhookOut(Wire, frozen=True, kw_only=True):
    """An endpoint, and how it fares."""

    id: UUID
    url: str
    types: Sequence[str]
    description: str
    created_at: datetime
    failures: Annotated[int, Meta(description="In a row.")]
    failing_since: datetime | None
    last_failure: Annotated[str | None, Meta(description="`timeout`, `tls`, `http-500`, `redirect` …")]
    disabled_at: datetime | None
    disabled_reason: Annotated[
        Literal["failing", "gone", "by-client"] | None, Meta(description="`gone`: it answered 410.")
    ]
    old_secret_until: Annotated[datetime | None, Meta(description="Until when two secrets sign.")]


class WebhookSecretOut(WebhookOut, frozen=True, kw_only=True):
    """An endpoint whose secret was just made."""

    secret: Annotated[
        str | None, Meta(description="`whsec_…`. Shown this once; null where the request is repeated: rotate it.")
    ]


class AttemptOut(Wire, frozen=True, kw_only=True):
    """One try."""

    attempt: int
    at: datetime
    milliseconds: int
    status: Annotated[int | None, Meta(description="Null: there was no answer.")]
    code: Annotated[str, Meta(description="`ok`, or what was wrong.")]
    answer: Annotated[str, Meta(description="How the answer began.")]


class DeliveryOut(Wire, frozen=True, kw_only=True):
    """An event on its way, or arrived."""

    id: UUID
    event: Annotated[UUID, Meta(description="`webhook-id` of its requests, the same in all attempts.")]
    type: str
    city: str | None
    subject: UUID | None
    happened_at: datetime
    outcome: Outcome
    next_attempt_at: datetime | None
    attempts: Annotated[Sequence[AttemptOut], Meta(description="The latest first.")]


class ReplayedOut(Wire, frozen=True, kw_only=True):
    """How many are on their way again."""

    count: int


def webhook_out(one: Endpoint) -> WebhookOut:
    """Without its secret."""
    return out(one, WebhookOut)


def secret_out(made: NewSecret, *, secret: str | None) -> WebhookSecretOut:
    """``secret``: in the one answer that shows it."""
    return WebhookSecretOut(**msgspec.structs.asdict(webhook_out(made.endpoint)), secret=secret)


def delivery_out(one: Delivery) -> DeliveryOut:
    """With its log."""
    return DeliveryOut(
        id=one.id, event=one.event_id, type=one.type, city=one.city_id, subject=one.subject_id,
        happened_at=one.happened_at, outcome=one.outcome or "open",
        next_attempt_at=one.due_at if one.done_at is None else None,
        attempts=[out(attempt, AttemptOut) for attempt in one.attempts],
    )  # fmt: skip
