"""What the sandbox reads."""

from typing import Literal
from uuid import UUID

import msgspec

from backend.waiting.model import Unoffered as Unoffered


class Waiting(msgspec.Struct, frozen=True):
    """A request that a clerk of the sandbox is to decide; ``slug`` is its service's."""

    id: UUID
    slug: str
    language: str


class Undecided(msgspec.Struct, frozen=True):
    """A case of the sandbox's form at ``version``; ``wish`` is what its person answered."""

    id: UUID
    version: int
    state: Literal["submitted", "in_review"]
    language: str
    wish: str


class Key(msgspec.Struct, frozen=True):
    """An id alone."""

    id: UUID


class Forwarded(msgspec.Struct, frozen=True):
    """How moving the clock ended."""

    outcome: Literal["forwarded", "gone", "real", "taken"]
