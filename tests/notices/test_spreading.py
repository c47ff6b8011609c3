"""What becomes of a notice: as its kind and the person's preferences say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.ids import new_id
from backend.notices import devices, preferences, queries
from backend.notices.model import Preference, Telling
from backend.notices.service import spread_notices
from backend.settings import Settings
from tests.identity.town import Town, give_appointment, make_town
from tests.notices.people import NOW, device, person, rows

NIGHT = datetime(2026, 6, 1, 21, 0, tzinfo=UTC)  # 23:00 in Berlin
QUIET = Preference(quiet_from_minute=22 * 60, quiet_until_minute=7 * 60)
MORNING = datetime(2026, 6, 2, 5, 0, tzinfo=UTC)
START = datetime(2026, 6, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
async def town(database: Database) -> Town:
    return await make_town(database)


async def prefer(database: Database, who: UUID, wanted: Preference) -> None:
    async with database.transaction(Principal(person_id=who)) as conn:
        await preferences.save(conn, who, wanted, NOW, district=None, version=None)


async def told(
    database: Database,
    settings: Settings,
    to: UUID,
    kind: str,
    *,
    by: str = "clerk",
    at: datetime = NOW,
    subject: UUID | None = None,
    starts: datetime = START,
    mails: bool = True,
) -> list[tuple[Any, ...]]:
    """Tells and spreads; the deliveries: channel and when."""
    data = {"by": by, "startsAt": starts.isoformat()}
    telling = Telling(
        city_id="here", person_id=to, kind=kind, subject_id=subject or uuid4(), dedupe=str(new_id()), data=data,
        expires_at=starts + timedelta(minutes=15),
    )  # fmt: skip
    async with database.transaction(SYSTEM) as conn:
        await queries.tell(conn, telling, at)
    spread = await spread_notices(database, settings, at, 100, mails=mails)
    made = await rows(
        database,
        "SELECT d.channel, d.due_at FROM delivery d JOIN notice n ON n.id = d.notice_id WHERE n.dedupe = $1"
        " ORDER BY 1 DESC",
        telling.dedupe,
    )
    assert {lane.channel for lane in spread.lanes} == {channel for channel, _ in made}
    return made


async def test_who_did_it_is_told_by_the_inbox_alone(database: Database, settings: Settings, town: Town) -> None:
    me = await person(database)
    await devices.register(database, settings, me, device(), NOW)
    assert await told(database, settings, me, "appointment.cancelled", by="person") == []
    assert await told(database, settings, me, "appointment.cancelled", by="clerk") == [("push", NOW)]
    assert await told(database, settings, me, "appointment.confirmed", by="person") == [("push", NOW)]
    assert await told(database, settings, me, "appointment.completed") == []


async def test_quiet_hours_wait_save_for_what_cannot(database: Database, settings: Settings, town: Town) -> None:
    me = await person(database)
    await devices.register(database, settings, me, device(), NOW)
    await prefer(database, me, QUIET)
    assert await told(database, settings, me, "appointment.cancelled", at=NIGHT) == [("push", MORNING)]
    assert await told(database, settings, me, "appointment.called", at=NIGHT) == [("push", NIGHT)]
    assert await told(database, settings, me, "waiting.offer", at=NIGHT) == [("push", NIGHT)]
    early = NIGHT + timedelta(hours=6)
    assert await told(database, settings, me, "appointment.cancelled", at=NIGHT, starts=early) == [("push", NIGHT)]
    assert await told(database, settings, me, "appointment.cancelled", at=NOW) == [("push", NOW)]


async def test_what_is_silenced_is_not_sent(database: Database, settings: Settings, town: Town) -> None:
    me = await person(database)
    await devices.register(database, settings, me, device(), NOW)
    await prefer(database, me, Preference(push_off=("appointments",)))
    assert await told(database, settings, me, "appointment.cancelled") == []
    assert await told(database, settings, me, "appointment.called") == [("push", NOW)]


async def test_letters_go_where_no_phone_takes_pushes_or_to_who_wants_them(
    database: Database, settings: Settings, town: Town
) -> None:
    me, other = await person(database), await person(database)
    mine = await give_appointment(database, town, me, START)
    await rows(database, "UPDATE notice SET spread_at = $1 RETURNING id", NOW)

    async def confirmed(*, mails: bool = True) -> list[str]:
        made = await told(database, settings, me, "appointment.confirmed", subject=mine, mails=mails)
        return [channel for channel, _ in made]

    assert await confirmed() == ["mail"]
    assert await confirmed(mails=False) == []
    assert await told(database, settings, other, "appointment.confirmed", subject=mine) == []  # another's address
    phone = device()
    await devices.register(database, settings, me, phone, NOW)
    assert await confirmed() == ["push"]
    await prefer(database, me, Preference(mail="always"))
    assert await confirmed() == ["push", "mail"]
    await prefer(database, me, Preference(mail="always", mail_off=("appointments",)))
    assert await confirmed() == ["push"]
    await devices.unregister(database, me, phone.id, NOW)
    await prefer(database, me, Preference(mail="never"))
    assert await confirmed() == []


async def test_a_cancellation_overtakes_a_reminder_that_waits(
    database: Database, settings: Settings, town: Town
) -> None:
    me = await person(database)
    await devices.register(database, settings, me, device(), NOW)
    await prefer(database, me, QUIET)
    mine = await give_appointment(database, town, me, START)
    await rows(database, "UPDATE notice SET spread_at = $1 RETURNING id", NOW)
    reminded = await told(database, settings, me, "appointment.reminder", at=NIGHT, subject=mine)
    assert reminded == [("push", MORNING)]
    moved = await told(
        database, settings, me, "appointment.reminder", at=NIGHT, subject=mine, starts=START + timedelta(hours=1)
    )
    assert moved == []  # of a time that is not the appointment's
    await told(database, settings, me, "appointment.cancelled", at=NIGHT, subject=mine)
    outcomes = await rows(
        database, "SELECT n.kind, d.outcome, d.detail FROM delivery d JOIN notice n ON n.id = d.notice_id ORDER BY d.id"
    )
    assert sorted(outcomes, key=str) == [
        ("appointment.cancelled", None, None),
        ("appointment.reminder", "dropped", "superseded"),
    ]
