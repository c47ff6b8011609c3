"""Clients and their keys as they go over the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from api.wire import SOME_TEXT, Wire, out
from backend.clients.model import Client, NewKey, Wanted
from backend.clients.service import KEY_DAYS, OVERLAP_HOURS

Environment = Literal["live", "test"]
Scope = Literal["app", "webhooks"]
_City = Annotated[str, Meta(min_length=1, max_length=64)]
_Number = Annotated[int, Meta(ge=1, le=1_000_000)]
_PerMinute = Annotated[_Number | None, Meta(description="Requests; null: what the installation gives every client.")]


class ClientIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An integrator's app or server."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=SOME_TEXT)]
    contact: Annotated[
        str, Meta(min_length=3, max_length=254, pattern=SOME_TEXT, description="Whom to tell of changes.")
    ]
    cities: Annotated[
        tuple[_City, ...],
        Meta(max_length=50, description="In which live keys are good. Test keys are good in any sandbox."),
    ]
    scopes: Annotated[
        tuple[Scope, ...],
        Meta(
            min_length=1,
            max_length=2,
            description="`app`: beside a person's token and for what is public; `webhooks`: for a server that is told.",
        ),
    ] = ("app",)
    per_minute: _PerMinute = None

    def wanted(self) -> Wanted:
        """As the room takes it."""
        cities, scopes = tuple(dict.fromkeys(self.cities)), tuple(dict.fromkeys(self.scopes))
        return Wanted(
            name=self.name.strip(), contact=self.contact.strip(), cities=cities, scopes=scopes,
            per_minute=self.per_minute,
        )  # fmt: skip


class KeyIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which key is wanted."""

    environment: Environment
    days: Annotated[int, Meta(ge=1, le=730, description="How long it is good.")] = KEY_DAYS


class RotationIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new key in place of the present one."""

    environment: Environment
    days: Annotated[int, Meta(ge=1, le=730, description="How long the new one is good.")] = KEY_DAYS
    overlap_hours: Annotated[int, Meta(ge=0, le=720, description="How long the present one stays good.")] = (
        OVERLAP_HOURS
    )


class KeyOut(Wire, frozen=True, kw_only=True):
    """A key, without the key."""

    id: UUID
    environment: Environment
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Meta(description="To within some minutes.")]


class NewKeyOut(Wire, frozen=True, kw_only=True):
    """A key that was just made."""

    key: Annotated[
        str | None,
        Meta(description="Shown this once. Null where the request is repeated: revoke that key and make another."),
    ]
    id: UUID
    environment: Environment
    expires_at: datetime


class ClientOut(Wire, frozen=True, kw_only=True):
    """A client with its keys, the newest first."""

    id: UUID
    name: str
    contact: str
    cities: Sequence[str]
    scopes: Sequence[Scope]
    per_minute: int | None
    created_at: datetime
    disabled_at: datetime | None
    keys: Sequence[KeyOut]


class CallerOut(Wire, frozen=True, kw_only=True):
    """The client that a key stands for."""

    id: UUID
    name: str
    environment: Environment
    cities: Annotated[Sequence[str], Meta(description="Of live keys; test keys are good in any sandbox.")]
    scopes: Sequence[Scope]
    key_expires_at: datetime


def client_out(client: Client) -> ClientOut:
    """For whoever manages it."""
    return out(client, ClientOut)


def new_key_out(made: NewKey, *, text: str | None) -> NewKeyOut:
    """``text``: the key, in the one answer that shows it."""
    note = made.note
    return NewKeyOut(key=text, id=note.id, environment=note.environment, expires_at=note.expires_at)
