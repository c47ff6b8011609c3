"""Every state, action, actor and moment: what may happen stands here a second time, by hand, and is asked of the rules
and of the database."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal, get_args

import pytest

from backend.appointments import errors, rules, service
from backend.appointments.model import LIVE_STATES, Actor, ActorKind, Appointment, Guest, State
from backend.appointments.rules import Action
from backend.availability.model import Wanted
from backend.clock import instant
from backend.db import Connection, Database, Principal
from backend.db.pool import SYSTEM
from backend.errors import DomainError
from backend.ids import new_id
from backend.settings import Settings
from tests.appointments.desk import Town, draw_town, somebody
from tests.support.town import BERLIN, CITY

When = Literal["the day before", "that morning", "at its time", "after it"]
DAY = date(2026, 12, 1)
ALWAYS: frozenset[When] = frozenset(get_args(When))
BEFORE: frozenset[When] = frozenset(("the day before", "that morning"))
TODAY: frozenset[When] = frozenset(("that morning", "at its time"))
BEGUN: frozenset[When] = frozenset(("at its time", "after it"))
OVER: frozenset[When] = frozenset(("after it",))

_CLERK: dict[tuple[State, Action], tuple[State, frozenset[When]]] = {
    ("requested", "confirm"): ("confirmed", ALWAYS),
    ("requested", "reject"): ("rejected", ALWAYS),
    ("requested", "cancel"): ("cancelled", ALWAYS),
    ("requested", "reschedule"): ("confirmed", ALWAYS),
    ("confirmed", "cancel"): ("cancelled", ALWAYS),
    ("confirmed", "reschedule"): ("confirmed", ALWAYS),
    ("confirmed", "check_in"): ("checked_in", ALWAYS),
    ("confirmed", "no_show"): ("no_show", BEGUN),
    ("checked_in", "call"): ("called", ALWAYS),
    ("checked_in", "cancel"): ("cancelled", ALWAYS),
    ("checked_in", "no_show"): ("no_show", ALWAYS),
    ("called", "park"): ("parked", ALWAYS),
    ("called", "complete"): ("completed", ALWAYS),
    ("called", "cancel"): ("cancelled", ALWAYS),
    ("called", "no_show"): ("no_show", ALWAYS),
    ("parked", "call"): ("called", ALWAYS),
    ("parked", "cancel"): ("cancelled", ALWAYS),
    ("parked", "no_show"): ("no_show", ALWAYS),
}
MAY: dict[ActorKind, dict[tuple[State, Action], tuple[State, frozenset[When]]]] = {
    "person": {
        ("requested", "cancel"): ("cancelled", BEFORE),
        ("requested", "reschedule"): ("requested", BEFORE),
        ("confirmed", "cancel"): ("cancelled", BEFORE),
        ("confirmed", "reschedule"): ("requested", BEFORE),  # the service is one that a clerk confirms
        ("confirmed", "check_in"): ("checked_in", TODAY),
    },
    "clerk": _CLERK,
    "system": {
        **_CLERK,
        ("requested", "reschedule"): ("requested", ALWAYS),
        ("confirmed", "reschedule"): ("requested", ALWAYS),
        ("requested", "expire"): ("expired", OVER),
    },
}
WAYS: dict[State, tuple[Action, ...]] = {
    "requested": (),
    "confirmed": ("confirm",),
    "checked_in": ("confirm", "check_in"),
    "called": ("confirm", "check_in", "call"),
    "parked": ("confirm", "check_in", "call", "park"),
    "completed": ("confirm", "check_in", "call", "complete"),
    "rejected": ("reject",),
    "cancelled": ("cancel",),
    "no_show": ("confirm", "check_in", "no_show"),
    "expired": ("expire",),
}
REFUSALS = (errors.AppointmentStateError, errors.TooEarly, errors.TooLate)


def moments(one: Appointment) -> dict[When, datetime]:
    return {
        "the day before": one.starts_at - timedelta(hours=26),
        "that morning": one.starts_at - timedelta(minutes=5),
        "at its time": one.starts_at,
        "after it": one.ends_at,
    }


@pytest.fixture
async def town(database: Database, owner_url: str, make_settings: Callable[..., Settings], database_url: str) -> Town:
    settings = make_settings(database_url, max_live_appointments_per_service=20)
    return Town(database, settings, await draw_town(owner_url, 7, []))


async def in_state(town: Town, guest: Guest, state: State, now: datetime) -> Appointment:
    """An appointment that came to ``state`` by steps."""
    wanted = [Wanted(town.made.services[0], 1)]
    slots = await town.engine.slots(town.made.office, wanted, DAY, DAY, now)
    booked = await town.book(guest, await town.hold(guest, wanted, slots[len(slots) // 2].start, now), now)
    for action in WAYS[state]:
        async with town.database.transaction(SYSTEM) as conn:
            at = booked.ends_at if action == "expire" else now
            booked = await service.change(conn, SYSTEM, booked.id, action, Actor("system"), at, reason="so")
    assert booked.state == state
    return booked


def as_seen(kind: ActorKind, guest: Guest, town: Town) -> tuple[Actor, Principal]:
    clerk = Principal(clerk_city_id=CITY, clerk_office_ids=(town.made.office,))
    return {
        "person": (Actor("person", guest.person_id), Principal(person_id=guest.person_id)),
        "clerk": (Actor("clerk", new_id()), clerk),
        "system": (Actor("system"), SYSTEM),
    }[kind]


@pytest.mark.parametrize("state", get_args(State))
async def test_what_may_happen_is_what_the_rules_and_the_database_do(town: Town, state: State) -> None:
    guest, now = somebody(), instant(DAY, 0, BERLIN) - timedelta(hours=12)
    one = await in_state(town, guest, state, now)
    tried = 0
    for kind in get_args(ActorKind):
        actor, principal = as_seen(kind, guest, town)
        async with town.database.transaction(principal) as conn:
            for when, at in moments(one).items():
                shown: set[str] = set()
                for action in rules.ACTIONS:
                    target, times = MAY[kind].get((state, action), (None, frozenset[When]()))
                    expected = target if when in times else None
                    assert by_rules(one, action, actor, at) == expected, (kind, when, action)
                    if expected is not None:
                        shown.add(action)
                    if action != "reschedule":  # takes a hold; see the tests of the routes
                        assert await by_database(conn, principal, one, action, actor, at) == expected, (kind, action)
                        tried += 1
                assert set(rules.allowed(one, actor, at, BERLIN)) == shown, (kind, when)
    assert tried == 3 * 4 * 9


def by_rules(one: Appointment, action: Action, actor: Actor, at: datetime) -> State | None:
    try:
        return rules.judge(one, action, actor, at, BERLIN)
    except REFUSALS:
        return None


async def by_database(
    conn: Connection, principal: Principal, one: Appointment, action: Action, actor: Actor, at: datetime
) -> State | None:
    """Where the action led before it was taken back; None where it was refused."""
    await conn.execute("SAVEPOINT tried")
    try:
        changed = await service.change(conn, principal, one.id, action, actor, at, reason="so")
    except REFUSALS:
        return None
    finally:
        await conn.execute("ROLLBACK TO SAVEPOINT tried")
    assert (changed.place_id is not None) == (changed.state in LIVE_STATES)
    return changed.state


async def test_a_rejection_says_why(town: Town) -> None:
    guest, now = somebody(), instant(DAY, 0, BERLIN) - timedelta(hours=12)
    one = await in_state(town, guest, "requested", now)
    async with town.database.transaction(SYSTEM) as conn:
        with pytest.raises(DomainError) as owed:
            await service.change(conn, SYSTEM, one.id, "reject", Actor("clerk"), now, reason="  ")
    assert owed.value.slug == "invalid-input"
