"""The matcher: hands freed places to those who wait. Any number of processes may run it; one at a time in a city."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.availability.engine import Engine
from backend.catalogue.model import CounterRules, OfficeRules
from backend.clock import day_bounds, local_day
from backend.db import Connection, Database
from backend.db.pool import SYSTEM
from backend.settings import Settings
from backend.waiting import queries, rules, standing
from backend.waiting.model import DuePlace, LockedPlace, Match, Search
from backend.waiting.rules import Room

_AT_ONCE = 200
_FIRST = (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), UUID(int=0))


class _AgainError(Exception):
    """What was just read is no longer so: nothing has happened, the next round does it."""


async def hand_on(database: Database, engine: Engine, settings: Settings, now: datetime, *, limit: int = 100) -> int:
    """One round: ends offers that ran out, takes back those whose place the office has no more, and offers every place
    that is due to the next in line, or to everyone.

    Answers how many places it decided. Each is a transaction of its own: one that fails or is another process's is
    left for the next round.
    """
    decided, failures = 0, list[Exception]()
    for offer in await standing.list_doubtful(database, engine, now, limit):
        try:
            await standing.judge(database, engine, offer, now)
        except Exception as failure:  # noqa: BLE001 - one offer must not hold up the others; told below
            failures.append(failure)
    async with database.connection() as conn:
        due = await queries.list_due_places(conn, now, limit)
    for place in due:
        try:
            known = await engine.rules(place.office_id)
            async with database.transaction(SYSTEM) as conn:
                decided += await _decide(conn, known, settings, place, now)
        except _AgainError:
            engine.forget(place.office_id)
        except Exception as failure:  # noqa: BLE001 - one place must not hold up the others; told below
            failures.append(failure)
    if failures:
        raise failures[0]
    return decided


async def _decide(conn: Connection, known: OfficeRules, settings: Settings, place: DuePlace, now: datetime) -> bool:
    """Offers, postpones or frees the place; False when it is not ours to decide at this moment."""
    locked = await queries.lock_waiting_place(conn, place, now)
    if locked is None:
        return False
    if locked.rules_version != known.version:
        raise _AgainError
    as_of = rules.tell_at(now, known.zone, settings.waiting_quiet_from_hour, settings.waiting_quiet_until_hour)
    counter = next((one for one in known.counters if one.id == place.counter_id), None)
    found = [] if counter is None else await _matches(conn, known, counter, settings, place, locked, as_of)
    if found and await _close_barred(conn, known, settings, found, now):
        return True  # and the next round walks the line without them
    if found and as_of > now:
        await queries.postpone_place(conn, place, as_of)
        return True
    await queries.release_place(conn, place.id)
    for match in found:
        await _offer(conn, known, settings, place, match, now)
    await queries.bump_day(conn, place.office_id, locked.freed_from)
    return True


async def _close_barred(
    conn: Connection, known: OfficeRules, settings: Settings, found: list[Match], now: datetime
) -> int:
    """Ends the entries of those who have come to as many appointments as they may have, other than by booking: two
    people have become one, or the city allows fewer. Offered the place, they could not accept it."""
    usual = settings.max_live_appointments_per_service
    limits = {one.id: one.most_live(usual) for one in known.services.values()}
    return await queries.close_barred(conn, [one.entry_id for one in found], list(limits), list(limits.values()), now)


async def _matches(
    conn: Connection,
    known: OfficeRules,
    counter: CounterRules,
    settings: Settings,
    place: DuePlace,
    locked: LockedPlace,
    as_of: datetime,
) -> list[Match]:
    """Reads the line in pieces, until all of the freed time is given away or the line ends."""
    freed, free = (locked.freed_from, locked.freed_until), (locked.room_from, locked.room_until)
    room = Room(known, counter, _range(*freed), _range(*free), as_of)
    share = rules.Share(room, settings.max_services_per_appointment)
    search = _search(known, counter, settings, freed, as_of)
    after = _FIRST
    while share.minutes:
        piece = await queries.list_candidates(
            conn, place, msgspec.structs.replace(search, minutes=share.minutes), after, _AT_ONCE
        )
        share.give(piece)
        if len(piece) < _AT_ONCE:
            break
        after = (piece[-1].created_at, piece[-1].id)
    return share.found


def _search(
    known: OfficeRules,
    counter: CounterRules,
    settings: Settings,
    freed: tuple[datetime, datetime],
    as_of: datetime,
) -> Search:
    begins = freed[0].astimezone(known.zone)
    opens = begins.hour * 60 + begins.minute
    return Search(
        services=list(counter.service_ids),
        day=begins.date(),
        minutes=0,
        freed_from=freed[0],
        freed_until=freed[1],
        opens=max(0, opens - known.office.buffer_minutes),
        closes=opens + int((freed[1] - freed[0]).total_seconds() // 60),
        short_only=freed[1] <= as_of + timedelta(seconds=rules.NOTICE_SECONDS),
        offers_per_day=settings.waiting_offers_per_day,
        day_begins=day_bounds(local_day(as_of, ZoneInfo(known.city.zone)), ZoneInfo(known.city.zone))[0],
    )


async def _offer(
    conn: Connection, known: OfficeRules, settings: Settings, place: DuePlace, match: Match, now: datetime
) -> None:
    starts, ends = datetime.fromtimestamp(match.start, known.zone), datetime.fromtimestamp(match.end, known.zone)
    made = await queries.make_offer(
        conn,
        place,
        match.entry_id,
        now,
        starts=starts,
        ends=ends,
        place_ends=ends + timedelta(minutes=known.office.buffer_minutes),
        until=min(now + timedelta(seconds=settings.waiting_offer_seconds), starts),
    )
    if not made:
        raise _AgainError


def _range(first: datetime, last: datetime) -> tuple[int, int]:
    return int(first.timestamp()), int(last.timestamp())
