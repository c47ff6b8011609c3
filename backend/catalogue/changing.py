"""Changes that clerks make to what is open: a counter's weekly hours, closures. Each first tells whom it would strand.

All of it runs in the caller's transaction. A real change takes the offices' locks exclusively before it looks: no hold
or booking is half-way, and none can come between the look and the change. A dry run takes no lock and changes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from backend.catalogue import queries
from backend.catalogue.comparison import hours_text
from backend.catalogue.document import Weekly
from backend.catalogue.errors import AppointmentsStranded, CounterNotFound, HoursChanged
from backend.catalogue.model import Actor, Closure, Counter, OfficeRules, OpeningHours
from backend.catalogue.planning import weekly
from backend.catalogue.stranding import Stranded, stranded
from backend.db import Connection


class Manner(Struct, frozen=True):
    """How a change is asked for: by whom, when, only to see, or even if appointments are stranded."""

    actor: Actor
    now: datetime
    dry_run: bool = False
    accept_stranded: bool = False


class CounterHours(Struct, frozen=True):
    """A counter's weekly rules as they are. ``tag`` is the same exactly as long as they say the same."""

    counter: Counter
    zone: str
    hours: tuple[OpeningHours, ...]
    tag: str


async def find_hours(conn: Connection, counter: Counter) -> CounterHours:
    """Raises CounterNotFound for a retired one."""
    rules = await queries.load_office_rules(conn, counter.office_id)
    return _hours_of(rules, counter)


async def change_hours(
    conn: Connection, counter: Counter, wanted: Sequence[Weekly], manner: Manner, expected_tag: str | None = None
) -> tuple[CounterHours, list[Stranded]]:
    """The counter's hours as they are then, and who is stranded. Rules that stay the same keep their rows.

    Raises HoursChanged where they are not those of ``expected_tag``, AppointmentsStranded unless that is accepted.
    """
    rules = await _begin(conn, [counter.office_id], manner)
    current = _hours_of(rules.get(counter.office_id), counter)
    if expected_tag is not None and expected_tag != current.tag:
        raise HoursChanged(current=[hours_text(row) for row in current.hours])
    known = {_value(row): row for row in current.hours}
    rows = tuple(known.get(_value(row), row) for row in (weekly(counter, rule) for rule in wanted))
    after = replace(current, hours=_sorted(rows), tag=tag_of(rows))
    found = await _judge(conn, rules, lambda r: _with_hours(r, counter.id, rows), manner)
    if manner.dry_run or after.tag == current.tag:
        return (after if manner.dry_run else current), found
    for row in current.hours:
        if row not in rows:
            await queries.remove_hours(conn, row.id)
    for row in rows:
        if row not in current.hours:
            await queries.add_hours(conn, row)
    detail = {"before": [hours_text(h) for h in current.hours], "after": [hours_text(h) for h in after.hours]}
    await _record(conn, counter.city_id, manner, "hours.change", "counter", counter.id, detail, found)
    await _publish(conn, rules.values(), manner.now, date.min, date.max)
    return after, found


async def add_closure(conn: Connection, closure: Closure, manner: Manner) -> list[Stranded]:
    """Who is stranded by it. Raises AppointmentsStranded unless that is accepted."""
    rules = await _begin(conn, await _concerned(conn, closure), manner)
    found = await _judge(conn, rules, lambda r: replace(r, closures=(*r.closures, closure)), manner)
    if not manner.dry_run:
        await queries.add_closure(conn, closure)
        await _record(conn, closure.city_id, manner, "closure.add", "closure", closure.id, _told(closure), found)
        await _publish(conn, rules.values(), manner.now, closure.starts_at.date(), closure.ends_at.date())
    return found


async def remove_closure(conn: Connection, closure: Closure, manner: Manner) -> None:
    """What it closed is open again; this strands nobody."""
    rules = await _begin(conn, await _concerned(conn, closure), manner)
    if not manner.dry_run and await queries.remove_closure(conn, closure.id):
        await _record(conn, closure.city_id, manner, "closure.remove", "closure", closure.id, _told(closure), [])
        await _publish(conn, rules.values(), manner.now, closure.starts_at.date(), closure.ends_at.date())


