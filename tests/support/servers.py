"""Real server processes (granian) for tests that need several of them, or need to kill one."""

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from functools import cache
from pathlib import Path

from infra.dev.keys import development_keys
from infra.dev.ports import free_port
from infra.dev.processes import SERVING


class Server:
    """One granian process with one worker on its own port, in a process group of its own. All that it says goes to
    ``output``, if anywhere."""

    def __init__(
        self, target: str, port: int, environment: dict[str, str], *options: str, output: Path | None = None
    ) -> None:
        self.target, self.port, self.environment, self.options = target, port, environment, options
        self._output = output
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, *, path: str, within_seconds: float = 30.0) -> None:
        """Starts and waits until ``path`` answers 200; raises TimeoutError, or RuntimeError if the process ends."""
        command = [sys.executable, *SERVING, "--port", str(self.port), *self.options, self.target]
        with (self._output or Path(os.devnull)).open("ab") as output:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - our own command, which outlives this loop
                command,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=None if os.environ.get("SERVER_LOGS") else output,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(within_seconds):
                while not await asyncio.to_thread(self._answers, path):
                    if self.process.poll() is not None:
                        raise RuntimeError(f"{self.target} ended with {self.process.returncode} before it was ready")
                    await asyncio.sleep(0.1)
        except BaseException:
            self.kill()  # whoever gets no server ends none
            raise

    def _answers(self, path: str) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """SIGKILL to the server and its worker at once."""
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
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, number)
            self.process.wait(wait_seconds)


@cache
def signing_keys() -> dict[str, str]:
    """The settings that hold keys, as environment variables; the same for every server of this process."""
    return {name.upper(): value for name, value in development_keys().items()}


class ApiProcess(Server):
    """The API with the settings of ``environment`` and this process's signing keys."""

    def __init__(self, environment: dict[str, str], port: int | None = None, *, output: Path | None = None) -> None:
        chosen = port or free_port()
        url = {"PUBLIC_URL": f"http://127.0.0.1:{chosen}"}
        super().__init__(
            "api.app:create_app_from_environment", chosen, {**url, **signing_keys(), **environment}, "--factory",
            output=output,
        )  # fmt: skip

    async def start(self, *, path: str = "/health/ready", within_seconds: float = 30.0) -> None:
        await super().start(path=path, within_seconds=within_seconds)
