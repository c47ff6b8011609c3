"""`make run` as a process of its own, for tests of what starts, keeps and ends everything."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from infra.dev.instance import Note, read_note
from infra.dev.ports import free_port

ROOT = Path(__file__).parents[2]


class Supervised:
    """An instance in ``directory`` at a free port; ``environment`` adds to what it gets."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = int(environment.get("PORT") or free_port())
        self._words = directory.parent / f"{directory.name}-{self.port}.out"
        own = {"PORT": str(self.port), "DATA_DIR": str(directory), **environment}
        self.begun = time.monotonic()
        with self._words.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.dev.run"],
                cwd=ROOT,
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self._words.read_text(encoding="utf-8")

    @property
    def note(self) -> Note:
        """Its run.json."""
        found = read_note(self.directory / "run.json")
        assert found is not None
        return found

    def ready(self, within_seconds: float = 90.0) -> float:
        """Waits for the ready line; answers after how many seconds it came."""
        while not re.search(r"^ready http://", self.said, re.MULTILINE):
            assert self.process.poll() is None, self.said
            assert time.monotonic() - self.begun < within_seconds, self.said
            time.sleep(0.05)
        return time.monotonic() - self.begun

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Sends the signal; answers the exit status and after how many seconds it ended."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - begun

    def end(self) -> None:
        """Whatever happened: nothing is left."""
        if self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop()
            self.process.kill()
            self.process.wait()


def alive(pid: int) -> bool:
    """Whether the process is there; one that ended and waits to be collected is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command(pid: int) -> str:
    """What runs there, for whoever wonders why it still does."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return f"{pid}, which has ended by now"


def family(pid: int) -> set[int]:
    """The process and all that descend from it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it may end while we look
            parents[int(stat.parent.name)] = int(stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found
