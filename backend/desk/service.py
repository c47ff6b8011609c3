"""What clerks look at. Every look at personal data leaves an audit entry in the same transaction."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from backend.appointments import service as appointments
from backend.appointments.errors import AppointmentNotFound
from backend.appointments.model import Actor, Appointment
from backend.catalogue.calendar import openings
from backend.catalogue.errors import OfficeNotFound
from backend.catalogue.model import OfficeRules
from backend.catalogue.queries import load_office_rules
from backend.clock import day_bounds, local_day
from backend.db import Connection, Principal
from backend.desk import queries
from backend.desk.errors import NobodyWaits
from backend.desk.model import CounterDay, DayChanges, OfficeDay, Ticket
from backend.errors import FieldError, InvalidInput
from backend.identity.model import Clerk
from backend.reference import normalise


async def rules_of(conn: Connection, office_id: UUID) -> OfficeRules:
    """The office's rules as they are now; raises OfficeNotFound."""
    rules = await load_office_rules(conn, office_id)
    if rules is None:
        raise OfficeNotFound
    return rules


async def read_day(conn: Connection, office_id: UUID, day: date, now: datetime) -> OfficeDay:
    """The local ``day`` of an office: counters with openings, appointments of every state, live holds without names."""
    rules = await rules_of(conn, office_id)
    since, until = day_bounds(day, rules.zone)
    every = await queries.list_day(conn, office_id, since, until)
    blocks = await queries.list_blocks(conn, office_id, since, until, now)
    known = {counter.id for counter in rules.counters}
    return OfficeDay(
        rules=rules,
        day=day,
        counters=[
            CounterDay(
                counter=counter,
                openings=openings(rules, counter, day),
                appointments=[a for a in every if a.counter_id == counter.id],
                blocks=[b for b in blocks if b.counter_id == counter.id],
            )
            for counter in rules.counters
        ],
        elsewhere=[a for a in every if a.counter_id not in known],
    )


async def read_changes(
    conn: Connection, rules: OfficeRules, day: date, known: Mapping[UUID, int], now: datetime
) -> DayChanges:
    """What of the local ``day`` is other than in ``known`` (appointments with versions), and all live holds."""
    office_id = rules.office.id
    since, until = day_bounds(day, rules.zone)
    versions = {row.id: row.version for row in await queries.list_day_versions(conn, office_id, since, until)}
    other = [key for key, version in versions.items() if known.get(key) != version]
    return DayChanges(
        versions=versions,
        changed=await queries.list_some(conn, office_id, other) if other else [],
        gone=[key for key in known if key not in versions],
        blocks=await queries.list_blocks(conn, office_id, since, until, now),
    )


async def read_requests(conn: Connection, rules: OfficeRules, now: datetime) -> list[Appointment]:
    """What waits for a clerk's answer, on whatever day; the next 200."""
    return await queries.list_requests(conn, rules.office.id, now)


async def read_queue(conn: Connection, rules: OfficeRules, day: date) -> list[Ticket]:
    """Who is in the house on the local ``day``: called, then waiting by their time, then parked."""
    return await queries.list_queue(conn, rules.office.id, *day_bounds(day, rules.zone))


async def call_next(
    conn: Connection, principal: Principal, rules: OfficeRules, counter_id: UUID | None, actor: Actor, now: datetime
) -> Appointment:
    """Calls whose turn it is today, at one counter or any: however many clerks ask at once, each gets somebody else.

    Raises NobodyWaits.
    """
    queue = (rules.office.id, *day_bounds(local_day(now, rules.zone), rules.zone), counter_id)
    # Each time that the first in line is called by somebody else meanwhile, there is one fewer: it comes to an end.
    while (found := await queries.lock_next(conn, *queue)) is None:
        if not await queries.is_waiting(conn, *queue):
            raise NobodyWaits
    return await appointments.change(conn, principal, found.id, "call", actor, now)


async def look_up(
    conn: Connection, principal: Principal, reference: str | None, appointment_id: UUID | None
) -> Appointment:
    """An appointment of the clerk's offices by what was read out, or by the id in a verified pass.

    Raises InvalidInput for what can be no reference, AppointmentNotFound.
    """
    if appointment_id is not None:
        return await appointments.find(conn, principal, appointment_id, lock=True)
    written = normalise(reference or "")
    if written is None:
        detail = "This is not a reference: a character is wrong or missing"
        raise InvalidInput([FieldError("/reference", "check-digit", detail)])
    found = await queries.find_by_reference(conn, written, principal.clerk_office_ids)
    if found is None:
        raise AppointmentNotFound
    return found


async def record_read(
    conn: Connection,
    clerk: Clerk,
    city_id: str,
    action: str,
    entity: str,
    entity_id: UUID,
    now: datetime,
    **detail: str,
) -> None:
    """The audit entry of a look; ids and dates only."""
    await queries.add_audit_entry(conn, city_id, now, clerk.clerk_id, action, entity, str(entity_id), detail)


async def record_sign_in(conn: Connection, clerk: Clerk, action: str, now: datetime) -> None:
    """The audit entry of a clerk who comes or goes, in each of their cities."""
    for city_id in clerk.cities():
        entity_id = str(clerk.clerk_id)
        await queries.add_audit_entry(conn, city_id, now, clerk.clerk_id, action, "clerk", entity_id, {})
