"""A thousand people wait for this and that: every place goes down the line in the order of waiting."""

import random
from datetime import date, timedelta
from uuid import UUID, uuid4

import msgspec

from backend.clock import local_day
from backend.db import Principal
from backend.ids import new_id
from backend.waiting import service as waiting
from tests.support import town as towns
from tests.support.town import BERLIN, CITY
from tests.waiting.square import MONDAY, NOW, Square, with_

PEOPLE, DEEP = 1_000, 12


class Person(msgspec.Struct, frozen=True):
    """Whom the oracle knows; ``hours`` in whole hours."""

    entry: UUID
    person: UUID
    offices: tuple[UUID, ...] | None
    weekdays: tuple[int, ...]
    hours: tuple[int, int]
    first: date
    last: date
    persons: int

    def fits(self, place: towns.Place, minutes: int) -> bool:
        start = place.start.astimezone(BERLIN)
        ends = start + timedelta(minutes=minutes)
        return (
            self.persons == 1
            and (self.offices is None or place.office in self.offices)
            and start.isoweekday() in self.weekdays
            and self.first <= start.date() <= self.last
            and self.hours[0] <= start.hour
            and (ends.hour < self.hours[1] or (ends.hour, ends.minute) == (self.hours[1], 0))
        )


def anybody(chance: random.Random, offices: tuple[UUID, ...]) -> Person:
    first = MONDAY + timedelta(days=chance.randrange(4))
    begins = chance.randrange(7, 14)
    return Person(
        new_id(),
        uuid4(),
        chance.choice([None, (offices[0],), (offices[1],), offices]),
        tuple(sorted(chance.sample(range(1, 8), chance.randrange(2, 8)))),
        (begins, begins + chance.randrange(1, 9)),
        first,
        first + timedelta(days=chance.randrange(6)),
        chance.choice([1, 1, 1, 2]),
    )


async def join(square: Square, people: list[Person]) -> None:
    """In the order of the list, a second apart, though their ids say otherwise."""
    await square.root.executemany(
        """INSERT INTO waiting_entry (id, city_id, person_id, mode, services, service_ids, key_service_id, minutes,
             office_ids, weekdays, hours, first_day, last_day, short_notice, state, created_at, updated_at)
           VALUES ($1, $2, $3, 'none', jsonb_build_array(jsonb_build_object('service', $4::uuid, 'persons', $5::int)),
             ARRAY[$4::uuid], $4, $5 * 15, $6, $7, int4multirange(int4range($8, $9)), $10, $11, false, 'waiting',
             $12, $12)""",
        [
            (
                p.entry, CITY, p.person, square.town.service, p.persons, p.offices, p.weekdays, p.hours[0] * 60,
                p.hours[1] * 60, p.first, p.last, NOW - timedelta(days=7) + timedelta(seconds=number),
            )
            for number, p in enumerate(people)
        ],
    )  # fmt: skip


async def test_every_place_goes_down_the_line_in_the_order_of_waiting(square: Square) -> None:
    chance = random.Random(20261207)
    people = [anybody(chance, square.town.offices) for _ in range(PEOPLE)]
    await join(square, people)
    everything = list(towns.places(square.town, MONDAY + timedelta(days=1), 6, share_taken=1.0))
    await towns.take(square.root, square.town, everything)
    square.settings = with_(square.settings, waiting_offers_per_day=10_000)
    told: set[tuple[UUID, UUID, str]] = set()
    for place in chance.sample(everything, 15):
        await square.root.execute(
            "SELECT free_place($1, id) FROM place WHERE counter_id = $2 AND lower(during) = $3",
            square.now, place.counter, place.start,
        )  # fmt: skip
        await square.round()
        waited: list[Person] = []
        for _ in range(DEEP):
            rows = await square.rows("SELECT id, person_id, starts_at FROM waiting_offer WHERE state = 'open'")
            if not rows:
                break
            [row] = rows
            assert row["starts_at"] == place.start
            waited.append(next(p for p in people if p.person == row["person_id"]))
            async with square.database.transaction(Principal(person_id=row["person_id"])) as conn:
                await waiting.decline(conn, row["person_id"], row["id"], square.now)
            square.now += timedelta(seconds=1)
            await square.round()
        fitting = [p for p in people if p.fits(place, 15)]
        assert waited == fitting[:DEEP], local_day(place.start, BERLIN)
        told.update((p.person, place.office, place.start.isoformat()) for p in waited)
        await square.root.execute(
            "UPDATE waiting_offer SET state = 'declined', ended_at = made_at WHERE state = 'open'"
        )
    assert len(told) > 80, "most of the places have fitted some"
