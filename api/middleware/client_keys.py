"""The header ``Client-Key``: which app or server asks, beside whoever's token it carries.

Looked at before routing, so that a wrong key is refused wherever it is shown, and so that what is remembered is not
handed to who may not see it. A request without the header costs a look at its headers and at its path.
"""

import asyncio
from datetime import datetime
from typing import Any

import structlog
from litestar.connection import ASGIConnection

from api import problems
from api.console.cookies import session_token
from api.errors import RateLimited, Unavailable
from api.middleware import app_versions
from api.middleware.limits import Limits
from backend.clients import Caller, Clients
from backend.clients.errors import ClientKeyRequired
from backend.clients.rules import admit as admit_to
from backend.clock import system_now
from backend.db.outage import is_outage
from backend.identity.console_sessions import ConsoleSessions
from backend.identity.errors import NoMembership, SessionEnded
from backend.sandbox.magic import HEADER as MAGIC_HEADER
from backend.sandbox.magic import RETRY_AFTER_SECONDS, SLOW_SECONDS, Answer, sandbox_of
from backend.settings import Settings

HEADER = "Client-Key"
_NAME = HEADER.lower().encode()
_CITIES, _CLIENTS = "/v1/cities/", "/v1/clients/"
_STATE = "client"
_log = structlog.get_logger("wartefrei.api")


class Gate:
    """The rules of an installation."""

    def __init__(self, settings: Settings, clients: Clients, console: ConsoleSessions) -> None:
        self._clients, self._console = clients, console
        self._required = frozenset(part.strip() for part in settings.client_key_cities.split(",") if part.strip())

    async def check(self, scope: Any, limits: Limits | None) -> None:
        """Before routing. Raises the errors of ``backend.clients`` that a key may meet, RateLimited, and, with a test
        key, SandboxAnswerUnknown."""
        path: str = scope["path"]
        if not path.startswith("/v1/"):
            return
        given = problems.header(scope, _NAME)
        caller = None
        if given is not None:
            caller = scope["state"][_STATE] = await self._verify(given, system_now())
            if limits is not None:
                await limits.check_client(scope, caller)
            if not path.startswith(_CLIENTS):
                caller.require("app")
            elif path.startswith(f"{_CLIENTS}webhooks"):  # before a body is looked at
                caller.require("webhooks")
        if path.startswith(_CITIES) and (city := path[len(_CITIES) :].partition("/")[0]):
            await self.admit_reader(scope, city)
        if (magic := sandbox_of(caller)) is not None:
            await _act(scope, magic.answer(problems.header(scope, MAGIC_HEADER.lower().encode())))

    def admit(self, caller: Caller | None, city_id: str) -> None:
        """Lets a request into the city, or raises ClientKeyRequired, ClientKeyNotForCity."""
        admit_to(caller, city_id, required=bool(self._required) and not self._required.isdisjoint((city_id, "*")))

    async def admit_reader(self, scope: Any, city_id: str) -> None:
        """As ``admit``, for what anyone may read; a clerk of the city who asks from the console needs no key, for it is
        known who that is."""
        try:
            self.admit(caller_of(scope), city_id)
        except ClientKeyRequired:
            if not await self._is_clerk_of(scope, city_id):
                raise

    async def _is_clerk_of(self, scope: Any, city_id: str) -> bool:
        token = session_token(ASGIConnection(scope))
        if token is None:
            return False
        try:
            seat = await self._console.open(token, system_now(), touch=False)
        except (SessionEnded, NoMembership):
            return False
        return city_id in seat.clerk.cities()

    async def _verify(self, key: str, now: datetime) -> Caller:
        try:
            return await self._clients.verify(key, now)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("client keys cannot be read", cause=type(error).__name__)
            raise Unavailable(retry_after_seconds=2) from error


async def _act(scope: Any, answer: Answer | None) -> None:
    """What the header of the sandbox asks for."""
    if answer == "426":
        app_versions.wish(scope)
    if answer == "429":
        raise RateLimited(retry_after_seconds=RETRY_AFTER_SECONDS)
    if answer == "503":
        raise Unavailable(retry_after_seconds=RETRY_AFTER_SECONDS)
    if answer == "slow":
        await asyncio.sleep(SLOW_SECONDS)


def caller_of(scope: Any) -> Caller | None:
    """The client of a request; None for one without a key."""
    found: Caller | None = scope["state"].get(_STATE)
    return found


async def admit_reader(request: Any, city_id: str) -> None:
    """For what anyone may read and does not name its city in the path."""
    await request.app.state["gate"].admit_reader(request.scope, city_id)


def admit(request: Any, city_id: str) -> None:
    """For what names its city in the body, by an office or a form: as the gate does for a city in the path."""
    request.app.state["gate"].admit(caller_of(request.scope), city_id)
