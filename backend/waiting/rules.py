"""Whom a freed place fits, and when people may be told. Pure: time, zone and opening hours are passed in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from backend.availability import rules as arithmetic
from backend.availability.rules import Range
from backend.availability.visits import Visit, visit
from backend.catalogue.calendar import openings
from backend.catalogue.model import CounterRules, OfficeRules
from backend.clock import instant, local_day
from backend.errors import InvalidInput
from backend.waiting.model import Candidate, Match, Minutes

NOTICE_SECONDS = 3600
"""Places less than an hour ahead are offered only to those who asked for short notice,"""
SHORT_NOTICE_SECONDS = 300
"""and to nobody when they begin within five minutes."""


class Room(Struct, frozen=True):
    """What became free at one counter. ``freed`` lies within ``free``, the whole free time around it; buffers
    included, epoch seconds. ``as_of``: the instant at which the offers would be made."""

    rules: OfficeRules
    counter: CounterRules
    freed: Range
    free: Range
    as_of: datetime


def tell_at(now: datetime, zone: ZoneInfo, quiet_from_hour: int, quiet_until_hour: int) -> datetime:
    """``now``, or the end of the night that it lies in. Nobody is offered a place while they sleep: fifteen minutes
    of the night are no chance. Equal hours: there is no night."""
    local = now.astimezone(zone)
    quiet = (
        quiet_from_hour <= local.hour < quiet_until_hour
        if quiet_from_hour <= quiet_until_hour
        else local.hour >= quiet_from_hour or local.hour < quiet_until_hour
    )
    if not quiet:
        return now
    day = local.date() if local.hour < quiet_until_hour else local.date() + timedelta(days=1)
    return instant(day, quiet_until_hour * 60, zone)


class Share:
    """What is left of a room while the line is walked: whoever comes first gets the first start that fits.

    A visit has to cover some of what was freed; it may reach into the free time beside it. One person gets one offer.
    """

    def __init__(self, room: Room, max_services: int) -> None:
        self._room, self._max_services = room, max_services
        self._free, self._freed = [room.free], [room.freed]
        self._given: set[UUID] = set()
        self.found: list[Match] = []

    @property
    def minutes(self) -> int:
        """How long a visit can still be, without the buffer after it; 0 when nothing can be given any more."""
        room, office = self._room, self._room.rules.office
        beyond = local_day(datetime.fromtimestamp(room.freed[0], room.rules.zone), room.rules.zone)
        if room.counter.staff_only or beyond > arithmetic.last_day(office, room.rules.zone, room.as_of):
            return 0
        left = [b - a for a, b in self._free if any(a < d and c < b for c, d in self._freed)]
        longest = max(left, default=0) // 60 - office.buffer_minutes
        services = (room.rules.services.get(one) for one in room.counter.service_ids)
        shortest = min((one.minutes for one in services if one is not None), default=longest + 1)
        return longest if shortest <= longest else 0

    def give(self, line: Iterable[Candidate]) -> None:
        """Goes on with the next in line."""
        for candidate in line:
            asked = None if candidate.person_id in self._given else served(self._room, candidate, self._max_services)
            if asked is None:
                continue
            length = asked.seconds + self._room.rules.office.buffer_minutes * 60
            starts = possible_starts(self._room, candidate, asked)
            start = next((s for s in starts if _covered(s, length, self._free, self._freed)), None)
            if start is None:
                continue
            self.found.append(Match(candidate.id, start, start + asked.seconds))
            self._given.add(candidate.person_id)
            self._free = _without(self._free, start, start + length)
            self._freed = _without(self._freed, start, start + length)
            if not self._freed:
                return


def notice_seconds(*, short: bool) -> int:
    """How far ahead a place must be to be offered; ``short`` where the entry asked for less."""
    return SHORT_NOTICE_SECONDS if short else NOTICE_SECONDS


def served(room: Room, candidate: Candidate, max_services: int) -> Visit | None:
    """The visit as the counter would serve it; None where it does not, or not for citizens."""
    try:
        asked = visit(room.rules, candidate.services, staff=False, max_services=max_services)
    except InvalidInput:
        return None  # a service has gone, or the number of persons is no longer allowed
    return asked if room.counter in asked.counters else None


def possible_starts(room: Room, candidate: Candidate, asked: Visit) -> Iterable[int]:
    """The starts of the day that citizens can book and that the entry wishes for, free or not, in order."""
    office, zone = room.rules.office, room.rules.zone
    day = local_day(datetime.fromtimestamp(room.freed[0], zone), zone)
    soonest = room.as_of.timestamp() + notice_seconds(short=candidate.short_notice)
    earliest = max(arithmetic.first_start(office, room.as_of.timestamp()), soonest)
    before = float("inf") if candidate.before is None else candidate.before.timestamp()
    opened = [(int(a.timestamp()), int(b.timestamp())) for a, b in openings(room.rules, room.counter, day)]
    step = arithmetic.step_seconds(office, asked.seconds)
    return [
        start
        for start in arithmetic.starts(opened, asked.seconds, step)
        if earliest <= start < before and within(candidate.hours, start, start + asked.seconds, zone)
    ]


def within(hours: Sequence[Minutes], start: int, end: int, zone: ZoneInfo) -> bool:
    """Whether a visit lies wholly in one of the windows of its day, on the wall clock."""
    begins, ends = datetime.fromtimestamp(start, zone), datetime.fromtimestamp(end, zone)
    first = begins.hour * 60 + begins.minute
    last = ends.hour * 60 + ends.minute + 1440 * (ends.date() - begins.date()).days
    return any(opens <= first and last <= closes for opens, closes in hours)


def _covered(start: int, length: int, free: Sequence[Range], freed: Sequence[Range]) -> bool:
    return any(a <= start and start + length <= b for a, b in free) and any(
        start < b and a < start + length for a, b in freed
    )


def _without(ranges: Sequence[Range], start: int, end: int) -> list[Range]:
    return [
        (a, b) for opens, closes in ranges for a, b in ((opens, min(closes, start)), (max(opens, end), closes)) if a < b
    ]
