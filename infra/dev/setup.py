"""Makes `.venv` what a lock says. Run by any Python ≥ 3.11 with its standard library alone.

    python3 infra/dev/setup.py run|dev

A note in the environment keeps the digest of each lock that it satisfies, so a second run costs a few milliseconds.
"""

import fcntl
import hashlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv"
LOCKS = {"run": ROOT / "requirements-run.lock", "dev": ROOT / "requirements-dev.lock"}
_NOTE = VENV / "satisfied.json"
# As in pyproject.toml, which an installed wheel has them from.
_COMMANDS = {"wartefrei": "api.cli", "wartefrei-fcm": "infra.dev.fcm", "wartefrei-mail": "infra.dev.mail"}
_COMMAND = """#!{python}
import sys

from {module} import main

sys.exit(main())
"""


def main() -> int:
    """Answers 0 when the environment satisfies the wanted lock, else prints why not."""
    wanted = sys.argv[1]
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may be asked to run
        return _refuse(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=python3.12 …")
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two instances may start at once in one folder
        if _satisfied().get(wanted) == _digest(wanted) and (VENV / "bin" / "python").exists():
            return _link()
        return _create() or _install(wanted) or _link() or _remember(wanted)


def _digest(name: str) -> str:
    return hashlib.sha256(LOCKS[name].read_bytes() + sys.version.encode()).hexdigest()


def _satisfied() -> dict[str, str]:
    try:
        return dict(json.loads(_NOTE.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _create() -> int:
    if _works():
        return 0
    _say("creating .venv")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    return 0 if made.returncode == 0 else _refuse("venv failed; on Debian and Ubuntu: apt-get install python3-venv")


def _works() -> bool:
    try:
        asked = subprocess.run(
            [str(VENV / "bin" / "python"), "-c", "import pip, sys; print(sys.version)"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return False
    return asked.returncode == 0 and asked.stdout.strip() == sys.version


def _install(name: str) -> int:
    lock = LOCKS[name]
    count = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line)
    _say(f"installing {count} packages of {lock.name} (once)")
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Wheels only: nothing is built here and nobody's setup.py runs. The lock is complete: nothing is resolved either.
    command += ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", str(lock)]
    done = subprocess.run(command, check=False, stdout=sys.stderr)
    return 0 if done.returncode == 0 else _refuse(f"pip could not install {lock.name}")


def _link() -> int:
    """Makes the project importable and its commands runnable from anywhere, without building anything."""
    (packages,) = VENV.glob("lib/python*/site-packages")
    files = {packages / "wartefrei.pth": f"{ROOT}\n"}
    for name, module in _COMMANDS.items():
        files[VENV / "bin" / name] = _COMMAND.format(python=VENV / "bin" / "python", module=module)
    for file, content in files.items():
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            file.write_text(content, encoding="utf-8")
            file.chmod(0o755)
    return 0


def _remember(name: str) -> int:
    # What `make run` needs is a part of what development needs: `make lock` sees to it.
    now = {part: _digest(part) for part in ({"run", "dev"} if name == "dev" else {"run"})}
    new = _NOTE.with_suffix(".new")
    new.write_text(json.dumps(now), encoding="utf-8")
    new.replace(_NOTE)
    return 0


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


def _refuse(text: str) -> int:
    print(f"✗ {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
