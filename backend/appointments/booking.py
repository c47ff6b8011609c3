"""The two hot calls, each one statement: holding a place, and turning the hold into an appointment.

Everything that the answer says is known before the statement runs, so it is encoded once and stored as it is beside
the change: a repeat with the same key returns the same bytes.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from backend.appointments import errors, queries, rules
from backend.appointments.hot_calls import HotCalls
from backend.appointments.model import (
    Answer,
    Appointment,
    BookCall,
    Details,
    Done,
    Guest,
    Hold,
    HoldCall,
    IdempotencyClaim,
    Outcome,
    State,
)
from backend.availability.engine import Engine
from backend.availability.errors import SlotNotOffered
from backend.availability.model import Wanted
from backend.db import Connection, Database, Principal
from backend.ids import new_id
from backend.reference import new_reference
from backend.settings import Settings

T = TypeVar("T")
_ATTEMPTS = 4
_REFERENCE_ONCE = "appointment_reference_once"


class RecentHolds:
    """The holds that this process made a moment ago, so that booking one of them need not read it first.

    A hold never changes, and ``book_hold`` judges anew whether it lives: this saves a round trip and decides nothing.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._holds: OrderedDict[UUID, Hold] = OrderedDict()

    def remember(self, hold: Hold) -> None:
        self._holds[hold.id] = hold
        if len(self._holds) > self._most:
            self._holds.popitem(last=False)

    def take(self, hold_id: UUID, person_id: UUID) -> Hold | None:
        """The person's hold if it is remembered; it is forgotten with that."""
        hold = self._holds.get(hold_id)
        return self._holds.pop(hold_id) if hold is not None and hold.person_id == person_id else None


async def hold(
    calls: HotCalls,
    engine: Engine,
    settings: Settings,
    recent: RecentHolds,
    guest: Guest,
    office_id: UUID,
    wanted: Sequence[Wanted],
    start: datetime,
    now: datetime,
    claim: IdempotencyClaim,
    encode: Callable[[Hold], Answer],
) -> Done:
    """Holds a place for ``settings.hold_seconds``; raises SlotTaken, HoldExists, and what the engine says."""
    for _ in range(_ATTEMPTS):
        plan = await engine.plan_hold(office_id, wanted, start, now)
        held = Hold(
            id=new_id(), city_id=plan.city_id, office_id=plan.office_id, person_id=guest.person_id,
            device_id=guest.device_id, starts_at=plan.start, ends_at=plan.end, services=plan.services,
            service_ids=plan.service_ids, confirmation=plan.confirmation,
            expires_at=now + timedelta(seconds=settings.hold_seconds), counter_id=plan.counters[0],
            rules_version=plan.rules_version,
        )  # fmt: skip
        answer = encode(held)
        call = HoldCall(guest, plan, held, now, claim, answer)
        outcome = await retrying(lambda c=call: calls.hold(c))
        if outcome.outcome == "stale_rules":
            engine.forget(office_id)
            continue
        if outcome.outcome == "held" and outcome.subject is not None:
            recent.remember(msgspec.structs.replace(held, counter_id=outcome.subject))
            return Done(answer, replayed=False)
        if outcome.outcome == "taken":
            raise errors.SlotTaken(
                alternatives=await alternatives(engine, plan.zone, office_id, wanted, plan.start, now)
            )
        if outcome.outcome == "hold_exists":
            raise errors.HoldExists() if outcome.subject is None else errors.HoldExists(hold=str(outcome.subject))
        return replay_or_refuse(outcome)
    raise errors.RulesChanging


async def book(
    calls: HotCalls,
    engine: Engine,
    settings: Settings,
    recent: RecentHolds,
    guest: Guest,
    hold_id: UUID,
    details: Details,
    now: datetime,
    claim: IdempotencyClaim,
    encode: Callable[[Appointment], Answer],
) -> Done:
    """Makes the hold an appointment, confirmed or requested as its services want it.

    Raises HoldNotFound, HoldExpired, HoldBooked, AppointmentLimit, and SlotTaken or SlotNotOffered where the office's
    rules have changed since the place was offered and no longer have it.
    """
    known = recent.take(hold_id, guest.person_id)
    for _ in range(_ATTEMPTS):
        if known is None:
            async with calls.database.connection() as conn:
                known = await queries.read_hold(conn, guest.person_id, hold_id)
        call = await _prepare(engine, settings, guest, hold_id, known, details, now, claim, encode)
        try:
            outcome = await retrying(lambda c=call: calls.book(c))
        except asyncpg.UniqueViolationError as violation:
            if violation.constraint_name != _REFERENCE_ONCE:
                raise
            continue  # one time in a billion: another reference
        if outcome.outcome == "booked":
            return Done(call.answer, replayed=False)
        if outcome.outcome == "stale_rules":
            known = None if known is None else await judge_again(calls.database, engine, settings, known, now)
            continue
        if outcome.outcome == "limit" and known is not None and outcome.subject is not None:
            limit = call.limits[known.service_ids.index(outcome.subject)]
            async with calls.database.connection() as conn:
                raise await limit_reached(conn, guest, outcome.subject, limit, now)
        if outcome.outcome in ("expired", "no_hold"):
            async with calls.database.transaction(Principal(person_id=guest.person_id)) as conn:
                await refuse_used(conn, guest.person_id, hold_id)
        _refuse(outcome, hold_id, now, settings)
        return replay_or_refuse(outcome)
    raise errors.RulesChanging


