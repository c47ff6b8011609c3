"""A program for ``test_conformance``: the SDK and our transport send the same messages to one loopback FCM over TLS.

    python -m tests.notifications.sdk_beside_ours namespace|proxy FOLDER

``namespace``: run inside a network and mount namespace of its own, where fcm.googleapis.com is this machine.
``proxy``: anywhere; HTTPS_PROXY leads every connection here. Prints what arrived, as JSON.
"""

import asyncio
import base64
import fcntl
import itertools
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import firebase_admin
import msgspec
from firebase_admin import credentials, exceptions, messaging

from backend.notices.model import Platform
from backend.settings import Settings
from infra.dev.fcm import Answer, Loopback, Received, Script, serve
from infra.dev.keys import development_keys
from infra.dev.ports import free_port
from notifications.channels.credentials import AccessTokens
from notifications.channels.message import build
from notifications.channels.push import PushChannel
from notifications.model import Outgoing

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOSTS = ("fcm.googleapis.com", "oauth2.googleapis.com")
REFUSALS = ("UNREGISTERED", "SENDER_ID_MISMATCH", "QUOTA_EXCEEDED", "THIRD_PARTY_AUTH_ERROR", "INVALID_ARGUMENT")
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def wishes() -> list[Outgoing]:
    """Every platform, both kinds of target, both priorities, texts with umlauts."""
    platforms: tuple[Platform, ...] = ("android", "ios", "web")
    kinds = ("appointment.called", "appointment.confirmed", "something.else")
    return [
        Outgoing(
            id=UUID(int=n), notice_id=UUID(int=1000 + n), person_id=UUID(int=1), city_id="here", kind=kind,
            subject_id=UUID(int=2), channel="push", platform=platform, device_id=UUID(int=3),
            target_kind="fid" if n % 2 else "token", target=f"target-{n}", language="de", data={}, attempt=1,
            told_at=NOW, expires_at=NOW + timedelta(hours=2) if n % 3 else None, leased_until=NOW,
        )
        for n, (platform, kind) in enumerate(itertools.product(platforms, kinds))
    ]  # fmt: skip


class Background:
    """An event loop in a thread: the SDK's calls block ours."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


def enter_namespace(hosts: Path) -> None:
    """Loopback up, and our own /etc/hosts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14s", b"lo", 0, b"")
        flags = struct.unpack("16sh14s", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14s", b"lo", flags | _IFF_UP, b""))
    hosts.write_text("".join(f"127.0.0.1 {host}\n" for host in (*HOSTS, "localhost")), encoding="ascii")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)  # noqa: S607 - wherever mount is


async def proxy(port: int, to: int) -> None:
    """Answers CONNECT for our hosts by leading to port ``to`` of this machine."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.split()[1] not in {f"{host}:443" for host in HOSTS}:
            writer.close()
            return
        inside = await asyncio.open_connection("127.0.0.1", to)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pipe(reader, inside[1]), pipe(inside[0], writer))

    await asyncio.start_server(serve_one, "127.0.0.1", port)


def by_sdk(account: dict[str, Any], background: Background, loopback: Loopback) -> dict[str, str]:
    """Sends all by the SDK as it is; answers which exception each refusal became."""
    app = firebase_admin.initialize_app(credentials.Certificate(account))  # pyright: ignore[reportUnknownMemberType]
    for outgoing in wishes():
        messaging.send(build(outgoing, NOW), app=app)
    understood: dict[str, str] = {}
    kept = list(loopback.received)
    for refusal in REFUSALS:
        # For ever: at a 401 the SDK renews its token and tries again.
        background.run(told(loopback, Script([Answer(error=refusal)], forever=True)))
        try:
            messaging.send(build(wishes()[0], NOW), app=app)
        except exceptions.FirebaseError as error:
            understood[refusal] = type(error).__name__
    background.run(told(loopback, Script([])))
    loopback.received.clear()
    loopback.received.extend(kept)
    return understood


async def told(loopback: Loopback, script: Script) -> None:
    loopback.follow(script)


async def by_us(account: dict[str, Any]) -> None:
    """Sends all by our channel."""
    given = {"mode": "embedded", "database_url": "postgresql://unused", **development_keys()}
    channel = PushChannel(msgspec.convert(given, Settings), account, AccessTokens(account), lambda: NOW)
    for outgoing in wishes():
        outcome = await channel.send(outgoing)
        assert outcome.result == "sent", outcome
    await channel.close()


def main() -> None:
    how, folder = sys.argv[1], Path(sys.argv[2])
    port = 443
    background, loopback = Background(), Loopback()
    if how == "namespace":
        enter_namespace(folder / "hosts")
    else:
        port, entrance = free_port(), free_port()
        os.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{entrance}"
        background.run(proxy(entrance, port))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "server.pem")
    background.run(serve(loopback, port, tls))
    account = json.loads((folder / "account.json").read_text(encoding="utf-8"))
    understood = by_sdk(account, background, loopback)
    sdk = list(loopback.received)
    loopback.received.clear()
    background.run(by_us(account))
    found = {"sdk": [plain(one) for one in sdk], "ours": [plain(one) for one in loopback.received]}
    sys.stdout.write(json.dumps({**found, "understood": understood}))


def plain(one: Received) -> dict[str, Any]:
    return {"headers": one.headers, "body": base64.b64encode(one.body).decode()}


if __name__ == "__main__":
    main()
