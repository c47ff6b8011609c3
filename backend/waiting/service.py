"""Waiting, and answering offers. What needs the calendar is planned first, outside of the transaction.

``join``, ``withdraw``, ``decline`` and ``accept`` run inside a transaction of the person that the caller commits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from backend.appointments import queries as appointment_queries
from backend.appointments import rules as life
from backend.appointments import service as appointments
from backend.appointments.booking import limit_reached
from backend.appointments.errors import AppointmentNotFound, RulesChanging
from backend.appointments.model import Actor, Appointment, Details, Guest
from backend.availability.engine import Engine
from backend.availability.model import Plan
from backend.db import Connection, Database, Principal
from backend.db.pool import SYSTEM
from backend.errors import FieldError, InvalidInput
from backend.ids import new_id
from backend.reference import new_reference
from backend.settings import Settings
from backend.waiting import errors, queries
from backend.waiting.model import Entry, Offer, Page, Planned, Waiting
from backend.waiting.standing import plan_of

_ONCE_PER_APPOINTMENT = "waiting_once_per_appointment"
_KEPT = timedelta(days=30)
"""How long an entry that ended, and its offers, can be looked up."""


async def join(conn: Connection, settings: Settings, guest: Guest, planned: Planned, now: datetime) -> Entry:
    """Puts the person in line. Raises EntryLimit; AppointmentLimit when the services cannot be booked once more anyway;
    AlreadyWaiting, AppointmentNotFound, AppointmentStateError and TooLate of the appointment to be replaced."""
    wish = planned.wish
    await queries.lock_guest(conn, guest.person_id, guest.device_id)
    if await queries.count_entries(conn, guest.person_id) >= settings.waiting_entries_per_person:
        raise errors.EntryLimit(limit=settings.waiting_entries_per_person)
    if wish.appointment_id is not None:
        await _judge_move(conn, guest.person_id, wish.appointment_id, now)
    else:
        services = [one.service for one in wish.services]
        over = await queries.over_limit(conn, now, guest.person_id, guest.device_id, services, planned.limits)
        if over.subject is not None:
            limit = planned.limits[services.index(over.subject)]
            raise await limit_reached(conn, guest, over.subject, limit, now)
    entry_id = new_id()
    try:
        await queries.add_entry(conn, entry_id, guest.person_id, planned, now)
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name != _ONCE_PER_APPOINTMENT:
            raise
        raise errors.AlreadyWaiting from violation
    return await find(conn, guest.person_id, entry_id, now)


async def find(conn: Connection, person_id: UUID, entry_id: UUID, now: datetime) -> Entry:
    """One entry of the person, ended ones too; raises EntryNotFound."""
    found = await queries.find_entry(conn, entry_id, person_id, now)
    if found is None:
        raise errors.EntryNotFound
    return found


async def list_for_person(
    conn: Connection, person_id: UUID, now: datetime, *, before: UUID | None = None, limit: int = 20
) -> Page:
    """The person's entries, the newest first; ``Page.next`` is the next ``before``."""
    found = await queries.list_entries(conn, person_id, before, now, limit + 1)
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


async def withdraw(conn: Connection, person_id: UUID, entry_id: UUID, now: datetime) -> None:
    """Leaves the line; an open offer goes to the next. What is over stays as it is. Raises EntryNotFound."""
    await queries.lock_guest(conn, person_id, None)
    if await queries.withdraw_entry(conn, entry_id, person_id, now) is None:
        raise errors.EntryNotFound


async def find_offer(conn: Connection, person_id: UUID, offer_id: UUID) -> Offer:
    """One offer to the person; raises OfferNotFound."""
    found = await queries.find_offer(conn, offer_id, person_id)
    if found is None:
        raise errors.OfferNotFound
    return found


async def decline(conn: Connection, person_id: UUID, offer_id: UUID, now: datetime) -> Offer:
    """Lets the place go to the next in line; the entry waits on. Raises OfferNotFound, OfferOver, OfferAccepted."""
    declined = await queries.decline_offer(conn, offer_id, person_id, now)
    offer = await find_offer(conn, person_id, offer_id)
    if declined is None or not declined.done:
        raise _over(offer)
    return offer


