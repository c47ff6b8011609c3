"""Who was merged or forgotten acts no more, in no process, from the commit on; of whom nothing is left, is swept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from backend.db import Database, Principal
from backend.db.errors import PersonActsNoMore
from backend.identity import Callers, open_callers, people
from backend.identity.oidc import Identity
from backend.identity.sweeping import Sweeper
from backend.ids import new_id
from backend.settings import Settings
from tests.identity.phone import guest, link, rows
from tests.identity.town import Town, give_appointment, give_hold, give_place

ERIKA = Identity("https://id.example", "erika")
DAY = timedelta(days=1)
TELL = "SELECT tell($1, 'here', $2, 'test', $1, $3, '{}', $4, $4, NULL)"


@pytest.fixture
async def elsewhere(database: Database, settings: Settings) -> AsyncIterator[Callers]:
    """Who is asking, as another process knows it."""
    found = open_callers(database, settings)
    yield found
    await found.close()


async def hold_outside(database: Database, town: Town, person: UUID, at: datetime) -> None:
    """A hold in a statement of its own, as ``hold_place`` is one: no transaction of a principal around it."""
    place = await give_place(database, town, at, at)
    async with database.connection() as conn:
        await conn.execute(
            "WITH me AS (SELECT set_config('app.person', $3::uuid::text, false))"
            " INSERT INTO hold (id, city_id, office_id, person_id, starts_at, ends_at, services, service_ids,"
            " confirmation, expires_at, rules_version)"
            " SELECT $1, 'here', $2, $3, $4, $4, '[]', '{}', 'automatic', $4, 1 FROM me",
            place, town.north, person, at,
        )  # fmt: skip


async def test_another_process_does_nothing_more_for_a_guest_who_was_merged(
    callers: Callers, elsewhere: Callers, database: Database, town: Town, now: datetime
) -> None:
    known = await link(callers, await guest(callers, now, installation="first-phone"), ERIKA, now)
    session = await guest(callers, now)
    before = await elsewhere.citizen(session.access_token, now)
    linked = await link(callers, session, ERIKA, now)
    remembered = await elsewhere.citizen(session.access_token, now)
    assert remembered.person_id == before.person_id, "the other process cannot know yet"
    with pytest.raises(PersonActsNoMore):
        await people.find(database, remembered)
    with pytest.raises(PersonActsNoMore):
        await hold_outside(database, town, remembered.person_id, now + DAY)
    with pytest.raises(PersonActsNoMore):
        await give_hold(database, town, remembered.person_id, now + 2 * DAY, now + DAY)
    assert await rows(database, "SELECT FROM hold") == []
    # The tokens of the link name the identity's person, so they need no minute.
    assert (await elsewhere.citizen(linked.access_token, now)).person_id == known.person_id
    await hold_outside(database, town, known.person_id, now + 3 * DAY)
    assert len(await rows(database, "SELECT FROM hold")) == 1


async def test_what_a_guest_writes_while_being_merged_is_moved_along(
    callers: Callers, database: Database, now: datetime, town: Town
) -> None:
    known = await link(callers, await guest(callers, now, installation="first-phone"), ERIKA, now)
    session = await guest(callers, now)
    async with database.transaction(Principal(person_id=session.person_id)) as conn:
        linking = asyncio.create_task(link(callers, session, ERIKA, now))
        await asyncio.wait({linking}, timeout=0.3)
        assert not linking.done(), "the merge waits for the guest's transaction"
        await conn.execute(TELL, new_id(), session.person_id, "late", now)
    await linking
    assert await rows(database, "SELECT person_id FROM notice") == [{"person_id": known.person_id}]


async def test_a_guest_who_is_about_to_be_merged_waits_and_is_refused(
    callers: Callers, database: Database, owner_url: str, now: datetime
) -> None:
    session = await guest(callers, now)
    merging = await asyncpg.connect(owner_url)
    try:
        async with merging.transaction():
            await merging.execute("SELECT set_config('app.system', 'on', true), still_people($1)", [session.person_id])
            caller = await callers.citizen(session.access_token, now)
            asking = asyncio.create_task(people.find(database, caller))
            await asyncio.wait({asking}, timeout=0.3)
            assert not asking.done()
            await merging.execute("UPDATE person SET deleted_at = $2 WHERE id = $1", session.person_id, now)
        with pytest.raises(PersonActsNoMore):
            await asking
    finally:
        await merging.close()


async def test_whoever_is_forgotten_holds_nothing_anywhere(
    callers: Callers, elsewhere: Callers, database: Database, town: Town, now: datetime
) -> None:
    session = await guest(callers, now)
    remembered = await elsewhere.citizen(session.access_token, now)
    await people.erase(database, await callers.citizen(session.access_token, now), now)
    with pytest.raises(PersonActsNoMore):
        await hold_outside(database, town, remembered.person_id, now + DAY)
    with pytest.raises(PersonActsNoMore):
        await people.export(database, remembered)


async def test_guests_of_whom_nothing_is_left_are_swept_and_nobody_else(
    callers: Callers, database: Database, town: Town, now: datetime, settings: Settings
) -> None:
    idle, active, booked, told = [await guest(callers, now, installation=f"phone-number-{n}") for n in range(4)]
    merged = await guest(callers, now, installation="phone-that-is-linked")
    identity = await link(callers, await guest(callers, now, installation="first-phone"), ERIKA, now)
    await link(callers, merged, ERIKA, now)
    await give_appointment(database, town, booked.person_id, now - DAY, state="completed")
    async with database.transaction(Principal(person_id=told.person_id)) as conn:
        await conn.execute(TELL, new_id(), told.person_id, "x", now)
    over = now + timedelta(days=settings.refresh_token_days + settings.session_retention_days, seconds=1)
    async with database.connection() as conn:
        await conn.execute("SELECT set_config('app.system', 'on', false)")
        await conn.execute("UPDATE session SET expires_at = $1 WHERE id = $2", over + DAY, active.session_id)
        await conn.execute("SELECT set_config('app.system', '', false)")
    sweeper = Sweeper(database, settings)
    assert await sweeper.sweep(over - timedelta(seconds=2)) == 1, "the guest who became another"
    while await sweeper.sweep(over):
        pass
    kept = await rows(database, "SELECT id FROM person ORDER BY id")
    assert {row["id"] for row in kept} == {p.person_id for p in (active, booked, told, identity)}
    assert idle.person_id not in {row["id"] for row in kept}
