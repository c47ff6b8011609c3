"""Who there is: people and their sessions, clerks and their memberships."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.db import Principal
from backend.identity.errors import OfficeNotYours, RoleInsufficient

Role = Literal["clerk", "office_manager", "city_admin"]
RANK: dict[Role, int] = {"clerk": 1, "office_manager": 2, "city_admin": 3}


class Citizen(msgspec.Struct, frozen=True):
    """A person who asks: by a session of ours (then with session and device) or by an identity provider's token."""

    person_id: UUID
    session_id: UUID | None = None
    device_id: UUID | None = None

    @property
    def principal(self) -> Principal:
        """What row-level security lets this person see: their own."""
        return Principal(person_id=self.person_id)


class Membership(msgspec.Struct, frozen=True):
    """One role of a clerk. ``office_ids`` are the offices it reaches: one, or for an admin all of the city."""

    city_id: str
    role: Role
    office_ids: tuple[UUID, ...]


class Clerk(msgspec.Struct, frozen=True):
    """A clerk who asks, with the memberships as they are now."""

    clerk_id: UUID
    display_name: str
    memberships: tuple[Membership, ...]

    def has(self, role: Role) -> bool:
        """Whether this role, or a higher one, is held anywhere."""
        return any(RANK[m.role] >= RANK[role] for m in self.memberships)

    def require(self, office_id: UUID, role: Role = "clerk") -> Membership:
        """The strongest membership at the office; ``OfficeNotYours`` without one, ``RoleInsufficient`` if too weak."""
        return self._strongest([m for m in self.memberships if office_id in m.office_ids], role)

    def require_city(self, city_id: str, role: Role = "city_admin") -> Membership:
        """The strongest membership in the city, at whichever office; errors as in ``require``."""
        return self._strongest([m for m in self.memberships if m.city_id == city_id], role)

    def principal_for(self, office_id: UUID, role: Role = "clerk") -> Principal:
        """What row-level security lets this clerk see when working at the office; errors as in ``require``."""
        return Principal(clerk_city_id=self.require(office_id, role).city_id, clerk_office_ids=(office_id,))

    def principal_in(self, city_id: str) -> Principal:
        """What the clerk sees across all own offices of the city; 404 without any."""
        self.require_city(city_id, "clerk")
        offices = {office for m in self.memberships if m.city_id == city_id for office in m.office_ids}
        return Principal(clerk_city_id=city_id, clerk_office_ids=tuple(sorted(offices)))

    def cities(self) -> tuple[str, ...]:
        """The cities with a membership, in order."""
        return tuple(sorted({m.city_id for m in self.memberships}))

    def _strongest(self, found: list[Membership], role: Role) -> Membership:
        if not found:
            raise OfficeNotYours
        best = max(found, key=lambda m: RANK[m.role])
        if RANK[best.role] < RANK[role]:
            raise RoleInsufficient(role=role)
        return best


class ClerkRow(msgspec.Struct, frozen=True):
    """A clerk with all memberships, as one row. ``subject`` is read where one is chosen among several."""

    id: UUID
    display_name: str
    memberships: list[Membership]
    subject: str | None = None


class ConsoleRow(msgspec.Struct, frozen=True):
    """A live session of the console with its clerk."""

    id: UUID
    expires_at: datetime
    clerk_id: UUID
    display_name: str
    memberships: list[Membership]


class Seat(msgspec.Struct, frozen=True):
    """A clerk in a browser, and when the session ends."""

    clerk: Clerk
    expires_at: datetime


class Person(msgspec.Struct, frozen=True):
    """A citizen. ``issuer`` and ``subject`` are the linked identity; a guest has none."""

    id: UUID
    created_at: datetime
    language: str
    issuer: str | None
    subject: str | None
    merged_into: UUID | None
    deleted_at: datetime | None


class Key(msgspec.Struct, frozen=True):
    """An id alone."""

    id: UUID


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int


class Swept(msgspec.Struct, frozen=True):
    """How many people went, and the last id that was looked at; None when there were no more."""

    last: UUID | None
    count: int


class Outcome(msgspec.Struct, frozen=True):
    """What the functions of 0003 return: a word, and the session that it is about if there is one to go on with."""

    outcome: str
    person_id: UUID | None = None
    session_id: UUID | None = None
    device_id: UUID | None = None
    expires_at: datetime | None = None
    services: list[UUID] | None = None


class Erased(msgspec.Struct, frozen=True):
    """The outcome of forgetting a person; ``count`` appointments may stand in the way."""

    outcome: str
    count: int | None = None


class Tokens(msgspec.Struct, frozen=True):
    """What an app gets: a short access token, and the refresh token that is good for one use."""

    person_id: UUID
    session_id: UUID
    access_token: str
    expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    replayed: bool = False


class Export(msgspec.Struct, frozen=True):
    """Everything that is kept about a person, by table, as it is stored; which clerk did something stays out of it."""

    person: dict[str, Any]
    sessions: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    appointments: list[dict[str, Any]]
    events: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    preferences: list[dict[str, Any]]
    announcements: list[dict[str, Any]]
    drafts: list[dict[str, Any]]
    confirmations: list[dict[str, Any]]
    cases: list[dict[str, Any]]
    case_events: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    audit: list[dict[str, Any]]
