"""The offices that a process remembers, brought up to date before each use: rules, day versions, places."""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.availability import queries
from backend.availability.free_days import FreeDays
from backend.availability.model import Stamp
from backend.availability.office import OfficeState
from backend.availability.versions import Versions
from backend.catalogue.errors import OfficeNotFound
from backend.catalogue.model import OfficeRules
from backend.catalogue.queries import load_office_rules
from backend.clock import day_bounds
from backend.db import Database

_LONG_AGO = date(2000, 1, 1)
"""A day without places, where the rules alone are asked for."""


class Offices:
    """One per engine."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions = Versions(database)
        self._offices: dict[UUID, OfficeState] = {}
        self._free = FreeDays()

    def rules(self, office_id: UUID) -> OfficeRules:
        """What is remembered now; LookupError if nothing is."""
        return self._offices[office_id].rules

    def forget(self, office_id: UUID) -> None:
        """The next use loads the rules again."""
        self._offices.pop(office_id, None)

    async def stamp(self, office_id: UUID, first: date, last: date) -> Stamp:
        """What answers for these days depend on at this moment; raises OfficeNotFound."""
        stamp = await self.present(office_id, first, last)
        if stamp is None:
            raise OfficeNotFound
        return stamp

    def present(self, office_id: UUID, first: date, last: date) -> Awaitable[Stamp | None]:
        """The same, with None where there is no such office."""
        return self._versions.stamp((office_id, first, last))

    async def state(self, office_id: UUID) -> OfficeState:
        """What is remembered, perhaps outdated, loaded if nothing is; raises OfficeNotFound."""
        known = self._offices.get(office_id)
        return known if known is not None else await self._load(office_id)

    async def _load(self, office_id: UUID) -> OfficeState:
        async with self._database.connection() as conn:
            rules = await load_office_rules(conn, office_id)
        if rules is None:
            raise OfficeNotFound
        known = self._offices.get(office_id)
        if known is None or known.rules.version < rules.version:
            known = self._offices[office_id] = OfficeState(rules, self._free)
        return known

    async def renewed(self, state: OfficeState) -> OfficeState | None:
        """The office's state under the rules that hold now; None where ``state`` is of them."""
        office_id = state.rules.office.id
        if (await self.stamp(office_id, _LONG_AGO, _LONG_AGO)).rules_version == state.rules.version:
            return None
        self.forget(office_id)
        return await self.state(office_id)

    async def fresh(self, office_id: UUID, first: date, last: date) -> tuple[Stamp, OfficeState]:
        """The office's state under the rules and with the day versions that hold now."""
        stamp = await self.stamp(office_id, first, last)
        state = await self.state(office_id)
        if state.rules.version != stamp.rules_version:
            self.forget(office_id)
            state = await self.state(office_id)
        await self._see([(stamp, state)], first, last)
        return stamp, state

    async def all_fresh(self, offices: Sequence[UUID], now: datetime) -> list[OfficeState]:
        """``fresh`` for every day that may be asked for, of many offices at once; unknown ones are left out."""
        pairs: list[tuple[Stamp, OfficeState]] = []
        today = now.date() - timedelta(days=1)
        end = today + timedelta(days=368)
        for stamp in await self._versions.stamps([(office, today, end) for office in offices]):
            if stamp is None:
                continue
            state = await self.state(stamp.office_id)
            if state.rules.version != stamp.rules_version:
                self.forget(stamp.office_id)
                state = await self.state(stamp.office_id)
            pairs.append((stamp, state))
        await self._see(pairs, today, end)
        return [state for _, state in pairs]

    async def _see(self, pairs: list[tuple[Stamp, OfficeState]], first: date, last: date) -> None:
        """Reads the day versions of those offices whose stamp says that they changed."""
        changed = [(stamp, state) for stamp, state in pairs if state.seen.get((first, last)) != stamp.places_version]
        if not changed:
            return
        async with self._database.connection() as conn:
            versions = await queries.list_day_versions(conn, [stamp.office_id for stamp, _ in changed], first, last)
        states = {stamp.office_id: state for stamp, state in changed}
        for version in versions:
            states[version.office_id].see(version.day, version.version)
        for stamp, state in changed:
            state.remember_stamp(first, last, stamp.places_version)

    async def learn(self, states: Sequence[OfficeState], days: Sequence[date]) -> None:
        """Reads what is taken on the days that some of these offices do not know."""
        lacking = [(state, missing) for state in states if (missing := state.missing(days))]
        if not lacking:
            return
        every = sorted({day for _, missing in lacking for day in missing})
        bounds = [day_bounds(day, state.zone) for state, _ in lacking for day in (every[0], every[-1])]
        since, until = min(b[0] for b in bounds) - timedelta(days=1), max(b[1] for b in bounds)
        versions = [(state, {day: state.version_of(day) for day in every}) for state, _ in lacking]
        async with self._database.connection() as conn:
            places = await queries.list_taken(conn, [state.rules.office.id for state, _ in lacking], since, until)
        by_office = {state.rules.office.id: list[queries.TakenPlace]() for state, _ in lacking}
        for place in places:
            by_office[place.office_id].append(place)
        for state, known in versions:
            state.learn(known, by_office[state.rules.office.id])
