"""A square with a small office, people who book there and people who wait, all at a time of the test's choosing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from backend.appointments import service as appointments
from backend.appointments.booking import RecentHolds
from backend.appointments.errors import SlotTaken
from backend.appointments.hot_calls import HotCalls
from backend.appointments.model import Actor, Answer, Appointment, Details, Guest, Hold, IdempotencyClaim
from backend.availability.engine import Engine
from backend.availability.model import Wanted
from backend.clock import instant, local_day, system_now
from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.settings import Settings
from backend.waiting import service as waiting
from backend.waiting.matching import hand_on
from backend.waiting.model import Entry, Mode, Offer, Wish
from backend.waiting.wishes import plan_wish
from tests.support.town import BERLIN, CITY, Town


def _monday() -> date:
    """One soon, of weeks in which no clock is changed. By its own clock the database leaves out closures that were over
    long ago, so that a date written down here would be good for some weeks alone."""
    day = system_now().date() + timedelta(days=8)
    day += timedelta(days=-day.weekday() % 7)
    while _noon(day).utcoffset() != _noon(day + timedelta(days=21)).utcoffset():
        day += timedelta(days=7)
    return day


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BERLIN)


MONDAY = _monday()
NOW = instant(MONDAY, 9 * 60, BERLIN)


def at(wall: str, days: int = 1) -> datetime:
    """ "10:30" on the day that many after Monday."""
    hours, minutes = wall.split(":")
    return instant(MONDAY + timedelta(days=days), int(hours) * 60 + int(minutes), BERLIN)


class Square:
    """What tests do there. ``now`` is theirs to move."""

    def __init__(
        self, root: "asyncpg.Connection[asyncpg.Record]", database: Database, settings: Settings, town: Town
    ) -> None:
        self.root, self.database, self.settings, self.town = root, database, settings, town
        self.engine, self.now = Engine(database, settings), NOW

    @property
    def office(self) -> UUID:
        return self.town.offices[0]

    def forget(self) -> None:
        """As another process that begins now."""
        self.engine = Engine(self.database, self.settings)

    async def hold(
        self, start: datetime, person: UUID | None = None, persons: int = 1, office: UUID | None = None
    ) -> Hold:
        """Raises what ``service.hold`` raises."""
        made: list[Hold] = []

        def keep(one: Hold) -> Answer:
            made.append(one)
            return Answer(201, {}, b"{}")

        guest = Guest(person_id=person or uuid4())
        await appointments.hold(
            HotCalls(self.database), self.engine, self.settings, RecentHolds(), guest, office or self.office,
            [Wanted(self.town.service, persons)], start, self.now, _claim(), keep,
        )  # fmt: skip
        return made[-1]

    async def book(
        self, start: datetime, person: UUID | None = None, persons: int = 1, office: UUID | None = None
    ) -> Appointment:
        made: list[Appointment] = []

        def keep(one: Appointment) -> Answer:
            made.append(one)
            return Answer(201, {}, b"{}")

        held = await self.hold(start, person, persons, office)
        await appointments.book(
            HotCalls(self.database), self.engine, self.settings, RecentHolds(), Guest(person_id=held.person_id),
            held.id, Details(name="Erika Mustermann"), self.now, _claim(), keep,
        )  # fmt: skip
        return made[-1]

    async def cancel(self, booked: Appointment, by: Actor | None = None) -> Appointment:
        principal = Principal(person_id=booked.person_id) if by is None else SYSTEM
        actor = by or Actor("person", booked.person_id)
        async with self.database.transaction(principal) as conn:
            return await appointments.change(conn, principal, booked.id, "cancel", actor, self.now)

    async def wait(self, person: UUID | None = None, mode: Mode = "none", persons: int = 1, **wish: Any) -> Entry:
        """In line, a minute after whoever came before."""
        guest = Guest(person_id=person or uuid4())
        asked = Wish(city_id=CITY, mode=mode, services=(Wanted(self.town.service, persons),), **wish)
        planned = await plan_wish(self.database, self.engine, self.settings, guest.person_id, asked, self.now)
        async with self.database.transaction(Principal(person_id=guest.person_id)) as conn:
            joined = await waiting.join(conn, self.settings, guest, planned, self.now)
        self.now += timedelta(seconds=1)
        return joined

    async def leave(self, entry: Entry) -> None:
        async with self.database.transaction(Principal(person_id=entry.person_id)) as conn:
            await waiting.withdraw(conn, entry.person_id, entry.id, self.now)

    async def round(self) -> int:
        """The matcher's look, as often as there is something to decide at this moment."""
        decided = 0
        while found := await hand_on(self.database, self.engine, self.settings, self.now):
            decided += found
        return decided

    async def look(self, entry: Entry) -> Entry:
        async with self.database.transaction(Principal(person_id=entry.person_id)) as conn:
            return await waiting.find(conn, entry.person_id, entry.id, self.now)

    async def offer_to(self, entry: Entry) -> Offer | None:
        """The open offer of the entry."""
        found = (await self.look(entry)).offer_id
        if found is None:
            return None
        async with self.database.transaction(Principal(person_id=entry.person_id)) as conn:
            return await waiting.find_offer(conn, entry.person_id, found)

    async def accept(self, offer: Offer, details: Details | None = None) -> Appointment:
        named = details or Details(name="Wartende Person")
        offered, plan = await waiting.plan_acceptance(
            self.database, self.engine, offer.person_id, offer.id, named, self.now
        )
        guest = Guest(person_id=offer.person_id)
        async with self.database.transaction(Principal(person_id=offer.person_id)) as conn:
            return await waiting.accept(conn, self.engine, self.settings, guest, offered, plan, named, self.now)

    async def decline(self, offer: Offer) -> Offer:
        async with self.database.transaction(Principal(person_id=offer.person_id)) as conn:
            return await waiting.decline(conn, offer.person_id, offer.id, self.now)

    async def shown(self, start: datetime, persons: int = 1) -> bool:
        """Whether availability offers the start to everyone."""
        day = local_day(start, BERLIN)
        wanted = [Wanted(self.town.service, persons)]
        slots = await self.engine.slots(self.office, wanted, day, day, self.now)
        return start in [slot.start for slot in slots]

    async def free(self, start: datetime) -> bool:
        """Whether a stranger can have it, tried out and let go; what is shown must agree."""
        shown = await self.shown(start)
        try:
            held = await self.hold(start)
        except SlotTaken:
            assert not shown, "shown, but not to be had"
            return False
        assert shown, "to be had, but not shown"
        async with self.database.transaction(Principal(person_id=held.person_id)) as conn:
            await appointments.release(conn, held.person_id, held.id)
        return True

    async def rows(self, sql: str, *args: Any) -> Sequence[asyncpg.Record]:
        return await self.root.fetch(sql, *args)

    async def add_closure(self, first: datetime, last: datetime) -> None:
        """The office closes; whoever is stranded is not asked."""
        await self.root.execute(
            """WITH c AS (INSERT INTO closure (id, city_id, office_id, starts_at, ends_at, created_by)
                          VALUES ($1, $2, $3, $4, $5, 'test'))
               UPDATE office SET rules_version = rules_version + 1 WHERE id = $3""",
            uuid4(), CITY, self.office, first.astimezone(UTC), last.astimezone(UTC),
        )  # fmt: skip


def with_(settings: Settings, **changes: Any) -> Settings:
    return msgspec.structs.replace(settings, **changes)


def _claim() -> IdempotencyClaim:
    return IdempotencyClaim("test", str(uuid4()), b"")
