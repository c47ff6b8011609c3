"""A case takes documents up: clean ones of the person, once, all or none."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.documents import service
from backend.documents.errors import DocumentNotFound, DocumentsUnfit
from backend.documents.model import AttachedDocument
from backend.ids import new_id
from tests.documents.rows import NOW, give_document
from tests.identity.town import Town, make_town


@pytest.fixture
async def town(database: Database) -> Town:
    return await make_town(database)


async def attach(database: Database, town: Town, person: UUID, ids: list[UUID], case: UUID) -> list[AttachedDocument]:
    async with database.transaction(Principal(person_id=person)) as conn:
        return await service.attach(
            conn, person, ids, case_id=case, city_id="here", office_id=town.north, now=NOW + timedelta(hours=1)
        )


async def test_every_document_that_does_not_fit_is_named(database: Database, town: Town) -> None:
    person, case = new_id(), new_id()
    clean = await give_document(database, person)
    used = await give_document(database, person)
    await attach(database, town, person, [used], new_id())
    foreign = await give_document(database, new_id())
    unfit = {
        new_id(): "not-found",
        foreign: "not-found",
        await give_document(database, person, "declared"): "not-sent",
        await give_document(database, person, "uploading"): "not-sent",
        await give_document(database, person, "uploaded"): "checking",
        await give_document(database, person, "checking"): "checking",
        await give_document(database, person, "refused"): "refused",
        await give_document(database, person, "expired"): "expired",
        used: "used",
    }
    with pytest.raises(DocumentsUnfit) as caught:
        await attach(database, town, person, [clean, *unfit], case)
    assert {one.document: one.why for one in caught.value.unfit} == unfit
    # All or none: the clean one is still free for another case.
    assert [one.id for one in await attach(database, town, person, [clean], new_id())] == [clean]


async def test_what_is_attached_belongs_to_the_office_and_is_kept_as_its_purpose_says(
    database: Database, town: Town
) -> None:
    person, case = new_id(), new_id()
    first, second = await give_document(database, person), await give_document(database, person)
    attached = await attach(database, town, person, [second, first, second], case)
    assert [one.id for one in attached] == [second, first]
    assert attached[0].sha256 == b"\1" * 32 and attached[0].clean_sha256 == b"\2" * 32
    assert await attach(database, town, person, [first], case) == [attached[1]]  # twice is once
    async with database.transaction(Principal(person_id=person)) as conn:
        kept = await service.find(conn, Principal(person_id=person), first)
    assert (kept.case_id, kept.city_id, kept.office_id) == (case, "here", town.north)
    assert kept.delete_after == NOW + timedelta(hours=1, days=365)


async def test_two_cases_at_once_one_wins(database: Database, town: Town) -> None:
    person = new_id()
    document = await give_document(database, person)
    cases = [new_id() for _ in range(6)]
    done = await asyncio.gather(
        *(attach(database, town, person, [document], case) for case in cases), return_exceptions=True
    )
    lost = [one for one in done if isinstance(one, DocumentsUnfit)]
    assert len(lost) == 5
    assert {one.unfit[0].why for one in lost} == {"used"}


async def test_only_the_owner_and_the_cases_office_see_a_document(database: Database, town: Town) -> None:
    person = new_id()
    document = await give_document(database, person)
    waiting = await give_document(database, person, "checking")
    north = Principal(clerk_city_id="here", clerk_office_ids=(town.north,))
    south = Principal(clerk_city_id="here", clerk_office_ids=(town.south,))
    abroad = Principal(clerk_city_id="there", clerk_office_ids=(town.north,))
    other = Principal(person_id=new_id())

    async def seen(principal: Principal) -> list[UUID]:
        """Through the policy alone, as a statement would that forgot its predicate."""
        async with database.transaction(principal) as conn:
            return [row["id"] for row in await conn.fetch("SELECT id FROM document ORDER BY id")]

    assert await seen(north) == []
    await attach(database, town, person, [document], new_id())
    assert await seen(Principal(person_id=person)) == [document, waiting]
    assert await seen(north) == [document]
    for principal in (south, abroad, other, Principal()):
        assert await seen(principal) == []
        async with database.transaction(principal) as conn:
            with pytest.raises(DocumentNotFound):
                await service.find(conn, principal, document)
    async with database.transaction(north) as conn:
        assert [one.id for one in await service.find_many(conn, north, [document, waiting])] == [document]
        assert await conn.execute("UPDATE document SET name = 'x'") == "UPDATE 0"


async def test_a_guest_who_is_linked_takes_documents_along_and_who_is_forgotten_leaves_none(
    database: Database, town: Town, owner: Any
) -> None:
    guest, into = new_id(), new_id()
    free, taken = await give_document(database, guest), await give_document(database, guest)
    await attach(database, town, guest, [taken], new_id())
    async with owner.transaction():
        await owner.execute("SET LOCAL app.system = 'on'")
        await owner.execute("SELECT merge_in_documents($1, $2, $3)", NOW, guest, into)
    async with database.transaction(Principal(person_id=into)) as conn:
        assert len(await service.find_many(conn, Principal(person_id=into), [free, taken])) == 2
    async with owner.transaction():
        await owner.execute("SET LOCAL app.system = 'on'")
        await owner.execute("SELECT erase_in_documents($1, $2)", NOW, into)
    async with database.transaction(SYSTEM) as conn:
        assert [tuple(row) for row in await conn.fetch("SELECT id, name FROM document")] == [(taken, "document")]
        removals = await conn.fetch("SELECT document_id, bucket FROM object_removal ORDER BY bucket")
    assert [tuple(row) for row in removals] == [(free, "clean"), (free, "quarantine")]


async def test_a_person_who_deletes_leaves_the_objects_to_be_removed(database: Database) -> None:
    person = new_id()
    document = await give_document(database, person)
    async with database.transaction(Principal(person_id=person)) as conn:
        for _ in range(2):
            await conn.execute("DELETE FROM document WHERE id = $1", document)
    await give_document(database, person, document_id=document)
    async with database.transaction(Principal(person_id=person)) as conn:
        await conn.execute("DELETE FROM document WHERE id = $1", document)  # what is to be removed already stays so
    async with database.transaction(SYSTEM) as conn:
        assert await conn.fetchval("SELECT count(*) FROM object_removal") == 2
