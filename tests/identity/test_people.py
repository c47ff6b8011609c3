"""What a person may do about themselves, and what is left of one who wants to be forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from backend.db import Database
from backend.db.errors import PersonActsNoMore
from backend.identity import Callers, Citizen, people
from backend.identity.errors import LiveAppointments, PersonNotFound, SessionEnded
from backend.ids import new_id
from tests.identity.issuer import Issuer
from tests.identity.phone import guest, refresh, rows
from tests.identity.town import Town, give_appointment, give_hold

DAY = timedelta(days=1)
PERSONAL = ("Erika", "erika@example.org", "+49 209 1", "Hund", "Umzug")


async def look_at(database: Database, appointment: UUID, now: datetime) -> None:
    """What a clerk's look at an appointment leaves behind."""
    async with database.connection() as conn:
        await conn.execute(
            "INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)"
            " VALUES ($1, 'here', $2, 'clerk', $1, 'appointment.read', 'appointment', $3::uuid::text)",
            new_id(), now, appointment,
        )  # fmt: skip


async def test_the_export_holds_everything_of_the_person_and_nothing_of_others(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    session, other = await guest(callers, now), await guest(callers, now)
    mine = await give_appointment(database, town, session.person_id, now + DAY)
    hold = await give_hold(database, town, session.person_id, now + 3 * DAY, now + DAY)
    foreign = await give_appointment(database, town, other.person_id, now + 2 * DAY)
    for seen in (mine, foreign):
        await look_at(database, seen, now)
    caller = await callers.citizen(session.access_token, now)
    export = await people.export(database, caller)
    assert export.person["id"] == str(session.person_id)
    assert [a["id"] for a in export.appointments] == [str(mine)]
    assert export.appointments[0]["name"] == "Erika Mustermann"
    assert [h["id"] for h in export.holds] == [str(hold)]
    assert [len(part) for part in (export.sessions, export.events, export.notices)] == [1, 1, 1]
    assert [a["entity_id"] for a in export.audit] == [str(mine)], "a clerk's look at it, without the clerk"
    assert "actor_id" not in export.audit[0]
    assert str(other.person_id) not in repr(export)


async def test_nobody_is_forgotten_while_an_appointment_lives(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    session = await guest(callers, now)
    await give_appointment(database, town, session.person_id, now + DAY)
    caller = await callers.citizen(session.access_token, now)
    with pytest.raises(LiveAppointments) as refused:
        await people.erase(database, caller, now)
    assert refused.value.details == {"count": 1}
    assert (await people.find(database, caller)).id == session.person_id
    assert await refresh(callers, session, now)


async def test_an_appointment_that_is_over_and_was_never_closed_stands_in_nobodys_way(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    session = await guest(callers, now)
    over = await give_appointment(database, town, session.person_id, now - timedelta(hours=12, minutes=15))
    caller = await callers.citizen(session.access_token, now)
    with pytest.raises(LiveAppointments):
        await people.erase(database, caller, now - timedelta(minutes=1))
    await people.erase(database, caller, now)
    (row,) = await rows(database, "SELECT name, email, state, place_id FROM appointment WHERE id = $1", over)
    assert (row["name"], row["email"], row["state"]) == ("", None, "confirmed")
    assert row["place_id"] is not None, "the counter was taken then, whatever became of it"


async def test_nothing_personal_is_left_of_who_is_forgotten(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    session, other = await guest(callers, now), await guest(callers, now, installation="another-phone")
    appointment = await give_appointment(database, town, session.person_id, now - DAY, state="completed")
    kept = await give_appointment(database, town, other.person_id, now + DAY)
    await give_hold(database, town, session.person_id, now + 2 * DAY, now + DAY)
    caller = await callers.citizen(session.access_token, now)
    await people.erase(database, caller, now)
    callers.forget(caller)
    texts = "SELECT to_jsonb(a)::text AS text FROM appointment a WHERE id = $1 UNION ALL "
    texts += "SELECT to_jsonb(e)::text FROM appointment_event e WHERE appointment_id = $1"
    for row in await rows(database, texts, appointment):
        assert not any(text in row["text"] for text in PERSONAL)
    assert await rows(database, "SELECT name FROM appointment WHERE id = $1", kept) == [{"name": "Erika Mustermann"}]
    assert await rows(database, "SELECT FROM hold") == []
    assert await rows(database, "SELECT FROM place WHERE hold_until IS NOT NULL") == []
    assert await rows(database, "SELECT version FROM office_day") == [{"version": 1}]
    owed = "SELECT person_id FROM notice"
    assert await rows(database, owed) == [{"person_id": other.person_id}]
    device = await rows(database, "SELECT device_id FROM session WHERE person_id = $1", session.person_id)
    assert device != [{"device_id": caller.device_id}]
    audit = "SELECT action FROM audit_entry WHERE actor_id = $1"
    assert await rows(database, audit, session.person_id) == [{"action": "person.deleted"}]


async def test_who_is_forgotten_has_no_way_back(callers: Callers, database: Database, now: datetime) -> None:
    session = await guest(callers, now)
    caller = await callers.citizen(session.access_token, now)
    await people.erase(database, caller, now)
    for again in (people.find(database, caller), people.export(database, caller)):
        with pytest.raises(PersonActsNoMore):
            await again
    with pytest.raises(PersonNotFound):
        await people.erase(database, caller, now)
    callers.forget(caller)
    with pytest.raises(SessionEnded):
        await callers.citizen(session.access_token, now)


async def test_an_identity_that_was_forgotten_begins_anew(
    callers: Callers, database: Database, issuer: Issuer, now: datetime
) -> None:
    caller = await callers.citizen(issuer.token(now), now)
    await people.erase(database, caller, now)
    callers.forget(caller)
    assert (await callers.citizen(issuer.token(now), now)).person_id != caller.person_id


async def test_a_person_sees_only_themselves(callers: Callers, database: Database, now: datetime) -> None:
    mine, other = await guest(callers, now), await guest(callers, now)
    # The query's own predicate names the other, the principal is mine: the second wall must hold.
    async with database.transaction(Citizen(mine.person_id).principal) as conn:
        for table, column in (("person", "id"), ("session", "person_id")):
            assert await conn.fetch(f"SELECT FROM {table} WHERE {column} = $1", other.person_id) == []
            assert len(await conn.fetch(f"SELECT FROM {table} WHERE {column} = $1", mine.person_id)) == 1
