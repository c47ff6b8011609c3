"""The body of an upload as it comes: never held, never believed as to its length, never waited for without end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from api.errors import BodyIncomplete
from backend.documents.receiving import CutError

_READ_ON_BYTES = 4 * 1_048_576
_READ_ON_SECONDS = 1.0


class Body:
    """The body of ``request``."""

    def __init__(self, request: Any, idle_seconds: float) -> None:
        self._request, self._idle_seconds = request, idle_seconds
        self._ended = False
        self._gone = False

    @property
    def length(self) -> int | None:
        """What the client says; None for a chunked body. The server has refused what is no number."""
        given = self._request.headers.get("content-length", "")
        return int(given) if given.isascii() and given.isdigit() else None

    @property
    def may_hold_bytes(self) -> bool:
        """Whether there may be any."""
        return bool(self.length) or "transfer-encoding" in self._request.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises CutError when the client is gone, or silent for too long."""
        while not self._ended:
            chunk = await self._next()
            if chunk:
                yield chunk

    async def read_on(self) -> None:
        """Before a refusal: a client that is cut off in its words hears no answer."""
        read = 0
        with contextlib.suppress(TimeoutError, CutError):
            async with asyncio.timeout(_READ_ON_SECONDS):
                while not self._ended and not self._gone and read < _READ_ON_BYTES:
                    read += len(await self._next()) + 1

    def cut(self) -> BodyIncomplete:
        """The answer to whoever may still hear it."""
        return BodyIncomplete("The client is gone" if self._gone else "No byte came for too long")

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                message: Any = await self._request.receive()
        except TimeoutError:
            raise CutError from None
        if message["type"] == "http.disconnect":
            self._gone = True
            raise CutError
        self._ended = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body
