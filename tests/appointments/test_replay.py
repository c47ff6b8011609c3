"""The current row is what the events say, whatever happened: walks at random through an appointment's life, replayed.

Contact details are not in events, on purpose: an event names which of them changed.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from backend.appointments import queries, rules, service
from backend.appointments.model import LIVE_STATES, Actor, Appointment, AppointmentEvent, Guest, Hold
from backend.availability.model import Wanted
from backend.clock import instant
from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.ids import new_id
from backend.settings import Settings
from tests.appointments.desk import Made, Town, draw_town, somebody
from tests.support.town import BERLIN, CITY

DAY = date(2026, 12, 1)
STEPS = 12


@pytest.mark.parametrize("seed", range(4))
async def test_the_row_is_what_the_events_say(
    database: Database, owner_url: str, make_settings: Callable[..., Settings], database_url: str, seed: int
) -> None:
    made = await draw_town(owner_url, 7, [])
    town, dice = Town(database, make_settings(database_url), made), random.Random(seed)
    guest, now = somebody(), instant(DAY, 0, BERLIN) - timedelta(hours=12)
    wanted = [Wanted(made.services[0], 1)]
    first = await free(town, wanted, now, dice)
    one = await town.book(guest, await town.hold(guest, wanted, first, now), now)
    begun = one
    for _ in range(STEPS):
        now += timedelta(minutes=dice.choice([1, 30, 200]))
        one = await step(town, guest, one, now, dice)
        await check(town, begun, one.id)
    assert one.version > 1, "the dice fell so that something happened"


async def free(town: Town, wanted: list[Wanted], now: datetime, dice: random.Random) -> datetime:
    slots = await town.engine.slots(town.made.office, wanted, DAY, DAY + timedelta(days=2), now)
    return dice.choice(slots).start


async def step(town: Town, guest: Guest, one: Appointment, now: datetime, dice: random.Random) -> Appointment:
    """Something that is allowed now, by somebody; nothing once it is over."""
    person = (Actor("person", guest.person_id), Principal(person_id=guest.person_id))
    clerk = (Actor("clerk", new_id()), clerk_of(town.made))
    actor, principal = dice.choice([person, clerk])
    contact = {"email": dice.choice(["a@example.org", None]), "note": "kommt später"}
    # Ends come seldom, or there is little to replay.
    late = {"cancel", "reject", "complete", "no_show"} if dice.random() < 0.9 else set[str]()
    chosen: tuple[rules.Action, ...] = tuple(a for a in rules.allowed(one, actor, now, BERLIN) if a not in late)
    action: rules.Action | None = chosen[dice.randrange(len(chosen))] if chosen and dice.random() < 0.8 else None
    held: Hold | None = None
    if action == "reschedule":
        actor, principal = person
        held = await town.hold(guest, list(one.services), await free(town, list(one.services), now, dice), now)
    async with town.database.transaction(principal) as conn:
        if held is not None:
            return await service.reschedule(conn, principal, one.id, held.id, actor, now)
        if action is not None:
            return await service.change(conn, principal, one.id, action, actor, now, reason=f"so um {now:%H:%M}")
        if one.place_id is None:
            return one
        return await service.change_contact(conn, principal, one.id, contact, actor, now)


def clerk_of(made: Made) -> Principal:
    return Principal(clerk_city_id=CITY, clerk_office_ids=(made.office,))


async def check(town: Town, begun: Appointment, appointment_id: object) -> None:
    """Row, events, notices, audit entries and the place agree."""
    async with town.database.transaction(SYSTEM) as conn:
        row = await service.find(conn, SYSTEM, begun.id)
        events = await queries.list_events(conn, begun.id)
        notices = await conn.fetch("SELECT dedupe FROM notice WHERE subject_id = $1", begun.id)
        audit = await conn.fetchval("SELECT count(*) FROM audit_entry WHERE entity_id = $1", str(begun.id))
        places = await conn.fetch("SELECT id, lower(during) AS starts_at FROM place WHERE hold_until IS NULL")
    assert appointment_id == row.id
    said = replay(begun, events)
    now = {name: getattr(row, name) for name in said}
    assert now == said
    assert {n["dedupe"] for n in notices} == {f"{row.id}:{event.version}" for event in events}
    assert audit == len(events)
    alive = [(row.place_id, row.starts_at)] if row.state in LIVE_STATES else []
    assert [(p["id"], p["starts_at"]) for p in places] == alive


def replay(begun: Appointment, events: list[AppointmentEvent]) -> dict[str, object]:
    """What the events make of a booking, told by nothing else."""
    said: dict[str, object] = {
        "state": None,
        "starts_at": begun.starts_at,
        "office_id": begun.office_id,
        "reason": None,
    }
    sequence = -1
    for version, event in enumerate(events, start=1):
        assert (event.version, event.from_state) == (version, said["state"])
        sequence += event.from_state != event.to_state or event.kind == "rescheduled"
        said |= {"state": event.to_state, "updated_at": event.at, "version": version, "sequence": sequence}
        if event.reason is not None:
            said["reason"] = event.reason
        if event.kind == "rescheduled":
            said["starts_at"] = datetime.fromisoformat(event.data["to"])
    return said
