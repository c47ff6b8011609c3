"""Properties of the arithmetic, against an oracle that counts minutes."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.availability.model import TakenPlace
from backend.clock import instant
from tests.availability.made import BERLIN, counter, free_day, last_sunday, office_rules, taken

DAYS = st.sampled_from([date(2026, 12, 1), last_sunday(2026, 10), last_sunday(2027, 3)])
Spans = list[tuple[int, int]]


@st.composite
def openings(draw: st.DrawFn) -> Spans:
    """Up to three intervals of a day that neither overlap nor touch, on multiples of five minutes."""
    cuts = sorted(draw(st.lists(st.integers(0, 288), max_size=6, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return [(a * 5, b * 5) for a, b in pairs]


@st.composite
def places(draw: st.DrawFn, day: date, counters: int) -> list[TakenPlace]:
    """Places on any minute; on one counter they do not overlap, as the database promises."""
    found: list[TakenPlace] = []
    for index in range(counters):
        at = instant(day, 0, BERLIN)
        for gap, length in draw(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 120)), max_size=6)):
            start = at + timedelta(minutes=gap)
            at = start + timedelta(minutes=length)
            found.append(taken(index, start, at))
    return found


def oracle(
    hours: list[Spans], day: date, minutes: int, grid: int | None, buffer: int, busy: list[TakenPlace]
) -> dict[int, int]:
    """Free counters by start, minute by minute: slow and plain on purpose."""
    counts: dict[int, int] = {}
    for index, opens in enumerate(hours):
        minutes_taken = {
            second // 60
            for place in busy
            if place.counter_id == counter(index)
            for second in range(place.starts, place.ends, 60)
        }
        for begin, end in _joined([(instant(day, a, BERLIN), instant(day, b, BERLIN)) for a, b in opens]):
            at = begin
            while at + timedelta(minutes=minutes) <= end:
                first = int(at.timestamp()) // 60
                if not minutes_taken.intersection(range(first, first + minutes + buffer)):
                    counts[first * 60] = counts.get(first * 60, 0) + 1
                at += timedelta(minutes=grid or minutes + buffer)
    return counts


def _joined(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The clock change can make two spans touch: then they are one opening."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if start < end:
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
    return found


@settings(max_examples=200, deadline=None)
@given(
    st.data(),
    DAYS,
    st.integers(1, 3),
    st.integers(5, 90),
    st.sampled_from([None, 5, 15, 60]),
    st.sampled_from([0, 5, 20]),
)
def test_exactly_the_starts_are_offered_that_fit(
    data: st.DataObject, day: date, counters: int, minutes: int, grid: int | None, buffer: int
) -> None:
    hours = [data.draw(openings()) for _ in range(counters)]
    busy = data.draw(places(day, counters))
    rules = office_rules(hours, minutes=minutes, grid_minutes=grid, buffer_minutes=buffer)
    assert dict(free_day(rules, day, places=busy).starts) == oracle(hours, day, minutes, grid, buffer, busy)


@settings(max_examples=100, deadline=None)
@given(st.data(), DAYS, st.integers(1, 3), st.integers(5, 90))
def test_free_and_taken_make_open(data: st.DataObject, day: date, counters: int, minutes: int) -> None:
    hours = [data.draw(openings()) for _ in range(counters)]
    rules = office_rules(hours, minutes=minutes)
    open_starts = free_day(rules, day).starts
    booked: list[TakenPlace] = []
    for index, one in enumerate(hours):
        alone = free_day(office_rules([one], minutes=minutes), day).starts
        chosen = data.draw(st.sets(st.sampled_from([start for start, _ in alone]))) if alone else set[int]()
        begins = [datetime.fromtimestamp(start, UTC) for start in chosen]
        booked += [taken(index, begin, begin + timedelta(minutes=minutes)) for begin in begins]
    left = free_day(rules, day, places=booked)
    assert left.free + len(booked) == sum(count for _, count in open_starts)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1439), st.integers(0, 600))
def test_nothing_is_offered_within_the_lead_time(now_minute: int, lead: int) -> None:
    day = date(2026, 12, 1)
    now = instant(day, now_minute, BERLIN)
    found = free_day(office_rules([[(0, 1440)]], lead_minutes=lead), day, now=now)
    every = free_day(office_rules([[(0, 1440)]]), day)
    earliest = now + timedelta(minutes=lead)
    assert found.starts == tuple(pair for pair in every.starts if pair[0] >= earliest.timestamp())
    if found.starts:
        assert found.valid_until > now.timestamp()
