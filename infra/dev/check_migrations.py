"""`make migrations`: numbered without a gap, forward only, and nothing that stops a busy database."""

import re
import subprocess
import sys
from pathlib import Path

from backend.health.model import NEEDED_MIGRATION

FOLDER = Path(__file__).parents[1] / "migrations"
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
# squawk reads a migration as if it met a busy database. What it need not say here:
_EXCUSED = (
    "require-lock-timeout",  # infra/dev/migrate.py sets both for every migration
    "require-statement-timeout",
    "prefer-bigint-over-int",  # minutes and counts of one appointment; what counts rows is bigint
)
# The second is for one statement that is CONCURRENTLY.
_FIRST_LINES = ("-- migrate:up", "-- migrate:up transaction:false")
# The first release makes its schema in an empty database: these may lock and fill tables that nobody reads yet.
FOUNDING = 14
_HARMLESS_WHEN_EMPTY = (
    "ban-drop-constraint",
    "require-concurrent-index-creation",
    "adding-required-field",
    "adding-foreign-key-constraint",
    "renaming-table",
    "renaming-column",
    "renaming-object",
    "ban-drop-column",
    "adding-field-with-default",
    "require-concurrent-index-deletion",
    "ban-drop-not-null",
)


def faults(folder: Path = FOLDER) -> list[str]:
    """What is wrong with names and directions, one sentence each."""
    found: list[str] = []
    files = sorted(folder.glob("*.sql"))
    for expected, file in enumerate(files, start=1):
        match = _NAME.match(file.name)
        if match is None or int(match[1]) != expected:
            found.append(f"{file.name}: expected {expected:04d}_what_it_does.sql")
        lines = file.read_text(encoding="utf-8").splitlines()
        if not lines or lines[0] not in _FIRST_LINES:
            found.append(f"{file.name}: the first line must be `-- migrate:up`")
        if _undoes(lines):
            found.append(f"{file.name}: migrations go forward only; mend with a new one instead of `migrate:down`")
    return found


def _undoes(lines: list[str]) -> bool:
    """dbmate wants the heading; a statement below it is what must not be."""
    heading = next((n for n, line in enumerate(lines) if line.startswith("-- migrate:down")), len(lines))
    return any(line.strip() and not line.lstrip().startswith("--") for line in lines[heading:])


def main() -> int:
    """Prints every fault; 0 when there is none."""
    found = faults()
    newest = max(file.name for file in FOLDER.glob("*.sql"))[:4]
    if newest != NEEDED_MIGRATION:
        found.append(f"NEEDED_MIGRATION in backend/health/model.py must be {newest}: readiness asks for the newest")
    print("\n".join(found) or "migrations: numbered, forward only")
    files = sorted(map(str, FOLDER.glob("*.sql")))
    results = [_squawk(files[:FOUNDING], *_HARMLESS_WHEN_EMPTY), _squawk(files[FOUNDING:])]
    return 1 if found or any(results) else 0


def _squawk(files: list[str], *excused: str) -> int:
    if not files:
        return 0
    # dbmate runs each migration in a transaction of its own.
    command = [str(Path(sys.executable).with_name("squawk")), "--pg-version=15.0", "--assume-in-transaction"]
    command.append(f"--exclude={','.join((*_EXCUSED, *excused))}")
    return subprocess.run([*command, *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
