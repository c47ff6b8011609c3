"""`make lock`: three locks from pyproject.toml, universal, with hashes and without the address of any index."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEV = "requirements-dev.lock"
_OPTIONS = ["--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]


def main() -> None:
    """Development first; the two smaller ones are parts of it, version by version."""
    _compile(DEV, "--all-extras", *sys.argv[1:])
    _compile("requirements-run.lock", "--extra", "embedded", "--constraint", DEV)
    _compile("requirements.lock", "--constraint", DEV)


def _compile(lock: str, *options: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", *_OPTIONS, *options]
    subprocess.run([*command, "pyproject.toml", "--output-file", lock], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
