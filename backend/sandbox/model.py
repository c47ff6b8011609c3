"""What the sandbox reads."""

from typing import Literal
from uuid import UUID

import msgspec


class Waiting(msgspec.Struct, frozen=True):
    """A request that a clerk of the sandbox is to decide; ``slug`` is its service's."""

    id: UUID
    slug: str


class Forwarded(msgspec.Struct, frozen=True):
    """How moving the clock ended."""

    outcome: Literal["forwarded", "gone", "real", "taken"]
