"""What may happen to an appointment, when, and by whom. Pure: the time and the office's zone are passed in."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.appointments import errors
from backend.appointments.model import Actor, Appointment, Confirmation, State
from backend.clock import day_bounds, local_day
from backend.errors import FieldError, InvalidInput

Action = Literal[
    "confirm", "reject", "cancel", "reschedule", "check_in", "call", "park", "complete", "no_show", "expire"
]

_OPEN: frozenset[State] = frozenset(("requested", "confirmed"))
_IN_THE_HOUSE: frozenset[State] = frozenset(("checked_in", "called", "parked"))

ACTIONS: dict[Action, tuple[frozenset[State], State | None]] = {
    "confirm": (frozenset(("requested",)), "confirmed"),
    "reject": (frozenset(("requested",)), "rejected"),
    "cancel": (_OPEN | _IN_THE_HOUSE, "cancelled"),
    # Where it leads depends on who asks: see after_reschedule.
    "reschedule": (_OPEN, None),
    "check_in": (frozenset(("confirmed",)), "checked_in"),
    "call": (frozenset(("checked_in", "parked")), "called"),
    "park": (frozenset(("called",)), "parked"),
    "complete": (frozenset(("called",)), "completed"),
    "no_show": (frozenset(("confirmed", "checked_in", "called", "parked")), "no_show"),
    "expire": (frozenset(("requested",)), "expired"),
}
"""From which states an action is possible, and the state it leads to."""

PERSON_ACTIONS: dict[Action, frozenset[State]] = {
    "reschedule": _OPEN,
    "cancel": _OPEN,
    "check_in": frozenset(("confirmed",)),
}
"""What the person may do, and in which states; everything else is the clerks'."""

NO_REASON_KEPT = frozenset(("confirm", "check_in", "call", "park", "complete"))


def possible(state: State, actor: Actor) -> tuple[Action, ...]:
    """The actions that the state leaves open to this kind of actor, whatever the time."""
    if actor.kind == "person":
        return tuple(action for action, states in PERSON_ACTIONS.items() if state in states)
    hidden: Action = "expire"
    return tuple(a for a, (states, _) in ACTIONS.items() if state in states and (a != hidden or actor.kind == "system"))


def allowed(appointment: Appointment, actor: Actor, now: datetime, zone: ZoneInfo) -> tuple[Action, ...]:
    """The actions that would be accepted at this moment: what an app shows as buttons."""
    return tuple(a for a in possible(appointment.state, actor) if _untimely(appointment, a, actor, now, zone) is None)


def judge(appointment: Appointment, action: Action, actor: Actor, now: datetime, zone: ZoneInfo) -> State:
    """The state that the action leads to; raises AppointmentStateError, TooEarly or TooLate.

    ``reschedule`` answers with the state after a reschedule by this actor.
    """
    if action not in possible(appointment.state, actor):
        raise errors.AppointmentStateError(
            state=appointment.state, actions=[spoken(a) for a in allowed(appointment, actor, now, zone)]
        )
    untimely = _untimely(appointment, action, actor, now, zone)
    if untimely is not None:
        kind, detail, at = untimely
        raise kind(**{detail: at.astimezone(zone).isoformat()})
    target = ACTIONS[action][1]
    return after_reschedule(appointment.state, appointment.confirmation, actor) if target is None else target


def after_reschedule(state: State, confirmation: Confirmation, actor: Actor) -> State:
    """A clerk who moves an appointment thereby agrees to the new time; a person who does asks for it again
    where the service wants a clerk's confirmation."""
    if actor.kind == "clerk":
        return "confirmed"
    return "requested" if confirmation == "clerk" else state


def check_reason(action: Action, reason: str | None) -> str | None:
    """The reason without blanks around it; raises InvalidInput where one is owed. Others keep none."""
    kept = (reason or "").strip() or None
    if action == "reject" and kept is None:
        raise InvalidInput([FieldError("/reason", "required", "A rejection says why")])
    return None if action in NO_REASON_KEPT else kept


def spoken(action: Action) -> str:
    """The action as it stands in a URL."""
    return action.replace("_", "-")


def issued_at(uuid7: UUID) -> datetime:
    """The instant that a UUIDv7 carries, to the millisecond."""
    return datetime.fromtimestamp((uuid7.int >> 80) / 1000, tz=ZoneInfo("UTC"))


def surely_over(hold_id: UUID, now: datetime, hold_seconds: int) -> bool:
    """Whether a hold of this id, had there been one, would have run out. Tells "too late" from "never heard of"
    after expired holds were cleared away, and tells nothing about whose it was."""
    return hold_id.version == 7 and issued_at(hold_id) + timedelta(seconds=hold_seconds) <= now


def _untimely(
    appointment: Appointment, action: Action, actor: Actor, now: datetime, zone: ZoneInfo
) -> tuple[type[errors.TooEarly | errors.TooLate], str, datetime] | None:
    """The error, and its one detail: from or until when it would be possible."""
    if actor.kind == "person" and action in ("cancel", "reschedule") and now >= appointment.starts_at:
        return errors.TooLate, "until", appointment.starts_at
    if actor.kind == "person" and action == "check_in":
        day = local_day(appointment.starts_at, zone)
        if local_day(now, zone) < day:
            return errors.TooEarly, "from", day_bounds(day, zone)[0]
        if now >= appointment.ends_at:
            return errors.TooLate, "until", appointment.ends_at
    if action == "no_show" and appointment.state == "confirmed" and now < appointment.starts_at:
        return errors.TooEarly, "from", appointment.starts_at
    if action == "expire" and now < appointment.ends_at:
        return errors.TooEarly, "from", appointment.ends_at
    return None
