"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.appointments.model import (
    Actor,
    Appointment,
    AppointmentEvent,
    BookCall,
    Count,
    Details,
    Guest,
    HeldAt,
    Hold,
    HoldCall,
    HoldUse,
    Live,
    Outcome,
    Overdue,
    Rules,
    Verdict,
    Zone,
)
from backend.availability.model import Plan, Wanted
from backend.db import Connection, Principal, load
from backend.ids import new_id

STATEMENTS = load(__package__ or "")


def three_ids() -> list[UUID]:
    """For the event, the audit entry and the notice of one change."""
    return [new_id(), new_id(), new_id()]


async def hold_place(conn: Connection, call: HoldCall) -> Outcome:
    guest, plan, hold, claim, answer = call.guest, call.plan, call.hold, call.claim, call.answer
    return await STATEMENTS.one(
        conn, "hold_place", Outcome, call.now, guest.person_id, guest.device_id, claim.owner, claim.key,
        claim.request_hash, answer.status, answer.headers, answer.body, hold.id, plan.city_id, plan.office_id,
        plan.rules_version, plan.counters, plan.start, plan.end, plan.until, _wanted(hold.services), hold.service_ids,
        hold.confirmation, hold.expires_at,
    )  # fmt: skip


async def hold_places(conn: Connection, calls: Sequence[HoldCall]) -> list[Outcome]:
    """In the order of the calls; ``alone`` for one that has to be made by itself."""
    rows = [
        {
            **_asked(call), "id": call.hold.id, "city": call.plan.city_id, "office": call.plan.office_id,
            "rules_version": call.plan.rules_version, "counters": call.plan.counters, "starts": call.plan.start,
            "ends": call.plan.end, "until": call.plan.until, "services": _wanted(call.hold.services),
            "service_ids": call.hold.service_ids, "confirmation": call.hold.confirmation,
            "expires": call.hold.expires_at,
        }
        for call in calls
    ]  # fmt: skip
    return await STATEMENTS.all(conn, "hold_places", Outcome, msgspec.json.encode(rows).decode())


async def book_hold(conn: Connection, call: BookCall) -> Outcome:
    guest, details, claim, answer = call.guest, call.details, call.claim, call.answer
    return await STATEMENTS.one(
        conn, "book_hold", Outcome, call.now, guest.person_id, guest.device_id, claim.owner, claim.key,
        claim.request_hash, answer.status, answer.headers, answer.body, call.hold_id, call.rules_version, call.limits,
        call.reference, details.name, details.date_of_birth, details.email, details.phone, details.note,
        details.language, three_ids(),
    )  # fmt: skip


async def book_holds(conn: Connection, calls: Sequence[BookCall]) -> list[Outcome]:
    """In the order of the calls; ``alone`` for one that has to be made by itself."""
    rows = [
        {
            **_asked(call), "hold": call.hold_id, "rules_version": call.rules_version, "limits": call.limits,
            "reference": call.reference, **msgspec.structs.asdict(call.details), "ids": three_ids(),
        }
        for call in calls
    ]  # fmt: skip
    return await STATEMENTS.all(conn, "book_holds", Outcome, msgspec.json.encode(rows).decode())


async def live_for_service(conn: Connection, guest: Guest, service_id: UUID, now: datetime) -> Live:
    return await STATEMENTS.one(
        conn, "live_for_service", Live, now, guest.person_id, guest.device_id, service_id
    )  # fmt: skip


async def read_hold(conn: Connection, person_id: UUID, hold_id: UUID) -> Hold | None:
    return await STATEMENTS.optional(conn, "read_hold", Hold, person_id, hold_id)


async def find_hold(conn: Connection, hold_id: UUID, person_id: UUID | None) -> Hold | None:
    return await STATEMENTS.optional(conn, "find_hold", Hold, hold_id, person_id)


async def move_hold(conn: Connection, held: Hold, counters: Sequence[UUID], now: datetime) -> UUID | None:
    return (
        await STATEMENTS.one(conn, "move_hold", HeldAt, now, held.person_id, held.id, list(counters), new_id())
    ).counter_id


async def find_use(conn: Connection, hold_id: UUID, person_id: UUID | None) -> HoldUse | None:
    return await STATEMENTS.optional(conn, "find_use", HoldUse, hold_id, person_id)


async def release_hold(conn: Connection, hold_id: UUID, person_id: UUID) -> Verdict | None:
    return await STATEMENTS.optional(conn, "release_hold", Verdict, hold_id, person_id)


async def lock_rules(conn: Connection, office_id: UUID) -> int | None:
    return (await STATEMENTS.one(conn, "lock_rules", Rules, office_id)).version