async def refuse_used(conn: Connection, person_id: UUID | None, hold_id: UUID) -> None:
    """Raises HoldBooked where an appointment has the hold's place: whoever asks hears that, and not that it ran out."""
    if (found := await queries.find_use(conn, hold_id, person_id)) is not None:
        raise errors.HoldBooked(appointment=str(found.id))


async def limit_reached(
    conn: Connection, guest: Guest, service_id: UUID, limit: int, now: datetime
) -> errors.AppointmentLimit:
    """The error, with what counts against the limit."""
    found = await queries.live_for_service(conn, guest, service_id, now)
    return errors.AppointmentLimit(
        service=str(service_id), limit=limit, count=found.count, live=[str(one) for one in found.own]
    )


async def judge_again(database: Database, engine: Engine, settings: Settings, held: Hold, now: datetime) -> Hold:
    """The hold under the office's present rules, if they still offer its time: where its counter has closed it is at
    another one from now on. Raises SlotNotOffered if they do not, SlotTaken if no such counter is free, both with
    alternatives. Lead time and horizon count from when it was held."""
    engine.forget(held.office_id)
    held_at = held.expires_at - timedelta(seconds=settings.hold_seconds)
    try:
        plan = await engine.plan_hold(held.office_id, held.services, held.starts_at, held_at)
    except SlotNotOffered as error:
        zone = (await engine.rules(held.office_id)).zone
        near = await alternatives(engine, zone, held.office_id, held.services, held.starts_at, now)
        raise SlotNotOffered(alternatives=near) from error
    counter: UUID | None = held.counter_id
    if plan.end != held.ends_at:
        counter = None  # the visit takes longer now, or less
    elif counter not in plan.counters:
        counter = await retrying(lambda: _move(database, held, plan.counters, now))
    if counter is None:
        near = await alternatives(engine, plan.zone, held.office_id, held.services, held.starts_at, now)
        raise errors.SlotTaken(alternatives=near)
    return msgspec.structs.replace(held, counter_id=counter, rules_version=plan.rules_version)


async def _move(database: Database, held: Hold, counters: Sequence[UUID], now: datetime) -> UUID | None:
    async with database.connection() as conn:
        return await queries.move_hold(conn, held, counters, now)


async def alternatives(
    engine: Engine, zone: ZoneInfo, office_id: UUID, wanted: Sequence[Wanted], near: datetime, now: datetime
) -> list[dict[str, Any]]:
    """The three nearest free slots, ready for an error's details; times carry the office's offset."""
    return [
        {
            "office": str(slot.office),
            "start": slot.start.astimezone(zone).isoformat(),
            "end": slot.end.astimezone(zone).isoformat(),
            "free": slot.free,
        }
        for slot in await engine.alternatives(office_id, wanted, near, now, limit=3)
    ]


def replay_or_refuse(outcome: Outcome) -> Done:
    """The stored answer of an earlier request with the same key; raises KeyReused or KeyInFlight."""
    if outcome.outcome == "replayed" and outcome.status is not None and outcome.body is not None:
        return Done(Answer(outcome.status, outcome.headers or {}, outcome.body), replayed=True)
    if outcome.outcome == "reused":
        raise errors.KeyReused
    if outcome.outcome == "in_flight":
        raise errors.KeyInFlight
    raise LookupError(f"an unknown outcome: {outcome.outcome}")


async def retrying(call: Callable[[], Awaitable[T]]) -> T:
    """Repeats a call that is one transaction when PostgreSQL ended it to solve a deadlock; three times at most."""
    for _ in range(3):
        try:
            return await call()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            continue
    return await call()


async def _prepare(
    engine: Engine,
    settings: Settings,
    guest: Guest,
    hold_id: UUID,
    known: Hold | None,
    details: Details,
    now: datetime,
    claim: IdempotencyClaim,
    encode: Callable[[Appointment], Answer],
) -> BookCall:
    if known is None:
        # No hold, and yet perhaps a repeat whose answer is stored. Without a version nothing can be booked by this.
        return BookCall(guest, hold_id, None, (), "", details, now, claim, Answer(0, {}, b""))
    office = await engine.rules(known.office_id)
    reference = new_reference(office.city.reference_prefix)
    usual = settings.max_live_appointments_per_service
    limits = tuple(office.services[one].most_live(usual) for one in known.service_ids)
    answer = encode(_prospect(known, reference, details, now))
    return BookCall(guest, hold_id, known.rules_version, limits, reference, details, now, claim, answer)


def _prospect(held: Hold, reference: str, details: Details, now: datetime) -> Appointment:
    """The appointment exactly as ``book_hold`` is going to write it."""
    state: State = "confirmed" if held.confirmation == "automatic" else "requested"
    return Appointment(
        id=held.id, city_id=held.city_id, office_id=held.office_id, counter_id=held.counter_id, place_id=held.id,
        person_id=held.person_id, device_id=held.device_id, reference=reference, state=state, starts_at=held.starts_at,
        ends_at=held.ends_at, services=held.services, service_ids=held.service_ids, confirmation=held.confirmation,
        name=details.name, date_of_birth=details.date_of_birth, email=details.email, phone=details.phone,
        note=details.note, language=details.language, reason=None, channel="app", sequence=0, version=1, created_at=now,
        updated_at=now,
    )  # fmt: skip


def _refuse(outcome: Outcome, hold_id: UUID, now: datetime, settings: Settings) -> None:
    if outcome.outcome == "already_booked":
        raise errors.HoldBooked(appointment=str(outcome.subject))
    if outcome.outcome == "expired" or (
        outcome.outcome == "no_hold" and rules.surely_over(hold_id, now, settings.hold_seconds)
    ):
        raise errors.HoldExpired
    if outcome.outcome == "no_hold":
        raise errors.HoldNotFound