def tag_of(hours: Iterable[OpeningHours]) -> str:
    """The same text for rules that say the same, in whatever order and under whatever ids."""
    return msgspec.json.encode(sorted(map(_value, hours))).decode()


async def _concerned(conn: Connection, closure: Closure) -> list[UUID]:
    if closure.office_id is not None:
        return [closure.office_id]
    return await queries.list_office_ids(conn, closure.city_id)


async def _begin(conn: Connection, office_ids: Sequence[UUID], manner: Manner) -> dict[UUID, OfficeRules]:
    if not manner.dry_run:
        await queries.lock_offices(conn, office_ids)
    found = {office_id: await queries.load_office_rules(conn, office_id) for office_id in sorted(office_ids)}
    return {office_id: rules for office_id, rules in found.items() if rules is not None}


async def _judge(
    conn: Connection, before: dict[UUID, OfficeRules], change: Callable[[OfficeRules], OfficeRules], manner: Manner
) -> list[Stranded]:
    live = await queries.list_live_appointments(conn, list(before), manner.now)
    found = stranded(before, {office_id: change(rules) for office_id, rules in before.items()}, live)
    if found and not manner.dry_run and not manner.accept_stranded:
        raise AppointmentsStranded(found)
    return found


async def _record(
    conn: Connection, city_id: str, manner: Manner, action: str, entity: str, entity_id: UUID,
    detail: dict[str, Any], found: Sequence[Stranded],
) -> None:  # fmt: skip
    if found:
        detail = {**detail, "stranded": [str(one.appointment.id) for one in found]}
    await queries.add_audit_entry(
        conn, manner.actor, manner.now, action,
        city_id=city_id, entity=entity, entity_id=str(entity_id), detail=detail,
    )  # fmt: skip


async def _publish(conn: Connection, offices: Iterable[OfficeRules], now: datetime, first: date, last: date) -> None:
    """New versions, last in the transaction: of the rules, then of those days from ``first`` to ``last`` on offer."""
    ordered = sorted(offices, key=lambda rules: rules.office.id)
    for rules in ordered:
        await queries.bump_rules(conn, rules.office.id)
    for rules in ordered:
        today = now.astimezone(rules.zone).date()
        begin = max(today, first - timedelta(days=1)) if first > date.min else today
        end = min(today + timedelta(days=rules.office.horizon_days + 1), last)
        await queries.bump_days(conn, rules.office.id, begin, end + timedelta(days=1))


def _hours_of(rules: OfficeRules | None, counter: Counter) -> CounterHours:
    found = next((c for c in rules.counters if c.id == counter.id), None) if rules else None
    if rules is None or found is None:
        raise CounterNotFound
    return CounterHours(counter, rules.office.zone, _sorted(found.hours), tag_of(found.hours))


def _with_hours(rules: OfficeRules, counter_id: UUID, hours: tuple[OpeningHours, ...]) -> OfficeRules:
    counters = (replace(c, hours=hours) if c.id == counter_id else c for c in rules.counters)
    return replace(rules, counters=tuple(counters))


def _sorted(hours: Iterable[OpeningHours]) -> tuple[OpeningHours, ...]:
    return tuple(sorted(hours, key=_value))


def _value(hours: OpeningHours) -> tuple[int, int, int, str, str, int, str]:
    return (
        hours.weekday, hours.opens_minute, hours.closes_minute, str(hours.valid_from or ""),
        str(hours.valid_until or ""), hours.every_weeks, str(hours.anchor or ""),
    )  # fmt: skip


def _told(closure: Closure) -> dict[str, Any]:
    return {
        "office": str(closure.office_id) if closure.office_id else None,
        "counter": str(closure.counter_id) if closure.counter_id else None,
        "starts_at": closure.starts_at.isoformat(),
        "ends_at": closure.ends_at.isoformat(),
    }
