"""One typed function per statement of ``queries.sql``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from backend.db import Connection, load
from backend.ids import new_id
from backend.notices.kinds import GROUP_OF, WAITS, WAITS_UNLESS_LATE
from backend.notices.model import (
    Announced,
    Announcement,
    Audience,
    Backlog,
    Count,
    Dead,
    Device,
    Flag,
    Gone,
    Inbox,
    Item,
    Lane,
    Outgoing,
    Position,
    Preference,
    Queued,
    Reach,
    Settled,
    Spread,
    Telling,
)

STATEMENTS = load(__package__ or "")


async def tell(conn: Connection, told: Telling, now: datetime) -> None:
    """Writes the notice, unless it was written before."""
    await STATEMENTS.run(
        conn, "tell", new_id(), told.city_id, told.person_id, told.kind, told.subject_id, told.dedupe, told.data, now,
        told.due_at or now, told.expires_at,
    )  # fmt: skip


async def spread_notices(
    conn: Connection, now: datetime, limit: int, kinds: Sequence[Mapping[str, str]], *, mails: bool
) -> Spread:
    return await STATEMENTS.one(conn, "spread_notices", Spread, now, limit, kinds, mails)


async def spread_announcement(
    conn: Connection, now: datetime, limit: int, *, per_second: float, silent_since: datetime
) -> Spread:
    return await STATEMENTS.one(conn, "spread_announcement", Spread, now, limit, per_second, silent_since)


async def make_reminders(
    conn: Connection, now: datetime, minutes: Sequence[int], night_from: int, night_until: int, gap_minutes: int
) -> int:
    """How many were made."""
    return await STATEMENTS.run(conn, "make_reminders", now, minutes, night_from, night_until, gap_minutes)


async def claim_deliveries(
    conn: Connection,
    lane: Lane,
    now: datetime,
    leased_until: datetime,
    limit: int,
    most_attempts: int,
    *,
    night: tuple[int, int] | None = None,
) -> list[Outgoing]:
    return await STATEMENTS.all(
        conn, "claim_deliveries", Outgoing, now, str(lane), leased_until, limit, most_attempts, WAITS,
        WAITS_UNLESS_LATE, *(night or (None, None)), list(GROUP_OF), list(GROUP_OF.values()),
    )  # fmt: skip


async def forget_targets(conn: Connection, gone: Sequence[Gone]) -> int:
    """How many devices have no target any more."""
    return await STATEMENTS.run(conn, "forget_targets", [g.device_id for g in gone], [g.target for g in gone])


async def settle_deliveries(conn: Connection, settled: Sequence[Settled], now: datetime) -> int:
    """How many were still ours to settle."""
    return await STATEMENTS.run(
        conn, "settle_deliveries", now, [s.id for s in settled], [s.attempt for s in settled],
        [s.ending for s in settled], [s.detail for s in settled], [s.due_at for s in settled],
        [s.counted for s in settled],
    )  # fmt: skip


async def write_instead(
    conn: Connection, failed: Sequence[UUID], now: datetime, kinds: Sequence[Mapping[str, str]]
) -> int:
    """How many letters."""
    await STATEMENTS.run(conn, "lock_notices", failed)
    return await STATEMENTS.run(conn, "write_instead", failed, now, kinds)


async def list_dead(conn: Connection, detail: str | None, limit: int) -> list[Dead]:
    return await STATEMENTS.all(conn, "list_dead", Dead, detail, limit)


async def revive_dead(conn: Connection, now: datetime, ids: Sequence[UUID] | None, detail: str | None) -> int:
    return await STATEMENTS.run(conn, "revive_dead", now, ids, detail)


async def read_backlog(conn: Connection, now: datetime) -> Backlog:
    return await STATEMENTS.one(conn, "read_backlog", Backlog, now)


async def read_lanes(conn: Connection, now: datetime) -> list[Queued]:
    return await STATEMENTS.all(conn, "read_lanes", Queued, now)


async def count_workers(conn: Connection, application: str) -> int:
    return (await STATEMENTS.one(conn, "count_workers", Count, application)).count


async def ring(conn: Connection) -> None:
    await STATEMENTS.run(conn, "ring")


async def read_inbox(
    conn: Connection,
    person_id: UUID,
    now: datetime,
    kinds: Sequence[str],
    *,
    seen: str | None = None,
    seen_at: datetime | None = None,
    after: Position | None = None,
    limit: int,
) -> Inbox:
    """Up to ``limit`` items that were written or became due since ``seen``, further down than ``after``."""
    place = (None, None) if after is None else (after.due_at, after.id)
    return await STATEMENTS.one(conn, "read_inbox", Inbox, person_id, now, kinds, seen, seen_at, *place, limit)


async def find_item(
    conn: Connection, person_id: UUID, now: datetime, kinds: Sequence[str], item_id: UUID
) -> Item | None:
    return await STATEMENTS.optional(conn, "find_item", Item, person_id, now, kinds, item_id)


async def mark_read(
    conn: Connection, person_id: UUID, now: datetime, kinds: Sequence[str], until: Position, *, alone: bool
) -> None:
    """Marks one item, or all of the inbox up to it."""
    given = (person_id, now, kinds, until.due_at, until.id, alone)
    await STATEMENTS.run(conn, "mark_notices_read", *given)
    await STATEMENTS.run(conn, "mark_announcements_read", *given)


async def register_device(conn: Connection, device: Device, person_id: UUID, now: datetime, most: int) -> bool:
    """False: there is no such person."""
    found = await STATEMENTS.one(
        conn, "register_device", Flag, now, device.id, person_id, device.platform, device.language, device.app_version,
        device.target_kind, device.target, most,
    )  # fmt: skip
    return found.done


async def unregister_device(conn: Connection, device_id: UUID, person_id: UUID, now: datetime) -> None:
    await STATEMENTS.run(conn, "unregister_device", now, device_id, person_id)


async def forget_devices(conn: Connection, before: datetime, most: int) -> int:
    return (await STATEMENTS.one(conn, "forget_devices", Count, before, most)).count


async def forget_notices(conn: Connection, now: datetime, before: UUID, most: int) -> int:
    return (await STATEMENTS.one(conn, "forget_notices", Count, now, before, most)).count


async def find_preference(conn: Connection, person_id: UUID) -> Preference | None:
    return await STATEMENTS.optional(conn, "find_preference", Preference, person_id)


async def lock_preference(conn: Connection, person_id: UUID) -> bool:
    return await STATEMENTS.optional(conn, "lock_preference", Flag, person_id) is not None


async def save_preference(conn: Connection, person_id: UUID, wanted: Preference, now: datetime) -> None:
    await STATEMENTS.run(
        conn, "save_preference", person_id, wanted.inbox_off, wanted.push_off, wanted.mail_off, wanted.mail,
        wanted.quiet_from_minute, wanted.quiet_until_minute, wanted.zone, wanted.city_id, wanted.district_id,
        wanted.topics, now,
    )  # fmt: skip


async def save_language(conn: Connection, person_id: UUID, language: str) -> None:
    await STATEMENTS.run(conn, "save_language", person_id, language)


async def find_audience(conn: Connection, city_id: str, district: str | None) -> Audience:
    return await STATEMENTS.one(conn, "find_audience", Audience, city_id, district)


async def find_reach(
    conn: Connection, city_id: str, district_id: UUID | None, topic: str | None, silent_since: datetime
) -> Reach:
    return await STATEMENTS.one(conn, "find_reach", Reach, city_id, district_id, topic, silent_since)


async def list_announcements(conn: Connection, city_id: str, before: UUID | None, most: int) -> list[Announced]:
    return await STATEMENTS.all(conn, "list_announcements", Announced, city_id, before, most)


async def publish(conn: Connection, one: Announcement, kind: str) -> None:
    await STATEMENTS.run(
        conn, "publish_announcement", one.id, one.city_id, one.district_id, one.topic, one.texts, one.clerk_id,
        one.published_at, one.expires_at, kind, new_id(),
    )  # fmt: skip
