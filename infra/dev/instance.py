"""One running instance: its folder, its lock, its keys, and the note from which `make token` finds it."""

import fcntl
import json
import os
import socket
from contextlib import closing
from pathlib import Path
from typing import IO

import msgspec

from backend.settings import DEVELOPMENT_SECRET_MARK, Settings, from_environment
from infra.dev.keys import development_keys
from infra.dev.store import new_keys

ROOT = Path(__file__).parents[2]
_BY_PORT = ROOT / ".cache" / "instances"


class InstanceError(Exception):
    """Why this instance cannot start, or cannot be found."""


def wanted_port() -> int:
    """The port that PORT names, else 8000. Raises InstanceError for what is none."""
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65_536):
        raise InstanceError(f"PORT={given} is no port: it has to be a number from 1 to 65535")
    return int(given)


class Note(msgspec.Struct, kw_only=True):
    """What ``run.json`` keeps from one start to the next (``secrets``) and of this one (the rest)."""

    remark: str = f"{DEVELOPMENT_SECRET_MARK}: keys made by `make run`; production refuses them"
    secrets: dict[str, str]
    pid: int | None = None
    public_url: str | None = None
    environment: dict[str, str] = {}
    processes: dict[str, int] = {}


class Instance:
    """A folder that one supervisor at a time works in, and the port of its API."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory.resolve(), port
        self.public_url = os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}"
        self._lock: IO[str] | None = None
        self._announced: Path | None = None
        self.note = Note(secrets={})

    def log(self, name: str) -> Path:
        """Where a process's words go."""
        return self.directory / "log" / f"{name}.log"

    def open(self) -> None:
        """Takes the folder; makes it, and its keys, the first time. Raises InstanceError."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            # When we are root, the database works as another user and has to pass; secrets are readable by us alone.
            self.directory.chmod(0o711)
            (self.directory / "log").mkdir(exist_ok=True)
            self._lock = (self.directory / "lock").open("a+")
        except OSError as error:
            raise InstanceError(
                f"{self.directory} cannot be used ({error.strerror}); choose another DATA_DIR"
            ) from error
        try:
            # The kernel releases it with the process, however that ends: no stale lock survives a kill -9.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InstanceError(f"{self.directory} belongs to a running instance; choose another DATA_DIR") from error
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise InstanceError(f"port {self.port} is in use; choose another: make run PORT=…") from error
        known = read_note(self.directory / "run.json")
        self.note = Note(secrets={**development_keys(), **new_keys(), **(known.secrets if known else {})})
        self.note.pid, self.note.public_url = os.getpid(), self.public_url
        self.save()

    def save(self) -> None:
        """Writes ``run.json``, readable by us alone."""
        _write(self.directory / "run.json", msgspec.json.format(msgspec.json.encode(self.note)))

    def announce(self) -> None:
        """Lets `make token PORT=…` find this folder."""
        _BY_PORT.mkdir(parents=True, exist_ok=True)
        self._announced = _BY_PORT / str(self.port)
        _write(self._announced, json.dumps(str(self.directory)).encode())

    def close(self) -> None:
        """Forgets what was true of this start only, and gives the folder back."""
        if self._announced is not None:
            self._announced.unlink(missing_ok=True)
        if self.note.pid is not None:
            self.note = Note(secrets=self.note.secrets)
            self.save()
        if self._lock is not None:
            self._lock.close()


def note_of_running(port: int) -> Note:
    """What the instance whose API listens at ``port`` has noted. Raises InstanceError."""
    try:
        directory = Path(json.loads((_BY_PORT / str(port)).read_text(encoding="utf-8")))
    except FileNotFoundError:
        directory = None
    note = read_note(directory / "run.json") if directory else None
    if note is None or note.pid is None or not _lives(note.pid):
        raise InstanceError(f"no instance runs at port {port}: start it with `make run PORT={port}`")
    return note


def settings_of_running(port: int) -> Settings:
    """The settings of the instance whose API listens at ``port``. Raises InstanceError."""
    return from_environment(note_of_running(port).environment)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def read_note(path: Path) -> Note | None:
    """A ``run.json``; None where there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.replace(path)
