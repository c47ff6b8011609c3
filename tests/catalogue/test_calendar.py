"""When a counter is open: weekly rules, holidays, closures, special openings, the two changes of the clocks."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.calendar import merged, open_throughout, openings, without
from backend.catalogue.holidays import NOWHERE, closed_days, easter
from backend.catalogue.model import OfficeRules
from tests.catalogue.build import COUNTER, OTHER, closure, rules, special, weekly

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = [weekly(day, "08:00", "16:00") for day in range(1, 8)]


def open_on(found: OfficeRules, day: date, counter: int = 0) -> list[str]:
    """Like ``08:00-16:00``, on the wall clock."""
    return [
        f"{start.astimezone(BERLIN):%H:%M}-{end.astimezone(BERLIN):%H:%M}"
        for start, end in openings(found, found.counters[counter], day)
    ]


def test_the_holidays_of_other_countries_stay_out_of_memory() -> None:
    ask = (
        "import sys, backend.catalogue.holidays as h; assert h.closed_days('NW', (), 2027)\n"
        "print(*(name for name in sys.modules if name.startswith('holidays.countries.')))"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["holidays.countries.germany"]


def test_hours_apply_on_their_weekday_only() -> None:
    found = rules(weekly(4, "08:00", "12:00"), weekly(4, "14:00", "18:00"))
    assert open_on(found, date(2026, 11, 26)) == ["08:00-12:00", "14:00-18:00"]
    assert open_on(found, date(2026, 11, 27)) == []


def test_hours_that_touch_are_one_interval() -> None:
    found = rules(weekly(4, "12:00", "18:00"), weekly(4, "08:00", "12:00"))
    assert open_on(found, date(2026, 11, 26)) == ["08:00-18:00"]


def test_both_ends_of_the_validity_are_included() -> None:
    found = rules(weekly(4, "08:00", "12:00", first=date(2026, 11, 19), last=date(2026, 11, 26)))
    days = [date(2026, 11, 12) + timedelta(weeks=n) for n in range(4)]
    assert [bool(open_on(found, day)) for day in days] == [False, True, True, False]


def test_every_second_wednesday() -> None:
    """Case zms-4 of other systems' vectors."""
    found = rules(weekly(3, "08:00", "12:00", every=2, anchor=date(2019, 1, 2)))
    wednesdays = [date(2019, 3, 13), date(2019, 3, 20), date(2019, 3, 27), date(2019, 4, 3)]
    assert [bool(open_on(found, day)) for day in wednesdays] == [True, False, True, False]


@pytest.mark.parametrize("day,is_open", [(1, True), (2, True), (3, True), (4, False)])
def test_the_iso_week_of_the_anchor_is_week_one(day: int, is_open: bool) -> None:
    """Case zms-5: 2016-04-04 is a Monday, the next ISO week."""
    found = rules(weekly(5, "08:00", "12:00", every=2, anchor=date(2016, 4, day)))
    assert bool(open_on(found, date(2016, 4, 15))) is is_open


def test_a_pattern_of_weeks_does_not_stumble_over_week_53() -> None:
    """2026 has 53 ISO weeks: counting by week numbers would skip or double one."""
    found = rules(weekly(1, "08:00", "12:00", every=2, anchor=date(2026, 12, 14)))
    mondays = [date(2026, 12, 14) + timedelta(weeks=n) for n in range(5)]
    assert [bool(open_on(found, day)) for day in mondays] == [True, False, True, False, True]


def test_a_pattern_reaches_back_before_its_anchor() -> None:
    found = rules(weekly(1, "08:00", "12:00", every=3, anchor=date(2026, 12, 14)))
    assert open_on(found, date(2026, 11, 23)) == ["08:00-12:00"]
    assert open_on(found, date(2026, 11, 30)) == []


@pytest.mark.parametrize(
    "day,name",
    [
        (date(2027, 1, 1), "Neujahr"),
        (date(2027, 3, 26), "Karfreitag"),
        (date(2027, 5, 27), "Fronleichnam"),
        (date(2027, 11, 1), "Allerheiligen"),
        (date(2027, 2, 4), "Weiberfastnacht"),
        (date(2027, 2, 8), "Rosenmontag"),
        (date(2026, 2, 16), "Rosenmontag"),
        (date(2024, 2, 12), "Rosenmontag"),
    ],
)
def test_closed_on_holidays_of_state_and_city(day: date, name: str) -> None:
    custom = ("rosenmontag", "weiberfastnacht")
    assert closed_days("NW", custom, day.year)[day] == name
    assert open_on(rules(*EVERY_DAY, municipal=custom), day) == []


def test_without_the_custom_carnival_is_a_day_like_others() -> None:
    assert open_on(rules(*EVERY_DAY), date(2027, 2, 8)) == ["08:00-16:00"]
    assert date(2027, 10, 31) not in closed_days("NW", (), 2027), "Reformation Day is none in NW"


