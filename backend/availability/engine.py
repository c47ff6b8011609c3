"""The engine behind days, slots, the earliest place anywhere, and holding: what it shows can be held, and nothing else.

One per process and event loop. It keeps what it computed, and asks the database at each request whether that still
holds (``versions``); so a change is seen the moment it is committed, in every process.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from backend.availability import queries
from backend.availability import rules as arithmetic
from backend.availability.errors import ServiceNotOffered, SlotNotOffered
from backend.availability.free_days import FreeDay
from backend.availability.model import DayFree, OwnHold, Plan, Slot, Stamp, Wanted
from backend.availability.office import OfficeState
from backend.availability.offices import Offices
from backend.availability.places import Point, distance
from backend.availability.visits import Visit
from backend.catalogue.model import Office, OfficeRules
from backend.clock import day_bounds, local_day
from backend.db import Database, Principal
from backend.errors import FieldError, InvalidInput
from backend.settings import Settings

Order = Callable[[Slot], tuple[datetime, float, UUID]]


class Reading(Struct, frozen=True):
    """A range of days of one office for one visit. ``until``: the epoch second at which it may change by the clock."""

    stamp: Stamp
    state: OfficeState
    visit: Visit
    days: tuple[tuple[date, FreeDay], ...]
    until: float


class Engine:
    """See the module."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._known = Offices(database)

    async def rules(self, office_id: UUID) -> OfficeRules:
        """The office's rules as this process knows them, perhaps outdated; raises OfficeNotFound."""
        return (await self._known.state(office_id)).rules

    def known_rules(self, office_id: UUID) -> OfficeRules:
        """The rules that ``rules`` or ``plan_hold`` has just worked with; LookupError for an office never asked for."""
        return self._known.rules(office_id)

    def forget(self, office_id: UUID) -> None:
        """Drops what is remembered of an office, because its rules turned out to have changed."""
        self._known.forget(office_id)

    async def plan_hold(
        self, office_id: UUID, wanted: Sequence[Wanted], start: datetime, now: datetime, *, staff: bool = False
    ) -> Plan:
        """How a visit at ``start`` would lie, by the rules this process knows; the database checks their version.

        ``staff``: any minute inside the opening hours, staff-only counters too, without lead time and horizon, as
        long as the visit is not over yet. Raises OfficeNotFound, InvalidInput, ServiceNotOffered and SlotNotOffered.
        """
        state = await self._known.state(office_id)
        try:
            return self._plan(state, wanted, start, now, staff=staff)
        except (InvalidInput, ServiceNotOffered, SlotNotOffered):
            # Nobody checks a "no": it must not come from what was remembered before the office opened for longer.
            renewed = await self._known.renewed(state)
            if renewed is None:
                raise
            return self._plan(renewed, wanted, start, now, staff=staff)

    def _plan(
        self, state: OfficeState, wanted: Sequence[Wanted], start: datetime, now: datetime, *, staff: bool
    ) -> Plan:
        rules, office = state.rules, state.rules.office
        asked = state.visit(wanted, staff=staff, max_services=self._settings.max_services_per_appointment)
        if not asked.counters:
            raise ServiceNotOffered
        seconds, day = int(start.timestamp()), local_day(start, state.zone)
        open_at: tuple[UUID, ...] = ()
        if staff and (start.microsecond or seconds + asked.seconds <= now.timestamp()):
            raise SlotNotOffered
        if staff:
            open_at = tuple(
                c.id
                for c in asked.counters
                if arithmetic.fits_any_minute(state.openings(c, day), seconds, asked.seconds)
            )
        elif (
            seconds >= arithmetic.first_start(office, now.timestamp())
            and day <= arithmetic.last_day(office, state.zone, now)
            and start.microsecond == 0
        ):
            open_at = state.open_at(asked, day, seconds, arithmetic.step_seconds(office, asked.seconds))
        if not open_at:
            raise SlotNotOffered
        end = start + timedelta(minutes=asked.minutes)
        return Plan(
            office_id=office.id,
            city_id=office.city_id,
            zone=state.zone,
            rules_version=rules.version,
            reference_prefix=rules.city.reference_prefix,
            start=start,
            end=end,
            until=end + timedelta(minutes=office.buffer_minutes),
            buffer_minutes=office.buffer_minutes,
            counters=open_at,
            confirmation=asked.confirmation,
            services=asked.services,
            service_ids=asked.service_ids,
        )

    async def read(
        self,
        office_id: UUID,
        wanted: Sequence[Wanted],
        first: date,
        last: date,
        now: datetime,
        *,
        staff: bool = False,
        own: OwnHold | None = None,
    ) -> Reading:
        """The free starts of each bookable day from ``first`` to ``last``; ``own`` does not count as taken."""
        self._check_range(first, last)
        stamp, state = await self._known.fresh(office_id, first, last)
        asked = state.visit(wanted, staff=staff, max_services=self._settings.max_services_per_appointment)
        if not asked.counters:
            raise ServiceNotOffered
        days = self._bookable(state, first, last, now)
        await self._known.learn([state], days)
        without = own.id if own is not None and own.office_id == office_id else None
        found = tuple((day, state.free_day(asked, day, now.timestamp(), without=without)) for day in days)
        turn = arithmetic.next_turn(state.rules.office, state.zone, now)
        return Reading(stamp, state, asked, found, min([turn, *(free.valid_until for _, free in found)]))

    def stamp(self, office_id: UUID, first: date, last: date) -> Awaitable[Stamp | None]:
        """What ``read`` of the same range would depend on; None: there is no such office. The cheap question behind
        remembered answers."""
        return self._known.present(office_id, first, last)

    async def days(
        self, office_id: UUID, wanted: Sequence[Wanted], first: date, last: date, now: datetime
    ) -> list[DayFree]:
        """Free places per day, zero included; days outside the horizon have none."""
        reading = await self.read(office_id, wanted, first, last, now)
        counts = {day: free.free for day, free in reading.days}
        return [DayFree(day, counts.get(day, 0)) for day in _days(first, last)]

    async def slots(
        self,
        office_id: UUID,
        wanted: Sequence[Wanted],
        first: date,
        last: date,
        now: datetime,
        *,
        own: OwnHold | None = None,
    ) -> list[Slot]:
        """Every start that can be held at this moment, in order."""
        return _slots(await self.read(office_id, wanted, first, last, now, own=own))

    async def alternatives(
        self, office_id: UUID, wanted: Sequence[Wanted], near: datetime, now: datetime, *, limit: int = 3
    ) -> list[Slot]:
        """The free starts of the office that lie nearest to ``near``, in order of time."""
        state = await self._known.state(office_id)
        middle, found = local_day(near, state.zone), list[Slot]()
        for reach in (0, 3, 14):
            found = await self.slots(
                office_id, wanted, middle - timedelta(days=reach), middle + timedelta(days=reach), now
            )
            if len(found) >= limit:
                break
        nearest = sorted(found, key=lambda slot: (abs(slot.start - near), slot.start))[:limit]
        return sorted(nearest, key=lambda slot: slot.start)

    async def earliest(
        self,
        city_id: str,
        wanted: Sequence[Wanted],
        now: datetime,
        *,
        first: date | None = None,
        limit: int = 5,
        near: Point | None = None,
    ) -> list[Slot]:
        """The first free starts of a city, whatever the office; offices that do not serve the visit are passed over.
        None of them lies before the local day ``first``. Of those at the same time the nearest to ``near`` come first.

        Raises InvalidInput if no office of the city knows the services as they are wanted.
        """
        async with self._database.connection() as conn:
            offices = await queries.list_offices(conn, city_id)
        states = await self._known.all_fresh(offices, now)
        asked: list[tuple[OfficeState, Visit]] = []
        for state in states:
            served = state.visit(wanted, staff=False, max_services=self._settings.max_services_per_appointment)
            if served.counters:
                asked.append((state, served))
        order = _order([state.rules.office for state, _ in asked], near)
        return await self._first_of(asked, now, first or date.min, limit, order)

    async def next_for_staff(self, office_id: UUID, wanted: Sequence[Wanted], now: datetime) -> datetime | None:
        """The next minute of today at which a walk-in fits at any counter that serves it; None: not today."""
        state = await self._known.state(office_id)
        today = local_day(now, state.zone)
        _, state = await self._known.fresh(office_id, today, today)
        asked = state.visit(wanted, staff=True, max_services=self._settings.max_services_per_appointment)
        await self._known.learn([state], [today])
        begin = int(-(-now.timestamp() // 60) * 60)
        length = asked.seconds + state.rules.office.buffer_minutes * 60
        fitting: list[int] = []
        for counter in asked.counters:
            places = state.days[today].by_counter.get(counter.id, [])
            taken = [(p.starts, p.ends) for p in places if p.hold_until is None or p.hold_until > now.timestamp()]
            for opens, closes in state.openings(counter, today):
                fitting += arithmetic.free_starts([(max(opens, begin), closes)], taken, length, asked.seconds, 60)[:1]
        return state.utc(min(fitting)) if fitting else None

    async def own_hold(self, person_id: UUID, now: datetime) -> OwnHold | None:
        """The person's live hold, which must not hide its slot from them."""
        async with self._database.transaction(Principal(person_id=person_id)) as conn:
            return await queries.find_own_hold(conn, person_id, now)

    async def _first_of(
        self, asked: list[tuple[OfficeState, Visit]], now: datetime, not_before: date, limit: int, order: Order
    ) -> list[Slot]:
        """Walks the calendar in growing strides until ``limit`` starts are found."""
        if not asked:
            return []
        today = min(local_day(now, state.zone) for state, _ in asked)
        end = max(arithmetic.last_day(state.rules.office, state.zone, now) for state, _ in asked)
        zones = {state.zone for state, _ in asked}
        found: list[Slot] = []
        first, stride = max(today, not_before), 1
        while first <= end and (len(found) < limit or _begins_before(first, zones, found[limit - 1].start)):
            last = min(end, first + timedelta(days=stride - 1))
            for state, served in asked:
                days = self._bookable(state, first, last, now)
                await self._learn_if_needed(asked, state, days, first, last)
                for day in days:
                    free = state.free_day(served, day, now.timestamp())
                    found += [_slot(state, served, start, count) for start, count in free.starts[:limit]]
            found.sort(key=order)
            first, stride = last + timedelta(days=1), min(stride * 2, 14)
        return found[:limit]

    async def _learn_if_needed(
        self, asked: list[tuple[OfficeState, Visit]], state: OfficeState, days: list[date], first: date, last: date
    ) -> None:
        """If this office's days are not known, learns them for every office at once: one query for the whole stride."""
        if state.missing(days):
            await self._known.learn([other for other, _ in asked], _days(first, last))

    def _bookable(self, state: OfficeState, first: date, last: date, now: datetime) -> list[date]:
        today = local_day(now, state.zone)
        return _days(max(first, today), min(last, arithmetic.last_day(state.rules.office, state.zone, now)))

    def _check_range(self, first: date, last: date) -> None:
        if last < first:
            raise InvalidInput([FieldError("to", "before-from", "The range ends before it begins")])
        if (last - first).days >= self._settings.availability_max_days:
            text = f"At most {self._settings.availability_max_days} days can be asked for at once"
            raise InvalidInput([FieldError("to", "too-far", text)])


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _begins_before(day: date, zones: Iterable[ZoneInfo], at: datetime) -> bool:
    """Whether clocks show ``day`` somewhere before ``at``: among several zones a day comes to some of them earlier."""
    return any(day_bounds(day, zone)[0] < at for zone in zones)


def _order(offices: Iterable[Office], near: Point | None) -> Order:
    metres = {office.id: None if near is None else distance(near, office) for office in offices}

    def order(slot: Slot) -> tuple[datetime, float, UUID]:
        away = metres[slot.office]
        return slot.start, float("inf") if away is None else away, slot.office

    return order


def _slot(state: OfficeState, asked: Visit, start: int, free: int) -> Slot:
    return Slot(state.rules.office.id, state.utc(start), state.utc(start + asked.seconds), free)


def _slots(reading: Reading) -> list[Slot]:
    return [_slot(reading.state, reading.visit, start, free) for _, day in reading.days for start, free in day.starts]
