"""``wartefrei notices``: how the telling stands; what could not be delivered, and how it is tried again."""

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from api.commands import Subparsers
from backend.clock import system_now
from backend.db import open_database
from backend.notices import service
from backend.notices.model import Dead, Standing
from backend.schedule.model import Entry
from backend.schedule.queries import list_entries

_STATE_HELP = """\
Whether workers are there, and what has been waiting for how long, lane by lane, with what most of it failed last: asked
of the database, so that it answers when no worker does. DATABASE_URL says where. Ends with 3 where nobody sends,
something has waited for more than a minute, or a task of the schedule failed.
"""
_HELP = """\
Lists the latest dead letters: when, through which lane, which kind of notice, how many attempts, and the code of the
last failure. There is nothing of a person in it. DATABASE_URL says where.

With --retry they are tried again at once, as if they never had been: all, those of one --code, or those of given --id.
What has expired meanwhile is not sent any more.
"""


_LATE_SECONDS = 60.0
_HEAD = "ended  delivery  city  lane  kind of notice  attempts  last code"


def add_parser(subparsers: Subparsers) -> None:
    """``notices`` with its action."""
    command = subparsers.add_parser("notices", help="whether people are told, and what could not be delivered")
    actions = command.add_subparsers(dest="action", required=True)
    actions.add_parser(
        "state", help="whether anybody sends, and what waits", description=_STATE_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    dead = actions.add_parser(
        "dead", help="list dead letters, or try them again", description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    dead.add_argument("--code", help="only those that ended with this code, e.g. INVALID_ARGUMENT")
    dead.add_argument("--id", type=UUID, action="append", help="only this delivery (with --retry; may be repeated)")
    dead.add_argument("--limit", type=int, default=100, help="how many to list (default: 100)")
    dead.add_argument("--retry", action="store_true", help="try them again")


def run(args: argparse.Namespace) -> int:
    """0; 1 where the database does not answer; 2 without DATABASE_URL, and for ids that nothing is to be done with.

    ``state`` ends with 3 where not all is well.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        return _fail("DATABASE_URL is missing", 2)
    if args.action == "dead" and args.id and not args.retry:
        return _fail("--id says which to try again: it goes with --retry", 2)
    try:
        if args.action == "state":
            return asyncio.run(_state(url))
        return asyncio.run(_dead(url, args.code, args.id, args.limit, retry=args.retry))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return _fail(f"the database does not answer as it should: {type(error).__name__}: {error}", 1)


def _fail(why: str, status: int) -> int:
    print(why, file=sys.stderr)
    return status


async def _state(url: str) -> int:
    database, now = await open_database(url, size=1), system_now()
    try:
        found = await service.standing(database, now)
        async with database.connection() as conn:
            failed = [entry for entry in await list_entries(conn) if entry.outcome == "failed"]
    finally:
        await database.close()
    for line in _state_lines(found, failed, now):
        print(line)
    late = any(lane.oldest_seconds > _LATE_SECONDS for lane in found.lanes)
    return 3 if late or failed or not found.workers else 0


def _state_lines(found: Standing, failed: Sequence[Entry], now: datetime) -> Iterator[str]:
    yield f"workers   {f'{found.workers} connections' if found.workers else 'none: nobody sends'}"
    yield f"notices   {found.backlog.notices} not taken up by a worker"
    for lane in found.lanes:
        cause = f"failed last with {lane.code}" if lane.code else "not tried yet"
        yield f"{lane.lane:9} {lane.waiting} waiting, for {lane.oldest_seconds:.0f} s, {cause}"
    if not found.lanes:
        yield "lanes     nothing waits"
    yield f"dead      {found.backlog.dead}{' (wartefrei notices dead)' if found.backlog.dead else ''}"
    for entry in failed:
        since = f"{(now - entry.ended_at).total_seconds():.0f} s ago" if entry.ended_at else "never ended"
        yield f"task      {entry.task} failed {since}: {entry.detail}"


async def _dead(url: str, code: str | None, ids: Sequence[UUID] | None, limit: int, *, retry: bool) -> int:
    database = await open_database(url, size=1)
    try:
        if retry:
            print(f"{await service.revive(database, system_now(), ids=ids, detail=code)} tried again")
            return 0
        found = await service.list_dead(database, detail=code, limit=limit)
    finally:
        await database.close()
    print(_HEAD if found else "no dead letters", file=sys.stderr)
    for one in found:
        print(_line(one), flush=True)
    for cause, count in Counter(one.detail or "unknown" for one in found).most_common():
        print(f"{count:6}  {cause}", file=sys.stderr)
    return 0


def _line(one: Dead) -> str:
    lane = one.platform or one.channel
    city = one.city_id or "–"
    return f"{one.done_at:%Y-%m-%dT%H:%M:%SZ}  {one.id}  {city}  {lane}  {one.kind}  {one.attempts}  {one.detail}"
