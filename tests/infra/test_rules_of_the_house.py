"""What `make check` and the locks promise, shown by what they refuse."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.dev.check_migrations import faults
from tests.support.supervised import ROOT

LOCKS = ("requirements.lock", "requirements-run.lock", "requirements-dev.lock")


def test_make_help_lists_every_target_that_is_for_people() -> None:
    make = shutil.which("make")
    assert make is not None
    said, alone = (
        subprocess.run([make, *goal], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for goal in (["help"], [])
    )
    assert said == alone
    listed = re.findall(r"^  make ([a-z]+) +\S", said, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    assert sorted(listed) == sorted(phony[1].split())
    assert {"run", "token", "test", "check", "bench", "help"} <= set(listed)


def _pins(lock: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9][^ ;]*==[^ ;]+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program and its contracts."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ("backend", "api", "notifications", "infra"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def _lint(house: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "file, statement",
    [
        ("backend/clock.py", "import litestar"),
        ("backend/clock.py", "import backend.catalogue.model"),
        ("backend/catalogue/model.py", "import infra.dev.keys"),
        ("backend/catalogue/model.py", "import api.wire"),
        ("backend/catalogue/model.py", "import backend.identity.model"),
        ("backend/identity/model.py", "import backend.appointments.model"),
        ("api/wire.py", "import asyncpg"),
        ("api/wire.py", "import infra.dev.keys"),
        ("api/wire.py", "import firebase_admin"),
        ("api/wire.py", "import notifications.model"),
        ("notifications/model.py", "import api.wire"),
        ("notifications/model.py", "import infra.dev.keys"),
    ],
)
def test_an_import_against_the_direction_is_refused(house: Path, file: str, statement: str) -> None:
    path = house / file
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{statement}\n", encoding="utf-8")
    try:
        refused = _lint(house)
    finally:
        path.write_text(before, encoding="utf-8")
    assert refused.returncode == 1
    assert "BROKEN" in refused.stdout


def test_the_house_as_it_is_keeps_its_contracts(house: Path) -> None:
    kept = _lint(house)
    assert kept.returncode == 0, kept.stdout


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_gives_a_hash_for_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_what_runs_is_what_is_tested() -> None:
    assert _pins("requirements.lock") < _pins("requirements-run.lock") < _pins("requirements-dev.lock")


@pytest.mark.parametrize(
    "name, text, fault",
    [
        ("0002_second.sql", "-- migrate:up\nSELECT 1;\n", None),
        ("0003_gap.sql", "-- migrate:up\nSELECT 1;\n", "expected 0002"),
        ("0002-dash.sql", "-- migrate:up\nSELECT 1;\n", "expected 0002"),
        ("0002_second.sql", "SELECT 1;\n", "first line"),
        ("0002_second.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nDROP TABLE city;\n", "forward only"),
    ],
)
def test_a_migration_out_of_line_is_named(tmp_path: Path, name: str, text: str, fault: str | None) -> None:
    (tmp_path / "0001_first.sql").write_text("-- migrate:up\nSELECT 1;\n-- migrate:down\n-- forward only\n")
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = faults(tmp_path)
    assert (found == []) if fault is None else (len(found) == 1 and name in found[0] and fault in found[0])
