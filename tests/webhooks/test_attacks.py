"""A receiver that means ill: names that lead elsewhere later, answers that never end, redirects, bombs."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web

from tests.notifications.people import phone, rows, told
from tests.support.certificates import make_certificate
from tests.support.waiting import eventually
from tests.webhooks.conftest import House
from tests.webhooks.receiver import Receiver, saying, serving
from tests.webhooks.test_addresses import NAME, Names

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]
BIG = 64 * 1024


async def words_of(house: House, endpoint: UUID, count: int = 1) -> list[str]:
    """How its attempts ended, once there are so many."""
    found: list[str] = []

    async def there() -> bool:
        found[:] = [word for _, codes in await house.log(endpoint) for word in codes]
        return len(found) >= count

    await eventually(there, 15)
    return found


@pytest.mark.parametrize("later", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
async def test_a_name_is_looked_at_anew_for_each_connection(house: House, tmp_path: Path, later: str) -> None:
    make_certificate(tmp_path, [NAME])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "server.pem")
    # Public at first, private later; here loopback stands for the public internet, and 127.0.0.2 is let in like it.
    names: Names = Names(["127.0.0.1"], [later])
    async with serving(Receiver("https", NAME), tls) as receiver:
        receiver.answer = saying(500, Connection="close")
        made = await house.endpoint(receiver.url)
        await told(house.database, await phone(house.database))
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        async with house.working(resolve=names, tls=trust, loopback=True):
            await words_of(house, made.endpoint.id)
            await house.make_due()
            second = (await words_of(house, made.endpoint.id, 2))[1]
        assert second == ("no-connection" if later == "127.0.0.2" else "forbidden-address")
        assert (len(receiver.came), names.asked) == (1, 2)


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://localhost./",
        "https://user:secret@hooks.example.org/",
        "https://hooks.example.org:22/",
    ],
)
async def test_an_address_that_came_into_the_table_otherwise_is_looked_at_before_it_is_used(
    house: House, url: str
) -> None:
    made = await house.endpoint("https://hooks.example.org/")
    await rows(house.database, "UPDATE webhook_endpoint SET url = $1 RETURNING id", url)
    await told(house.database, await phone(house.database))
    asked: list[str] = []

    async def resolve(host: str) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with house.working(resolve=resolve, loopback=False):
        assert await words_of(house, made.endpoint.id) == ["forbidden-address"]
    assert asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(house: House, receiver: Receiver, status: int) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.path == "/hook", "somebody went where they were sent"
        return web.Response(status=status, headers={"Location": receiver.url.replace("/hook", "/inner")})

    receiver.answer = answer
    made = await house.endpoint(receiver.url)
    await told(house.database, await phone(house.database))
    async with house.working():
        assert await words_of(house, made.endpoint.id) == ["redirect"]
    assert len(receiver.came) == 1


class Teller:
    """A server that reads a request and then says what ``speak`` does, whatever HTTP wants."""

    def __init__(self, speak: Speak) -> None:
        self.speak, self.sent, self.port = speak, 0, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await self.speak(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def telling(speak: Speak) -> AsyncGenerator[Teller]:
    teller = Teller(speak)
    server = await asyncio.start_server(teller.serve, "127.0.0.1", 0)
    teller.port = server.sockets[0].getsockname()[1]
    try:
        yield teller
    finally:
        server.close()


def endless(beginning: bytes, piece: bytes, pause: float = 0.0) -> Speak:
    """Says ``piece`` again and again."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        for _ in range(100_000):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return speak


def once(said: bytes) -> Speak:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    return speak


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(50 * 2**20))
HOSTILE: dict[str, tuple[Speak, set[str]]] = {
    "a byte now and then": (endless(OK + b"Content-Length: 1000\r\n\r\n", b"x", 0.05), {"timeout"}),
    "a header now and then": (endless(OK, b"X-A: b\r\n", 0.05), {"timeout", "no-answer"}),
    "headers without end": (endless(OK, b"X-A: " + b"a" * 4_000 + b"\r\n"), {"no-answer"}),
    "a header without end": (endless(OK + b"X-A: ", b"a" * BIG), {"no-answer"}),
    "a status without end": (endless(b"HTTP/1.1 200 ", b"a" * BIG), {"no-answer"}),
    "hints without end": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100), {"timeout"}),
    "a chunk whose name has no end": (endless(CHUNKED + b"1;", b"a" * BIG), {"timeout", "no-answer"}),
    "trailers without end": (endless(CHUNKED + b"1\r\nx\r\n0\r\n", b"X-A: " + b"a" * 4_000 + b"\r\n"), {"no-answer"}),
    "a body without end": (endless(OK + b"\r\n", b"a" * BIG), {"ok"}),
    "a bomb": (
        once(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB), {"ok"}
    ),
    "no HTTP": (once(b"SSH-2.0-OpenSSH_9.6\r\n"), {"no-answer"}),
    "nothing": (once(b""), {"no-connection", "no-answer"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_answered_is_bounded_in_time_and_in_bytes(house: House, name: str) -> None:
    speak, words = HOSTILE[name]
    async with telling(speak) as teller:
        made = await house.endpoint(f"http://127.0.0.1:{teller.port}/hook")
        await told(house.database, await phone(house.database))
        async with house.working():
            (word, *_) = await words_of(house, made.endpoint.id)
        assert word in words
    (kept,) = await rows(house.database, "SELECT answer, milliseconds FROM webhook_attempt ORDER BY attempt LIMIT 1")
    assert len(kept["answer"]) <= 500
    assert kept["milliseconds"] < 5_000, (
        "half a second and what a busy machine adds, not the minutes that it would go on"
    )
