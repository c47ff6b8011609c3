"""Figures of an office over days of its own calendar; nothing in them leads back to anyone."""

from datetime import date

import msgspec


class WaitingDay(msgspec.Struct, frozen=True):
    """Minutes between being there and being called: half of the people waited no longer than ``median``."""

    day: date
    people: int
    median: float
    worst_tenth: float
    """Nine of ten waited no longer than this."""


class OutcomeDay(msgspec.Struct, frozen=True):
    """What became of the appointments of a day."""

    day: date
    completed: int
    no_show: int
    cancelled: int


class BusyHour(msgspec.Struct, frozen=True):
    """Booked minutes in an hour of the day, over all days asked for."""

    hour: int
    minutes: float


class LeadDay(msgspec.Struct, frozen=True):
    """Days until the next free place, as it was on this day: the mean of the services asked for."""

    day: date
    days: float


class UsedHour(msgspec.Struct, frozen=True):
    """How much of what was open in an hour of the day was booked, 0 to 1."""

    hour: int
    booked_minutes: float
    open_minutes: float

    @property
    def share(self) -> float:
        """Booked by open; what was booked outside of the hours counts as full."""
        return min(self.booked_minutes / self.open_minutes, 1.0) if self.open_minutes else 0.0


class Figures(msgspec.Struct, frozen=True):
    """All of it."""

    waiting: list[WaitingDay]
    outcomes: list[OutcomeDay]
    hours: list[UsedHour]
    lead: list[LeadDay]


class Noted(msgspec.Struct, frozen=True):
    """Whether a day is noted already."""

    noted: bool


class Wish(msgspec.Struct, frozen=True):
    """The days asked for, both inclusive, perhaps for one service."""

    first: date
    last: date
