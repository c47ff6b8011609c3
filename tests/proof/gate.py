"""A gate between the worker and FCM: what passes is held where a test wants the worker to die."""

import asyncio
from contextlib import suppress
from typing import Literal

Where = Literal["nowhere", "request", "answer"]


class Gate:
    """Leads ``port`` to ``to``. Held requests have not reached FCM; held answers have not left it."""

    def __init__(self, to: int) -> None:
        self.port, self._to = 0, to
        self._where: Where = "nowhere"
        self._open = asyncio.Event()
        self._open.set()
        self.held = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def hold(self, where: Where) -> None:
        """From now on."""
        self._where, self.held = where, 0
        self._open.clear()

    def open(self) -> None:
        self._where = "nowhere"
        self._open.set()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            inside = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(
                self._pipe(reader, inside[1], "request"), self._pipe(inside[0], writer, "answer")
            )  # fmt: skip

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, here: Where) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self._where == here:
                    self.held += 1
                    # Where the worker dies meanwhile, what it sent never arrives.
                    end = asyncio.create_task(_end(reader)) if here == "request" else None
                    waits = [asyncio.create_task(self._open.wait()), *([end] if end else [])]
                    done, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    for one in left:
                        one.cancel()
                    if end in done:
                        break
                writer.write(data)
                await writer.drain()
        writer.close()


async def _end(reader: asyncio.StreamReader) -> None:
    while not reader.at_eof():
        if not await reader.read(1):
            return
