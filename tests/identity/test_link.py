"""Linking ties a guest to an identity; nothing that the guest has is lost, and no limit is got round."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.idempotency.errors import KeyInFlight, KeyReused
from backend.idempotency.model import IdempotencyClaim
from backend.identity import Callers, Citizen
from backend.identity.errors import AlreadyLinked, LinkExceedsLimit, SessionEnded
from backend.identity.model import Tokens
from backend.identity.oidc import Identity
from tests.identity.issuer import Issuer
from tests.identity.phone import guest, link, refresh, rows
from tests.identity.town import Town, give_appointment, give_hold

ERIKA, MAX = Identity("https://id.example", "erika"), Identity("https://id.example", "max")
DAY = timedelta(days=1)


async def seen_by(database: Database, person: UUID, table: str) -> list[UUID]:
    """The ids of rows that row-level security shows to the person."""
    async with database.transaction(Principal(person_id=person)) as conn:
        return [row["id"] for row in await conn.fetch(f"SELECT id FROM {table} ORDER BY id")]


async def known(callers: Callers, now: datetime, identity: Identity = ERIKA) -> Tokens:
    """A phone whose guest was linked to the identity as its first."""
    return await link(callers, await guest(callers, now, installation="first-phone"), identity, now)


async def test_the_first_guest_becomes_the_identitys_person(
    callers: Callers, database: Database, now: datetime
) -> None:
    session = await guest(callers, now)
    linked = await link(callers, session, ERIKA, now)
    assert linked.person_id == session.person_id
    assert linked.session_id == session.session_id
    (person,) = await rows(database, "SELECT id, issuer, subject, merged_into FROM person")
    assert person == {"id": session.person_id, "issuer": ERIKA.issuer, "subject": "erika", "merged_into": None}


async def test_a_later_guest_is_merged_and_everything_moves(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    identity = (await known(callers, now)).person_id
    session = await guest(callers, now)
    appointment = await give_appointment(database, town, session.person_id, now + DAY)
    past = await give_appointment(database, town, session.person_id, now - DAY, state="completed")
    hold = await give_hold(database, town, session.person_id, now + 2 * DAY, now + timedelta(minutes=10))
    linked = await link(callers, session, ERIKA, now)
    assert linked.person_id == identity
    assert await seen_by(database, identity, "appointment") == [appointment, past]
    assert len(await seen_by(database, identity, "appointment_event")) == 2
    assert len(await seen_by(database, identity, "notice")) == 2
    assert await seen_by(database, identity, "hold") == [hold]
    for table in ("appointment", "appointment_event", "notice", "hold", "session"):
        column = f"SELECT FROM {table} WHERE person_id = $1"
        assert await rows(database, column, session.person_id) == []
    (merged,) = await rows(database, "SELECT merged_into FROM person WHERE id = $1", session.person_id)
    assert merged == {"merged_into": identity}
    places = "SELECT state, place_id IS NOT NULL AS live FROM appointment ORDER BY id"
    assert await rows(database, places) == [{"state": "confirmed", "live": True}, {"state": "completed", "live": False}]
    audit = "SELECT action, entity_id, detail FROM audit_entry WHERE action = 'person.merged'"
    assert await rows(database, audit) == [
        {"action": "person.merged", "entity_id": str(session.person_id), "detail": {"into": str(identity)}}
    ]


async def test_after_the_link_every_token_of_the_phone_is_the_identitys(callers: Callers, now: datetime) -> None:
    identity = (await known(callers, now)).person_id
    session = await guest(callers, now)
    linked = await link(callers, session, ERIKA, now)
    for token in (session.access_token, linked.access_token):
        assert (await callers.citizen(token, now)).person_id == identity
    for shown in (session.refresh_token, linked.refresh_token):
        assert (await refresh(callers, shown, now)).person_id == identity


async def test_one_identity_holds_no_more_than_one_person_may(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    identity = await known(callers, now)
    session = await guest(callers, now)
    await give_appointment(database, town, identity.person_id, now + DAY)
    own = await give_appointment(database, town, session.person_id, now + 2 * DAY)
    with pytest.raises(LinkExceedsLimit) as refused:
        await link(callers, session, ERIKA, now)
    assert refused.value.details == {"services": [str(town.passport)]}
    assert await seen_by(database, session.person_id, "appointment") == [own]
    assert (await callers.citizen(session.access_token, now)).person_id == session.person_id
    async with database.connection() as conn:
        await conn.execute("UPDATE service SET max_live_per_person = 2")
    assert (await link(callers, session, ERIKA, now)).person_id == identity.person_id


async def test_of_two_holds_the_one_of_the_phone_in_hand_stays(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    identity = await known(callers, now)
    session = await guest(callers, now)
    soon = now + timedelta(minutes=10)
    await give_hold(database, town, identity.person_id, now + DAY, soon)
    mine = await give_hold(database, town, session.person_id, now + 2 * DAY, soon)
    await link(callers, session, ERIKA, now)
    assert await seen_by(database, identity.person_id, "hold") == [mine]
    assert await rows(database, "SELECT id FROM place") == [{"id": mine}], "the other's place is free again"
    day = (now + DAY).date()
    assert await rows(database, "SELECT day, version FROM office_day") == [{"day": day, "version": 1}]


async def test_a_hold_that_ran_out_gives_way(callers: Callers, database: Database, town: Town, now: datetime) -> None:
    identity = await known(callers, now)
    session = await guest(callers, now)
    live = await give_hold(database, town, identity.person_id, now + DAY, now + timedelta(minutes=10))
    await give_hold(database, town, session.person_id, now + 2 * DAY, now)
    await link(callers, session, ERIKA, now)
    assert await seen_by(database, identity.person_id, "hold") == [live]


async def test_linking_twice_is_as_good_as_once(callers: Callers, database: Database, now: datetime) -> None:
    session = await guest(callers, now)
    await link(callers, session, ERIKA, now, key="once")
    again = await link(callers, session, ERIKA, now, key="once")
    assert (again.person_id, again.replayed) == (session.person_id, True)
    assert not (await link(callers, session, ERIKA, now)).replayed
    with pytest.raises(KeyReused):
        await link(callers, session, ERIKA, now, key="once", body=b"other")


async def test_a_person_has_one_identity(callers: Callers, now: datetime) -> None:
    session = await known(callers, now)
    with pytest.raises(AlreadyLinked):
        await link(callers, session, MAX, now)
    claim = IdempotencyClaim("person:x", "key", b"body")
    with pytest.raises(AlreadyLinked):
        await callers.sessions.link(Citizen(session.person_id), MAX, claim, now)


async def test_an_ended_session_links_nothing(callers: Callers, database: Database, now: datetime) -> None:
    session = await guest(callers, now)
    caller = await callers.citizen(session.access_token, now)
    await callers.sessions.end(caller, now)
    with pytest.raises(SessionEnded):
        await callers.sessions.link(caller, ERIKA, IdempotencyClaim("person:x", "key", b"body"), now)
    assert await rows(database, "SELECT FROM person WHERE issuer IS NOT NULL") == []


async def test_guests_that_link_at_once_end_as_one_person(
    callers: Callers, database: Database, town: Town, now: datetime
) -> None:
    async with database.connection() as conn:
        await conn.execute("UPDATE service SET max_live_per_person = 9")
    sessions = [await guest(callers, now, installation=f"phone-number-{n}") for n in range(6)]
    for number, session in enumerate(sessions, 1):
        await give_appointment(database, town, session.person_id, now + number * DAY)
    linked = await asyncio.gather(*(link(callers, session, ERIKA, now) for session in sessions))
    (person,) = {tokens.person_id for tokens in linked}
    assert len(await seen_by(database, person, "appointment")) == 6
    assert len(await rows(database, "SELECT FROM person WHERE merged_into = $1", person)) == 5


async def test_one_guest_that_links_twice_at_once_is_linked_once(
    callers: Callers, database: Database, now: datetime
) -> None:
    await known(callers, now)
    session = await guest(callers, now)
    results = await asyncio.gather(
        *(link(callers, session, ERIKA, now, key="once") for _ in range(5)), return_exceptions=True
    )
    assert any(isinstance(r, Tokens) for r in results)
    assert all(isinstance(r, Tokens | KeyInFlight) for r in results), results
    assert len(await rows(database, "SELECT FROM audit_entry WHERE action = 'person.merged'")) == 1


async def test_the_providers_own_token_and_a_link_meet_in_one_person(
    callers: Callers, database: Database, issuer: Issuer, now: datetime
) -> None:
    for number in range(8):
        token = issuer.token(now, sub=f"subject-{number}")
        session = await guest(callers, now)
        identity = Identity(issuer.url, f"subject-{number}")
        direct, linked = await asyncio.gather(callers.citizen(token, now), link(callers, session, identity, now))
        assert direct.person_id == linked.person_id
    assert await rows(database, "SELECT count(*) FROM person WHERE issuer IS NOT NULL") == [{"count": 8}]


async def test_the_providers_own_token_waits_for_a_link_that_is_under_way(
    callers: Callers, database: Database, issuer: Issuer, now: datetime
) -> None:
    session = await guest(callers, now)
    async with database.transaction(SYSTEM) as conn:
        await conn.fetch("SELECT lock_identity($1, 'subject-1')", issuer.url)
        direct = asyncio.create_task(callers.citizen(issuer.token(now), now))
        await asyncio.wait({direct}, timeout=0.3)
        assert not direct.done()
        linked = "UPDATE person SET issuer = $1, subject = 'subject-1' WHERE id = $2"
        await conn.execute(linked, issuer.url, session.person_id)
    assert (await direct).person_id == session.person_id


async def test_a_request_of_the_guest_is_repeated_in_the_identitys_name(
    callers: Callers, database: Database, now: datetime
) -> None:
    identity = await known(callers, now)
    session = await guest(callers, now)
    insert = "INSERT INTO idempotency_record VALUES ($1, 'book', '\\x00', 201, '{}', '', $2)"
    async with database.transaction(SYSTEM) as conn:
        await conn.execute(insert, f"person:{session.person_id}", now)
    await link(callers, session, ERIKA, now)
    assert await rows(database, "SELECT owner FROM idempotency_record WHERE key = 'book'") == [
        {"owner": f"person:{identity.person_id}"}
    ]
