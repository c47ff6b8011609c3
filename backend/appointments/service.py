"""The life of an appointment after booking, and bookings that clerks make.

Holding and booking (see ``booking``) are single statements of their own. Everything here runs inside a transaction
that the caller has opened for ``principal`` and commits: the change, its event, audit entry and notice happen
together or not at all. Every function that changes something takes ``expected_version``, when the client has said which
version it saw, and raises AppointmentChanged if there is a newer one.
"""

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.appointments import errors, queries, rules
from backend.appointments.booking import RecentHolds, alternatives, book, hold, judge_again, refuse_used
from backend.appointments.model import Actor, Appointment, Channel, Details, Hold, Page, State
from backend.appointments.rules import Action
from backend.availability.engine import Engine
from backend.availability.model import Plan, Wanted
from backend.db import Connection, Database, Principal
from backend.db.pool import SYSTEM
from backend.reference import new_reference
from backend.settings import Settings

T = TypeVar("T")

__all__ = [
    "RecentHolds", "StaleRules", "alternatives", "book", "book_directly", "change", "change_contact", "find",
    "find_hold", "hold",
    "judge_again", "list_for_person", "move", "offering_alternatives", "release", "reschedule", "tidy",
]  # fmt: skip


class StaleRules(Exception):
    """The office's rules are newer than those that ``hold`` was judged by: judge it again, outside the transaction."""

    def __init__(self, held: Hold) -> None:
        super().__init__("the office's rules have changed")
        self.hold = held


async def find_hold(database: Database, settings: Settings, person_id: UUID, hold_id: UUID, now: datetime) -> Hold:
    """The person's live hold; raises HoldBooked, HoldExpired or HoldNotFound."""
    async with database.connection() as conn:
        held = await queries.read_hold(conn, person_id, hold_id)
    if held is not None and held.expires_at > now:
        return held
    async with database.transaction(Principal(person_id=person_id)) as conn:
        await refuse_used(conn, person_id, hold_id)
    if held is not None or rules.surely_over(hold_id, now, settings.hold_seconds):
        raise errors.HoldExpired
    raise errors.HoldNotFound


async def release(conn: Connection, person_id: UUID, hold_id: UUID) -> None:
    """Frees the hold's place at once; raises HoldNotFound where there is none (any more)."""
    verdict = await queries.release_hold(conn, hold_id, person_id)
    if verdict is None or verdict.outcome != "released":
        raise errors.HoldNotFound


async def find(conn: Connection, principal: Principal, appointment_id: UUID, *, lock: bool = False) -> Appointment:
    """One appointment that the principal may see; raises AppointmentNotFound."""
    found = await (queries.lock_appointment if lock else queries.find_appointment)(conn, principal, appointment_id)
    if found is None:
        raise errors.AppointmentNotFound
    return found


async def list_for_person(
    conn: Connection,
    person_id: UUID,
    *,
    before: UUID | None = None,
    states: Sequence[State] | None = None,
    limit: int = 50,
) -> Page:
    """The person's appointments, the latest booking first, ``limit`` at most; ``Page.next`` is the next ``before``."""
    found = await queries.list_appointments(conn, person_id, before, states, limit + 1)
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


async def change(
    conn: Connection,
    principal: Principal,
    appointment_id: UUID,
    action: Action,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    expected_version: int | None = None,
) -> Appointment:
    """One step: every action but ``reschedule``. Raises AppointmentNotFound, AppointmentChanged, AppointmentStateError,
    TooEarly, TooLate, and InvalidInput where a reason is owed. An end state frees the place at once."""
    kept = rules.check_reason(action, reason)
    appointment, zone = await _lock(conn, principal, appointment_id, expected_version)
    state = rules.judge(appointment, action, actor, now, zone)
    return await queries.change_appointment(conn, appointment_id, state, state, actor, now, reason=kept)


async def change_contact(
    conn: Connection,
    principal: Principal,
    appointment_id: UUID,
    contact: dict[str, str | None],
    actor: Actor,
    now: datetime,
    *,
    expected_version: int | None = None,
) -> Appointment:
    """Changes ``email``, ``phone`` or ``note``, whichever keys are there; possible as long as the appointment lives.

    The event names which fields changed, not what they say.
    """
    appointment, zone = await _lock(conn, principal, appointment_id, expected_version)
    if appointment.place_id is None:
        actions = [rules.spoken(a) for a in rules.allowed(appointment, actor, now, zone)]
        raise errors.AppointmentStateError(state=appointment.state, actions=actions)
    given = {name: contact[name] for name in ("email", "phone", "note") if name in contact}
    if not given:
        return appointment
    return await queries.change_appointment(
        conn,
        appointment_id,
        appointment.state,
        "contact_changed",
        actor,
        now,
        contact=given,
        data={"fields": sorted(given)},
    )


