"""A bad network: passes on so many bytes, then cuts the line."""

import asyncio
from contextlib import suppress
from typing import Self

_ALL = 10**12


class BadNetwork:
    """A TCP proxy to ``port`` on loopback. ``forward`` bytes go to the server, then both ends see the line cut.

    ``deaf``: everything goes to the server, and nothing comes back.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.forward = _ALL
        self.deaf = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def cut(self) -> None:
        """Every line that is up: what comes next is a new one, which hears what holds by then."""
        for end in self._lines:
            end.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._lines |= {writer, back}
        ways = {
            asyncio.create_task(_pass_on(reader, back, self.forward)),
            asyncio.create_task(_pass_on(there, writer, 0 if self.deaf else _ALL)),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, back):
            end.transport.abort()
        self._lines -= {writer, back}


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter, most: int) -> None:
    """Returns at the end of the source, or after ``most`` bytes; ``most`` of 0: at the first byte."""
    with suppress(ConnectionError):
        passed = 0
        while data := await source.read(65_536):
            some = data[: most - passed]
            target.write(some)
            await target.drain()
            passed += len(some)
            if passed >= most:
                # What was passed on should arrive before the line is cut.
                await asyncio.sleep(0.25)
                return
