"""What other booking systems answer to the same questions; where ours differs on purpose, the vector says why."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.availability import rules as arithmetic
from backend.catalogue.calendar import in_force
from backend.catalogue.model import OpeningHours
from tests.availability.made import BERLIN, OFFICE, free_day, minute, office_rules, spans, walls

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "slots.json").read_text(encoding="utf-8"))
ZMS: dict[str, Any] = {case["id"]: case for case in VECTORS["zms"]}
RDV: dict[str, Any] = {case["id"]: case for case in VECTORS["rdv"]}
TUESDAY = date(2026, 12, 1)


def test_every_vector_is_replayed() -> None:
    assert set(ZMS) == {f"zms-{n}" for n in range(1, 10)}
    assert set(RDV) == {"rdv-1", "rdv-2", "rdv-3"}
    assert len(VECTORS["helsinki"]["cases"]) == len(HELSINKI)


@pytest.mark.parametrize("name", ["zms-1", "zms-2", "zms-3"])
def test_a_visit_fits_before_closing(name: str) -> None:
    case = ZMS[name]
    starts = walls(free_day(office_rules([spans(case["open"])], minutes=case["minutes"]), TUESDAY))
    assert starts == case.get("starts", starts)
    assert len(starts) == case.get("count", case.get("ours", len(starts)))
    assert starts[-1] == case.get("last", starts[-1])
    assert len(starts) != case.get("theirs")


def hours_every_second(weekday: int, anchor: date) -> OpeningHours:
    return OpeningHours(OFFICE, "x", OFFICE, weekday, 480, 960, valid_from=anchor, every_weeks=2, anchor=anchor)


def test_every_second_wednesday() -> None:
    case = ZMS["zms-4"]
    hours = hours_every_second(3, date(2019, 1, 2))
    assert [in_force(hours, date.fromisoformat(day)) for day in case["open"]] == [True, True]
    assert [in_force(hours, date.fromisoformat(day)) for day in case["closed"]] == [False, False]


def test_the_iso_week_of_the_start_date_is_week_one() -> None:
    for start, expected in ZMS["zms-5"]["starts"].items():
        day, _, state = expected.partition(" ")
        hours = hours_every_second(5, date.fromisoformat(start))
        assert in_force(hours, date.fromisoformat(day)) is (state == "open"), start


@pytest.mark.parametrize("opens, is_open", [("11:50", True), ("13:50", False)])
def test_the_last_day_is_released_during_the_day(opens: str, is_open: bool) -> None:
    now = datetime(2026, 12, 1, 12, 50, tzinfo=BERLIN)
    office = office_rules([spans("08:00-16:00")], horizon_days=14, release_minute=minute(opens)).office
    assert (arithmetic.last_day(office, BERLIN, now) == TUESDAY + timedelta(days=14)) is is_open


@pytest.mark.parametrize("name", ["zms-7", "zms-8", "zms-9"])
def test_several_slots_in_one_unbroken_range(name: str) -> None:
    case = ZMS[name]
    counters = [spans("08:00-08:45")] * case["free"][0]
    found = free_day(office_rules(counters, minutes=15, grid_minutes=15), TUESDAY, persons=case["needed"])
    left = dict(zip(walls(found), (free for _, free in found.starts), strict=True))
    assert [left.get(wall, 0) for wall in ("08:00", "08:15", "08:30")] == case["left"]


@pytest.mark.parametrize("name", ["rdv-1", "rdv-2", "rdv-3"])
def test_openings_and_the_gap_after_a_visit(name: str) -> None:
    case = RDV[name]
    rules = office_rules([spans(*case["open"])], minutes=case["minutes"], buffer_minutes=case.get("gapAfter", 0))
    starts = walls(free_day(rules, TUESDAY))
    assert starts == case.get("starts", starts)
    assert len(starts) == case.get("count", len(starts))


HELSINKI = [
    # (wanted minutes, earliest instant, window of the day) for each case, in order
    (15, datetime(2021, 1, 1, 12, 1, tzinfo=BERLIN), None),
    (240, datetime(2021, 1, 1, 0, 0, tzinfo=BERLIN), None),
    (15, datetime(2021, 1, 1, 0, 0, tzinfo=BERLIN), ("16:01", "20:00")),
    (120, datetime(2021, 1, 1, 0, 0, tzinfo=BERLIN), ("22:00", "24:00")),
]


@pytest.mark.parametrize("index", range(len(HELSINKI)))
def test_the_first_start_among_scattered_spans(index: int) -> None:
    minutes, now, window = HELSINKI[index]
    # The span over midnight is two openings here: a visit does not reach over midnight. No case needs one that does.
    days = {date(2021, 1, 1): "12:00-13:00", date(2021, 1, 5): "07:00-09:00", date(2021, 1, 10): "16:00-20:00"}
    days |= {date(2021, 1, 15): "22:00-24:00", date(2021, 1, 16): "00:00-02:00"}
    specials = [(day, *spans(span)[0]) for day, span in days.items()]
    rules = office_rules([[]], minutes=minutes, specials=specials, grid_minutes=VECTORS["helsinki"]["stepMinutes"])
    found = [
        f"{day} {wall}"
        for day in sorted(days)
        for wall in walls(free_day(rules, day, now=now))
        if window is None or window[0] <= wall < window[1]
    ]
    assert found[0] == VECTORS["helsinki"]["cases"][index]["first"]
