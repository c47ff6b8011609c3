"""An integrator's server on loopback, which answers as a test wants."""

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web
from standardwebhooks import Webhook

from infra.dev.ports import free_port

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def fine(_: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


def saying(status: int, text: str = "", **headers: str) -> Answer:
    """An answer that is always the same."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


class Receiver:
    """``came`` holds what arrived; ``answer`` says what whoever sent it gets."""

    def __init__(self, scheme: str = "http", host: str = "127.0.0.1") -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answer: Answer = fine
        self.port = free_port()
        self.url = f"{scheme}://{host}:{self.port}/hook"

    def events(self, secret: str) -> list[dict[str, Any]]:
        """What the official library makes of all that arrived; it raises for what is not signed as it should be."""
        webhook = Webhook(secret)
        for headers, body in self.came:
            webhook.verify(body, headers)
        return [msgspec.json.decode(body) for _, body in self.came]

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.came.append(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
        return await self.answer(request)


@asynccontextmanager
async def serving(receiver: Receiver, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Receiver]:
    """It listens until the block ends."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port, ssl_context=tls).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()
