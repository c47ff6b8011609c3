"""HTTP as it is written on the wire, so that a test can send what no library would, and stop in the midst of it."""

import asyncio
from collections.abc import Mapping

import msgspec


class Said(msgspec.Struct):
    """An answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The lines before the body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def request(
    port: int, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", *, chunked: int = 0
) -> Said:
    """One request on a connection of its own; ``chunked``: in chunks of so many bytes, without a length."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    own = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))} if body else {}
    writer.write(head(method, path, {**headers, **own}))
    try:
        if chunked:
            for start in range(0, len(body), chunked):
                some = body[start : start + chunked]
                writer.write(f"{len(some):x}\r\n".encode() + some + b"\r\n")
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        else:
            writer.write(body)
        await writer.drain()
    except ConnectionError:
        pass  # it may have answered already
    try:
        return await answer(reader, method)
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader, method: str) -> Said:
    """What the server says."""
    async with asyncio.timeout(30):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        said = Said(int(lines[0].split()[1]), {})
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(":")
                assert name.lower() not in said.headers or name.lower() == "vary", f"{name} twice"
                said.headers[name.lower()] = value.strip()
        if method != "HEAD" and (length := int(said.headers.get("content-length", "0"))):
            said.body = await reader.readexactly(length)
        return said