async def office_zone(conn: Connection, office_id: UUID) -> str:
    return (await STATEMENTS.one(conn, "office_zone", Zone, office_id)).zone


async def find_appointment(conn: Connection, principal: Principal, appointment_id: UUID) -> Appointment | None:
    return await STATEMENTS.optional(conn, "find_appointment", Appointment, appointment_id, *_scope(principal))


async def lock_appointment(conn: Connection, principal: Principal, appointment_id: UUID) -> Appointment | None:
    return await STATEMENTS.optional(conn, "lock_appointment", Appointment, appointment_id, *_scope(principal))


async def list_appointments(
    conn: Connection, person_id: UUID, before: UUID | None, states: Sequence[str] | None, limit: int
) -> list[Appointment]:
    return await STATEMENTS.all(conn, "list_appointments", Appointment, person_id, before, states, limit)


async def change_appointment(
    conn: Connection,
    appointment_id: UUID,
    state: str,
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    contact: dict[str, str | None] | None = None,
    data: dict[str, Any] | None = None,
) -> Appointment:
    return await STATEMENTS.one(
        conn, "change_appointment", Appointment, now, appointment_id, state, kind, reason, contact or {}, actor.kind,
        actor.id, three_ids(), data or {}, f"appointment.{kind}",
    )  # fmt: skip


async def reschedule_to_hold(
    conn: Connection, appointment_id: UUID, hold_id: UUID, state: str, actor: Actor, now: datetime
) -> Appointment | None:
    return await STATEMENTS.optional(
        conn, "reschedule_to_hold", Appointment, now, appointment_id, hold_id, state, actor.kind, actor.id, three_ids()
    )


async def move_appointment(
    conn: Connection, appointment_id: UUID, plan: Plan, state: str, actor: Actor, now: datetime
) -> Appointment | None:
    return await STATEMENTS.optional(
        conn, "move_appointment", Appointment, now, appointment_id, new_id(), plan.office_id, plan.counters, plan.start,
        plan.end, plan.until, state, actor.kind, actor.id, three_ids(),
    )  # fmt: skip


async def book_directly(
    conn: Connection, plan: Plan, details: Details, channel: str, reference: str, actor: Actor, now: datetime
) -> Appointment | None:
    return await STATEMENTS.optional(
        conn, "book_directly", Appointment, now, new_id(), plan.city_id, plan.office_id, plan.counters, plan.start,
        plan.end,
        plan.until, _wanted(plan.services), plan.service_ids, plan.confirmation, new_id(), reference, details.name,
        details.date_of_birth, details.email, details.phone, details.note, details.language, channel, actor.kind,
        actor.id, three_ids(),
    )  # fmt: skip


async def list_events(conn: Connection, appointment_id: UUID) -> list[AppointmentEvent]:
    return await STATEMENTS.all(conn, "list_events", AppointmentEvent, appointment_id)


async def list_overdue_requests(conn: Connection, now: datetime, limit: int) -> list[Overdue]:
    return await STATEMENTS.all(conn, "list_overdue_requests", Overdue, now, limit)


async def clear_expired_holds(conn: Connection, now: datetime, limit: int) -> int:
    return await STATEMENTS.run(conn, "clear_expired_holds", now, limit)


async def empty_appointments(conn: Connection, now: datetime, ended_before: datetime, most: int) -> int:
    return (await STATEMENTS.one(conn, "empty_appointments", Count, now, ended_before, most)).count


async def clear_old_keys(conn: Connection, before: datetime, limit: int) -> int:
    return await STATEMENTS.run(conn, "clear_old_keys", before, limit)


def _scope(principal: Principal) -> tuple[UUID | None, Sequence[UUID] | None]:
    """The predicate that every statement names itself, besides row-level security. The system has none."""
    if principal.system:
        return None, None
    if principal.person_id is not None:
        return principal.person_id, None
    return None, principal.clerk_office_ids


def _asked(call: HoldCall | BookCall) -> dict[str, Any]:
    """Who asks, by which key, and what a repeat is to be answered."""
    return {
        "now": call.now, "person": call.guest.person_id, "device": call.guest.device_id, "owner": call.claim.owner,
        "key": call.claim.key, "hash": call.claim.request_hash.hex(), "status": call.answer.status,
        "headers": call.answer.headers, "body": call.answer.body.decode(),
    }  # fmt: skip


def _wanted(services: Sequence[Wanted]) -> list[dict[str, Any]]:
    return [{"service": w.service, "persons": w.persons} for w in services]
