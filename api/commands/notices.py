"""``wartefrei notices dead``: what could not be delivered, and trying it again once the cause is mended."""

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from api.commands import Subparsers
from backend.clock import system_now
from backend.db import open_database
from backend.notices import service
from backend.notices.model import Dead

_HELP = """\
Lists the latest dead letters: when, through which lane, which kind of notice, how many attempts, and the code of the
last failure. There is nothing of a person in it. DATABASE_URL says where.

With --retry they are tried again at once, as if they never had been: all, those of one --code, or those of given --id.
What has expired meanwhile is not sent any more.
"""


def add_parser(subparsers: Subparsers) -> None:
    """``notices`` with its action."""
    command = subparsers.add_parser("notices", help="what could not be delivered")
    actions = command.add_subparsers(dest="action", required=True)
    dead = actions.add_parser(
        "dead", help="list dead letters, or try them again", description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    dead.add_argument("--code", help="only those that ended with this code, e.g. INVALID_ARGUMENT")
    dead.add_argument("--id", type=UUID, action="append", help="only this delivery (with --retry; may be repeated)")
    dead.add_argument("--limit", type=int, default=100, help="how many to list (default: 100)")
    dead.add_argument("--retry", action="store_true", help="try them again")


def run(args: argparse.Namespace) -> int:
    """0; 2 without DATABASE_URL."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        print("DATABASE_URL is missing", file=sys.stderr)
        return 2
    return asyncio.run(_dead(url, args.code, args.id, args.limit, retry=args.retry))


async def _dead(url: str, code: str | None, ids: Sequence[UUID] | None, limit: int, *, retry: bool) -> int:
    database = await open_database(url, size=1)
    try:
        if retry:
            print(f"{await service.revive(database, system_now(), ids=ids, detail=code)} tried again")
            return 0
        found = await service.list_dead(database, detail=code, limit=limit)
    finally:
        await database.close()
    for one in found:
        print(_line(one))
    for cause, count in Counter(one.detail or "unknown" for one in found).most_common():
        print(f"{count:6}  {cause}", file=sys.stderr)
    return 0


def _line(one: Dead) -> str:
    lane = one.platform or one.channel
    city = one.city_id or "–"
    return f"{one.done_at:%Y-%m-%dT%H:%M:%SZ}  {one.id}  {city}  {lane}  {one.kind}  {one.attempts}  {one.detail}"
