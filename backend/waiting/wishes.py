"""From what somebody asks to wait for to what the rules agree with, every fault at once."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.appointments import service as appointments
from backend.availability import queries as availability_queries
from backend.availability.engine import Engine
from backend.availability.errors import ServiceNotOffered
from backend.availability.visits import visit
from backend.catalogue.errors import OfficeNotFound
from backend.catalogue.model import OfficeRules
from backend.clock import local_day
from backend.db import Database, Principal
from backend.errors import FieldError, InvalidInput
from backend.settings import Settings
from backend.waiting.model import Planned, Wish

_USUAL = timedelta(days=90)
_FURTHEST = timedelta(days=366)


async def plan_wish(
    database: Database, engine: Engine, settings: Settings, person_id: UUID, wish: Wish, now: datetime
) -> Planned:
    """The wish with the services of the appointment that it is to better, if any.

    Raises InvalidInput, AppointmentNotFound, ServiceNotOffered when none of the offices serves it.
    """
    faults = check(wish)
    offices = await _offices(database, engine, wish, faults)
    today = local_day(now, ZoneInfo(offices[0].city.zone)) if offices else now.date()
    first = wish.first_day or today
    last = wish.last_day or min(first, today + _FURTHEST) + _USUAL
    faults += check_days(first, last, today)
    if faults:
        raise InvalidInput(faults)
    if wish.appointment_id is not None:
        principal = Principal(person_id=person_id)
        async with database.transaction(principal) as conn:
            found = await appointments.find(conn, principal, wish.appointment_id)
        if found.city_id != wish.city_id or (wish.services and set(wish.services) != set(found.services)):
            detail = "The appointment is for other services or in another city"
            raise InvalidInput([FieldError("/appointment", "conflict", detail)])
        wish = msgspec.structs.replace(wish, services=found.services)
    most = settings.max_services_per_appointment
    served = [visit(rules, wish.services, staff=False, max_services=most) for rules in offices]
    able = [(rules, asked) for rules, asked in zip(offices, served, strict=True) if asked.counters]
    if not able:
        raise ServiceNotOffered
    rules, asked = able[0]
    usual = settings.max_live_appointments_per_service
    limits = tuple(rules.services[one].most_live(usual) for one in asked.service_ids)
    return Planned(wish, first, last, asked.minutes, limits)


def check(wish: Wish) -> list[FieldError]:
    """What is wrong with the wish whatever the city offers, days aside."""
    faults: list[FieldError] = []
    if wish.mode == "earlier" and wish.appointment_id is None:
        faults.append(FieldError("/appointment", "required", "What an accepted offer is to replace"))
    if wish.mode == "none" and wish.appointment_id is not None:
        faults.append(FieldError("/appointment", "conflict", "With the mode earlier only"))
    if wish.mode == "earlier" and wish.email is not None:
        faults.append(FieldError("/contact/email", "conflict", "It has the address of its appointment"))
    if wish.mode == "none" and not wish.services:
        faults.append(FieldError("/services", "required", "At least one service is needed"))
    for index, (opens, closes) in enumerate(wish.hours):
        if closes <= opens:
            faults.append(FieldError(f"/times/{index}/until", "not-after", "This must be after from"))
    return faults


def check_days(first: date, last: date, today: date) -> list[FieldError]:
    """What is wrong with the days."""
    if last < first:
        return [FieldError("/until", "before-from", "This day is before the first")]
    if last < today:
        return [FieldError("/until", "past", "This is in the past")]
    if last - today > _FURTHEST:
        return [FieldError("/until", "too-far", f"At most {_FURTHEST.days} days ahead")]
    return []


async def _offices(database: Database, engine: Engine, wish: Wish, faults: list[FieldError]) -> list[OfficeRules]:
    async with database.connection() as conn:
        every = await availability_queries.list_offices(conn, wish.city_id)
    if not every:
        faults.append(FieldError("/city", "unknown", "There is no such city"))
        return []
    for index, office in enumerate(wish.offices or ()):
        if office not in every:
            faults.append(FieldError(f"/offices/{index}", "unknown", "The city has no such office"))
    if faults:
        return []
    found: list[OfficeRules] = []
    for office in every if wish.offices is None else dict.fromkeys(wish.offices):
        try:
            found.append(await engine.rules(office))
        except OfficeNotFound:
            continue  # retired at this moment
    return found
