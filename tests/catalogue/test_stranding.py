"""Which appointments a change strands."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from msgspec.structs import replace

from backend.catalogue.model import LiveAppointment, OfficeRules
from backend.catalogue.stranding import stranded
from tests.catalogue.build import COUNTER, OFFICE, SERVICE, closure, rules, weekly

THURSDAY = weekly(4, "08:00", "16:00")
BEFORE = rules(THURSDAY)


def at(text: str, minutes: int = 15) -> LiveAppointment:
    """An appointment on Thursday, 2026-11-26, Berlin time."""
    start = datetime.fromisoformat(f"2026-11-26T{text}:00+01:00").astimezone(UTC)
    end = start + timedelta(minutes=minutes)
    return LiveAppointment(uuid4(), f"MU-{text}", "confirmed", OFFICE, COUNTER, start, end, (SERVICE,))


def reasons(after: OfficeRules, *live: LiveAppointment, before: OfficeRules = BEFORE) -> dict[str, str]:
    return {s.appointment.reference: s.reason for s in stranded({OFFICE: before}, {OFFICE: after}, live)}


def test_shorter_hours_strand_what_no_longer_fits() -> None:
    after = rules(weekly(4, "08:00", "12:00"))
    assert reasons(after, at("11:45"), at("11:50"), at("15:00")) == {"MU-11:50": "closed", "MU-15:00": "closed"}


def test_a_closure_strands_only_what_it_touches() -> None:
    noon = datetime(2026, 11, 26, 11, tzinfo=UTC)
    after = rules(THURSDAY, closures=[closure(noon, noon + timedelta(hours=1))])
    assert reasons(after, at("11:45"), at("12:45"), at("13:00")) == {"MU-12:45": "closed"}


def test_a_break_in_the_middle_strands_what_lies_across_it() -> None:
    after = rules(weekly(4, "08:00", "12:00"), weekly(4, "12:30", "16:00"))
    assert reasons(after, at("11:50", minutes=60)) == {"MU-11:50": "closed"}


def test_a_retired_counter_strands_all_of_its_own() -> None:
    assert reasons(replace(BEFORE, counters=BEFORE.counters[1:]), at("09:00")) == {"MU-09:00": "counter-retired"}


def test_a_withdrawn_service_strands() -> None:
    counter = replace(BEFORE.counters[0], service_ids=frozenset[UUID]())
    assert reasons(replace(BEFORE, counters=(counter,)), at("09:00")) == {"MU-09:00": "service-withdrawn"}


def test_what_was_outside_of_the_hours_before_is_not_stranded_by_the_change() -> None:
    after = rules(weekly(4, "08:00", "12:00"))
    assert reasons(after, at("18:00")) == {}


def test_other_texts_strand_nobody() -> None:
    after = replace(BEFORE, office=replace(BEFORE.office, name="Neues Rathaus"))
    assert reasons(after, at("09:00")) == {}
