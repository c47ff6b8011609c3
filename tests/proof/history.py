"""What clients asked and were answered while processes died, and the judge that compares it with the database.

An operation ends ``ok`` (2xx), ``refused`` (4xx: certainly nothing happened) or ``unknown`` (no answer, 5xx: it may
have happened). The judge knows only what was promised: an ``ok`` binds, an ``unknown`` binds nothing.
"""

import itertools
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

Kind = Literal["hold", "book", "cancel", "reschedule"]
Outcome = Literal["ok", "refused", "unknown"]


class Operation(msgspec.Struct, frozen=True):
    """One request of one client with its last answer; ``key`` is its Idempotency-Key, the same for every retry."""

    client: int
    kind: Kind
    key: str
    outcome: Outcome
    appointment: UUID | None = None
    start: datetime | None = None


class AppointmentRow(msgspec.Struct, frozen=True):
    """An appointment as it is in the database at the end, with its place and the rows that its changes left."""

    id: UUID
    state: str
    version: int
    starts_at: datetime
    place_starts_at: datetime | None
    events: list[str]
    """``from>to`` of each event by version; the first has an empty from."""
    event_versions: list[int]
    notices: list[str]
    """The ``dedupe`` of each row."""


class End(msgspec.Struct, frozen=True):
    """The database at the end."""

    appointments: list[AppointmentRow]
    overlapping_places: int
    ownerless_places: int


def faults(operations: list[Operation], end: End) -> list[str]:
    """Every promise that was broken, in words; empty if none was."""
    found: list[str] = []
    rows = {row.id: row for row in end.appointments}
    if end.overlapping_places:
        found.append(f"{end.overlapping_places} pairs of places overlap")
    if end.ownerless_places:
        found.append(f"{end.ownerless_places} places belong to no hold and no appointment")
    booked = {op.appointment: op for op in operations if op.kind == "book" and op.outcome == "ok"}
    found += [f"acknowledged booking {ident} is lost" for ident in booked if ident not in rows]
    ids_by_key: dict[str, set[UUID]] = {}
    for op in operations:
        if op.kind == "book" and op.appointment is not None:
            ids_by_key.setdefault(op.key, set()).add(op.appointment)
    found += [f"key {key} booked {len(ids)} appointments" for key, ids in ids_by_key.items() if len(ids) > 1]
    for op in operations:
        row = rows.get(op.appointment) if op.appointment else None
        if op.kind == "cancel" and op.outcome == "ok" and row is not None and row.state != "cancelled":
            found.append(f"cancelled appointment {row.id} is {row.state} again")
    attempted = {op.appointment for op in operations if op.kind == "cancel" and op.outcome != "refused"}
    for row in end.appointments:
        if row.state == "cancelled" and row.id not in attempted:
            found.append(f"appointment {row.id} is cancelled, but nobody asked")
        found += _row_faults(row)
    return found


def _row_faults(row: AppointmentRow) -> list[str]:
    found: list[str] = []
    if row.event_versions != list(range(1, row.version + 1)):
        found.append(f"{row.id} has version {row.version} but events {row.event_versions}")
    steps = [step.split(">") for step in row.events]
    if steps and (steps[0][0] or steps[-1][1] != row.state or any(a[1] != b[0] for a, b in itertools.pairwise(steps))):
        found.append(f"the events of {row.id} do not lead to {row.state}: {row.events}")
    if sorted(row.notices) != sorted(f"{row.id}:{version}" for version in row.event_versions):
        found.append(f"{row.id} has notices {row.notices} for events {row.event_versions}")
    live = row.state in ("requested", "confirmed", "checked_in", "called", "parked")
    if live != (row.place_starts_at is not None) or (live and row.place_starts_at != row.starts_at):
        found.append(f"{row.id} is {row.state} at {row.starts_at}, its place is at {row.place_starts_at}")
    return found


OVERLAPS = """SELECT count(*) FROM place a
    JOIN place b ON a.counter_id = b.counter_id AND a.during && b.during AND a.id < b.id"""


async def read_end(owner: "asyncpg.Connection[asyncpg.Record]") -> End:
    """Reads the end state as a role that sees every row."""
    records = await owner.fetch(
        """SELECT a.id, a.state, a.version, a.starts_at, lower(p.during) AS place_starts_at,
                  array(SELECT coalesce(e.from_state, '') || '>' || e.to_state FROM appointment_event e
                         WHERE e.appointment_id = a.id ORDER BY e.version) AS events,
                  array(SELECT e.version FROM appointment_event e
                         WHERE e.appointment_id = a.id ORDER BY e.version) AS event_versions,
                  array(SELECT o.dedupe FROM notice o WHERE o.subject_id = a.id) AS notices
             FROM appointment a LEFT JOIN place p ON p.id = a.place_id"""
    )
    return End(
        appointments=[msgspec.convert(dict(record), AppointmentRow) for record in records],
        overlapping_places=await owner.fetchval(OVERLAPS),
        ownerless_places=await owner.fetchval(
            """SELECT count(*) FROM place p WHERE NOT EXISTS (SELECT FROM hold h WHERE h.id = p.id)
                AND NOT EXISTS (SELECT FROM appointment a WHERE a.place_id = p.id)"""
        ),
    )
