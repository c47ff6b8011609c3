"""The loopback FCM as a process of its own, and the settings of a worker that sends to it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp

from infra.dev.ports import free_port
from notifications.channels.credentials import AccessTokens
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]


class Fcm:
    """Started by ``start``, ended by ``stop``; the account file lies in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.account = directory / "fcm-account.json"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"FCM_URL": self.url, "FCM_SERVICE_ACCOUNT_FILE": str(self.account)}

    async def start(self) -> None:
        """Returns when it answers."""
        command = [sys.executable, "-m", "infra.dev.fcm", "--port", str(self.port), "--account", str(self.account)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: ASYNC220 - outlives us
        await eventually(self._answers, 30)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    async def script(self, *answers: dict[str, Any], target: str = "*", forever: bool = False) -> None:
        """What to do with the next requests."""
        async with aiohttp.ClientSession() as http:
            wanted = {"target": target, "answers": answers, "forever": forever}
            async with http.post(f"{self.url}/script", json=wanted) as answer:
                assert answer.status == 204, await answer.text()

    async def calm(self) -> None:
        """All is well again."""
        async with aiohttp.ClientSession() as http, http.delete(f"{self.url}/script"):
            pass

    async def sent(self) -> list[dict[str, Any]]:
        """What arrived."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/sent") as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def count(self) -> int:
        """How many arrived."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/health") as answer:
            return int((await answer.json())["received"])

    async def token(self) -> str:
        """An access token, as a sender gets it."""
        tokens = AccessTokens(self._content())
        found = await tokens.current()
        await tokens.close()
        assert found is not None
        return found

    @property
    def project(self) -> str:
        return str(self._content()["project_id"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.account.read_text(encoding="utf-8"))
        return found

    async def _answers(self) -> bool:
        if not self.account.exists():
            return False
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/health") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False
