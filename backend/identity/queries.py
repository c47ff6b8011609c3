"""One typed function per statement of this room."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Connection, load
from backend.idempotency.model import IdempotencyClaim
from backend.identity.model import ClerkRow, ConsoleRow, Count, Erased, Export, Key, Outcome, Person, Role, Swept

SQL = load("backend.identity")


async def find_live_session(conn: Connection, session_id: UUID, now: datetime) -> Key | None:
    """The id of the person whose live session this is."""
    return await SQL.optional(conn, "find_live_session", Key, session_id, now)


async def ensure_person(conn: Connection, issuer: str, subject: str, new_id: UUID, now: datetime) -> Key:
    """The id of the identity's person, which is ``new_id`` when there was none."""
    return await SQL.one(conn, "ensure_person", Key, issuer, subject, new_id, now)


async def begin_guest(
    conn: Connection,
    now: datetime,
    claim: IdempotencyClaim,
    *,
    person_id: UUID,
    session_id: UUID,
    device_id: UUID,
    language: str,
    expires_at: datetime,
    token_hash: bytes,
) -> Outcome:
    """A guest with a session; outcomes in 0003."""
    arguments = (
        now,
        claim.owner,
        claim.key,
        claim.request_hash,
        person_id,
        session_id,
        device_id,
        language,
        expires_at,
        token_hash,
    )
    return await SQL.one(conn, "begin_guest", Outcome, *arguments)


async def refresh_session(
    conn: Connection,
    now: datetime,
    claim: IdempotencyClaim,
    *,
    shown_hash: bytes,
    token_hash: bytes,
    grace: timedelta,
    expires_at: datetime,
) -> Outcome:
    """The next refresh token of a session; outcomes in 0003."""
    arguments = (now, claim.owner, claim.key, claim.request_hash, shown_hash, token_hash, grace, expires_at)
    return await SQL.one(conn, "refresh_session", Outcome, *arguments)


async def link_identity(
    conn: Connection,
    now: datetime,
    claim: IdempotencyClaim,
    *,
    session_id: UUID,
    person_id: UUID,
    issuer: str,
    subject: str,
    limit: int,
    token_hash: bytes,
) -> Outcome:
    """Ties the person to the identity or moves all to the identity's person; outcomes in 0003."""
    arguments = (
        now,
        claim.owner,
        claim.key,
        claim.request_hash,
        session_id,
        person_id,
        issuer,
        subject,
        limit,
        token_hash,
    )
    return await SQL.one(conn, "link_identity", Outcome, *arguments)


async def end_session(conn: Connection, session_id: UUID, person_id: UUID, now: datetime) -> None:
    """Ends the person's session, unless it ended before."""
    await SQL.run(conn, "end_session", now, session_id, person_id)


async def sweep_sessions(conn: Connection, before: datetime, most: int) -> Count:
    """Deletes sessions that were over and tokens that were used before ``before``; how many, about ``most`` of each."""
    return await SQL.one(conn, "sweep_sessions", Count, before, most)


async def sweep_people(conn: Connection, after: UUID, before: datetime, most: int) -> Swept:
    """Looks at the ``most`` next people after an id, and deletes those of whom nothing is left since ``before``."""
    return await SQL.one(conn, "sweep_people", Swept, after, before, most)


async def erase_person(conn: Connection, now: datetime, person_id: UUID) -> Erased:
    """Forgets the person unless appointments live; outcomes in 0003."""
    return await SQL.one(conn, "erase_person", Erased, now, person_id)


async def find_person(conn: Connection, person_id: UUID) -> Person | None:
    """The person, unless deleted."""
    return await SQL.optional(conn, "find_person", Person, person_id)


async def change_language(conn: Connection, person_id: UUID, language: str) -> Person | None:
    """The person with the new language."""
    return await SQL.optional(conn, "change_language", Person, person_id, language)


async def export_person(conn: Connection, person_id: UUID) -> Export:
    """Everything about the person."""
    return await SQL.one(conn, "export_person", Export, person_id)


async def find_clerk(conn: Connection, issuer: str, subject: str) -> ClerkRow | None:
    """The clerk of this account, with all memberships."""
    return await SQL.optional(conn, "find_clerk", ClerkRow, issuer, subject)


async def save_clerk(conn: Connection, clerk_id: UUID, issuer: str, subject: str, display_name: str) -> Key:
    """The id of the account's clerk, which is ``clerk_id`` when there was none."""
    return await SQL.one(conn, "save_clerk", Key, clerk_id, issuer, subject, display_name)


async def save_membership(conn: Connection, clerk_id: UUID, city_id: str, office_slug: str | None, role: Role) -> int:
    """One when the membership stands, none when city or office do not exist."""
    return await SQL.run(conn, "save_membership", clerk_id, city_id, office_slug, role)


async def list_clerks(conn: Connection, issuer: str) -> list[ClerkRow]:
    """The clerks of one issuer, by name; offices only where a membership names one."""
    return await SQL.all(conn, "list_clerks", ClerkRow, issuer)


async def begin_console_session(
    conn: Connection, session_id: UUID, token_hash: bytes, issuer: str, subject: str, now: datetime, until: datetime
) -> bool:
    """False where the account belongs to no clerk."""
    return await SQL.run(conn, "begin_console_session", session_id, token_hash, issuer, subject, now, until) == 1


async def open_console_session(
    conn: Connection, token_hash: bytes, now: datetime, idle: timedelta, touch: bool
) -> ConsoleRow | None:
    """The live session of a token; ``touch`` counts as somebody asking."""
    return await SQL.optional(conn, "open_console_session", ConsoleRow, token_hash, now, idle, touch)


async def end_console_session(conn: Connection, token_hash: bytes, now: datetime) -> None:
    """Ends it, if it lives."""
    await SQL.run(conn, "end_console_session", token_hash, now)


async def sweep_console_sessions(conn: Connection, before: datetime, most: int) -> Count:
    """How many that were over before ``before`` are gone."""
    return await SQL.one(conn, "sweep_console_sessions", Count, before, most)
