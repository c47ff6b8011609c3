"""Processes that serve nobody: the worker of notices and the checker of documents."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from infra.dev.ports import free_port
from notifications.worker import Worker
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def working(worker: Worker) -> AsyncGenerator[None]:
    """A worker in this process, at work until it is drained at the end."""
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        async with asyncio.timeout(30):
            await running


class BackgroundProcess:
    """``python -m module`` as a process of its own that a test may kill; its listener is set by ``port_setting``."""

    module = port_setting = ""

    def __init__(self, environment: dict[str, str], *, output: Path | None = None) -> None:
        self._output, self.port = output, free_port()
        needless = ("TOKEN_SIGNING_KEYS", "PASS_SIGNING_KEYS")  # they sign nothing, and are given nothing to sign with
        given = {name: value for name, value in environment.items() if name not in needless}
        self._environment = {**given, self.port_setting: str(self.port)}
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, within_seconds: float = 30.0) -> None:
        """Returns when it is ready to work."""
        self.begin()
        try:
            await eventually(self._ready, within_seconds)
        except BaseException:
            self.kill()  # whoever gets no process ends none
            raise

    def begin(self) -> None:
        """Returns at once."""
        with (self._output or Path(os.devnull)).open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdout=None if os.environ.get("SERVER_LOGS") else output,
                stderr=None if self._output is None else output,
            )

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    async def stop(self, within_seconds: float = 8.0) -> int:
        """SIGTERM; the exit status. Raises TimeoutExpired when it takes longer."""
        assert self.process is not None
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, within_seconds)

    async def metrics(self) -> str:
        """What Prometheus would read."""
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
            return await answer.text()

    async def health(self, what: str = "ready") -> tuple[int, Any]:
        """What `/health/live` or `/health/ready` answers; 0 while nobody listens."""
        assert self.process is not None
        assert self.process.poll() is None, "it ended before it was ready"
        url = f"http://127.0.0.1:{self.port}/health/{what}"
        try:
            async with aiohttp.ClientSession() as http, http.get(url) as answer:
                return answer.status, await answer.json()
        except aiohttp.ClientError:
            return 0, None

    async def _ready(self) -> bool:
        return (await self.health())[0] == 200


class WorkerProcess(BackgroundProcess):
    """Sends what people are to be told."""

    module, port_setting = "notifications", "WORKER_PORT"


class CheckerProcess(BackgroundProcess):
    """Checks what people send."""

    module, port_setting = "backend.documents", "DOCUMENTS_PORT"
