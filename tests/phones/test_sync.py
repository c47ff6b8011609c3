"""A phone that goes on from where it was ends with exactly what the server has, whoever commits when."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from backend.db import Connection, Database, Principal
from backend.db.errors import PersonActsNoMore
from backend.db.pool import SYSTEM
from backend.notices import preferences
from backend.phones import sync
from backend.phones.errors import SyncExpired
from backend.phones.sync import Mark
from backend.settings import Settings
from tests.notices.people import NOW, city, person, rows, tell

FORM = UUID("0193a000-0005-7000-8000-0000000000ff")
DRAFT, DOCUMENT, NOTICE = 3, 4, 7
WRITERS = 3
_UPSERT = {
    DRAFT: """INSERT INTO draft (id, city_id, form_id, version, person_id, language, answers, created_at, updated_at,
                                 expires_at)
              VALUES ($1, 'here', '0193a000-0005-7000-8000-0000000000ff', 1, $2, 'de', '{}', now(), now(), 'infinity')
              ON CONFLICT (id) DO UPDATE SET revision = draft.revision + 1, case_id = NULL""",
    DOCUMENT: """INSERT INTO document (id, person_id, purpose, name, size, state, created_at, updated_at, expires_at,
                                       delete_after)
                 VALUES ($1, $2, 'photo', 'a', 1, 'declared', now(), now(), '2100-01-01', '2100-01-01')
                 ON CONFLICT (id) DO UPDATE SET name = document.name || 'a', updated_at = now()""",
    NOTICE: """INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, created_at, due_at)
               VALUES ($1, 'here', $2, 'case.received', $1, $1::uuid::text, '2026-06-01', '2026-06-01')
               ON CONFLICT (id) DO UPDATE SET read_at = now(), touched = pg_current_xact_id()""",
}
_DELETE = {
    DRAFT: "DELETE FROM draft WHERE id = $1 AND person_id = $2",
    DOCUMENT: "DELETE FROM document WHERE id = $1 AND person_id = $2",
    NOTICE: "DELETE FROM notice WHERE id = $1 AND person_id = $2",
}
_HAND_IN = "UPDATE draft SET case_id = gen_random_uuid() WHERE id = $1 AND person_id = $2"


class Phone:
    """Keeps what it is told, as the guide says how."""

    def __init__(self, database: Database, settings: Settings, person_id: UUID, limit: int = 3) -> None:
        self._read = (database, settings, person_id)
        self._limit = limit
        self.mark: Mark | None = None
        self.kept: dict[tuple[int, UUID], Any] = {}
        self.news: list[UUID] = []
        self.unread = 0

    async def ask(self, now: datetime = NOW) -> bool:
        """One page; whether there are more."""
        step = await sync.read(*self._read, self.mark, now, limit=self._limit)
        if step.first and step.whole:
            self.kept.clear()
        elif step.first and step.changes.again:
            self.kept = {key: row for key, row in self.kept.items() if key[0] != NOTICE}
        assert len(step.changes.changes) <= self._limit
        for change in step.changes.changes:
            self.kept[change.kind, change.id] = change.row
            if change.row is None:
                del self.kept[change.kind, change.id]
        if step.first and step.changes.announcements is not None:
            self.news = [UUID(one["id"]) for one in step.changes.announcements]
        self.unread = step.changes.unread
        self.mark = step.mark
        return step.more

    async def catch_up(self, now: datetime = NOW) -> "Phone":
        while await self.ask(now):
            pass
        return self


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    return make_settings(database_url)


@pytest.fixture
async def me(database: Database) -> UUID:
    """Somebody in a city with a form."""
    await city(database)
    async with database.connection() as conn:
        await conn.execute("INSERT INTO form (id, city_id, slug, created_at) VALUES ($1, 'here', 'form', now())", FORM)
        await conn.execute(
            "INSERT INTO form_version"
            " (form_id, number, state, content, content_hash, vectors, created_at, published_at)"
            " VALUES ($1, 1, 'published', '{}', $2, '[]', now(), now())",
            FORM, bytes(32),
        )  # fmt: skip
    return await person(database)


@pytest.fixture
async def writers(database_url: str) -> AsyncIterator[list[Connection]]:
    """Connections whose transactions stay open as long as somebody likes."""
    conns: list[Connection] = [await asyncpg.connect(database_url) for _ in range(WRITERS)]
    yield conns
    for conn in conns:
        await conn.close()


async def write(conn: Connection, kind: int, thing: UUID, me: UUID, how: int) -> None:
    """In the transaction that is open, or a new one: as the services do, sometimes within a savepoint."""
    if not conn.is_in_transaction():
        await conn.execute("BEGIN; SELECT set_config('app.system', 'on', true)")
    statement = _UPSERT[kind] if how < 2 else _DELETE[kind] if how == 2 or kind != DRAFT else _HAND_IN
    if how == 1:
        await conn.execute("SAVEPOINT step")
    await conn.execute(statement, thing, me)
    if how == 1:
        await conn.execute("RELEASE SAVEPOINT step")


_STEPS = st.one_of(
    st.tuples(
        st.just("write"),
        st.integers(0, WRITERS - 1),
        st.sampled_from([DRAFT, DOCUMENT, NOTICE]),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    st.tuples(st.sampled_from(["COMMIT", "COMMIT", "ROLLBACK"]), st.integers(0, WRITERS - 1)),
    st.tuples(st.just("ask")),
)


async def test_any_interleaving_ends_with_what_the_server_has(
    database: Database, settings: Settings, me: UUID, writers: list[Connection]
) -> None:
    loop = asyncio.get_running_loop()
    asked = 0

    async def play(steps: list[tuple[Any, ...]]) -> None:
        nonlocal asked
        who = await person(database)
        things = {(w, k, n): uuid4() for w in range(WRITERS) for k in (DRAFT, DOCUMENT, NOTICE) for n in range(2)}
        phone = Phone(database, settings, who)
        for name, *about in steps:
            writer = writers[int(about[0])] if about else writers[0]
            if name == "write":
                number, kind, slot, how = about
                await write(writer, kind, things[number, kind, slot], who, how)
            elif name == "ask":
                await phone.ask()
                asked += 1
            elif writer.is_in_transaction():
                await writer.execute(name)
        for writer in writers:
            if writer.is_in_transaction():
                await writer.execute("COMMIT")
        await phone.catch_up()  # the pages of a reading that was begun before
        await phone.catch_up()
        fresh = await Phone(database, settings, who, limit=500).catch_up()
        assert (phone.kept, phone.unread) == (fresh.kept, fresh.unread)

    @examples(max_examples=60, deadline=None, database=None)
    @given(st.lists(_STEPS, min_size=5, max_size=40))
    def any_interleaving(steps: list[tuple[Any, ...]]) -> None:
        asyncio.run_coroutine_threadsafe(play(steps), loop).result()

    await asyncio.to_thread(any_interleaving)
    assert asked > 100


async def test_a_cursor_of_times_misses_what_is_committed_late(
    database: Database, settings: Settings, me: UUID, writers: list[Connection]
) -> None:
    """The negative control: what `updated_at > since` would have lost."""
    early, late = uuid4(), uuid4()
    phone = await Phone(database, settings, me).catch_up()
    naive: set[UUID] = set()
    since = datetime.min.replace(tzinfo=NOW.tzinfo)

    async def ask_naively() -> None:
        nonlocal since
        for found, at in await rows(
            database, "SELECT id, updated_at FROM document WHERE person_id = $1 AND updated_at > $2", me, since
        ):
            naive.add(found)
            since = max(since, at)

    await write(writers[0], DOCUMENT, early, me, 0)
    await write(writers[1], DOCUMENT, late, me, 0)
    await writers[1].execute("COMMIT")
    await phone.catch_up()
    await ask_naively()
    await writers[0].execute("COMMIT")
    await phone.catch_up()
    await ask_naively()
    assert {one for _, one in phone.kept} == {early, late}
    assert naive == {late}


async def test_what_is_gone_is_told_and_a_name_that_is_used_again_is_there(
    database: Database, settings: Settings, me: UUID, writers: list[Connection]
) -> None:
    writer, draft, other = writers[0], uuid4(), uuid4()
    for one in (draft, other):
        await write(writer, DRAFT, one, me, 0)
    await writer.execute("COMMIT")
    phone = await Phone(database, settings, me).catch_up()
    quiet = phone.mark
    await phone.catch_up()
    assert phone.mark == quiet, "nothing changed, so the mark is the same, and 304 is the answer"
    await write(writer, DRAFT, draft, me, 2)
    await write(writer, DRAFT, other, me, 3)
    await writer.execute("COMMIT")
    step = await sync.read(database, settings, me, phone.mark, NOW, limit=9)
    assert [(c.kind, c.row) for c in step.changes.changes] == [(DRAFT, None), (DRAFT, None)]
    await write(writer, DRAFT, draft, me, 0)
    await writer.execute("COMMIT")
    await phone.catch_up()
    assert {one for _, one in phone.kept} == {draft}
    later = NOW + timedelta(days=1, seconds=1)
    await phone.catch_up(later)
    assert phone.mark is not None
    assert phone.mark.known is not None
    assert phone.mark.known.seen.at == later, "it does not grow old while somebody asks"


async def test_notices_become_due_and_follow_what_the_person_wants_to_see(
    database: Database, settings: Settings, me: UUID
) -> None:
    now = await tell(database, me)
    reminder = await tell(database, me, "appointment.reminder")
    later = await tell(database, me, due_at=NOW + timedelta(hours=2))
    phone = await Phone(database, settings, me, limit=1).catch_up()
    assert {one for _, one in phone.kept} == {now, reminder}
    async with database.transaction(Principal(person_id=me)) as conn:
        wanted = msgspec.structs.replace(await preferences.find(conn, me), inbox_off=["reminders"], city_id="here")
        await preferences.save(conn, me, wanted, NOW, district=None, version=None)
    await phone.catch_up(NOW + timedelta(hours=1))
    assert {one for _, one in phone.kept} == {now}
    await phone.catch_up(NOW + timedelta(hours=3))
    assert {one for _, one in phone.kept} == {now, later}
    assert (phone.unread, phone.news) == (2, [])
    news = uuid4()
    async with database.connection() as conn:
        await conn.execute(
            "INSERT INTO announcement (id, city_id, texts, clerk_id, published_at, expires_at)"
            " VALUES ($1, 'here', '{}', $1, $2::timestamptz, $2::timestamptz + interval '1 day')",
            news, NOW,
        )  # fmt: skip
    await phone.catch_up(NOW + timedelta(hours=4))
    assert (phone.unread, phone.news) == (3, [news])
    await phone.catch_up(NOW + timedelta(days=2))
    assert (phone.unread, phone.news) == (2, []), "what is over goes without anyone writing anything"


async def test_a_mark_is_one_persons_grows_old_and_ends_with_its_history(
    database: Database, settings: Settings, me: UUID
) -> None:
    phone = await Phone(database, settings, me).catch_up()
    mark = phone.mark
    assert mark is not None
    assert mark.known is not None
    other = await person(database)
    with pytest.raises(SyncExpired):
        await sync.read(database, settings, other, mark, NOW, limit=9)
    with pytest.raises(SyncExpired):
        await sync.read(database, settings, me, mark, NOW + timedelta(days=settings.sync_kept_days, seconds=1), limit=9)
    ahead = msgspec.structs.replace(mark.known.seen, snapshot="900000000000:900000000000:")
    for change in ({"seen": ahead}, {"history": "00000009"}):
        restored = msgspec.structs.replace(mark, known=msgspec.structs.replace(mark.known, **change))
        with pytest.raises(SyncExpired):
            await sync.read(database, settings, me, restored, NOW, limit=9)


async def test_tombstones_go_in_time_and_with_their_person(
    database: Database, settings: Settings, me: UUID, writers: list[Connection]
) -> None:
    thing = uuid4()
    await write(writers[0], DOCUMENT, thing, me, 0)
    await write(writers[0], DOCUMENT, thing, me, 2)
    await writers[0].execute("COMMIT")
    count = "SELECT count(*) FROM tombstone WHERE person_id = $1"
    assert await rows(database, count, me) == [(1,)]
    moment = datetime.now(NOW.tzinfo)
    assert await sync.clear(database, settings, moment + timedelta(days=settings.sync_kept_days)) == 0
    assert await sync.clear(database, settings, moment + timedelta(days=settings.sync_kept_days + 2)) == 1
    for number in range(2):
        await write(writers[0], DRAFT, uuid4(), me, number)
    await writers[0].execute("COMMIT")
    async with database.transaction(SYSTEM) as conn:
        assert await conn.fetchval("SELECT outcome FROM erase_person(now(), $1)", me) == "erased"
    assert await rows(database, count, me) == [(0,)]
    with pytest.raises(PersonActsNoMore):
        await Phone(database, settings, me).ask()
