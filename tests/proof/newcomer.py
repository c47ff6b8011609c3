"""Somebody with curl and a client of tus, behind two lines that are cut whenever they send or hear something."""

import asyncio
import hashlib
import io
from typing import Any
from uuid import uuid4

import msgspec
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from tests.tus.proxy import BadNetwork

_ALL = 10**12


class Heard(msgspec.Struct):
    """What curl heard: its own exit status (0: an answer came), the answer's status, headers in lower case, body."""

    exit: int
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Newcomer:
    """``api`` and ``store`` are the lines; ``cuts`` counts how often one of them was cut."""

    def __init__(self, api: BadNetwork, store: BadNetwork) -> None:
        self.api, self.store, self.cuts = api, store, 0

    async def ask(
        self, token: str | None, method: str, path: str, body: Any = None, *, match: int | None = None
    ) -> Heard:
        """One thing that the person wants: lost on its way, then done while the answer is lost, then heard. What only
        reads is asked for once.
        """
        headers = {"Accept-Language": "de"} | ({"Authorization": f"Bearer {token}"} if token else {})
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        if match is not None:
            headers["If-Match"] = f'"{match}"'
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = None if body is None else msgspec.json.encode(body)
        url = f"http://127.0.0.1:{self.api.port}{path}"
        return await (
            curl(url, method, headers) if method == "GET" else self._insist(self.api, url, method, headers, sent)
        )

    async def put(self, address: str, headers: dict[str, str], data: bytes) -> int:
        """Into the store, insisting; the last status."""
        return (await self._insist(self.store, address, "PUT", headers, data)).status

    async def fetch(self, token: str, path: str) -> bytes:
        """The bytes behind a redirect, over lines that hold."""
        url = f"http://127.0.0.1:{self.api.port}{path}"
        where = (await curl(url, "GET", {"Authorization": f"Bearer {token}"})).headers["location"]
        return (await curl(where, "GET", {})).body

    async def resume(self, token: str, tus: str, data: bytes, cuts: tuple[int, ...]) -> list[int]:
        """Sends ``data`` with tuspy, cut after so many bytes again and again; the offsets it went on at."""
        left, offsets = iter(cuts), list[int]()
        client: Any = TusClient(tus, headers={"Authorization": f"Bearer {token}"})
        while True:
            self.api.forward, self.api.deaf = _ALL, False
            sender: Any = await asyncio.to_thread(client.uploader, file_stream=io.BytesIO(data), url=tus)
            offsets.append(sender.offset)
            if sender.offset == sender.get_file_size():
                return offsets
            # At the end the answers are lost: that it is there is heard by the next question only.
            self.api.forward = next(left, 0) or _ALL
            self.api.deaf = self.api.forward == _ALL
            try:
                await asyncio.to_thread(sender.upload)
            except (TusCommunicationError, TusUploadFailed):
                self.cuts += 1
            await asyncio.sleep(0.2)

    async def _insist(
        self, line: BadNetwork, url: str, method: str, headers: dict[str, str], data: bytes | None
    ) -> Heard:
        for forward, deaf in ((100, False), (_ALL, True)):
            line.forward, line.deaf = forward, deaf
            lost = await curl(url, method, headers, data)
            assert lost.exit != 0, lost
            self.cuts += 1
        line.forward, line.deaf = _ALL, False
        heard = await curl(url, method, headers, data)
        assert heard.exit == 0, heard
        return heard


async def curl(url: str, method: str, headers: dict[str, str], data: bytes | None = None) -> Heard:
    """Runs curl once."""
    arguments = ["-sS", "-D", "/dev/stderr", "-o", "-", "-X", method, "-H", "Expect:", "--max-time", "20", url]
    for name, value in headers.items():
        arguments += ["-H", f"{name}: {value}"]
    if data is not None:
        arguments += ["--data-binary", "@-"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("curl", *arguments, stdin=pipe, stdout=pipe, stderr=pipe)
    body, words = await process.communicate(data or b"")
    lines = words.decode("latin-1").splitlines()
    status = int(lines[0].split()[1]) if lines and lines[0].startswith("HTTP/") else 0
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    found = {name.lower(): value.strip() for name, _, value in pairs}
    return Heard(process.returncode or 0, status, found, body)


def declared(name: str, data: bytes, purpose: str) -> dict[str, Any]:
    """What is said of a file before it is sent."""
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "purpose": purpose}
