"""``wartefrei <command>``: a module of ``api.commands`` each, with ``add_parser(subparsers)`` and ``run(args)``."""

import argparse
import pkgutil
from collections.abc import Sequence
from importlib import import_module

from api import commands


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; ``run`` in what it parses is the command's function."""
    found = argparse.ArgumentParser(prog="wartefrei", description="The backend behind a city's mobile app.")
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
    given = parser().parse_args(arguments)
    return int(given.run(given))


if __name__ == "__main__":
    raise SystemExit(main())
