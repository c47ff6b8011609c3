"""One PostgreSQL for a whole test run, shared by all xdist workers, gone when the run ends in whatever way.

The run's main process starts a keeper (this module as a program) and holds its standard input: when the main process
ends or is killed, the pipe closes and the keeper stops the server and removes its files.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit, urlunsplit

from infra.dev.migrate import APP, OWNER, prepare
from infra.dev.postgres import Postgres

EMPTY, DEMO = "template_empty", "template_demo"
_WHERE = "WARTEFREI_TEST_CLUSTER"


class Cluster:
    """The server's addresses. ``url`` names a database and a role; passwords are the same for all."""

    def __init__(self, directory: Path, superuser_url: str) -> None:
        self.directory = directory
        self.superuser_url = superuser_url

    def url(self, database: str, role: str) -> str:
        """Where ``role`` finds ``database``."""
        parts = urlsplit(self.superuser_url)
        return urlunsplit(parts._replace(netloc=parts.netloc.replace("postgres:", f"{role}:", 1), path=f"/{database}"))

    def owner_url(self, database: str) -> str:
        """For the role that owns the schema."""
        return self.url(database, OWNER)

    def app_url(self, database: str) -> str:
        """For the role the API works with."""
        return self.url(database, APP)

    @contextmanager
    def once(self, what: str) -> Generator[bool]:
        """Yields True to the first of all workers that comes for ``what``, False to the later ones when it is done."""
        done = self.directory / f"{what}.done"
        with (self.directory / f"{what}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            first = not done.exists()
            yield first
            done.touch()


def start_keeper() -> "subprocess.Popen[bytes]":
    """Starts the server in the background; workers find it by the environment. Called by the run's main process."""
    # Readable by the user whom the server runs as; the data folder inside is not.
    made = Path(tempfile.mkdtemp(prefix="wartefrei-tests-"))
    made.chmod(0o711)
    os.environ[_WHERE] = str(made)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.cluster", str(made)],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )


def directory() -> Path:
    """Of the run, gone when it ends."""
    return Path(os.environ[_WHERE])


def find(within_seconds: float = 90.0) -> Cluster:
    """The run's server, once it is ready; raises RuntimeError with the reason when it cannot start."""
    note = directory() / "cluster.json"
    deadline = time.monotonic() + within_seconds
    while not note.exists():
        if time.monotonic() > deadline:
            raise RuntimeError("the test server did not start in time")
        time.sleep(0.02)
    told = json.loads(note.read_text(encoding="utf-8"))
    if "failed" in told:
        raise RuntimeError(told["failed"])
    return Cluster(directory(), told["superuser_url"])


def keep(directory: Path) -> None:
    """Starts the server, tells where it is, and waits for the end of standard input."""
    server = Postgres(directory / "postgres", durable=False)
    signal.signal(signal.SIGTERM, _leave)
    try:
        _tell(directory, _begin(server))
        sys.stdin.buffer.read()
    finally:
        server.crash()  # nothing of it is kept
        shutil.rmtree(directory, ignore_errors=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _begin(server: Postgres) -> dict[str, str]:
    try:
        server.start()
        cluster = Cluster(server.directory, server.url("postgres"))
        asyncio.run(prepare(cluster.superuser_url, cluster.owner_url(EMPTY), EMPTY, server.password))
    except Exception as error:  # noqa: BLE001 - told to every test that asks for the server, with the reason
        return {"failed": f"{type(error).__name__}: {error}"}
    return {"superuser_url": cluster.superuser_url}


def _tell(directory: Path, what: dict[str, str]) -> None:
    note = directory / "cluster.json.new"
    note.write_text(json.dumps(what), encoding="utf-8")
    note.chmod(0o600)
    note.rename(directory / "cluster.json")


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
