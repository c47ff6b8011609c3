"""What is offered can be held and nothing else can, asked of the database: for towns as dice make them."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from backend.appointments.errors import SlotTaken
from backend.availability.errors import SlotNotOffered
from backend.availability.model import Wanted
from backend.clock import instant
from backend.db import Database
from backend.settings import Settings
from tests.appointments.desk import Town, draw_town, somebody
from tests.support.town import BERLIN

# The last days of summer time and of winter time, and one on which nothing happens.
DAYS = [date(2026, 10, 25), date(2027, 3, 28), date(2026, 12, 1)]
REFUSED = (SlotTaken, SlotNotOffered)


@pytest.mark.parametrize("seed, day", list(enumerate(DAYS)))
async def test_every_offer_can_be_held_and_nothing_else(
    database: Database, owner_url: str, make_settings: Callable[..., Settings], database_url: str, seed: int, day: date
) -> None:
    made = await draw_town(owner_url, seed, [day])
    town, dice = Town(database, make_settings(database_url), made), random.Random(seed)
    now = instant(day, 0, BERLIN) - timedelta(hours=9)
    one, other = made.services
    total = 0
    for wanted in ([Wanted(one, 1)], [Wanted(other, 3)], [Wanted(one, 2), Wanted(other, 1)]):
        offered = {slot.start: slot.free for slot in await town.engine.slots(made.office, wanted, day, day, now)}
        total += len(offered)
        guest = somebody()
        for start in offered:
            held = await town.hold(guest, wanted, start, now)
            await town.release(guest, held)
        for start, free in dice.sample(sorted(offered.items()), min(2, len(offered))):
            await hold_all(town, wanted, start, now, free)
        for start in not_offered(dice, day, set(offered), 12):
            with pytest.raises(REFUSED):
                await town.hold(guest, wanted, start, now)
        again = {slot.start: slot.free for slot in await town.engine.slots(made.office, wanted, day, day, now)}
        assert again == offered, "whatever was held is free again"
    assert total > 15, "the dice fell so that there is something to hold"


async def hold_all(town: Town, wanted: list[Wanted], start: datetime, now: datetime, free: int) -> None:
    """As many as are said to be free can be held at once, and not one more."""
    guests = [somebody() for _ in range(free)]
    held = [await town.hold(guest, wanted, start, now) for guest in guests]
    assert len({one.counter_id for one in held} | set(town.made.counters)) == len(town.made.counters)
    with pytest.raises(SlotTaken):
        await town.hold(somebody(), wanted, start, now)
    for guest, one in zip(guests, held, strict=True):
        await town.release(guest, one)


def not_offered(dice: random.Random, day: date, offered: set[datetime], count: int) -> list[datetime]:
    """Minutes of the day, and of the hours around it, at which nothing is offered."""
    begin = instant(day, 0, BERLIN).astimezone(BERLIN)
    every = [(begin + timedelta(minutes=n)) for n in range(-60, 26 * 60, 5)]
    neighbours = [at + timedelta(minutes=m) for at in offered for m in (1, -5, 5)]
    seconds = [at + timedelta(seconds=1) for at in list(offered)[:1]]
    left = [at for at in [*every, *neighbours] if at not in offered]
    return [*dice.sample(left, count), *seconds]


async def test_the_lead_time_and_the_horizon_hold_in_the_database_too(
    database: Database, owner_url: str, make_settings: Callable[..., Settings], database_url: str
) -> None:
    day = DAYS[2]
    made = await draw_town(owner_url, 7, [])
    town = Town(database, make_settings(database_url), made)
    wanted = [Wanted(made.services[0], 1)]
    morning = instant(day, 0, BERLIN) - timedelta(hours=12)
    (first, *_, last) = await town.engine.slots(made.office, wanted, day, day, morning)
    assert first.start < last.start
    for late in (first.start + timedelta(seconds=1), morning - timedelta(days=90)):
        with pytest.raises(SlotNotOffered):
            await town.hold(somebody(), wanted, first.start, late)
