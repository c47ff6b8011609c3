"""One typed function per statement of ``queries.sql``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.appointments.model import Details
from backend.availability.model import Wanted
from backend.db import Connection, load
from backend.ids import new_id
from backend.waiting.model import (
    Candidate,
    Count,
    DuePlace,
    Entry,
    Found,
    LockedPlace,
    Offer,
    Planned,
    Search,
    Verdict,
    Waiting,
)

STATEMENTS = load(__package__ or "")


async def lock_guest(conn: Connection, person_id: UUID, device_id: UUID | None) -> None:
    await STATEMENTS.run(conn, "lock_guest", person_id, device_id)


async def lock_rules(conn: Connection, office_id: UUID) -> int:
    return (await STATEMENTS.one(conn, "lock_rules", Count, office_id)).count


async def count_entries(conn: Connection, person_id: UUID) -> int:
    return (await STATEMENTS.one(conn, "count_entries", Count, person_id)).count


async def over_limit(
    conn: Connection,
    now: datetime,
    person_id: UUID,
    device_id: UUID | None,
    services: Sequence[UUID],
    limits: Sequence[int],
) -> Verdict:
    await STATEMENTS.run(conn, "show_device", person_id, device_id)
    return await STATEMENTS.one(conn, "over_limit", Verdict, now, person_id, device_id, services, limits)


async def add_entry(conn: Connection, entry_id: UUID, person_id: UUID, planned: Planned, now: datetime) -> None:
    wish = planned.wish
    await STATEMENTS.run(
        conn, "add_entry", entry_id, wish.city_id, person_id, wish.mode, wish.appointment_id, _wanted(wish.services),
        [one.service for one in wish.services], planned.minutes, wish.offices, wish.weekdays,
        [opens for opens, _ in wish.hours], [closes for _, closes in wish.hours], planned.first_day, planned.last_day,
        wish.short_notice, now, wish.email,
    )  # fmt: skip


async def find_entry(conn: Connection, entry_id: UUID, person_id: UUID, now: datetime) -> Entry | None:
    return await STATEMENTS.optional(conn, "find_entry", Entry, entry_id, person_id, now)


async def list_entries(
    conn: Connection, person_id: UUID, before: UUID | None, now: datetime, limit: int
) -> list[Entry]:
    return await STATEMENTS.all(conn, "list_entries", Entry, person_id, before, now, limit)


async def withdraw_entry(conn: Connection, entry_id: UUID, person_id: UUID, now: datetime) -> Found | None:
    return await STATEMENTS.optional(conn, "withdraw_entry", Found, entry_id, person_id, now)


async def find_offer(conn: Connection, offer_id: UUID, person_id: UUID) -> Offer | None:
    return await STATEMENTS.optional(conn, "find_offer", Offer, offer_id, person_id)


async def decline_offer(conn: Connection, offer_id: UUID, person_id: UUID, now: datetime) -> Found | None:
    return await STATEMENTS.optional(conn, "decline_offer", Found, offer_id, person_id, now)


async def accept_offer(
    conn: Connection,
    now: datetime,
    person_id: UUID,
    device_id: UUID | None,
    offer_id: UUID,
    limits: Sequence[int],
    state: str,
    confirmation: str,
    reference: str,
    details: Details,
) -> Verdict:
    return await STATEMENTS.one(
        conn, "accept_offer", Verdict, now, person_id, device_id, offer_id, limits, state, confirmation, reference,
        details.name, details.date_of_birth, details.email, details.phone, details.note, details.language,
        [new_id(), new_id(), new_id()],
    )  # fmt: skip


async def list_due_places(conn: Connection, now: datetime, limit: int) -> list[DuePlace]:
    return await STATEMENTS.all(conn, "list_due_places", DuePlace, now, limit)


async def list_doubtful_offers(conn: Connection, now: datetime, limit: int) -> list[Offer]:
    return await STATEMENTS.all(conn, "list_doubtful_offers", Offer, now, limit)


async def keep_offer(conn: Connection, offer_id: UUID, rules_version: int) -> None:
    await STATEMENTS.run(conn, "keep_offer", offer_id, rules_version)


async def take_back_offer(conn: Connection, offer_id: UUID, now: datetime) -> bool:
    """False: it was not open any more."""
    return (await STATEMENTS.one(conn, "take_back_offer", Found, now, offer_id, new_id())).done


async def close_barred(
    conn: Connection, entries: Sequence[UUID], services: Sequence[UUID], limits: Sequence[int], now: datetime
) -> int:
    """How many."""
    return await STATEMENTS.run(conn, "close_barred", now, entries, services, limits)


async def lock_waiting_place(conn: Connection, place: DuePlace, now: datetime) -> LockedPlace | None:
    return await STATEMENTS.optional(
        conn, "lock_waiting_place", LockedPlace, now, place.id, place.city_id, place.office_id
    )  # fmt: skip


async def list_candidates(
    conn: Connection, place: DuePlace, search: Search, after: tuple[datetime, UUID], limit: int
) -> list[Candidate]:
    return await STATEMENTS.all(
        conn, "list_candidates", Candidate, place.city_id, place.office_id, *after, search.services, search.day,
        search.minutes, search.freed_from, search.freed_until, search.opens, search.closes, search.short_only,
        search.offers_per_day, search.day_begins, limit,
    )  # fmt: skip


async def release_place(conn: Connection, place_id: UUID) -> None:
    await STATEMENTS.run(conn, "release_place", place_id)


async def make_offer(
    conn: Connection,
    place: DuePlace,
    entry_id: UUID,
    now: datetime,
    *,
    starts: datetime,
    ends: datetime,
    place_ends: datetime,
    until: datetime,
) -> bool:
    """``place_ends``: with the buffer after the visit."""
    found = await STATEMENTS.one(
        conn, "make_offer", Found, now, new_id(), entry_id, place.office_id, place.counter_id, starts, ends, place_ends,
        until, new_id(),
    )  # fmt: skip
    return found.done


async def try_entry(conn: Connection, entry_id: UUID) -> bool:
    return await STATEMENTS.optional(conn, "try_entry", Found, entry_id) is not None


async def bump_day(conn: Connection, office_id: UUID, starts: datetime) -> None:
    await STATEMENTS.run(conn, "bump_day", office_id, starts)


async def postpone_place(conn: Connection, place: DuePlace, until: datetime) -> None:
    await STATEMENTS.run(conn, "postpone_place", place.id, place.office_id, place.starts_at, until)


async def count_waiting(conn: Connection, city_id: str, office_id: UUID) -> list[Waiting]:
    return await STATEMENTS.all(conn, "count_waiting", Waiting, city_id, office_id)


async def sweep_waiting(conn: Connection, now: datetime, before: datetime, limit: int) -> int:
    return (await STATEMENTS.one(conn, "sweep_waiting", Count, now, before, limit)).count


def _wanted(services: Sequence[Wanted]) -> list[dict[str, Any]]:
    return [{"service": str(one.service), "persons": one.persons} for one in services]
