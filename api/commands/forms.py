"""``wartefrei form lint|publish|retire|list``: forms from YAML or JSON files."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from api.commands import Subparsers
from backend.clock import system_now
from backend.db import Database, open_database
from backend.db.pool import SYSTEM
from backend.documents.rules import PURPOSES
from backend.errors import DomainError
from backend.forms import queries
from backend.forms.content import Content
from backend.forms.lint import lint
from backend.forms.reader import InvalidFormError, read
from backend.forms.versions import retire, save

_HELP = """\
lint FILE…            every error of the files, with its line; no database is asked
publish FILE…         lints, then publishes each as the next version of its form, all or none; what is published
                      already is left as it is. --draft keeps it for a look and offers it to nobody.
retire CITY FORM      offers the form to nobody any more (--version N: only this one). Drafts that were begun with
                      it can still be handed in.
list [CITY]           every version with its state and hash

A published version never changes: to mend it, publish the next. The database is that of DATABASE_URL.

exit status:
  0  done, or nothing to do
  1  a file has errors
  2  wrong usage, an unreadable file, or a database that does not answer
"""


def add_parser(subparsers: Subparsers) -> None:
    """``form`` with its actions."""
    form = subparsers.add_parser(
        "form",
        help="check and publish forms",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = form.add_subparsers(dest="action", required=True, metavar="action")
    for name in ("lint", "publish"):
        action = actions.add_parser(name)
        action.add_argument("files", type=Path, nargs="+", metavar="FILE")
        if name == "publish":
            action.add_argument("--draft", action="store_true", help="keep it, publish nothing")
    action = actions.add_parser("retire")
    action.add_argument("city")
    action.add_argument("form")
    action.add_argument("--version", type=int)
    actions.add_parser("list").add_argument("city", nargs="?")


def run(args: argparse.Namespace) -> int:
    """The exit status."""
    if args.action == "lint":
        return 0 if _lint(args.files) is not None else 1
    url = os.environ.get("DATABASE_URL")
    if not url:
        return _fail("DATABASE_URL is missing")
    try:
        return _run(url, args)
    except InvalidFormError as error:
        for fault in error.faults:
            print(f"{fault.pointer}: {fault.text}", file=sys.stderr)
        return 1
    except DomainError as error:
        return _fail(str(error))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return _fail(f"the database does not answer as it should: {type(error).__name__}: {error}")


def _run(url: str, args: argparse.Namespace) -> int:
    if args.action == "publish":
        contents = _lint(args.files)
        return 1 if contents is None else _with(url, lambda database: publish(database, contents, draft=args.draft))
    if args.action == "retire":
        return _with(url, lambda database: _retire(database, args.city, args.form, args.version))
    return _with(url, lambda database: _list(database, args.city))


async def publish(database: Database, contents: list[Content], *, draft: bool = False) -> int:
    """All or none, in one transaction; 0."""
    async with database.transaction(SYSTEM) as conn:
        for content in contents:
            saved, new = await save(conn, content, system_now(), publish=not draft)
            word = ("kept as a draft" if draft else "published") if new else "published already"
            print(f"{content.city} {content.form} {saved.number}: {word}")
    return 0


def _lint(files: list[Path]) -> list[Content] | None:
    found: list[Content] = []
    wrong = False
    for file in files:
        try:
            value, lines = read(file.read_text(encoding="utf-8"))
            found.append(lint(value, PURPOSES, lines))
            print(f"{file}: without fault")
        except InvalidFormError as error:
            wrong = True
            for fault in error.faults:
                print(f"{file}:{error.line(fault)}: {fault.pointer or '/'}: {fault.text}", file=sys.stderr)
        except (OSError, UnicodeDecodeError) as error:
            wrong = True
            print(f"{file}: {error}", file=sys.stderr)
    return None if wrong else found


async def _retire(database: Database, city: str, form: str, version: int | None) -> int:
    async with database.transaction(SYSTEM) as conn:
        count = await retire(conn, city, form, version, system_now())
    print(f"{count} retired" if count else "nothing to retire")
    return 0


async def _list(database: Database, city: str | None) -> int:
    async with database.connection() as conn:
        for one in await queries.list_versions(conn, city):
            print(f"{one.city_id:20} {one.slug:30} {one.number:4} {one.state:10} {one.content_hash.hex()[:16]}")
    return 0


def _with(url: str, work: Callable[[Database], Awaitable[int]]) -> int:
    async def opened() -> int:
        database = await open_database(url, size=1, statement_timeout_seconds=60)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 2