async def plan_acceptance(
    database: Database, engine: Engine, person_id: UUID, offer_id: UUID, details: Details | None, now: datetime
) -> tuple[Offer, Plan]:
    """The offer, judged by the rules as this process knows them: lead time and horizon count from when it was made.

    Raises OfferNotFound, OfferOver, OfferAccepted; SlotNotOffered when the office does not offer the place any more;
    InvalidInput when nobody is named for a new appointment.
    """
    async with database.transaction(Principal(person_id=person_id)) as conn:
        offer = await find_offer(conn, person_id, offer_id)
    if offer.state != "open" or offer.until <= now:
        raise _over(offer)
    if offer.mode == "none" and details is None:
        raise InvalidInput([FieldError("/person", "required", "A new appointment needs to know who comes")])
    return offer, await plan_of(engine, offer)


async def accept(
    conn: Connection,
    engine: Engine,
    settings: Settings,
    guest: Guest,
    offer: Offer,
    plan: Plan,
    details: Details | None,
    now: datetime,
) -> Appointment:
    """Books the place, or moves the appointment that the entry was to better; its old place is freed once.

    The person's hold elsewhere stays what it is. Raises OfferOver, OfferAccepted, AppointmentLimit; RulesChanging when
    ``plan`` is out of date: plan anew; AppointmentNotFound, AppointmentStateError and TooLate of the one that moves.
    """
    await queries.lock_guest(conn, guest.person_id, guest.device_id)
    if await queries.lock_rules(conn, offer.office_id) != plan.rules_version:
        engine.forget(offer.office_id)
        raise RulesChanging
    if offer.replaces is not None:
        state = await _judge_move(conn, guest.person_id, offer.replaces, now)
    else:
        state = "confirmed" if plan.confirmation == "automatic" else "requested"
    known, usual = engine.known_rules(offer.office_id).services, settings.max_live_appointments_per_service
    limits = [known[one].most_live(usual) for one in plan.service_ids]
    reference = new_reference(plan.reference_prefix)
    named = details or Details(name="")
    verdict = await queries.accept_offer(
        conn, now, guest.person_id, guest.device_id, offer.id, limits, state, plan.confirmation, reference, named
    )
    if verdict.outcome == "limit" and verdict.subject is not None:
        limit = limits[plan.service_ids.index(verdict.subject)]
        raise await limit_reached(conn, guest, verdict.subject, limit, now)
    if verdict.outcome != "accepted" or verdict.subject is None:
        raise _over(await find_offer(conn, guest.person_id, offer.id))
    return await appointments.find(conn, Principal(person_id=guest.person_id), verdict.subject)


async def count_waiting(conn: Connection, city_id: str, office_id: UUID) -> Sequence[Waiting]:
    """How many wait for each service at the office: numbers, nothing about anybody."""
    return await queries.count_waiting(conn, city_id, office_id)


async def tidy(database: Database, now: datetime, *, limit: int = 1000) -> int:
    """Ends entries whose last day is over, forgets what ended long ago; call again while it answers ``limit``."""
    async with database.transaction(SYSTEM) as conn:
        return await queries.sweep_waiting(conn, now, now - _KEPT, limit)


async def _judge_move(conn: Connection, person_id: UUID, appointment_id: UUID, now: datetime) -> str:
    """The state after a move by the person of their own appointment, whose row is locked."""
    found = await appointment_queries.lock_appointment(conn, Principal(person_id=person_id), appointment_id)
    if found is None:
        raise AppointmentNotFound
    zone = ZoneInfo(await appointment_queries.office_zone(conn, found.office_id))
    return life.judge(found, "reschedule", Actor("person", person_id), now, zone)


def _over(offer: Offer) -> errors.OfferAccepted | errors.OfferOver:
    if offer.appointment_id is not None:
        return errors.OfferAccepted(appointment=str(offer.appointment_id))
    return errors.OfferOver(state="expired" if offer.state == "open" else offer.state)
