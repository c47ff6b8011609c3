"""The inbox shows what was told, loses nothing under concurrent commits, and goes with its person."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.db import Connection, Database, Principal
from backend.db.pool import SYSTEM
from backend.ids import id_at
from backend.notices import inbox
from backend.notices.announcements import announce
from backend.notices.errors import NoticeNotFound
from backend.notices.inbox import Reading, Seen
from backend.notices.model import Position
from backend.settings import Settings
from tests.notices.people import NOW, city, person, rows, tell

HOUR = timedelta(hours=1)
NEWS = {"de": {"title": "Straßenfest", "body": "Am Samstag."}}


async def read(
    database: Database,
    who: UUID,
    *,
    since: Seen | None = None,
    now: timedelta = HOUR,
    after: Position | None = None,
    limit: int = 50,
) -> Reading:
    async with database.transaction(Principal(person_id=who)) as conn:
        return await inbox.read(conn, who, NOW + now, since=since, after=after, limit=limit)


async def mark(database: Database, who: UUID, item: UUID, *, alone: bool = True, now: timedelta = HOUR) -> None:
    async with database.transaction(Principal(person_id=who)) as conn:
        await inbox.mark_read(conn, who, item, NOW + now, alone=alone)


def ids(found: Reading) -> list[UUID]:
    return [item.id for item in found.inbox.items]


@pytest.fixture
async def slow(database_url: str, database: Database) -> AsyncIterator[Connection]:
    """A second writer whose transactions stay open."""
    conn = await asyncpg.connect(database_url)
    yield conn
    await conn.close()


async def write(conn: Connection, to: UUID, at: timedelta) -> UUID:
    notice = uuid4()
    await conn.execute(
        "INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, created_at, due_at)"
        " VALUES ($1, 'here', $2, 'case.received', $1, $1::uuid::text, $3, $3)",
        notice, to, NOW + at,
    )  # fmt: skip
    return notice


async def test_a_cursor_loses_nothing_when_commits_come_in_another_order_than_writes(
    database: Database, slow: Connection
) -> None:
    await city(database)
    me = await person(database)
    async with slow.transaction():
        early = await write(slow, me, timedelta(minutes=1))
        late = await tell(database, me, now=NOW + timedelta(minutes=2))
        first = await read(database, me)
        assert ids(first) == [late]
    # By time or by id the early one lies before what was seen already: a cursor of that kind would pass it by.
    second = await read(database, me, since=first.seen)
    assert ids(second) == [early]
    assert ids(await read(database, me, since=second.seen)) == []


async def test_a_mark_that_is_older_than_what_it_marks_is_news_when_it_is_committed(
    database: Database,
) -> None:
    here, me = await city(database), await person(database)
    await tell(database, me)
    async with database.transaction(Principal(person_id=me)) as slow:
        early = await slow.fetchval("SELECT pg_current_xact_id()::text::bigint")
        async with database.transaction(SYSTEM) as conn:
            news = await announce(conn, here, None, None, NEWS, uuid4(), NOW, lasts=timedelta(days=2))
        await inbox.mark_read(slow, me, news.id, NOW + HOUR, alone=True)
        before = await read(database, me)
    [(marked, told)] = await rows(
        database,
        "SELECT r.touched::text::bigint, a.touched::text::bigint FROM announcement_read r"
        " JOIN announcement a ON a.id = r.announcement_id",
    )
    assert early == marked < told, "the mark is of an older transaction than what it marks"
    assert before.inbox.unread == 2
    after = await read(database, me, since=before.seen)
    assert [(item.id, item.read_at) for item in after.inbox.items] == [(news.id, NOW + HOUR)]
    assert after.inbox.unread == 1
    assert ids(await read(database, me, since=after.seen)) == []


async def test_what_becomes_due_is_new_although_it_was_written_before(database: Database) -> None:
    await city(database)
    me = await person(database)
    notice = await tell(database, me, due_at=NOW + 2 * HOUR)
    before = await read(database, me)
    assert ids(before) == []
    assert ids(await read(database, me, since=before.seen, now=2 * HOUR)) == [notice]


async def test_pages_go_down_and_what_comes_between_is_new_to_the_next_reading(database: Database) -> None:
    await city(database)
    me = await person(database)
    written = [await tell(database, me, now=NOW + timedelta(minutes=n)) for n in range(5)]
    written.reverse()
    first = await read(database, me, limit=2)
    came = await tell(database, me, now=NOW + timedelta(minutes=30))
    second = await read(database, me, after=first.more, limit=2)
    third = await read(database, me, after=second.more, limit=2)
    assert [*ids(first), *ids(second), *ids(third)] == written
    assert third.more is None
    assert ids(await read(database, me, since=first.seen)) == [came]


async def test_a_mark_is_counted_once_and_is_news_for_other_devices(database: Database) -> None:
    await city(database)
    me, other = await person(database), await person(database)
    notice, upper = await tell(database, me), await tell(database, me, now=NOW + timedelta(minutes=1))
    before = await read(database, me)
    assert before.inbox.unread == 2
    await mark(database, me, notice)
    await mark(database, me, notice, now=2 * HOUR)
    after = await read(database, me, since=before.seen)
    assert (ids(after), after.inbox.unread) == ([notice], 1)
    assert after.inbox.items[0].read_at == NOW + HOUR
    with pytest.raises(NoticeNotFound):
        await mark(database, other, upper)
    await mark(database, me, upper, alone=False)
    assert (await read(database, me)).inbox.unread == 0


async def test_reading_all_stops_at_what_was_seen(database: Database) -> None:
    await city(database)
    me = await person(database)
    told = [await tell(database, me, now=NOW + timedelta(minutes=n)) for n in range(3)]
    await mark(database, me, told[1], alone=False)
    unread = [item.id for item in (await read(database, me)).inbox.items if item.read_at is None]
    assert unread == [told[2]]


async def test_a_cursor_of_another_history_finds_everything_new(database: Database) -> None:
    await city(database)
    me = await person(database)
    notice = await tell(database, me)
    ahead = Seen(f"{2**40 + 7}:{2**40 + 7}:", NOW + HOUR)
    assert ids(await read(database, me, since=ahead)) == [notice]


@pytest.mark.parametrize(
    "text",
    ["", "1:2", "0:1:", "2:1:", "5:9:4", "5:9:7,6", "5:9:9", f"1:{2**64}:", f"{2**40}:{2**41}:", "1:2:1,", "a:b:"],
)
def test_what_is_no_snapshot_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="snapshot"):
        Seen(text, NOW)


async def test_whatever_the_database_gives_out_it_takes_back(database: Database, slow: Connection) -> None:
    await city(database)
    me = await person(database)
    async with slow.transaction():
        await write(slow, me, HOUR)
        await tell(database, me)
        seen = (await read(database, me)).seen
        assert seen.snapshot.rsplit(":", 1)[1]  # one is in progress
        assert Seen(seen.snapshot, NOW) == Seen(seen.snapshot, NOW)
        assert ids(await read(database, me, since=seen)) == []


async def test_a_guest_who_becomes_somebody_takes_inbox_and_devices_along(database: Database, owner_url: str) -> None:
    await city(database)
    guest, into = await person(database), await person(database)
    mine = await tell(database, into, now=NOW - HOUR)
    seen = (await read(database, into)).seen
    brought = await tell(database, guest, now=NOW - 2 * HOUR)
    async with database.transaction(Principal(person_id=guest)) as conn:
        await conn.execute(
            "INSERT INTO preference (person_id, push_off, updated_at) VALUES ($1, '{cases}', $2)", guest, NOW
        )
    owner = await asyncpg.connect(owner_url)
    async with owner.transaction():
        await owner.execute("SET LOCAL app.system = 'on'")
        await owner.execute("SELECT merge_in_notices($1, $2, $3)", NOW, guest, into)
    await owner.close()
    assert ids(await read(database, into, since=seen)) == [brought]
    assert ids(await read(database, into)) == [mine, brought]
    assert await rows(database, "SELECT person_id, push_off FROM preference") == [(into, ["cases"])]
    assert (await read(database, guest)).inbox.items == ()


async def test_old_notices_are_forgotten_when_they_were_spread(database: Database, settings: Settings) -> None:
    await city(database)
    me = await person(database)
    await tell(database, me)
    waiting = await tell(database, me)
    old = id_at(NOW - timedelta(days=1))
    async with database.transaction(Principal(system=True)) as conn:
        await conn.execute("UPDATE notice SET id = $2, spread_at = $3 WHERE id <> $1", waiting, old, NOW)
    later = NOW + timedelta(days=settings.notice_kept_days)
    assert await inbox.forget_old(database, settings, later) == 1
    assert await rows(database, "SELECT id FROM notice") == [(waiting,)]
