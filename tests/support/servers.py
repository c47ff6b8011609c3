"""Real API processes (granian) for tests that need several of them, or need to kill one."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing, suppress
from pathlib import Path


def free_port() -> int:
    """A port of the loopback interface that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ApiProcess:
    """One API process on its own port; ``environment`` holds its settings. It is its own process group."""

    def __init__(self, environment: dict[str, str], port: int | None = None) -> None:
        self.port = port or free_port()
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, *, within_seconds: float = 30.0) -> None:
        """Starts and waits until it is ready; raises TimeoutError or RuntimeError with the process's last words."""
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--loop", "uvloop", "--backlog", "2048", "--no-access-log"]
        command += ["api.app:create_app_from_environment"]
        environment = {**os.environ, **self.environment, "PUBLIC_URL": f"http://127.0.0.1:{self.port}"}
        self.process = subprocess.Popen(  # noqa: ASYNC220 - starting is quick, and the process outlives this loop
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        async with asyncio.timeout(within_seconds):
            while not await asyncio.to_thread(self._ready):
                if self.process.poll() is not None:
                    raise RuntimeError(f"the API ended with {self.process.returncode} before it was ready")
                await asyncio.sleep(0.1)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as answer:  # noqa: S310 - loopback
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL to the server and its workers at once."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for what is left after ten seconds."""
        self._signal(signal.SIGTERM, wait_seconds=10)
        self._signal(signal.SIGKILL)

    def worker_rss_bytes(self) -> int:
        """Resident memory of the largest process of the group: the worker that serves."""
        assert self.process is not None
        sizes = [0]
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # a process may end while we look
                fields = status.read_text().rsplit(")", 1)[1].split()
                if int(fields[2]) == self.process.pid:
                    sizes.append(int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))
        return max(sizes)

    def _signal(self, number: int, wait_seconds: float = 5) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
            self.process.wait(wait_seconds)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
