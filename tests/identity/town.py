"""A small town for tests of identity: offices to belong to, and appointments for people to have."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.db import Database, Principal
from backend.ids import new_id


class Town(msgspec.Struct):
    """Ids of what there is."""

    north: UUID
    south: UUID
    abroad: UUID
    counter: UUID
    passport: UUID


async def make_town(database: Database) -> Town:
    """Cities `here` (offices north and south) and `there` (abroad), one counter in the north, one service."""
    town = Town(*(new_id() for _ in range(5)))
    async with database.connection() as conn:
        await conn.executemany(
            "INSERT INTO city (id, name, ags, state, reference_prefix) VALUES ($1, $1, '05513000', 'NW', $2)",
            [("here", "H"), ("there", "T")],
        )
        await conn.executemany(
            "INSERT INTO office (id, city_id, slug, name, street, postcode, town, zone) "
            "VALUES ($1, $2, $3, $3, 'Straße 1', '45879', $2, 'Europe/Berlin')",
            [(town.north, "here", "north"), (town.south, "here", "south"), (town.abroad, "there", "abroad")],
        )
        await conn.execute(
            "INSERT INTO counter (id, city_id, office_id, slug, name) VALUES ($1, 'here', $2, 'one', 'One')",
            town.counter,
            town.north,
        )
        await conn.execute(
            "INSERT INTO service (id, city_id, slug, minutes, confirmation, texts) "
            "VALUES ($1, 'here', 'passport', 15, 'automatic', '{}')",
            town.passport,
        )
    return town


async def give_place(database: Database, town: Town, starts_at: datetime, hold_until: datetime | None) -> UUID:
    """Takes 15 minutes of the north's counter."""
    place = new_id()
    async with database.connection() as conn:
        await conn.execute(
            "INSERT INTO place (id, city_id, office_id, counter_id, during, hold_until) "
            "VALUES ($1, 'here', $2, $3, tstzrange($4, $5), $6)",
            place, town.north, town.counter, starts_at, starts_at + timedelta(minutes=15), hold_until,
        )  # fmt: skip
    return place


async def give_appointment(
    database: Database, town: Town, person: UUID, starts_at: datetime, *, state: str = "confirmed"
) -> UUID:
    """An appointment of the person in the north, with its first event and a notice to be sent."""
    live = state in {"requested", "confirmed", "checked_in", "called", "parked"}
    place = await give_place(database, town, starts_at, None) if live else None
    appointment = new_id()
    ends_at = starts_at + timedelta(minutes=15)
    async with database.transaction(Principal(person_id=person)) as conn:
        await conn.execute(
            "INSERT INTO appointment (id, city_id, office_id, counter_id, place_id, person_id, reference, state,"
            " starts_at, ends_at, services, service_ids, confirmation, name, email, phone, note, channel, created_at,"
            " updated_at) VALUES ($1, 'here', $2, $3, $4, $5, $6, $7, $8, $9, '[]', ARRAY[$10::uuid], 'automatic',"
            " 'Erika Mustermann', 'erika@example.org', '+49 209 1', 'bringt einen Hund mit', 'app', $8, $8)",
            appointment, town.north, town.counter, place, person, appointment.hex, state, starts_at, ends_at,
            town.passport,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind,"
            " actor_id, kind, to_state, reason)"
            " VALUES ($1, 'here', $2, $3, $4, 1, $5, 'person', $4, 'booked', $6, 'Umzug')",
            new_id(), town.north, appointment, person, starts_at, state,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, created_at, due_at)"
            " VALUES ($1, 'here', $2, 'appointment.confirmed', $3, $3::uuid::text, $4, $4)",
            new_id(), person, appointment, starts_at,
        )  # fmt: skip
    return appointment


async def give_hold(database: Database, town: Town, person: UUID, starts_at: datetime, expires_at: datetime) -> UUID:
    """A hold of the person in the north."""
    place = await give_place(database, town, starts_at, expires_at)
    async with database.transaction(Principal(person_id=person)) as conn:
        await conn.execute(
            "INSERT INTO hold (id, city_id, office_id, person_id, starts_at, ends_at, services, service_ids,"
            " confirmation, expires_at, rules_version)"
            " VALUES ($1, 'here', $2, $3, $4, $5, '[]', ARRAY[$6::uuid], 'automatic', $7, 1)",
            place, town.north, person, starts_at, starts_at + timedelta(minutes=15), town.passport, expires_at,
        )  # fmt: skip
    return place
