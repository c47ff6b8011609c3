"""``wartefrei sandbox``: the sandbox city, and a test key for it."""

import argparse
import asyncio
import os
import sys

from api.commands import Subparsers
from backend.catalogue.apply import apply, plan
from backend.catalogue.yaml_document import read
from backend.clients import Keyring
from backend.clients import service as clients
from backend.clients.model import Actor, Wanted
from backend.clock import system_now
from backend.db import open_database
from backend.db.pool import SYSTEM
from backend.documents.rules import PURPOSES
from backend.errors import DomainError
from backend.forms.lint import lint
from backend.forms.reader import read as read_form
from backend.forms.versions import save
from backend.sandbox.service import city_file, form_file
from backend.settings import SettingsError, from_environment

_HELP = """\
Makes the city `sandbox` with its form, or brings them up to date; it is shown to test keys only, and real cities answer
to none of them. With --key a client is made for who is to be told of changes, and its test key printed, once.

exit status:
  0  done
  1  refused, with the reason
  2  wrong settings
"""


def add_parser(subparsers: Subparsers) -> None:
    """``sandbox``."""
    command = subparsers.add_parser(
        "sandbox", help="a city in which nothing is real, for integrators", description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.add_argument("--key", metavar="CONTACT", help="make a client with a test key")


def run(args: argparse.Namespace) -> int:
    """The exit status, as the help says."""
    try:
        return asyncio.run(_run(args.key))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except DomainError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(contact: str | None) -> int:
    settings = from_environment(os.environ, role="command")
    database = await open_database(settings.database_url, size=1, statement_timeout_seconds=60)
    now, operator = system_now(), Actor()
    try:
        async with database.transaction(SYSTEM) as conn:
            found = await plan(conn, read(city_file()), now)
            if found.changes:
                await apply(conn, found, now, accept_stranded=True)
            value, lines = read_form(form_file())
            await save(conn, lint(value, PURPOSES, lines), now, publish=True)
            if contact is not None:
                wanted = Wanted(
                    name="Sandbox", contact=contact, cities=(), scopes=("app", "webhooks"), per_minute=None
                )  # fmt: skip
                client = await clients.save(conn, operator, wanted, now)
                made = await clients.issue(conn, Keyring(settings), operator, client.id, "test", now)
                print(made.text)
    finally:
        await database.close()
    print("the sandbox is ready", file=sys.stderr)
    return 0
