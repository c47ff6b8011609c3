"""Liveness and readiness. Live: the process answers. Ready: it can also do its work, so traffic may come."""

import asyncio
import time

import structlog
from litestar import Controller, get
from litestar.di import NamedDependency

from api.auth import public
from api.context import Context
from api.declared import raises
from api.errors import Unavailable
from api.wire import Wire
from backend.clock import system_now
from backend.db.outage import is_outage
from backend.health.model import unfit
from backend.health.queries import read_migration

_PATIENCE_SECONDS = 3.0
_log = structlog.get_logger("wartefrei.health")


class HealthOut(Wire, frozen=True, kw_only=True):
    """``status`` is ``ok``; anything else is a problem with another status code."""

    status: str = "ok"


class HealthController(Controller):
    """For whoever watches over the processes."""

    path = "/health"
    guards = (public,)
    tags = ("Operations",)

    @get("/live", operation_id="isAlive", opt=raises(), summary="The process answers")
    async def live(self) -> HealthOut:
        """Nothing else is asked: who does not answer this is started anew."""
        return HealthOut()

    @get(
        "/ready",
        operation_id="isReady",
        opt=raises(),
        summary="The process can serve: database reached, schema as it should be",
    )
    async def ready(self, context: NamedDependency[Context]) -> HealthOut:
        """503 while the database cannot be reached or has an older schema: no requests then, and no new start."""
        now = time.monotonic()
        if now - context.ready_at > 1.0:
            await _check(context)
            context.ready_at = now
        return HealthOut()


async def _check(context: Context) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), context.database.connection() as conn:
            found = await read_migration(conn)
    except Exception as error:
        if is_outage(error):
            raise Unavailable("The database does not answer", retry_after_seconds=2) from error
        raise
    if (reason := unfit(found, system_now())) is not None:
        _log.error("not ready", cause=reason)
        raise Unavailable(reason, retry_after_seconds=10)
