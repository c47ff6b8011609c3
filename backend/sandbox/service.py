"""The sandbox's clock, its clerks, and the city itself."""

from datetime import datetime, timedelta
from importlib.resources import files
from uuid import UUID

from backend.appointments import service as appointments
from backend.appointments.errors import (
    AppointmentChanged,
    AppointmentNotFound,
    AppointmentStateError,
    TooEarly,
    TooLate,
)
from backend.appointments.model import Actor
from backend.availability.engine import Engine
from backend.cases import desk as cases
from backend.cases.errors import CaseChanged, CaseNotFound, CaseStateError
from backend.db import Connection, Database
from backend.db.pool import SYSTEM
from backend.forms.versions import Versions
from backend.identity.errors import PersonNotFound
from backend.sandbox import queries
from backend.sandbox.errors import ClockBlocked, ClockOfSandbox
from backend.sandbox.magic import (
    APPROVED_CASE,
    ASKED_CASE,
    CONFIRMED,
    DECIDED_AFTER_SECONDS,
    FORM,
    OFFERED,
    QUESTION,
    REJECTED,
    REJECTED_CASE,
)
from backend.sandbox.model import Undecided
from backend.settings import Settings
from backend.waiting.giving import give

MOST_MINUTES = 400 * 1440
_CLERK = Actor("clerk")
_WORDS = {
    "rejected": ("Testumgebung: Das wird immer abgelehnt.", "Sandbox: this is always rejected."),
    "asked": ("Testumgebung: Bitte ergänzen Sie die Bemerkung.", "Sandbox: please complete the remark."),
}
"""In German and English: what clerks write is in the language of whom they write to."""
_ASKED_DAYS = 14
_LOOKED_BACK = timedelta(days=31)
"""Older cases are left alone: whoever looks every two seconds must not look at all there ever were."""
_DECIDED = (AppointmentChanged, AppointmentNotFound, AppointmentStateError, TooEarly, TooLate)
_DECIDED_CASE = (CaseChanged, CaseNotFound, CaseStateError)


async def forward(conn: Connection, person_id: UUID, minutes: int, now: datetime) -> None:
    """Moves the person's time forward: whatever is theirs lies so much earlier from now on.

    Raises ClockOfSandbox for somebody who has anything in a real city, ClockBlocked, PersonNotFound.
    """
    outcome = (await queries.forward_person(conn, now, person_id, minutes)).outcome
    if outcome == "gone":
        raise PersonNotFound
    if outcome == "real":
        raise ClockOfSandbox
    if outcome == "taken":
        raise ClockBlocked


async def decide(database: Database, now: datetime) -> int:
    """What the sandbox's clerks decide; how many. Twice or at the same moment: the first decision counts."""
    since = now - timedelta(seconds=DECIDED_AFTER_SECONDS)
    async with database.transaction(SYSTEM) as conn:
        waiting = await queries.list_waiting(conn, now, (CONFIRMED, REJECTED), since)
    count = 0
    for one in waiting:
        try:
            async with database.transaction(SYSTEM) as conn:
                if one.slug == REJECTED:
                    await appointments.change(
                        conn, SYSTEM, one.id, "reject", _CLERK, now, reason=_said("rejected", one.language)
                    )
                else:
                    await appointments.change(conn, SYSTEM, one.id, "confirm", _CLERK, now)
        except _DECIDED:
            continue
        count += 1
    return count


async def offer(database: Database, engine: Engine, settings: Settings, now: datetime) -> int:
    """Offers a place to who waits for the service that is always offered; how many."""
    since = now - timedelta(seconds=DECIDED_AFTER_SECONDS)
    async with database.transaction(SYSTEM) as conn:
        waiting = await queries.list_unoffered(conn, now, OFFERED, since, settings.waiting_offers_per_day)
    return sum([await give(database, engine, settings, one, now) for one in waiting])


async def decide_cases(database: Database, versions: Versions, now: datetime) -> int:
    """What the sandbox's clerks decide on its form, as each case wants it; how many."""
    since = now - timedelta(seconds=DECIDED_AFTER_SECONDS)
    async with database.transaction(SYSTEM) as conn:
        found = await queries.list_undecided(
            conn, FORM, QUESTION, since, (APPROVED_CASE, REJECTED_CASE, ASKED_CASE), ASKED_CASE, now - _LOOKED_BACK
        )
    count = 0
    for one in found:
        try:
            async with database.transaction(SYSTEM) as conn:
                await _decide_case(conn, versions, one, await queries.ensure_clerk(conn), now)
        except _DECIDED_CASE:
            continue
        count += 1
    return count


async def _decide_case(conn: Connection, versions: Versions, one: Undecided, clerk_id: UUID, now: datetime) -> None:
    if one.wish == ASKED_CASE and one.state == "submitted":
        message, due = _said("asked", one.language), now + timedelta(days=_ASKED_DAYS)
        await cases.request_info(
            conn, versions, SYSTEM, clerk_id, one.id, message, ["/remark"], due, one.version, now
        )  # fmt: skip
        return
    rejected = one.wish == REJECTED_CASE
    reason = _said("rejected", one.language) if rejected else None
    await cases.decide(
        conn, versions, SYSTEM, clerk_id, one.id, "rejected" if rejected else "approved", reason, None, one.version, now
    )


def _said(word: str, language: str) -> str:
    german, english = _WORDS[word]
    return english if language == "en" else german


def city_file() -> str:
    """The sandbox as a city's file, for ``wartefrei sandbox`` and the demo."""
    return _file("sandbox.yaml")


def form_file() -> str:
    """Its form's."""
    return _file(f"{FORM}.yaml")


def _file(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
