"""Whom a place fits, against two oracles: what availability shows as free, and the line walked one by one."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.availability.free_days import FreeDays
from backend.availability.model import TakenPlace, Wanted
from backend.availability.office import OfficeState
from backend.availability.visits import visit
from backend.catalogue.model import OfficeRules
from backend.clock import instant
from backend.waiting.model import Candidate, Match, Minutes
from backend.waiting.rules import NOTICE_SECONDS, SHORT_NOTICE_SECONDS, Room, Share, tell_at
from tests.availability.made import BERLIN, SERVICE, SPACE, counter, last_sunday, office_rules

DAYS = st.sampled_from([date(2026, 12, 1), last_sunday(2026, 10), last_sunday(2027, 3)])
LONG_AGO = datetime(2026, 10, 1, tzinfo=BERLIN)


class Case(msgspec.Struct, frozen=True):
    """A freed place among other places of the day, and who waits."""

    rules: OfficeRules
    day: date
    freed: TakenPlace
    others: list[TakenPlace]
    as_of: datetime
    line: list[Candidate]

    def room(self) -> Room:
        before = [p.ends for p in self.others if p.ends <= self.freed.starts]
        after = [p.starts for p in self.others if p.starts >= self.freed.ends]
        free = (
            max(before, default=self.freed.starts - 86_400),
            min(after, default=self.freed.ends + 86_400),
        )
        return Room(self.rules, self.rules.counters[0], (self.freed.starts, self.freed.ends), free, self.as_of)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    day = draw(DAYS)
    opens = draw(st.integers(6, 10)) * 60
    rules = office_rules(
        [[(opens, opens + draw(st.integers(60, 600)))]],
        minutes=draw(st.sampled_from([5, 10, 15, 20, 30])),
        grid_minutes=draw(st.sampled_from([None, 5, 10, 15])),
        buffer_minutes=draw(st.sampled_from([0, 5])),
        lead_minutes=draw(st.sampled_from([0, 0, 120])),
    )
    at, places = instant(day, opens, BERLIN), list[TakenPlace]()
    for number, (gap, length) in enumerate(
        draw(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 18)), min_size=1, max_size=6))
    ):
        start = at + timedelta(minutes=5 * gap)
        at = start + timedelta(minutes=5 * length)
        key = uuid5(SPACE, str(number))
        places.append(TakenPlace(key, rules.office.id, counter(0), int(start.timestamp()), int(at.timestamp()), None))
    freed = places.pop(draw(st.integers(0, len(places) - 1)))
    as_of = draw(
        st.one_of(
            st.just(LONG_AGO),
            st.integers(0, 180).map(lambda m: datetime.fromtimestamp(freed.starts, BERLIN) - timedelta(minutes=m)),
        )
    )
    line = [
        Candidate(
            id=uuid5(SPACE, f"entry {number}"),
            person_id=uuid5(SPACE, f"person {draw(st.integers(0, 9))}"),
            services=(Wanted(SERVICE, persons),),
            hours=draw(windows()),
            short_notice=draw(st.booleans()),
            before=draw(
                st.one_of(st.none(), st.integers(0, 1440).map(lambda m: instant(day, 0, BERLIN) + timedelta(minutes=m)))
            ),
            created_at=LONG_AGO + timedelta(seconds=number),
        )
        for number, persons in enumerate(draw(st.lists(st.integers(1, 4), max_size=8)))
    ]
    return Case(rules, day, freed, places, as_of, line)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Minutes, ...]:
    if draw(st.booleans()):
        return ((0, 1440),)
    cuts = sorted(draw(st.lists(st.integers(0, 144), min_size=2, max_size=4, unique=True)))
    return tuple((a * 10, b * 10) for a, b in zip(cuts[::2], cuts[1::2], strict=False))


def shown_free(case: Case, candidate: Candidate, taken: list[TakenPlace]) -> list[int]:
    """The starts that availability would show to this person with these places taken."""
    state = OfficeState(case.rules, FreeDays())
    state.learn({case.day: 0}, sorted(taken, key=lambda place: place.starts))
    asked = visit(case.rules, candidate.services, staff=False, max_services=5)
    return [start for start, _ in state.free_day(asked, case.day, case.as_of.timestamp()).starts]


def wished(case: Case, candidate: Candidate, start: int) -> bool:
    """Minute by minute: each lies in a window; not too soon; before what it is to better; touches what was freed."""
    asked = visit(case.rules, candidate.services, staff=False, max_services=5)
    end = start + asked.seconds + case.rules.office.buffer_minutes * 60
    walls = [datetime.fromtimestamp(second, BERLIN) for second in range(start, start + asked.seconds, 60)]
    minutes = [wall.hour * 60 + wall.minute for wall in walls]
    inside = any(all(opens <= minute < closes for minute in minutes) for opens, closes in candidate.hours)
    ahead = SHORT_NOTICE_SECONDS if candidate.short_notice else NOTICE_SECONDS
    soon = start < case.as_of.timestamp() + ahead
    sooner = candidate.before is None or start < candidate.before.timestamp()
    return inside and not soon and sooner and start < case.freed.ends and case.freed.starts < end


def expected(case: Case) -> list[Match]:
    """The line one by one: each gets the first start that is shown, wished for, and touches what is left."""
    found: list[Match] = []
    taken, people = list(case.others), set[UUID]()
    left = set(range(case.freed.starts, case.freed.ends, 60))
    for candidate in case.line:
        if candidate.person_id in people:
            continue
        asked = visit(case.rules, candidate.services, staff=False, max_services=5)
        length = asked.seconds + case.rules.office.buffer_minutes * 60
        for start in shown_free(case, candidate, taken):
            if wished(case, candidate, start) and left.intersection(range(start, start + length, 60)):
                found.append(Match(candidate.id, start, start + asked.seconds))
                key = uuid5(SPACE, f"offer {candidate.id}")
                taken.append(TakenPlace(key, case.rules.office.id, counter(0), start, start + length, None))
                people.add(candidate.person_id)
                left.difference_update(range(start, start + length, 60))
                break
    return found


@settings(max_examples=400, deadline=None)
@given(cases())
def test_the_place_goes_to_exactly_those_it_fits_in_the_order_of_waiting(case: Case) -> None:
    share = Share(case.room(), 5)
    for candidate in case.line:  # in pieces, as the matcher reads it, and no further than it would
        if share.minutes:
            share.give([candidate])
    assert share.found == expected(case)


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(0, 1439), st.integers(0, 23), st.integers(0, 23))
def test_nobody_is_told_at_night_and_everybody_as_soon_as_it_ends(
    day: date, minute: int, quiet_from: int, quiet_until: int
) -> None:
    now = instant(day, minute, BERLIN)
    told = tell_at(now, BERLIN, quiet_from, quiet_until)
    night = {(quiet_from + n) % 24 for n in range((quiet_until - quiet_from) % 24)}
    assert told >= now
    assert told.astimezone(BERLIN).hour not in night or quiet_until in (2, 3), "02:00 is skipped in spring"
    hours = [now + timedelta(minutes=m) for m in range(0, int((told - now).total_seconds() // 60), 7)]
    assert all(h.astimezone(BERLIN).hour in night for h in hours), "not a minute later than the night"
