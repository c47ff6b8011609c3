"""``wartefrei pass verify``: is this pass genuine? Needs the public keys once, and no connection after that."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import aiohttp

from api.commands import Subparsers
from api.texts import Language, title
from backend.appointments import passes
from backend.appointments.errors import PassExpired, PassInvalid
from backend.appointments.passes import PassClaims
from backend.clock import system_now

_HELP = """\
Checks the signature of a pass, its type and its day, and prints what it says.

TOKEN is the text of the QR code; - reads it from standard input. The keys are a JWKS file, saved beforehand
(curl -o keys.json https://…/.well-known/jwks.json), or the address of one. Without --keys they are fetched from
PUBLIC_URL, else from http://127.0.0.1:8000.

exit status:
  0  genuine, for today or a day to come
  1  not a genuine pass
  2  wrong usage
  3  genuine, but its day is over
  4  the keys cannot be read
"""
_MAX_BYTES = 1_000_000
_TIMEOUT_SECONDS = 10
_WORDS: dict[Language, dict[str, str]] = {
    "de": {
        "genuine": "Echter Terminpass",
        "reference": "Terminnummer",
        "office": "Ort",
        "time": "Zeit",
        "revision": "Stand",
        "issuer": "Ausgestellt von",
        "keys": "Die Schlüssel sind nicht lesbar",
    },
    "en": {
        "genuine": "Genuine pass",
        "reference": "Reference",
        "office": "Office",
        "time": "Time",
        "revision": "Revision",
        "issuer": "Issued by",
        "keys": "The keys cannot be read",
    },
}


class _KeysError(Exception):
    """The keys are not there, or no keys."""


def add_parser(subparsers: Subparsers) -> None:
    """``pass`` with its one action."""
    command = subparsers.add_parser("pass", help="check the pass of an appointment")
    actions = command.add_subparsers(dest="action", required=True)
    verify = actions.add_parser(
        "verify",
        help="is this pass genuine?",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("token", metavar="TOKEN", help="the pass, or - for standard input")
    verify.add_argument("--keys", metavar="FILE|URL", help="the public keys (JWKS)")
    verify.add_argument("--lang", choices=["de", "en"], help="default: by LANG")


def run(args: argparse.Namespace) -> int:
    """The exit status, as the help says."""
    language: Language = args.lang or ("de" if os.environ.get("LANG", "").startswith("de") else "en")
    words = _WORDS[language]
    token: str = sys.stdin.read() if args.token == "-" else args.token  # noqa: S105 # a dash is no secret
    try:
        keys = passes.public_keys(_read(args.keys))
    except (PassInvalid, _KeysError) as error:
        print(f"{words['keys']}: {error}", file=sys.stderr)
        return 4
    try:
        claims = passes.verify(token.strip(), keys, system_now())
    except PassInvalid as error:
        print(title(error, language), file=sys.stderr)
        return 1
    except PassExpired as error:
        print(title(error, language), file=sys.stderr)
        return 3
    _show(claims, words)
    return 0


def _show(claims: PassClaims, words: dict[str, str]) -> None:
    print(words["genuine"])
    lines = {
        "reference": claims.reference,
        "office": f"{claims.office.name} ({claims.city})",
        "time": f"{claims.starts_at:%Y-%m-%d %H:%M} - {claims.ends_at:%H:%M} ({claims.zone})",
        "revision": str(claims.revision),
        "issuer": claims.iss,
    }
    for name, value in lines.items():
        print(f"  {words[name] + ':':<17}{value}")


def _read(keys: str | None) -> bytes:
    where = keys or os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/") + "/.well-known/jwks.json"
    try:
        if where.startswith(("http://", "https://")):
            return asyncio.run(_fetch(where))
        return Path(where).read_bytes()
    except (OSError, TimeoutError, aiohttp.ClientError) as error:
        raise _KeysError(where) from error


async def _fetch(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
        answer.raise_for_status()
        return await answer.content.read(_MAX_BYTES)
