"""Tasks in the schedule."""

from datetime import datetime
from typing import Literal

import msgspec

RunOutcome = Literal["done", "failed"]


class Turn(msgspec.Struct, frozen=True):
    """A task that is ours to run, and the number of this run."""

    task: str
    run: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A task as the schedule knows it."""

    task: str
    every_seconds: float
    next_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    outcome: RunOutcome | None
    detail: str | None
