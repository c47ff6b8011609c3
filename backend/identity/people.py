"""What a person may do about themselves: read, set the language, take everything along, be forgotten."""

from datetime import datetime

from backend.db import Database
from backend.identity import queries
from backend.identity.errors import LiveAppointments, PersonNotFound
from backend.identity.model import Citizen, Export, Person


async def find(database: Database, caller: Citizen) -> Person:
    """The person who asks."""
    async with database.transaction(caller.principal) as conn:
        person = await queries.find_person(conn, caller.person_id)
    if person is None:
        raise PersonNotFound
    return person


async def set_language(database: Database, caller: Citizen, language: str) -> Person:
    """The person, to whom letters go in ``language`` from now on; appointments keep the one they were booked in."""
    async with database.transaction(caller.principal) as conn:
        person = await queries.change_language(conn, caller.person_id, language)
    if person is None:
        raise PersonNotFound
    return person


async def export(database: Database, caller: Citizen) -> Export:
    """Everything kept about the person, of one moment (Art. 15 and 20 GDPR)."""
    async with database.transaction(caller.principal) as conn:
        if await queries.find_person(conn, caller.person_id) is None:
            raise PersonNotFound
        return await queries.export_person(conn, caller.person_id)


async def erase(database: Database, caller: Citizen, now: datetime) -> None:
    """Forgets the person (Art. 17 GDPR) and ends every session. ``LiveAppointments`` while there are any."""
    async with database.connection() as conn:
        erased = await queries.erase_person(conn, now, caller.person_id)
    if erased.outcome == "live":
        raise LiveAppointments(count=erased.count)
    if erased.outcome == "gone":
        raise PersonNotFound