async def reschedule(
    conn: Connection,
    principal: Principal,
    appointment_id: UUID,
    hold_id: UUID,
    actor: Actor,
    now: datetime,
    *,
    judged: Hold | None = None,
    expected_version: int | None = None,
) -> Appointment:
    """Moves the appointment to the place of a hold for the same services in the same city; frees the old place.

    Where a clerk confirms the service, a person's reschedule asks again (``requested``); a clerk's is confirmed.
    Raises StaleRules when the office's rules have changed since: call ``judge_again`` outside, and come back with
    its answer as ``judged``.
    """
    held = await queries.find_hold(conn, hold_id, principal.person_id)
    if held is None:
        await refuse_used(conn, principal.person_id, hold_id)
        raise errors.HoldNotFound
    if held.expires_at <= now:
        raise errors.HoldExpired
    if await queries.lock_rules(conn, held.office_id) != (judged or held).rules_version:
        raise StaleRules(held)
    appointment, zone = await _lock(conn, principal, appointment_id, expected_version)
    state = rules.judge(appointment, "reschedule", actor, now, zone)
    if not _same_services(appointment.services, held.services) or appointment.city_id != held.city_id:
        raise errors.HoldDiffers
    moved = await queries.reschedule_to_hold(conn, appointment_id, hold_id, state, actor, now)
    if moved is None:
        await refuse_used(conn, principal.person_id, hold_id)  # by another request, since it was found above
        raise errors.HoldExpired
    return moved


async def move(
    conn: Connection,
    engine: Engine,
    principal: Principal,
    appointment_id: UUID,
    plan: Plan,
    actor: Actor,
    now: datetime,
    *,
    expected_version: int | None = None,
) -> Appointment:
    """A clerk's reschedule to ``plan`` (``Engine.plan_hold(…, staff=True)`` for the appointment's services).

    Raises SlotTaken, RulesChanging when the plan's rules are no longer the office's.
    """
    await _check_rules(conn, engine, plan)
    appointment, zone = await _lock(conn, principal, appointment_id, expected_version)
    state = rules.judge(appointment, "reschedule", actor, now, zone)
    if not _same_services(appointment.services, plan.services):
        raise errors.HoldDiffers
    moved = await queries.move_appointment(conn, appointment_id, plan, state, actor, now)
    if moved is None:
        raise errors.SlotTaken
    return moved


async def book_directly(
    conn: Connection,
    engine: Engine,
    plan: Plan,
    details: Details,
    channel: Channel,
    actor: Actor,
    now: datetime,
) -> Appointment:
    """A clerk books for somebody at the desk (``walk_in``) or on the telephone (``phone``): confirmed at once.

    ``plan`` is from ``Engine.plan_hold(…, staff=True)``, so that staff-only counters serve too. The visitor becomes a
    new person. Raises SlotTaken, RulesChanging when the plan is out of date.
    """
    await _check_rules(conn, engine, plan)
    reference = new_reference(plan.reference_prefix)
    booked = await queries.book_directly(conn, plan, details, channel, reference, actor, now)
    if booked is None:
        raise errors.SlotTaken
    return booked


async def offering_alternatives(engine: Engine, plan: Plan, now: datetime, change_made: Awaitable[T]) -> T:
    """Awaits a ``move`` or ``book_directly`` with its transaction; a SlotTaken from it gets its alternatives.

    They are looked up when the transaction is over: it must not wait for a second connection of the same pool.
    """
    try:
        return await change_made
    except errors.SlotTaken as taken:
        near = await alternatives(engine, plan.zone, plan.office_id, plan.services, plan.start, now)
        raise errors.SlotTaken(alternatives=near) from taken


async def tidy(database: Database, settings: Settings, now: datetime, *, limit: int = 1000) -> int:
    """Housekeeping: clears holds that ran out, ends requests that nobody answered in time, forgets old keys.

    Answers how many rows it touched; call again while that is ``limit`` or more. Any number of processes may.
    """
    actor = Actor("system")
    async with database.transaction(SYSTEM) as conn:
        cleared = await queries.clear_expired_holds(conn, now, limit)
    async with database.transaction(SYSTEM) as conn:
        before = now - timedelta(hours=settings.idempotency_key_hours)
        cleared += await queries.clear_old_keys(conn, before, limit)
        overdue = await queries.list_overdue_requests(conn, now, limit)
    for request in overdue:
        try:
            async with database.transaction(SYSTEM) as conn:
                await change(conn, SYSTEM, request.id, "expire", actor, now)
        except errors.AppointmentStateError:
            continue  # answered a moment ago after all
    return cleared + len(overdue)


async def empty(database: Database, settings: Settings, now: datetime, *, limit: int = 1000) -> int:
    """Takes name, date of birth, contact, note and reasons out of appointments that ended ``appointment_kept_days``
    ago, whatever became of them: what is left is a place in time, for the figures.

    Answers how many; call again while that is ``limit``. Any number of processes may.
    """
    before = now - timedelta(days=settings.appointment_kept_days)
    async with database.connection() as conn:
        return await queries.empty_appointments(conn, now, before, limit)


async def _lock(
    conn: Connection, principal: Principal, appointment_id: UUID, expected_version: int | None
) -> tuple[Appointment, ZoneInfo]:
    appointment = await queries.lock_appointment(conn, principal, appointment_id)
    if appointment is None:
        raise errors.AppointmentNotFound
    if expected_version is not None and appointment.version != expected_version:
        raise errors.AppointmentChanged(current={"version": appointment.version, "state": appointment.state})
    return appointment, ZoneInfo(await queries.office_zone(conn, appointment.office_id))


async def _check_rules(conn: Connection, engine: Engine, plan: Plan) -> None:
    if await queries.lock_rules(conn, plan.office_id) != plan.rules_version:
        engine.forget(plan.office_id)
        raise errors.RulesChanging


def _same_services(one: Sequence[Wanted], other: Sequence[Wanted]) -> bool:
    return sorted((w.service, w.persons) for w in one) == sorted((w.service, w.persons) for w in other)
