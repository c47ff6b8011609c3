"""An announcement reaches whom it concerns, once, at a measured pace, and is a mark of one's own to read."""

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.errors import InvalidInput
from backend.notices import devices, inbox, preferences
from backend.notices.announcements import announce
from backend.notices.model import Announcement, Preference
from backend.notices.service import spread_notices
from backend.settings import Settings
from tests.notices.people import NOW, city, device, person, rows, tell

TEXTS = {"de": {"title": "Straßenfest", "body": "Am Samstag."}}
SENT = "SELECT person_id, due_at FROM delivery WHERE notice_id = $1 ORDER BY due_at, id"


async def publish(database: Database, district: str | None = None, topic: str | None = None) -> Announcement:
    async with database.transaction(SYSTEM) as conn:
        return await announce(conn, "here", district, topic, TEXTS, uuid4(), NOW, lasts=timedelta(days=2))


async def resident(database: Database, settings: Settings, **wish: object) -> UUID:
    """Somebody with a phone, who lives in the city as told, or has only had to do with it."""
    who = await person(database)
    await devices.register(database, settings, who, device(), NOW)
    if wish:
        async with database.transaction(Principal(person_id=who)) as conn:
            district = wish.pop("district", None)
            wanted = msgspec.convert({"city_id": "here", **wish}, Preference)
            await preferences.save(conn, who, wanted, NOW, district=str(district) if district else None, version=None)
    return who


async def titles(database: Database, who: UUID, after: timedelta = timedelta(hours=1)) -> list[tuple[str, bool]]:
    async with database.transaction(Principal(person_id=who)) as conn:
        found = await inbox.read(conn, who, NOW + after)
    return [(item.data["texts"]["de"]["title"], item.read_at is not None) for item in found.inbox.items if item.data]


@pytest.fixture
async def districts(database: Database) -> None:
    await city(database)
    await city(database, "there")
    async with database.connection() as conn:
        north, quarter = uuid4(), uuid4()
        await conn.execute(
            "INSERT INTO district (id, city_id, parent_id, level, slug, name) VALUES"
            " ($1, 'here', NULL, 'stadtbezirk', 'north', 'N'), ($2, 'here', $1, 'quartier', 'mill', 'M'),"
            " ($3, 'here', NULL, 'stadtbezirk', 'south', 'S')",
            north, quarter, uuid4(),
        )  # fmt: skip


async def test_it_reaches_those_whom_it_concerns(database: Database, settings: Settings, districts: None) -> None:
    mill = await resident(database, settings, district="mill")
    south = await resident(database, settings, district="south", topics=("waste",))
    dealt = await resident(database, settings)
    await tell(database, dealt)
    away = await resident(database, settings, city_id="there")
    silent = await resident(database, settings, push_off=("announcements",))
    everybody = await publish(database)
    north, waste = await publish(database, "north"), await publish(database, topic="waste")
    for _ in range(4):
        await spread_notices(database, settings, NOW, 100)
    reached = {one.id: {who for who, _ in await rows(database, SENT, one.id)} for one in (everybody, north, waste)}
    assert reached == {everybody.id: {mill, south, dealt}, north.id: {mill}, waste.id: {south}}
    assert len(await titles(database, mill)) == len(await titles(database, south)) == 2
    assert [len(await titles(database, who)) for who in (dealt, silent, away)] == [1, 1, 0]
    assert await titles(database, mill, timedelta(days=3)) == []
    with pytest.raises(InvalidInput):
        await publish(database, "nowhere")


async def test_reading_it_is_a_mark_of_ones_own(database: Database, settings: Settings, districts: None) -> None:
    me, other = await resident(database, settings, topics=()), await resident(database, settings, topics=())
    one = await publish(database)
    async with database.transaction(Principal(person_id=me)) as conn:
        before = await inbox.read(conn, me, NOW)
        assert before.inbox.unread == 1
        await inbox.mark_read(conn, me, one.id, NOW, alone=True)
    assert await titles(database, me) == [("Straßenfest", True)]
    assert await titles(database, other) == [("Straßenfest", False)]
    async with database.transaction(Principal(person_id=me)) as conn:
        changed = await inbox.read(conn, me, NOW, since=before.seen)
    assert [item.id for item in changed.inbox.items] == [one.id]


async def test_it_goes_out_slice_by_slice_at_its_pace_to_phones_that_live(
    database: Database, settings: Settings, districts: None
) -> None:
    slow = msgspec.structs.replace(settings, announcement_pushes_per_second=2.0)
    people = [await resident(database, settings, topics=()) for _ in range(5)]
    lost = await person(database)
    await devices.register(database, settings, lost, device(), NOW - timedelta(days=31))
    one = await publish(database)
    spread = await spread_notices(database, slow, NOW, 100)
    assert len(spread.lanes) == 1
    assert await spread_notices(database, slow, NOW, 100) == msgspec.structs.replace(spread, lanes=[])
    sent = await rows(database, SENT, one.id)
    assert {who for who, _ in sent} == set(people)
    assert [at - NOW for _, at in sent] == [timedelta(seconds=n / 2) for n in range(5)]
    assert await rows(database, "SELECT spread_at FROM notice WHERE id = $1", one.id) == [(NOW,)]


async def test_whose_quiet_hours_end_at_one_moment_follow_one_another_all_the_same(
    database: Database, settings: Settings, districts: None
) -> None:
    slow = msgspec.structs.replace(settings, announcement_pushes_per_second=2.0)
    for _ in range(4):  # it is eleven in Berlin
        await resident(database, settings, quiet_from_minute=10 * 60, quiet_until_minute=12 * 60)
    one = await publish(database)
    began = NOW + timedelta(minutes=2)
    await spread_notices(database, slow, began, 100)
    sent = await rows(database, SENT, one.id)
    ends = NOW + timedelta(hours=1)
    assert [at - ends for _, at in sent] == [timedelta(minutes=2, seconds=n / 2) for n in range(4)]