def test_a_city_in_no_state_keeps_its_own_customs_alone() -> None:
    assert closed_days(NOWHERE, (), 2026) == {}
    assert set(closed_days(NOWHERE, ("heiligabend",), 2026)) == {date(2026, 12, 24)}


def test_fixed_customs() -> None:
    days = closed_days("NW", ("heiligabend", "silvester"), 2026)
    assert (days[date(2026, 12, 24)], days[date(2026, 12, 31)]) == ("Heiligabend", "Silvester")


@pytest.mark.parametrize(
    "day", [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25), date(2285, 3, 22)]
)
def test_easter(day: date) -> None:
    assert easter(day.year) == day


def test_closures_stand_above_hours_and_special_openings_above_closures() -> None:
    day = date(2026, 11, 26)
    noon = datetime(2026, 11, 26, 11, tzinfo=UTC)  # 12:00 in Berlin
    shut = closure(noon, noon + timedelta(days=1))
    assert open_on(rules(*EVERY_DAY, closures=[shut]), day) == ["08:00-12:00"]
    extra = special(day, "13:00", "14:00")
    assert open_on(rules(*EVERY_DAY, closures=[shut], specials=[extra]), day) == ["08:00-12:00", "13:00-14:00"]


def test_special_openings_stand_above_holidays() -> None:
    assert open_on(rules(*EVERY_DAY, specials=[special(date(2027, 1, 1), "10:00", "12:00")]), date(2027, 1, 1)) == [
        "10:00-12:00"
    ]


def test_closures_and_specials_of_one_counter_leave_the_other_alone() -> None:
    hours = [weekly(4, "08:00", "12:00"), weekly(4, "08:00", "12:00", counter=OTHER)]
    morning = datetime(2026, 11, 26, 7, tzinfo=UTC)
    shut = closure(morning, morning + timedelta(hours=2), counter=COUNTER)
    found = rules(*hours, closures=[shut], specials=[special(date(2026, 11, 26), "20:00", "21:00", OTHER)])
    assert open_on(found, date(2026, 11, 26)) == ["10:00-12:00"]
    assert open_on(found, date(2026, 11, 26), counter=1) == ["08:00-12:00", "20:00-21:00"]


def test_a_closure_of_the_city_closes_and_one_of_another_office_does_not() -> None:
    start, end = datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)
    assert open_on(rules(*EVERY_DAY, closures=[closure(start, end, office=None)]), date(2026, 11, 26)) == []
    assert open_on(rules(*EVERY_DAY, closures=[closure(start, end, office=OTHER)]), date(2026, 11, 26)) != []


@pytest.mark.parametrize("year", range(2024, 2031))
def test_hours_keep_their_wall_clock_on_both_sides_of_each_change(year: int) -> None:
    found = rules(*EVERY_DAY)
    for month in (3, 10):
        last = date(year, month, 31)
        change = last - timedelta(days=last.isoweekday() % 7)
        for day in (change - timedelta(days=1), change, change + timedelta(days=1)):
            if day in closed_days("NW", (), year):
                continue
            [(start, end)] = openings(found, found.counters[0], day)
            assert end - start == timedelta(hours=8)
            assert f"{start.astimezone(BERLIN):%H:%M}" == "08:00"


@pytest.mark.parametrize("day,hours_open", [(date(2026, 10, 25), 4), (date(2026, 11, 8), 3), (date(2026, 3, 29), 2)])
def test_hours_over_the_change_are_neither_lost_nor_doubled(day: date, hours_open: int) -> None:
    night = rules(weekly(7, "01:00", "04:00"))
    [(start, end)] = openings(night, night.counters[0], day)
    assert end - start == timedelta(hours=hours_open)


def test_hours_within_the_skipped_hour_do_not_exist() -> None:
    assert open_on(rules(weekly(7, "02:00", "03:00")), date(2026, 3, 29)) == []


def test_midnight_joins_two_days() -> None:
    found = rules(weekly(4, "20:00", "24:00"), weekly(5, "00:00", "02:00"))
    late = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)
    assert open_throughout(found, found.counters[0], late, late + timedelta(hours=2))
    assert not open_throughout(found, found.counters[0], late, late + timedelta(hours=3))


hours = st.integers(0, 200).map(lambda h: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=h))
intervals = st.tuples(hours, hours).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(intervals, max_size=6), st.lists(intervals.filter(lambda i: i[0] < i[1]), max_size=4))
def test_what_is_left_is_open_and_not_closed(
    opened: list[tuple[datetime, datetime]], shut: list[tuple[datetime, datetime]]
) -> None:
    left = without(merged(opened), [closure(start, end) for start, end in shut])
    for h in range(200):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=h)
        wanted = any(s <= at < e for s, e in opened) and not any(s <= at < e for s, e in shut)
        assert any(s <= at < e for s, e in left) is wanted
    assert left == sorted(left)
