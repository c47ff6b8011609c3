"""``wartefrei <command>``: a module of ``api.commands`` each, with ``add_parser(subparsers)`` and ``run(args)``.

What surrounds the program brings commands of its own, which this one need not know: a program ``wartefrei-NAME`` that
is installed beside it is ``wartefrei NAME``.
"""

import argparse
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from api import commands


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; ``run`` in what it parses is the command's function."""
    others = ", ".join(sorted(beside()))
    found = argparse.ArgumentParser(
        prog="wartefrei",
        description="The backend behind a city's mobile app.",
        epilog=f"Installed beside it, with a --help of their own: {others}." if others else None,
    )
    chosen = found.add_subparsers(dest="command", required=True, metavar="command")
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda entry: entry.name):
        known = set(chosen.choices)
        command = import_module(f"{commands.__name__}.{module.name}")
        command.add_parser(chosen)
        for name in set(chosen.choices) - known:
            chosen.choices[name].set_defaults(run=command.run)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status; 2 for a call that makes no sense."""
    wanted = list(sys.argv[1:] if arguments is None else arguments)
    program = beside().get(wanted[0]) if wanted else None
    if program is not None:
        os.execv(program, [str(program), *wanted[1:]])  # noqa: S606 - it was installed with us, and ends as it likes
    given = parser().parse_args(wanted)
    return int(given.run(given))


def beside() -> dict[str, Path]:
    """Programs ``wartefrei-NAME`` in the folder of this Python, by name."""
    folder = Path(sys.executable).parent
    return {found.name.removeprefix("wartefrei-"): found for found in folder.glob("wartefrei-*") if _runs(found)}


def _runs(file: Path) -> bool:
    return file.is_file() and os.access(file, os.X_OK)


if __name__ == "__main__":
    raise SystemExit(main())
