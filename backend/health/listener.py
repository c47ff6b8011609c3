"""The listener of a process that serves nobody else, on loopback: is it alive, can it work, and its numbers."""

import time
from collections.abc import Callable

import structlog
from aiohttp import web

from backend.clock import system_now
from backend.db import Database
from backend.db.outage import OUTAGES
from backend.health.model import unfit
from backend.health.queries import read_migration

_STILL_SECONDS = 30.0
_log = structlog.get_logger("wartefrei.health")


class Pulse:
    """The process's loops beat; one that has not for half a minute, or for as long as it said, is stuck."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def beat(self, loop: str, within_seconds: float = _STILL_SECONDS) -> None:
        """It is alive, and will say so again ``within_seconds``."""
        self._due[loop] = time.monotonic() + within_seconds

    def still(self) -> list[str]:
        """The loops that are stuck."""
        now = time.monotonic()
        return [name for name, due in self._due.items() if now > due]


async def listen(
    port: int,
    pulse: Pulse,
    database: Database,
    page: Callable[[], bytes],
    missing: Callable[[], str | None] = lambda: None,
) -> web.AppRunner:
    """Serves until ``cleanup`` of what it answers. ``page``: what Prometheus reads; ``missing``: what else it cannot
    work without at this moment. Raises OSError where the port is taken.
    """

    async def live(_: web.Request) -> web.Response:
        still = pulse.still()
        return web.json_response({"status": "stuck" if still else "ok", "stuck": still}, status=503 if still else 200)

    async def ready(_: web.Request) -> web.Response:
        try:
            async with database.connection() as conn:
                reason = unfit(await read_migration(conn), system_now())
        except OUTAGES:
            return web.json_response({"status": "no database"}, status=503)
        if reason is not None:
            _log.error("not ready", cause=reason)
        if reason is not None or (reason := missing()) is not None:
            return web.json_response({"status": reason}, status=503)
        return web.json_response({"status": "ok"})

    async def numbers(_: web.Request) -> web.Response:
        return web.Response(body=page(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    app = web.Application()
    app.add_routes([web.get("/health/live", live), web.get("/health/ready", ready), web.get("/metrics", numbers)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner
