"""What comes late: after an outage, after its worker died, in the midst of somebody's night."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.notices import service
from backend.notices.model import Lane, Outgoing, Settled, Telling
from backend.settings import Settings
from notifications.channels.memory import MemoryChannel
from notifications.model import SENT, Outcome
from tests.identity.town import give_appointment, make_town
from tests.notifications.conftest import Working
from tests.notifications.people import deliveries, make_due, phone, rows, told
from tests.support.waiting import eventually

EVENING = datetime(2026, 11, 26, 20, 50, tzinfo=UTC)
"""Ten to ten in Gelsenkirchen."""
ANDROID, LEASE = Lane("push", "android"), timedelta(seconds=30)
NIGHT = 20 * 60, 8 * 60
LATE, MORNING = EVENING + timedelta(minutes=40), datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


async def ended(database: Database, count: int) -> bool:
    return len(await rows(database, "SELECT FROM delivery WHERE done_at IS NOT NULL")) == count


async def test_an_outage_of_hours_costs_nothing_and_what_is_wrong_with_one_alone_ends(
    working: Working, database: Database
) -> None:
    away, strange = await phone(database), await phone(database, platform="ios")
    for one in (away, strange):
        await told(database, one)
    said: dict[str | None, Outcome] = {
        away.target: Outcome(result="transient", code="UNAVAILABLE", trouble="unavailable"),
        strange.target: Outcome(result="transient", code="SENDER_ID_MISMATCH", trouble="refused"),
    }
    channel = MemoryChannel(lambda outgoing: said[outgoing.target])

    async def tried() -> bool:
        await make_due(database)
        return sum(o.target == away.target for o in channel.attempts) >= 3 and await ended(database, 1)

    async with working(channel, notice_max_attempts=2):
        await eventually(tried, 20)
        assert ("dead", 2, "SENDER_ID_MISMATCH") in await deliveries(database)
        said[away.target] = SENT
        await make_due(database)
        await eventually(lambda: ended(database, 2))
    assert sorted(outcome or "" for outcome, _, _ in await deliveries(database)) == ["dead", "sent"]


async def test_what_kills_its_worker_each_time_ends_as_a_dead_letter(
    database: Database, database_url: str, make_settings: Callable[..., Settings]
) -> None:
    await told(database, await phone(database))
    now, lane, lease = system_now(), Lane("push", "android"), timedelta(seconds=1)
    await service.spread_notices(database, make_settings(database_url), now, 10)
    for number in range(1, 6):
        at = now + number * timedelta(seconds=2)
        claimed = await service.claim(database, lane, at, lease=lease, limit=10, most_attempts=3)
        assert [one.attempt for one in claimed] == ([number] if number <= 3 else [])
    assert await deliveries(database) == [("dead", 3, "worker-died")]


async def quiet(database: Database, person: UUID, start: int, end: int) -> None:
    await rows(
        database,
        """INSERT INTO preference (person_id, quiet_from_minute, quiet_until_minute, updated_at)
           VALUES ($1, $2, $3, now()) RETURNING 1""",
        person, start, end,
    )  # fmt: skip


class Evening:
    """Notices of one moment, and a worker's steps at others."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings

    async def tell(
        self, person: UUID, kind: str, starts: datetime, *, at: datetime = EVENING, subject: UUID | None = None,
        city: str | None = None, **data: Any,
    ) -> None:  # fmt: skip
        """Told and spread."""
        telling = Telling(
            city_id=city, person_id=person, kind=kind, subject_id=subject or uuid4(), dedupe=str(uuid4()),
            data={"startsAt": starts.isoformat(), **data}, expires_at=starts,
        )  # fmt: skip
        async with self.database.transaction(SYSTEM) as conn:
            await service.tell(conn, telling, at)
        await service.spread_notices(self.database, self.settings, at, 9)

    async def claim(self, at: datetime) -> list[Outgoing]:
        return await service.claim(self.database, ANDROID, at, lease=LEASE, limit=9, most_attempts=12, night=NIGHT)

    async def fail(self, at: datetime, again_at: datetime) -> None:
        """The first attempt, at the one moment, is to be repeated at the other."""
        (one,) = await self.claim(at)
        failed = Settled(id=one.id, attempt=1, ending=None, detail="UNAVAILABLE", due_at=again_at)
        await service.settle(self.database, [failed], [], at)

    async def standing(self) -> tuple[datetime, str | None]:
        """When the one delivery is due, and how it ended."""
        (row,) = await rows(self.database, "SELECT due_at, outcome FROM delivery")
        return row["due_at"], row["outcome"]


@pytest.fixture
def evening(database: Database, database_url: str, make_settings: Callable[..., Settings]) -> Evening:
    return Evening(database, make_settings(database_url))


