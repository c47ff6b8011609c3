"""What is remembered of free days has one bound, however many offices are asked for."""

import tracemalloc
from datetime import date, timedelta
from uuid import uuid4

import msgspec

from backend.availability.free_days import FreeDay, FreeDays
from backend.availability.model import Wanted
from backend.availability.office import OfficeState
from tests.availability.made import SERVICE, office_rules, spans

DAY = date(2026, 12, 1)
EIGHT = 1_796_108_400


def day_of(starts: int) -> FreeDay:
    return FreeDay(1, tuple((EIGHT + number * 300, number % 17) for number in range(starts)), 0.0, float("inf"))


def test_offices_share_one_bound() -> None:
    free = FreeDays(most_bytes=100_000)
    rules = office_rules([spans("08:00-18:00")])
    offices = [
        OfficeState(msgspec.structs.replace(rules, office=msgspec.structs.replace(rules.office, id=uuid4())), free)
        for _ in range(5)
    ]
    asked = offices[0].visit([Wanted(SERVICE)], staff=False, max_services=5)
    days = [DAY + timedelta(days=n) for n in range(28)]
    for office in offices:
        office.learn(dict.fromkeys(days, 0), [])
        found = [office.free_day(asked, day, 0.0) for day in days]
        assert sum(one.free for one in found) > 500
        assert free.bytes <= 100_000
        assert office.free_day(asked, days[-1], 0.0) is found[-1], "the last ones are still remembered"


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    free = FreeDays(most_bytes=10_000)
    free.keep("often", day_of(20))
    for number in range(20):
        free.keep(number, day_of(20))
        assert free.find("often", 1, 0.0) is not None
    assert free.find(0, 1, 0.0) is None
    assert free.find(19, 1, 0.0) is not None


def test_a_day_in_the_place_of_an_older_one_counts_once() -> None:
    free = FreeDays()
    free.keep("a", day_of(40))
    once = free.bytes
    free.keep("a", day_of(40))
    assert free.bytes == once
    free.keep("a", day_of(0))
    assert 0 < free.bytes < once


def test_the_estimate_is_what_it_takes() -> None:
    free = FreeDays(most_bytes=10**9)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(1_000):
        day = day_of(40)
        day.encoded = msgspec.json.encode([{"start": "2026-12-01T08:00:00+01:00", "free": 12}] * 40)
        free.keep((uuid4(), 1, DAY, (uuid4(),), number), day)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.7 < (after - before) / free.bytes < 1.2
