"""The processes of the program itself, one line each, and how they are watched and ended."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from infra.dev.drop import spawn

SERVING = (
    *("-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--loop", "uvloop", "--no-ws", "--no-access-log"),
    # Of a connection that says nothing granian tires after half a minute, but only where it need not first find out
    # which HTTP is spoken.
    *("--http", "1", "--backlog", "2048"),
    # Counts connections, idle ones and streams too: with the backlog's number, which it has otherwise, 2048 of those
    # keep everybody else waiting. What is dear has bounds of its own.
    *("--backpressure", "16384"),
)
"""What every process that serves HTTP for the public is started with."""
_API = (
    *SERVING,
    # A stream that stays open must not keep a worker from stopping.
    *("--factory", "--workers-kill-timeout", "4"),
)


class Program(msgspec.Struct, frozen=True):
    """A process of ours: arguments of the Python that runs us, and whether it exists yet."""

    name: str
    arguments: tuple[str, ...]
    exists: bool = True


def programs(port: int, api_workers: int) -> tuple[Program, ...]:
    """In the order in which they start; they stop in the opposite one."""
    api = (*_API, "--port", str(port), "--workers", str(api_workers), "api.app:create_app_from_environment")
    return (
        Program("api", api),
        Program("documents", ("-m", "backend.documents")),
        Program("notifications", ("-m", "notifications"), exists=_runnable("notifications")),
    )


def fcm(port: int, account: Path) -> Program:
    """The loopback FCM, which writes the service account that its worker needs."""
    return Program("fcm", ("-m", "infra.dev.fcm", "--port", str(port), "--account", str(account)))


def relay(port: int, http: int) -> Program:
    """The relay that keeps letters, and lists them over HTTP."""
    return Program("mail", ("-m", "infra.dev.mail", "--port", str(port), "--http", str(http)))


class Child:
    """A started process with its log. ``stop`` and ``kill`` concern the whole session that it leads."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path, polite: signal.Signals) -> None:
        self.name, self.process, self.log, self.polite = name, process, log, polite

    def ended(self) -> str | None:
        """Why it is not there any more; None while it is."""
        code = self.process.poll()
        if code is None:
            return None
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return f"{self.name} {how}\n{self.last_words()}"

    def last_words(self, lines: int = 20) -> str:
        """The end of its log, indented."""
        with suppress(FileNotFoundError):
            words = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            return "\n".join(f"    {line}" for line in words)
        return ""

    def ask_to_stop(self) -> None:
        """Returns at once."""
        with suppress(ProcessLookupError):
            self.process.send_signal(self.polite)

    def await_end(self, until: float) -> None:
        """Waits until ``until`` (monotonic seconds), then ends it and its own children by force."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, until - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(program: Program, log: Path, environment: dict[str, str]) -> Child:
    """Starts ``program``; what it says goes to ``log``."""
    with log.open("wb") as output:
        process = spawn([sys.executable, *program.arguments], output=output, environment=environment)
    return Child(program.name, process, log, signal.SIGTERM)


def wait_for(ready: Callable[[], bool], children: list[Child], *, what: str, within_seconds: float = 60.0) -> None:
    """Returns when ``ready``; raises ChildError when a child ends before, TimeoutError when it takes too long."""
    deadline = time.monotonic() + within_seconds
    while not ready():
        check(children)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready within {within_seconds:.0f} s")
        time.sleep(0.05)


def check(children: list[Child]) -> None:
    """Raises ChildError when one of ``children`` is gone."""
    for child in children:
        reason = child.ended()
        if reason is not None:
            raise ChildError(reason)


class ChildError(Exception):
    """A process ended that should not have; the message ends with its last words."""


def _runnable(package: str) -> bool:
    try:
        return importlib.util.find_spec(f"{package}.__main__") is not None
    except ModuleNotFoundError:
        return False