@pytest.mark.parametrize(
    "kind, starts, claimed, after",
    [
        ("appointment.confirmed", timedelta(days=2), 0, (MORNING, None)),
        ("appointment.confirmed", timedelta(hours=9), 1, (LATE, None)),
        ("appointment.called", timedelta(days=2), 1, (LATE, None)),
        ("case.answer_due", timedelta(days=2), 0, (MORNING, None)),
        ("case.answer_due", timedelta(hours=9), 0, (LATE, "expired")),
    ],
)
async def test_what_fails_in_the_evening_keeps_to_the_hours_of_whom_it_is_for(
    evening: Evening, database: Database, kind: str, starts: timedelta, claimed: int, after: tuple[datetime, str | None]
) -> None:
    one = await phone(database)
    await quiet(database, one.person_id, 22 * 60, 7 * 60)
    await evening.tell(one.person_id, kind, EVENING + starts)
    await evening.fail(EVENING, LATE)
    assert len(await evening.claim(LATE)) == claimed
    assert await evening.standing() == after
    if after == (MORNING, None):
        assert not (await service.standing(database, LATE)).lanes, "no operator need look at it"
        assert not await evening.claim(MORNING - timedelta(seconds=1))
        assert [claim.attempt for claim in await evening.claim(MORNING)] == [2]


async def test_who_moves_their_clock_in_a_sandbox_is_past_their_night(evening: Evening, database: Database) -> None:
    one = await phone(database)
    await quiet(database, one.person_id, 22 * 60, 7 * 60)
    await evening.tell(one.person_id, "appointment.confirmed", MORNING + timedelta(days=2), at=LATE, city="sandbox")
    assert await evening.standing() == (MORNING, None)
    await rows(database, "UPDATE delivery SET due_at = due_at - interval '10 hours' RETURNING id")
    assert len(await evening.claim(LATE)) == 1


async def test_what_no_worker_took_in_the_evening_waits_for_the_morning_too(
    evening: Evening, database: Database
) -> None:
    one, awake = await phone(database), await phone(database)
    await quiet(database, one.person_id, 22 * 60, 7 * 60)
    for person in (one, awake):
        await evening.tell(person.person_id, "appointment.confirmed", EVENING + timedelta(days=2))
    assert [claim.target for claim in await evening.claim(LATE)] == [awake.target]
    assert [claim.target for claim in await evening.claim(MORNING)] == [awake.target, one.target]


@pytest.mark.parametrize(
    "starts, after",
    [(MORNING + timedelta(hours=3), (MORNING + timedelta(hours=1), None)), (MORNING, (LATE, "expired"))],
)
async def test_a_reminder_that_was_delayed_into_the_night_comes_in_the_morning_or_not_at_all(
    evening: Evening, database: Database, starts: datetime, after: tuple[datetime, str | None]
) -> None:
    """The night is the office's, whatever the person has chosen."""
    town, one = await make_town(database), await phone(database)
    appointment = await give_appointment(database, town, one.person_id, starts)
    before = EVENING - timedelta(hours=2, minutes=5)
    await rows(database, "UPDATE notice SET spread_at = now() RETURNING id")
    await evening.tell(
        one.person_id, "appointment.reminder", starts, at=before, subject=appointment, office=str(town.north)
    )
    await evening.fail(before, LATE)
    assert not await evening.claim(LATE)
    assert await evening.standing() == after


async def test_what_was_not_tried_keeps_its_place_in_the_line(evening: Evening, database: Database) -> None:
    one, other = await phone(database), await phone(database)
    await evening.tell(one.person_id, "appointment.confirmed", MORNING)
    (first,) = await evening.claim(EVENING)
    await evening.tell(other.person_id, "appointment.confirmed", MORNING, at=EVENING + timedelta(seconds=5))
    back = Settled(id=first.id, attempt=1, ending=None, detail="", due_at=LATE, counted=False)
    await service.settle(database, [back], [], EVENING)
    line = [(claim.target, claim.attempt) for claim in await evening.claim(EVENING + timedelta(seconds=6))]
    assert line == [(one.target, 1), (other.target, 1)]


async def test_what_waits_for_the_morning_goes_by_what_the_person_wants_then(
    evening: Evening, database: Database
) -> None:
    off, longer, same = await phone(database), await phone(database), await phone(database)
    for one in (off, longer, same):
        await quiet(database, one.person_id, 22 * 60, 7 * 60)
        await evening.tell(one.person_id, "appointment.confirmed", MORNING + timedelta(days=2), at=LATE)
    change = "UPDATE preference SET push_off = $2, quiet_until_minute = $3 WHERE person_id = $1 RETURNING 1"
    await rows(database, change, off.person_id, ["appointments"], 7 * 60)
    await rows(database, change, longer.person_id, [], 9 * 60)
    assert [claim.target for claim in await evening.claim(MORNING)] == [same.target]
    found = await rows(database, "SELECT person_id, due_at, outcome, detail FROM delivery")
    assert {row["person_id"]: (row["due_at"], row["outcome"], row["detail"]) for row in found} == {
        off.person_id: (MORNING, "dropped", "unwanted"),
        longer.person_id: (MORNING + timedelta(hours=2), None, "quiet-hours"),
        same.person_id: (MORNING, None, None),
    }
