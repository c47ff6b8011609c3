"""The arithmetic of free places, pure. Times are whole seconds since the epoch, ranges are half-open."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.catalogue.model import Office
from backend.clock import instant

Range = tuple[int, int]


def step_seconds(office: Office, duration: int) -> int:
    """How far starts lie apart: the office's grid, else the visit with the buffer after it."""
    return office.grid_minutes * 60 if office.grid_minutes else duration + office.buffer_minutes * 60


def starts(openings: Iterable[Range], duration: int, step: int) -> Iterator[int]:
    """Every start on the grid of each opening that fits before closing; the buffer after a visit may overrun it."""
    for opens, closes in openings:
        yield from range(opens, closes - duration + 1, step)


def is_start(openings: Iterable[Range], start: int, duration: int, step: int) -> bool:
    """Whether ``starts`` would yield ``start``."""
    return any(opens <= start <= closes - duration and (start - opens) % step == 0 for opens, closes in openings)


def free_starts(openings: Sequence[Range], taken: Sequence[Range], length: int, duration: int, step: int) -> list[int]:
    """The starts whose ``length`` (visit and buffer) meets nothing that is taken. ``taken`` is sorted by start."""
    if not taken:
        return list(starts(openings, duration, step))
    found: list[int] = []
    nearest, count = 0, len(taken)
    for start in starts(openings, duration, step):
        while nearest < count and taken[nearest][1] <= start:
            nearest += 1
        if nearest == count or taken[nearest][0] >= start + length:
            found.append(start)
    return found


def fits_any_minute(openings: Iterable[Range], start: int, duration: int) -> bool:
    """Whether a clerk may put a visit here: inside an opening, on any minute."""
    return start % 60 == 0 and any(opens <= start and start + duration <= closes for opens, closes in openings)


def last_day(office: Office, zone: ZoneInfo, now: datetime) -> date:
    """The last local day on which citizens can book: the horizon's, once the daily release has come."""
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=office.horizon_days)
    if office.release_minute is not None and now < instant(local.date(), office.release_minute, zone):
        return day - timedelta(days=1)
    return day


def next_turn(office: Office, zone: ZoneInfo, now: datetime) -> float:
    """The epoch second at which ``last_day`` changes next."""
    today = now.astimezone(zone).date()
    minute = office.release_minute or 0
    turns = (instant(today, minute, zone), instant(today + timedelta(days=1), minute, zone), instant(today, 1440, zone))
    return min(turn.timestamp() for turn in turns if turn > now)


def first_start(office: Office, now: float) -> float:
    """The epoch second before which citizens cannot book any more."""
    return now + office.lead_minutes * 60
