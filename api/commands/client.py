"""``wartefrei client …``: integrators' clients and their keys, for the operator."""

import argparse
import asyncio
import os
import sys
from uuid import UUID

from api.commands import Subparsers
from backend.clients import Keyring, service
from backend.clients.model import SCOPES, Actor, Client, Wanted
from backend.clock import system_now
from backend.db import Connection, open_database
from backend.db.pool import SYSTEM
from backend.errors import DomainError
from backend.settings import SettingsError, from_environment

_HELP = """\
A client is an integrator's app or server; its keys are sent in the header Client-Key. A key is printed once, on
standard output, and kept as a hash. Live keys are good in the client's cities, test keys in any sandbox.

The installation is that of the environment's settings (DATABASE_URL, CLIENT_SECRETS …).

exit status:
  0  done
  1  refused, with the reason
  2  wrong usage or settings
"""


def add_parser(subparsers: Subparsers) -> None:
    """``client`` with its actions."""
    command = subparsers.add_parser(
        "client", help="integrators' clients and their keys", description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = command.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="every client with its keys")
    new = actions.add_parser("new", help="make a client")
    new.add_argument("name")
    new.add_argument("--contact", required=True, help="whom to tell of changes")
    new.add_argument("--city", action="append", default=[], help="in which live keys are good; may be repeated")
    new.add_argument("--scope", action="append", choices=SCOPES, help="default: app; may be repeated")
    new.add_argument("--per-minute", type=int, help="requests; default: the installation's")
    for name, text in (("key", "one more key"), ("rotate", "a new key; the present one stays good for a while")):
        made = actions.add_parser(name, help=text)
        made.add_argument("client", type=UUID)
        made.add_argument("--environment", choices=("live", "test"), required=True)
        made.add_argument("--days", type=int, default=service.KEY_DAYS, help="how long it is good")
        if name == "rotate":
            made.add_argument("--overlap-hours", type=int, default=service.OVERLAP_HOURS)
    revoke = actions.add_parser("revoke", help="take a key away at once")
    revoke.add_argument("client", type=UUID)
    revoke.add_argument("key", type=UUID, help="its id, as `list` shows it")
    for name, text in (("disable", "refuse all keys of a client"), ("enable", "accept them again")):
        actions.add_parser(name, help=text).add_argument("client", type=UUID)


def run(args: argparse.Namespace) -> int:
    """The exit status, as the help says."""
    try:
        return asyncio.run(_run(args))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except DomainError as error:
        print(error, *(fault["detail"] for fault in error.details.get("errors", ())), sep="\n", file=sys.stderr)
        return 1


async def _run(args: argparse.Namespace) -> int:
    settings = from_environment(os.environ, role="command")
    database = await open_database(settings.database_url, size=1)
    try:
        async with database.transaction(SYSTEM) as conn:
            await _do(conn, Keyring(settings), args)
    finally:
        await database.close()
    return 0


async def _do(conn: Connection, keyring: Keyring, args: argparse.Namespace) -> None:
    now, operator = system_now(), Actor()
    match args.action:
        case "list":
            for client in await service.list_clients(conn, operator):
                _show(client)
        case "new":
            wanted = Wanted(
                name=args.name, contact=args.contact, cities=tuple(args.city), scopes=tuple(args.scope or ("app",)),
                per_minute=args.per_minute,
            )  # fmt: skip
            print((await service.save(conn, operator, wanted, now)).id)
        case "key":
            made = await service.issue(
                conn, keyring, operator, args.client, args.environment, now, days=args.days
            )  # fmt: skip
            print(made.text)
        case "rotate":
            made = await service.rotate(
                conn, keyring, operator, args.client, args.environment, now, days=args.days,
                overlap_hours=args.overlap_hours,
            )  # fmt: skip
            print(made.text)
        case "revoke":
            await service.revoke(conn, operator, args.client, args.key, now)
        case _:
            await service.disable(conn, operator, args.client, now, disabled=args.action == "disable")


def _show(client: Client) -> None:
    state = " (disabled)" if client.disabled_at else ""
    print(f"{client.id}  {client.name}{state}  {','.join(client.scopes)}  {','.join(client.cities)}  {client.contact}")
    for key in client.keys:
        ends = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
        used = f"used {key.last_used_at:%Y-%m-%dT%H:%M}Z" if key.last_used_at else "never used"
        print(f"  {key.id}  {key.environment}  {ends}  {used}")
