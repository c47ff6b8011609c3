"""Clients, their keys, and who is asking by one."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.clients.errors import ClientScopeMissing

Environment = Literal["live", "test"]
Scope = Literal["app", "webhooks"]
"""``app``: beside a person's token, and for what is public. ``webhooks``: to set up where a server is told."""
SCOPES: tuple[Scope, ...] = ("app", "webhooks")


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The client that asks, as its key says."""

    client_id: UUID
    key_id: UUID
    name: str
    environment: Environment
    cities: tuple[str, ...]
    scopes: tuple[Scope, ...]
    per_minute: int | None
    expires_at: datetime

    def require(self, scope: Scope) -> None:
        """Raises ClientScopeMissing."""
        if scope not in self.scopes:
            raise ClientScopeMissing(scope=scope)


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its client, as verification needs it."""

    id: UUID
    hash: bytes
    environment: Environment
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    client_id: UUID
    name: str
    cities: tuple[str, ...]
    scopes: tuple[Scope, ...]
    per_minute: int | None
    disabled_at: datetime | None


class KeyNote(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a key after its making: never the key."""

    id: UUID
    environment: Environment
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """An integrator's app or server. ``per_minute`` None: no limit of its own."""

    id: UUID
    name: str
    contact: str
    cities: tuple[str, ...]
    scopes: tuple[Scope, ...]
    per_minute: int | None
    created_at: datetime
    disabled_at: datetime | None
    keys: tuple[KeyNote, ...] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a client is to be."""

    name: str
    contact: str
    cities: tuple[str, ...]
    scopes: tuple[Scope, ...]
    per_minute: int | None


class Actor(msgspec.Struct, frozen=True):
    """Who manages: a clerk within own cities, or the operator (no id, every city)."""

    clerk_id: UUID | None = None
    cities: tuple[str, ...] | None = None


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just made. ``text`` is known to nobody after this."""

    note: KeyNote
    text: str


class Known(msgspec.Struct, frozen=True):
    """The id of a city that there is."""

    id: str


class Key(msgspec.Struct, frozen=True):
    """An id alone."""

    id: UUID
