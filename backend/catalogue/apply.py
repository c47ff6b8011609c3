"""Bringing a city's file into the database: what it would change, then all of it in one transaction."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from msgspec import Struct

from backend.catalogue import queries
from backend.catalogue.comparison import Change, compare, rules_by_office
from backend.catalogue.document import Document
from backend.catalogue.errors import AppointmentsStranded, CityChanged
from backend.catalogue.model import (
    Actor,
    City,
    CityState,
    Closure,
    Counter,
    District,
    Offer,
    Office,
    OpeningHours,
    Service,
    SpecialOpening,
)
from backend.catalogue.planning import resolve
from backend.catalogue.stranding import Stranded, stranded
from backend.catalogue.yaml_reader import Fault, InvalidFileError
from backend.db import Connection


class Plan(Struct, frozen=True):
    """What applying ``document`` would change at this moment. ``touched``: offices whose rules become others."""

    document: Document
    before: CityState | None
    state: CityState
    changes: tuple[Change, ...]
    touched: tuple[UUID, ...]
    stranded: tuple[Stranded, ...]


async def plan(conn: Connection, document: Document, now: datetime) -> Plan:
    """Reads only. Raises InvalidFileError for what contradicts the database. Sees the principal's appointments."""
    await _check_prefix(conn, document)
    before = await queries.load_city(conn, document.city.id)
    after = resolve(document, before, now)
    old, new = ({} if before is None else rules_by_office(before)), rules_by_office(after)
    touched = tuple(sorted(office for office in new if old.get(office) != new[office]))
    live = await queries.list_live_appointments(conn, [o for o in touched if o in old], now)
    return Plan(document, before, after, tuple(compare(before, after)), touched, tuple(stranded(old, new, live)))


async def apply(conn: Connection, planned: Plan, now: datetime, *, accept_stranded: bool = False) -> Plan:
    """Makes the changes, in the transaction of ``conn``, which works as the system; answers what was changed.

    The plan is made again under the locks of the offices. Raises AppointmentsStranded unless they are accepted, and
    CityChanged where someone else changed so much meanwhile that other offices are concerned.
    """
    city_id = planned.document.city.id
    await queries.lock_city(conn, city_id)
    await queries.lock_offices(conn, planned.touched)
    found = await plan(conn, planned.document, now)
    there = {office.id for office in found.before.offices} if found.before else set[UUID]()
    if there.intersection(found.touched) - set(planned.touched):
        raise CityChanged
    if found.stranded and not accept_stranded:
        raise AppointmentsStranded(found.stranded)
    if not found.changes:
        return found
    try:
        for change in found.changes:
            if not await _save(conn, city_id, change):
                text = f"the id of {change.label} belongs to something else in the database"
                raise InvalidFileError([Fault(planned.document.city_line, text)])
    except asyncpg.UniqueViolationError as error:
        text = f"an id or a slug is taken in the database ({error.constraint_name})"
        raise InvalidFileError([Fault(planned.document.city_line, text)]) from error
    await _record(conn, found, now)
    return found


async def _check_prefix(conn: Connection, document: Document) -> None:
    for city in await queries.list_cities(conn):
        if city.id != document.city.id and city.reference_prefix == document.city.reference_prefix:
            text = f"referencePrefix {city.reference_prefix} belongs to {city.id}"
            raise InvalidFileError([Fault(document.city_line, text)])


async def _save(conn: Connection, city_id: str, change: Change) -> bool:
    """False where the id turned out to belong to another city or office."""
    match change.after:
        case None:
            await _remove(conn, change)
        case District() as row:
            return await queries.save_district(conn, row) == 1
        case Service() as row:
            return await queries.save_service(conn, row) == 1
        case Office() as row:
            return await queries.save_office(conn, row) == 1
        case Counter() as row:
            return await queries.save_counter(conn, row) == 1
        case City() as row:
            await queries.save_city(conn, row)
        case row:
            await _add(conn, city_id, row)
    return True


async def _add(conn: Connection, city_id: str, row: Offer | OpeningHours | SpecialOpening | Closure) -> None:
    match row:
        case Offer():
            await queries.add_offer(conn, city_id, row)
        case OpeningHours():
            await queries.add_hours(conn, row)
        case SpecialOpening():
            await queries.add_special(conn, row)
        case Closure():
            await queries.add_closure(conn, row)


async def _remove(conn: Connection, change: Change) -> None:
    match change.before:
        case Offer() as offer:
            await queries.remove_offer(conn, offer)
        case OpeningHours() as hours:
            await queries.remove_hours(conn, hours.id)
        case SpecialOpening() as special:
            await queries.remove_special(conn, special.id)
        case Closure() as closure:
            await queries.remove_closure(conn, closure.id)
        case District() as district:
            await queries.remove_district(conn, district.id)
        case row:
            raise TypeError(f"{type(row).__name__} is retired, never removed")


async def _record(conn: Connection, found: Plan, now: datetime) -> None:
    """Who did it, and then the versions, last, so that their rows are locked for the shortest time."""
    city_id = found.document.city.id
    detail = {
        "changes": [f"{change.op} {change.label}" for change in found.changes][:500],
        "stranded": [str(s.appointment.id) for s in found.stranded],
    }
    await queries.add_audit_entry(
        conn, Actor("system"), now, "city.apply", city_id=city_id, entity="city", entity_id=city_id, detail=detail
    )
    offices = {office.id: office for office in found.state.offices}
    for office_id in found.touched:
        await queries.bump_rules(conn, office_id)
    for office_id in found.touched:
        today = now.astimezone(ZoneInfo(offices[office_id].zone)).date()
        await queries.bump_days(conn, office_id, today, today + timedelta(days=offices[office_id].horizon_days + 1))
