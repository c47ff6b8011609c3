"""Calendar arithmetic in an office's IANA zone. "Now" is always an argument: only the edge calls ``system_now``."""

from datetime import MINYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 1440
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def system_now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=8_192)
def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in ``zone`` show ``minute`` (minutes since midnight, 1440 is 24:00) on ``day``.

    A wall time that the spring change skips maps to the instant of the change (02:30 on such a day is 03:00 of
    the new time); one that autumn shows twice maps to its first occurrence. Beyond the first or the last instant that
    can be told it is that.
    """
    try:
        return _instant(day, minute, zone)
    except OverflowError:
        return _FIRST if day.year == MINYEAR else _LAST


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    # fold=0 reads a repeated wall time as its first occurrence. In a gap fold=0 uses the offset before the change
    # and fold=1 the one after it, so the two disagree the wrong way round; the change lies where the offsets meet.
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _change_before(first, zone)


def _change_before(after: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the last change of offset at or before ``after``, to the minute; a gap is at most a day."""
    low, high = after - timedelta(days=1), after
    offset = high.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= low:
            break
        if middle.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=2_048)
def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants of this local midnight and the next: 23, 24 or 25 hours apart."""
    return instant(day, 0, zone), instant(day, MINUTES_PER_DAY, zone)


def clock_minute(clock: str) -> int:
    """Minutes since midnight of ``HH:MM``; ValueError for anything else."""
    at = time.fromisoformat(clock)
    if len(clock) != 5:
        raise ValueError(clock)
    return at.hour * 60 + at.minute


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day that ``at`` falls on in ``zone``; the calendar's first or last day beyond its ends."""
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return date.min if at.year == MINYEAR else date.max
