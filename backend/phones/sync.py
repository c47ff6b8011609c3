"""What changed for a person since their phone asked last.

A mark loses nothing: it is the snapshot of a reading, by which PostgreSQL says exactly which transactions it did not
see, whatever order they had their ids and times in. Of several pages the first one's snapshot counts: what is committed
between them is new to the next reading.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from backend.db import Database
from backend.notices.inbox import Seen
from backend.phones import queries
from backend.phones.errors import SyncExpired
from backend.phones.listed import GROUPS, NAMES
from backend.phones.model import Changes
from backend.settings import Settings

_KINDS = (NAMES, GROUPS)
_BEGIN = (0, UUID(int=0))
_RENEWED_AFTER = timedelta(days=1)
"""So old a mark is replaced even where nothing changed, so that who asks never runs out."""
_MARGIN = timedelta(days=1)
"""Tombstones outlive marks by more than any transaction lasts."""
_AT_ONCE = 1_000


Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
Place = tuple[Annotated[int, msgspec.Meta(ge=0, le=7)], UUID]
"""The kind and id of a change, in the order of the statement."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone knows: everything up to ``seen``."""

    seen: Seen
    history: Annotated[str, msgspec.Meta(max_length=8)]
    wishes: Digest
    news: Digest

    def __post_init__(self) -> None:
        if self.seen.at.tzinfo is None:
            raise ValueError("a time of nowhere")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where a phone goes on. Within the pages of one reading ``reached`` is where these lead, ``after`` where the last
    one ended, and ``again`` whether notices are told anew."""

    person: bytes
    known: Known | None
    reached: Known | None = None
    after: Place = _BEGIN
    again: bool = False


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A page. ``mark`` is where the next one begins; ``more``: at once."""

    changes: Changes
    mark: Mark
    more: bool
    first: bool
    whole: bool
    """Of everything there is, since the phone knew nothing."""


async def read(
    database: Database, settings: Settings, person_id: UUID, since: Mark | None, now: datetime, *, limit: int
) -> Step:
    """The next page after ``since``; everything without it. Raises SyncExpired."""
    mark = since or Mark(person=_digest(person_id), known=None)
    known = mark.known
    _check(settings, person_id, mark, now)
    seen = (None, None, None, None)
    if known is not None:
        seen = (known.seen.snapshot, known.seen.at, known.wishes, known.news)
    async with database.connection() as conn:
        found = await queries.read_changes(
            conn, person_id, now, _KINDS, seen=seen, again=mark.again, after=mark.after, limit=limit + 1
        )
    if found.ahead or any(one is not None and one.history != found.history for one in (known, mark.reached)):
        raise SyncExpired
    more = len(found.changes) > limit
    page = msgspec.structs.replace(found, changes=found.changes[:limit])
    reached = mark.reached or Known(
        seen=Seen(found.snapshot, now), history=found.history, wishes=found.wishes, news=found.news
    )
    if more:
        last = page.changes[-1]
        following = msgspec.structs.replace(mark, reached=reached, after=(last.kind, last.id), again=found.again)
    elif known is not None and not page.changes and mark.reached is None and _still_good(known, found, now):
        following = mark
    else:
        following = Mark(person=mark.person, known=reached)
    return Step(changes=page, mark=following, more=more, first=mark.after == _BEGIN, whole=known is None)


async def clear(database: Database, settings: Settings, now: datetime) -> int:
    """Housekeeping: tombstones that no mark is old enough for; how many."""
    async with database.connection() as conn:
        before = now - timedelta(days=settings.sync_kept_days) - _MARGIN
        return await queries.clear_tombstones(conn, before, _AT_ONCE)


def _check(settings: Settings, person_id: UUID, mark: Mark, now: datetime) -> None:
    kept = timedelta(days=settings.sync_kept_days)
    oldest = mark.known or mark.reached
    if mark.person != _digest(person_id) or (oldest is not None and now - oldest.seen.at > kept):
        raise SyncExpired


def _still_good(known: Known, found: Changes, now: datetime) -> bool:
    same = (known.wishes, known.news) == (found.wishes, found.news)
    return same and now - known.seen.at < _RENEWED_AFTER


def _digest(person_id: UUID) -> bytes:
    return hashlib.blake2b(person_id.bytes, digest_size=6).digest()
