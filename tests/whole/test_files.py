"""What holds for every tracked file."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES = 300
# Assembled here, so that this file does not find itself.
FORBIDDEN = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "files" + r"\.pythonhosted",
            "/" + "work/",
            "/" + r"tmp/team",
            "/" + "root/",
            "/" + r"home/\w",
        )
    )
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()  # noqa: S607 - git is wherever it is
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_no_module_is_long() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in tracked()
        if p.suffix == ".py" and (n := len(p.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_file_names_a_machine_or_a_package_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if path.suffix not in (".png", ".ico")
        for match in [FORBIDDEN.search(path.read_text("utf-8", errors="replace"))]
        if match
    ]
    assert found == []
