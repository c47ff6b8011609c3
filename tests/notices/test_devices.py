"""A device belongs to one person, a target to one device, whatever happens at the same moment."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.notices import devices
from backend.notices.errors import RecipientNotFound
from backend.settings import Settings
from tests.notices.people import NOW, city, deliver, device, person, rows, tell

DELIVERY = "SELECT outcome, detail FROM delivery WHERE id = $1"


async def test_a_device_that_passes_to_another_takes_nothing_along(database: Database, settings: Settings) -> None:
    await city(database)
    first, second = await person(database), await person(database)
    phone = device("target-a")
    other = device("target-b")
    await devices.register(database, settings, first, phone, NOW)
    await devices.register(database, settings, first, other, NOW)
    notice = await tell(database, first)
    on_its_way = await deliver(database, notice, first, phone.id)
    elsewhere = await deliver(database, notice, first, other.id)
    await devices.register(database, settings, second, phone, NOW)
    assert await rows(database, "SELECT person_id, target FROM device ORDER BY target") == [
        (second, "target-a"),
        (first, "target-b"),
    ]
    assert await rows(database, DELIVERY, on_its_way) == [("dropped", "device-passed-on")]
    assert await rows(database, DELIVERY, elsewhere) == [(None, None)]


async def test_registering_again_keeps_what_is_on_its_way(database: Database, settings: Settings) -> None:
    await city(database)
    me, phone = await person(database), device("old")
    await devices.register(database, settings, me, phone, NOW)
    on_its_way = await deliver(database, await tell(database, me), me, phone.id)
    later = NOW + timedelta(days=1)
    await devices.register(database, settings, me, phone, later)
    seen = "SELECT target, registered_at, seen_at FROM device"
    assert await rows(database, seen) == [("old", NOW, later)]
    await devices.register(database, settings, me, msgspec.structs.replace(phone, target="new"), later)
    assert await rows(database, seen) == [("new", later, later)]
    assert await rows(database, DELIVERY, on_its_way) == [(None, None)]


async def test_a_target_that_comes_back_with_another_device_has_moved(database: Database, settings: Settings) -> None:
    await city(database)
    first, second = await person(database), await person(database)
    old, new = device("target"), device("target")
    await devices.register(database, settings, first, old, NOW)
    on_its_way = await deliver(database, await tell(database, first), first, old.id)
    await devices.register(database, settings, second, new, NOW)
    assert await rows(database, "SELECT id, target FROM device WHERE target IS NOT NULL") == [(new.id, "target")]
    assert await rows(database, DELIVERY, on_its_way) == [("dropped", "device-passed-on")]


async def test_at_the_same_moment_one_target_goes_to_one_device(database: Database, settings: Settings) -> None:
    people = [await person(database) for _ in range(3)]
    phones = [device("target"), device("target"), device("other")]
    # Crosswise too: each of these locks what the others want.
    crossed = [msgspec.structs.replace(phones[0], target="other"), msgspec.structs.replace(phones[2], target="target")]
    for _ in range(6):
        given = zip([*people, *people], [*phones, *crossed, phones[1]], strict=True)
        await asyncio.gather(*(devices.register(database, settings, who, phone, NOW) for who, phone in given))
        targets = [target for (target,) in await rows(database, "SELECT target FROM device WHERE target IS NOT NULL")]
        assert len(targets) == len(set(targets))
        assert set(targets) <= {"target", "other"}


async def test_of_too_many_devices_the_longest_unseen_is_forgotten(database: Database, settings: Settings) -> None:
    few = msgspec.structs.replace(settings, max_devices_per_person=3)
    me = await person(database)
    phones = [device() for _ in range(5)]
    for day, phone in enumerate(phones):
        await devices.register(database, few, me, phone, NOW + timedelta(days=day))
    kept = await rows(database, "SELECT id FROM device ORDER BY seen_at")
    assert kept == [(phone.id,) for phone in phones[2:]]


async def test_only_ones_own_device_is_unregistered(database: Database, settings: Settings) -> None:
    await city(database)
    me, other, phone = await person(database), await person(database), device()
    await devices.register(database, settings, me, phone, NOW)
    on_its_way = await deliver(database, await tell(database, me), me, phone.id)
    await devices.unregister(database, other, phone.id, NOW)
    assert await rows(database, "SELECT person_id FROM device") == [(me,)]
    await devices.unregister(database, me, phone.id, NOW)
    await devices.unregister(database, me, phone.id, NOW)
    assert await rows(database, "SELECT FROM device") == []
    assert await rows(database, DELIVERY, on_its_way) == [("dropped", "device-passed-on")]


async def test_nobody_registers_who_is_not_there_and_who_became_another_is_that_one(
    database: Database, settings: Settings
) -> None:
    guest, into = await person(database), await person(database)
    async with database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE person SET merged_into = $2 WHERE id = $1", guest, into)
    await devices.register(database, settings, guest, device(), NOW)
    assert await rows(database, "SELECT person_id FROM device") == [(into,)]
    async with database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE person SET deleted_at = now() WHERE id = $1", into)
    with pytest.raises(RecipientNotFound):
        await devices.register(database, settings, into, device(), NOW)


async def test_a_lost_device_is_forgotten_after_270_days(database: Database, settings: Settings) -> None:
    me, lost, kept = await person(database), device(), device()
    await devices.register(database, settings, me, lost, NOW)
    await devices.register(database, settings, me, kept, NOW + timedelta(days=1))
    assert await devices.forget_lost(database, settings, NOW + timedelta(days=270, seconds=1)) == 1
    assert await rows(database, "SELECT id FROM device") == [(kept.id,)]


@pytest.mark.parametrize("table", ["device", "delivery", "preference", "announcement_read", "notice"])
async def test_the_second_wall_hides_what_is_anothers(database: Database, settings: Settings, table: str) -> None:
    await city(database)
    me, other, phone = await person(database), await person(database), device()
    await devices.register(database, settings, me, phone, NOW)
    notice = await tell(database, me)
    await deliver(database, notice, me, phone.id)
    async with database.transaction(SYSTEM) as conn:
        await conn.execute("INSERT INTO preference (person_id, updated_at) VALUES ($1, $2)", me, NOW)
        await conn.execute(
            "INSERT INTO announcement (id, city_id, texts, clerk_id, published_at, expires_at)"
            " VALUES ($1, 'here', '{}', $1, $2, $2)",
            notice, NOW,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO announcement_read (person_id, announcement_id, read_at) VALUES ($1, $2, $3)", me, notice, NOW
        )
    for who, seen in ((Principal(person_id=me), 1), (Principal(person_id=other), 0), (Principal(), 0)):
        async with database.transaction(who) as conn:
            assert len(await conn.fetch(f"SELECT FROM {table} WHERE person_id = $1", me)) == seen
            if table != "notice":  # whoever changes something may tell others of it
                changed = await conn.execute(f"UPDATE {table} SET person_id = person_id WHERE person_id = $1", me)
                assert changed == f"UPDATE {seen}"
