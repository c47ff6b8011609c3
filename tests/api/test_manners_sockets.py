"""What no client library would send, over real sockets to a real server."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest

from tests.api.conftest import MakeSettings
from tests.support.servers import ApiProcess

GUEST = b"POST /v1/sessions/guest HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"


@pytest.fixture
async def server(make_settings: MakeSettings, database_url: str) -> AsyncGenerator[ApiProcess]:
    settings = make_settings(database_url)
    environment = {
        name: getattr(settings, name) for name in ("mode", "database_url", "token_signing_keys", "pass_signing_keys")
    }
    process = ApiProcess({name.upper(): value for name, value in environment.items()} | {"RATE_LIMITS": "off"})
    await process.start()
    yield process
    process.stop()


async def send(server: ApiProcess, *parts: bytes, end: bool = False) -> bytes:
    """Everything the server says to ``parts`` until it closes or is silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    said = b""
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if end:
            writer.write_eof()
        async with asyncio.timeout(5):
            while b"\r\n\r\n" not in said or (b'"code"' in said and not said.endswith((b"}", b"0\r\n\r\n"))):
                chunk = await reader.read(65536)
                if not chunk:
                    break
                said += chunk
    except (ConnectionError, TimeoutError):
        pass
    writer.close()
    return said


def status(said: bytes) -> int:
    assert said.startswith(b"HTTP/1.1 "), said[:200]
    return int(said[9:12])


async def test_hostile_input_is_refused_and_the_server_lives(server: ApiProcess) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    chunked = await send(server, GUEST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 20)
    assert status(chunked) == 413
    assert b"body-too-large" in chunked
    announced = await send(server, GUEST + b"Content-Length: 99999999\r\n\r\n{")
    assert status(announced) == 413

    many = b"".join(b"X-%d: %s\r\n" % (i, b"a" * 1000) for i in range(40))
    assert status(await send(server, b"GET /health/live HTTP/1.1\r\nHost: a\r\n" + many + b"\r\n")) == 431
    assert status(await send(server, b"GET /v1/%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * 9000))) in (414, 431)
    assert status(await send(server, b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Bad: a\0b\r\n\r\n")) == 400
    assert status(await send(server, b"GARBAGE\r\n\r\n")) == 400
    assert status(await send(server, b"BREW /health/live HTTP/1.1\r\nHost: a\r\n\r\n")) == 405
    for path in (b"/v1/%00", b"/v1/%ff%fe", b"/v1/../../etc/passwd", b"//", b"/v1/cities/%2e%2e"):
        assert status(await send(server, b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")) in (400, 404), path
    assert status(await send(server, b"GET /health/live?%ff HTTP/1.1\r\nHost: a\r\n\r\n")) == 400

    for body in (
        b"[" * 5000,
        b"\xff\xfe",
        b'{"installationId":"\\u0000aaaaaaaa"}',
        b'{"installationId":"\\ud800aaaaaaaa"}',
    ):
        said = await send(server, GUEST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert status(said) == 400, body[:20]
        assert b"application/problem+json" in said

    broken_off = await send(server, GUEST + b"Content-Length: 100\r\n\r\n{", end=True)
    assert not broken_off.startswith(b"HTTP/1.1 5")
    assert status(await send(server, b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")) == 200


async def test_a_client_that_knows_zstd_gets_it_and_reads_the_same(server: ApiProcess) -> None:
    address = f"http://127.0.0.1:{server.port}/openapi.json"
    async with aiohttp.ClientSession() as client:
        read: dict[str, bytes] = {}
        for wanted in (None, "gzip", "identity"):
            async with client.get(address, headers={"Accept-Encoding": wanted} if wanted else None) as answer:
                read[answer.headers.get("Content-Encoding", "identity")] = await answer.read()
    assert read.keys() == {"zstd", "gzip", "identity"}, "what the client says by itself includes zstd"
    assert len(set(read.values())) == 1


def head(said: bytes) -> dict[str, str]:
    lines = said.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def ask(server: ApiProcess, path: str, *headers: str, method: str = "GET") -> bytes:
    lines = "".join(f"{line}\r\n" for line in ("Host: a", *headers))
    return await send(server, f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))


async def test_conditions_languages_and_cursors_of_ill_will_are_answered_in_good_manner(server: ApiProcess) -> None:
    cities = "/v1/cities"
    tag = head(await ask(server, cities))["etag"]
    for known in (tag, f"W/{tag}", "*", f'"x", {tag}', f'"x",W/{tag} , "y"', f'"{"x" * 3000}", {tag}'):
        assert status(await ask(server, cities, f"If-None-Match: {known}")) == 304, known
    for unknown in ("", ",", '""', tag.strip('"'), f"{tag}x", '"*"', "W/", '"' * 500):
        assert status(await ask(server, cities, f"If-None-Match: {unknown}")) == 200, unknown
    for wish, language in (
        ("de", "de"), ("DE-at;q=0.5, en;q=0.4", "de"), ("en;q=0.5,de;q=1", "de"), ("de;q=0", "en"), ("*", "en"),
        ("fr, ja;q=0.1", "en"), (";;q=,,de;q=nan", "en"), ("de;q=1e999", "de"), ("d" * 4000, "en"), ("de\xff", "en"),
    ):  # fmt: skip
        said = await ask(server, "/v1/nowhere", f"Accept-Language: {wish}")
        assert (status(said), head(said)["content-language"]) == (404, language), wish
    for cursor in ("x", "%ff", "A" * 300, "..%2f", "gaFhoQ", "wA", "%00", "3v____8", "k" * 9):
        said = await ask(server, f"/v1/cities/gelsenkirchen/services?cursor={cursor}")
        assert status(said) in (400, 404), cursor  # this database has no city
    for method in ("HEAD", "OPTIONS", "PUT", "TRACE", "CONNECT", "PROPFIND"):
        said = await ask(server, cities, method=method)
        assert status(said) in {"HEAD": (200,), "OPTIONS": (204,)}.get(method, (400, 405)), method
        assert b"gelsenkirchen" not in said
    assert head(await ask(server, cities, method="PUT"))["allow"] == "GET, OPTIONS, HEAD"
    assert head(await ask(server, "/v1/nowhere", "X-Request-Id: a1b2c3d4-good"))["x-request-id"] == "a1b2c3d4-good"
    forged = head(await ask(server, "/v1/nowhere", "X-Request-Id: ../../etc/passwd"))["x-request-id"]
    assert len(forged) == 36
    for token in (
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a.b.c",
        "Bearer \xff",
        "Bearer " + "e30." * 2000,
        "bearer  x y",
    ):
        said = await ask(server, "/v1/me", f"Authorization: {token}")
        assert status(said) in (401, 431), token[:20]
    two = await ask(server, "/v1/me", "Authorization: Bearer a", "Authorization: Bearer b")
    assert status(two) == 401


async def test_two_lengths_and_other_smuggling_are_refused(server: ApiProcess) -> None:
    for lengths in (
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: 0x2\r\n",
    ):
        said = await send(server, GUEST + lengths + b"\r\n{}", end=True)
        assert not said.startswith(b"HTTP/1.1 2"), lengths
        assert not said.startswith(b"HTTP/1.1 5"), lengths
    assert status(await send(server, b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")) == 200
