"""The judge of histories finds each broken promise when it is shown one: else its silence would prove nothing."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from tests.proof.history import AppointmentRow, End, Operation, faults

ONE, OTHER = UUID(int=1), UUID(int=2)
NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
BOOKED = Operation(1, "book", "k1", "ok", ONE, NINE)
CANCELLED = Operation(1, "cancel", "k2", "ok", ONE)
LIVE = AppointmentRow(ONE, "confirmed", 1, NINE, NINE, [">confirmed"], [1], [f"{ONE}:1"])
GONE = AppointmentRow(
    ONE, "cancelled", 2, NINE, None, [">confirmed", "confirmed>cancelled"], [1, 2], [f"{ONE}:1", f"{ONE}:2"]
)


def end(*rows: AppointmentRow, overlapping: int = 0, ownerless: int = 0) -> End:
    return End(list(rows), overlapping, ownerless)


def test_a_clean_history_has_no_fault() -> None:
    assert faults([BOOKED], end(LIVE)) == []
    assert faults([BOOKED, CANCELLED], end(GONE)) == []
    unknown = msgspec.structs.replace(CANCELLED, outcome="unknown")
    assert faults([BOOKED, unknown], end(GONE)) == faults([BOOKED, unknown], end(LIVE)) == []


@pytest.mark.parametrize(
    "operations, state",
    [
        pytest.param([BOOKED], end(), id="lost booking"),
        pytest.param([BOOKED], end(LIVE, overlapping=1), id="double booking"),
        pytest.param([BOOKED], end(LIVE, ownerless=1), id="place without owner"),
        pytest.param([BOOKED, CANCELLED], end(LIVE), id="resurrected cancellation"),
        pytest.param([BOOKED], end(GONE), id="cancelled by nobody"),
        pytest.param(
            [BOOKED, msgspec.structs.replace(BOOKED, appointment=OTHER)], end(LIVE), id="a retry that booked again"
        ),
        pytest.param([BOOKED], end(msgspec.structs.replace(LIVE, notices=[])), id="no notice"),
        pytest.param([BOOKED], end(msgspec.structs.replace(LIVE, notices=[f"{ONE}:1"] * 2)), id="two notices"),
        pytest.param(
            [BOOKED], end(msgspec.structs.replace(LIVE, event_versions=[1, 1])), id="two events of one change"
        ),
        pytest.param(
            [BOOKED], end(msgspec.structs.replace(LIVE, events=[">requested"])), id="events that lead elsewhere"
        ),
        pytest.param([BOOKED], end(msgspec.structs.replace(LIVE, place_starts_at=None)), id="live without place"),
    ],
)
def test_every_broken_promise_is_found(operations: list[Operation], state: End) -> None:
    assert faults(operations, state) != []
