"""A closed-loop HTTP/1.1 load client: N keep-alive connections on loopback, each sends again when it was answered.

Requests are ready-made bytes, so that on a two-core machine the client takes as little as possible from the server
that it measures. Only answers with Content-Length are understood, which is what the measured calls send.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from typing import cast

import msgspec


class Answer(msgspec.Struct):
    """One answer: status, seconds from send to the last byte, body and head (kept only when asked for)."""

    status: int
    seconds: float
    index: int
    """Which request of the source it answers, counted from 0."""
    body: bytes = b""
    head: bytes = b""


class Result(msgspec.Struct):
    """What a run gave: answers in order of arrival, wall seconds of the whole run."""

    answers: list[Answer]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    def statuses(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        for answer in self.answers:
            counts[answer.status] = counts.get(answer.status, 0) + 1
        return counts

    def percentile_ms(self, share: float) -> float:
        """Latency in milliseconds below which ``share`` (0..1) of the answers lie."""
        ordered = sorted(answer.seconds for answer in self.answers)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")


Follow = Callable[[Answer], bytes | None]
"""Given an answer, the next request on the same connection, or None: then the source gives it."""


class _Connection(asyncio.Protocol):
    def __init__(
        self,
        source: Iterator[tuple[int, bytes]],
        keep: bool,
        answers: list[Answer],
        until: float | None,
        follow: Follow | None,
    ) -> None:
        self.source, self.keep, self.answers, self.until, self.follow = source, keep, answers, until, follow
        self.index = -1
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = bytearray()
        self.need = 0  # bytes of the answer being read, head included; 0: its head is not complete
        self.head = b""
        self.started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self, wanted: bytes | None = None) -> None:
        now = time.perf_counter()
        if wanted is None:
            item = None if self.until is not None and now >= self.until else next(self.source, None)
            if item is None:
                self.transport.close()
                return
            self.index, wanted = item
        self.started = now
        self.transport.write(wanted)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.need:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head = bytes(self.buffer[: end + 4])
            self.need = end + 4 + _content_length(self.head)
        if len(self.buffer) < self.need:
            return
        body = bytes(self.buffer[len(self.head) : self.need]) if self.keep else b""
        head = self.head if self.keep else b""
        answer = Answer(int(self.head[9:12]), time.perf_counter() - self.started, self.index, body, head)
        self.answers.append(answer)
        del self.buffer[: self.need]
        self.need = 0
        self._send(self.follow(answer) if self.follow else None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            if exc is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(exc)


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at < 0:
        if lowered[9:12] in (b"204", b"304"):
            return 0
        raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
    return int(lowered[at + 15 : lowered.index(b"\r\n", at)])


async def run(
    port: int,
    source: Iterator[bytes],
    *,
    connections: int = 32,
    keep: bool = False,
    seconds: float | None = None,
    ports: tuple[int, ...] = (),
    follow: Follow | None = None,
) -> Result:
    """Sends every request of ``source``, or what fits into ``seconds``; ``ports`` spreads over several processes."""
    answers: list[Answer] = []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    until = None if seconds is None else begun + seconds
    spread = ports or (port,)
    numbered = enumerate(source)
    opened = [
        await loop.create_connection(
            lambda: _Connection(numbered, keep, answers, until, follow), "127.0.0.1", spread[i % len(spread)]
        )
        for i in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return Result(answers, time.perf_counter() - begun)


async def volley(ports: tuple[int, ...], requests: list[bytes]) -> list[Answer]:
    """Opens one connection per request, spread over ``ports``, and only then sends all of them in one moment."""
    if not requests:
        return []
    loop = asyncio.get_running_loop()
    start, all_ready = asyncio.Event(), asyncio.Event()

    async def one(index: int, wanted: bytes) -> Answer:
        answers: list[Answer] = []
        ready.append(index)
        if len(ready) == len(requests):
            all_ready.set()
        await start.wait()
        connection = _Connection(iter([(index, wanted)]), True, answers, None, None)
        _, protocol = await loop.create_connection(lambda: connection, sock=sockets[index])
        await protocol.done
        return answers[0]

    ready: list[int] = []
    sockets = [await _connect(ports[i % len(ports)]) for i in range(len(requests))]
    tasks = [asyncio.create_task(one(i, wanted)) for i, wanted in enumerate(requests)]
    await all_ready.wait()
    start.set()
    return await asyncio.gather(*tasks)


async def _connect(port: int) -> socket.socket:
    opened = socket.socket()
    opened.setblocking(False)
    await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", port))
    return opened
