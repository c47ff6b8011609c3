"""What a clerk may reach: offices and appointments of other offices do not exist for them."""

from uuid import UUID

from backend.appointments.errors import AppointmentNotFound
from backend.catalogue.model import Office
from backend.catalogue.queries import find_office, list_offices
from backend.db import Database, Principal
from backend.desk import queries
from backend.identity.errors import OfficeNotYours
from backend.identity.model import Clerk
from backend.reference import normalise


async def office_of(database: Database, clerk: Clerk, id_or_slug: str) -> tuple[Office, Principal]:
    """One of the clerk's offices, and what the clerk sees there; raises OfficeNotYours for any other."""
    async with database.connection() as conn:
        for city_id in clerk.cities():
            office = await find_office(conn, city_id, id_or_slug)
            if office is not None:
                return office, clerk.principal_for(office.id)
    raise OfficeNotYours


async def offices_of(database: Database, clerk: Clerk) -> list[Office]:
    """Every office that the clerk reaches, in use and by city and name."""
    mine = {office for membership in clerk.memberships for office in membership.office_ids}
    async with database.connection() as conn:
        found = [office for city_id in clerk.cities() for office in await list_offices(conn, city_id)]
    return [office for office in found if office.id in mine and not office.retired]


async def principal_of(database: Database, clerk: Clerk, appointment_id: UUID) -> Principal:
    """With whose eyes the clerk sees the appointment; raises AppointmentNotFound where none do."""
    principals = [clerk.principal_in(city_id) for city_id in clerk.cities()]
    for principal in principals[:-1]:
        async with database.transaction(principal) as conn:
            if await queries.find_visible(conn, appointment_id, principal.clerk_office_ids) is not None:
                return principal
    if not principals:
        raise AppointmentNotFound
    # The last one is what remains: whether it is there is asked by whoever reads it.
    return principals[-1]


async def principal_for_lookup(
    database: Database, clerk: Clerk, reference: str | None, appointment_id: UUID | None
) -> Principal:
    """With whose eyes the clerk finds what is shown or read out; in doubt the last city's, who then find nothing."""
    if appointment_id is not None:
        return await principal_of(database, clerk, appointment_id)
    principals = [clerk.principal_in(city_id) for city_id in clerk.cities()]
    written = normalise(reference or "")
    for principal in principals[:-1] if written is not None else ():
        async with database.transaction(principal) as conn:
            if await queries.find_by_reference(conn, written or "", principal.clerk_office_ids) is not None:
                return principal
    return principals[-1]
