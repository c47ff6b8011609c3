"""``wartefrei city apply FILE``: a city's catalogue from a YAML file."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import asyncpg

from api.commands import Subparsers
from backend.catalogue.apply import Plan, apply, plan
from backend.catalogue.document import Document
from backend.catalogue.errors import AppointmentsStranded
from backend.catalogue.yaml_document import read
from backend.catalogue.yaml_reader import InvalidFileError
from backend.clock import system_now
from backend.db import Database, open_database
from backend.db.pool import SYSTEM
from backend.errors import DomainError

_HELP = """\
Checks FILE as a whole and prints every error with its line. Then prints what would change, field by field, and which
live appointments would be left without an open counter (references only). Changes nothing unless told --yes; then
everything is changed in one transaction, or nothing. Applying a file again changes nothing.

What FILE no longer names is retired (offices, counters, services) or removed (districts, hours, special openings, and
closures that an earlier file made). Closures that clerks made stay, and so do the hours of a counter for which neither
it nor its office gives any. Hours that clerks changed become those of the file.

Where appointments would be stranded, --yes alone is refused: move or cancel them first, or add --accept-stranded to
leave them as they are, at a closed counter, for clerks to care for.

The database is that of DATABASE_URL.

exit status:
  0  applied, shown, or nothing to change
  1  the file has errors, or it would strand appointments that are not accepted
  2  wrong usage, an unreadable file, or a database that does not answer
"""


def add_parser(subparsers: Subparsers) -> None:
    """``city`` with its one action."""
    city = subparsers.add_parser("city", help="load or change a city's catalogue")
    actions = city.add_subparsers(dest="action", required=True)
    action = actions.add_parser(
        "apply",
        help="bring a city's YAML file into the database",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action.add_argument("file", type=Path, metavar="FILE")
    action.add_argument("--yes", action="store_true", help="make the changes")
    action.add_argument("--accept-stranded", action="store_true", help="make them even if appointments are stranded")


def run(args: argparse.Namespace) -> int:
    """The exit status."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return _fail("DATABASE_URL is missing")
    try:
        text = args.file.read_text(encoding="utf-8")
    except OSError as error:
        return _fail(f"{args.file}: {error.strerror}")
    except UnicodeDecodeError:
        return _fail(f"{args.file}: is not UTF-8")
    try:
        document = read(text)
        return asyncio.run(_apply(url, document, yes=args.yes, accept_stranded=args.accept_stranded))
    except InvalidFileError as error:
        for fault in error.faults:
            print(f"{args.file}:{fault.line}: {fault.text}", file=sys.stderr)
        print(f"{len(error.faults)} errors; nothing was changed", file=sys.stderr)
        return 1
    except AppointmentsStranded as error:
        print(f"refused: {error}; --accept-stranded leaves them as they are", file=sys.stderr)
        return 1
    except DomainError as error:
        return _fail(f"{error}; try again")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return _fail(f"the database does not answer as it should: {type(error).__name__}: {error}")


async def _apply(url: str, document: Document, *, yes: bool, accept_stranded: bool) -> int:
    database = await open_database(url, size=1, statement_timeout_seconds=60)
    try:
        found = await _work(database, document, yes=yes, accept_stranded=accept_stranded)
    finally:
        await database.close()
    if found.stranded and not accept_stranded:
        print("would be refused: appointments would be stranded", file=sys.stderr)
        return 1
    return 0


async def _work(database: Database, document: Document, *, yes: bool, accept_stranded: bool) -> Plan:
    now = system_now()
    async with database.transaction(SYSTEM) as conn:
        found = await plan(conn, document, now)
        _show(found)
        if yes and found.changes:
            found = await apply(conn, found, now, accept_stranded=accept_stranded)
    if not found.changes:
        print("nothing to change")
    else:
        print("applied" if yes else "nothing was changed; --yes applies this")
    return found


def _show(found: Plan) -> None:
    signs = {"add": "+", "change": "~", "retire": "-", "remove": "-"}
    for change in found.changes:
        print(f"{signs[change.op]} {change.label}{' (retired)' if change.op == 'retire' else ''}")
        for field, (before, after) in change.fields().items():
            print(f"    {field}: {_value(before)} -> {_value(after)}")
    if found.stranded:
        print(f"! {len(found.stranded)} live appointments would be stranded:")
        for one in found.stranded:
            details = one.details()
            print(f"    {details['reference']} {details['start']} ({details['reason']})")


def _value(value: Any) -> str:
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 2
