"""Europe/Berlin changes its clocks twice a year: nothing is lost, nothing is doubled, nothing moves."""

import itertools
from datetime import datetime, timedelta

import pytest

from backend.clock import instant
from tests.availability.made import BERLIN, free_day, last_sunday, office_rules, spans, taken, walls

YEARS = range(2024, 2031)
CHANGES = [*((year, 3, 5) for year in YEARS), *((year, 10, 7) for year in YEARS)]


@pytest.mark.parametrize("year, month, hours", CHANGES)
def test_a_night_has_as_many_places_as_it_has_hours(year: int, month: int, hours: int) -> None:
    day = last_sunday(year, month)
    starts = [start for start, _ in free_day(office_rules([spans("00:00-06:00")]), day).starts]
    assert len(starts) == hours * 4
    assert [b - a for a, b in itertools.pairwise(starts)] == [900] * (hours * 4 - 1)
    before = day - timedelta(days=1)
    assert len(free_day(office_rules([spans("00:00-06:00")]), before).starts) == 24


@pytest.mark.parametrize("year, month, hours", CHANGES)
def test_a_day_after_the_change_is_a_usual_one(year: int, month: int, hours: int) -> None:
    day = last_sunday(year, month)
    rules = office_rules([spans("08:00-16:00")])
    assert walls(free_day(rules, day)) == walls(free_day(rules, day - timedelta(days=1)))
    first, _ = free_day(rules, day).starts[0]
    last_week, _ = free_day(rules, day - timedelta(days=7)).starts[0]
    assert first - last_week == 7 * 86_400 + (hours - 6) * 3_600


@pytest.mark.parametrize("year", YEARS)
def test_the_hour_that_spring_skips_offers_nothing(year: int) -> None:
    day = last_sunday(year, 3)
    assert walls(free_day(office_rules([spans("02:00-03:00")]), day)) == []
    assert walls(free_day(office_rules([spans("02:30-04:00")]), day)) == ["03:00", "03:15", "03:30", "03:45"]


@pytest.mark.parametrize("year", YEARS)
def test_the_hour_that_autumn_repeats_is_open_twice(year: int) -> None:
    found = free_day(office_rules([spans("02:00-03:00")]), last_sunday(year, 10))
    assert walls(found) == ["02:00", "02:15", "02:30", "02:45"] * 2
    assert len({start for start, _ in found.starts}) == 8


@pytest.mark.parametrize("year, month, hours", CHANGES)
def test_a_booking_made_before_the_change_stands_at_its_wall_time_after_it(year: int, month: int, hours: int) -> None:
    day = last_sunday(year, month)
    nine = instant(day, 9 * 60, BERLIN)
    assert f"{nine.astimezone(BERLIN):%H:%M}" == "09:00"
    rules = office_rules([spans("08:00-16:00")])
    weeks_before = datetime(year, month, 1, 12, tzinfo=BERLIN)
    everything = walls(free_day(rules, day, now=weeks_before))
    left = walls(free_day(rules, day, now=weeks_before, places=[taken(0, nine, nine + timedelta(minutes=15))]))
    assert [wall for wall in everything if wall not in left] == ["09:00"]
