"""Who may call: every handler declares exactly one of these guards, and asks for who it is by a dependency.

``guards=[citizen]`` with ``caller: NamedDependency[Citizen]``; ``guards=[clerk]`` (or ``office_manager``,
``city_admin``) with ``clerk: NamedDependency[Clerk]``. A clerk's guard proves the role somewhere; which office it
reaches is the handler's question (``clerk.require``, ``clerk.principal_for``). A clerk comes with a bearer token, or
with the console's cookie, and then has to show for each change that it comes from a page of the console.
``guards=[client]`` wants an integrator's key and no token, with ``client: NamedDependency[Caller]``.
``guards=[public]`` reads no token, unless the handler asks for ``optional_citizen``.
"""

from datetime import datetime
from typing import Any, TypeAlias

from litestar.connection import ASGIConnection
from litestar.connection.request import Request
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler

from api.console.cookies import check_same_site, session_token
from api.context import context_of
from api.middleware.client_keys import caller_of
from backend.clients import Caller as Client
from backend.clients.errors import ClientKeyRequired
from backend.clock import system_now
from backend.identity import Callers, Citizen, Clerk, Role
from backend.identity.errors import AuthenticationRequired, RoleInsufficient, TokenInvalid

Connection: TypeAlias = "ASGIConnection[Any, Any, Any, Any]"
_CITIZEN, _CLERK, _NOW, _ENDS = "citizen", "clerk", "now", "ends"


async def public(connection: Connection, _: BaseRouteHandler) -> None:
    """Anyone, with or without a token."""
    connection.scope["state"][_CITIZEN] = None


async def citizen(connection: Connection, _: BaseRouteHandler) -> None:
    """A person: a guest's session or a linked identity."""
    found = await callers(connection).citizen(bearer(connection), request_now(connection))
    connection.scope["state"][_CITIZEN] = found


async def clerk(connection: Connection, _: BaseRouteHandler) -> None:
    """A clerk with any membership."""
    await _clerk_with(connection, "clerk")


async def office_manager(connection: Connection, _: BaseRouteHandler) -> None:
    """A clerk who manages at least one office, or administers a city."""
    await _clerk_with(connection, "office_manager")


async def city_admin(connection: Connection, _: BaseRouteHandler) -> None:
    """A clerk who administers at least one city."""
    await _clerk_with(connection, "city_admin")


async def client(connection: Connection, _: BaseRouteHandler) -> None:
    """An integrator's server or app, by its key alone; what it is allowed is the handler's question."""
    if caller_of(connection.scope) is None:
        raise ClientKeyRequired


GUARDS = (public, citizen, clerk, office_manager, city_admin, client)
"""Every guard there is: the test of all routes wants exactly one of them on each."""


def bearer(connection: Connection) -> str | None:
    """The bearer token of the request; None without an Authorization header. ``TokenInvalid`` for any other scheme."""
    given = [value for name, value in connection.scope["headers"] if name == b"authorization"]
    if not given:
        return None
    scheme, _, token = given[0].decode("latin-1").partition(" ")
    if len(given) != 1 or scheme.lower() != "bearer" or not token.strip() or not token.isascii():
        raise TokenInvalid
    return token.strip()


def callers(connection: Connection) -> Callers:
    """The application's callers."""
    return context_of(connection.app).callers


def request_now(connection: Connection) -> datetime:
    """The instant of this request, the same for all that works on it. Its guard's is another where a body follows."""
    state: dict[str, Any] = connection.scope["state"]
    if _NOW not in state:
        state[_NOW] = system_now()
    now: datetime = state[_NOW]
    return now


def forget_now(connection: Connection) -> None:
    """Reads the clock again for whatever comes next in this request."""
    connection.scope["state"].pop(_NOW, None)


async def clerk_at(connection: Connection, now: datetime, *, touch: bool = False) -> Clerk:
    """Who shows the bearer token or the console's cookie of this request, by what holds at ``now``: for streams, which
    go on for long after their guard. ``touch``: a person asks, so the console's session is not idle."""
    token, cookie = bearer(connection), session_token(connection)
    if token is not None or cookie is None:
        return await callers(connection).clerk(token, now)
    check_same_site(connection, cookie)
    seat = await callers(connection).console.open(cookie, now, touch=touch)
    connection.scope["state"][_ENDS] = seat.expires_at
    return seat.clerk


def session_end(connection: Connection) -> datetime | None:
    """When the console's session of this request ends; None for a request with a token."""
    found: datetime | None = connection.scope["state"].get(_ENDS)
    return found


async def _clerk_with(connection: Connection, role: Role) -> None:
    found = await clerk_at(connection, request_now(connection), touch=True)
    if not found.has(role):
        raise RoleInsufficient(role=role)
    connection.scope["state"][_CLERK] = found


async def _provide_caller(request: "Request[Any, Any, Any]") -> Citizen:
    found: Citizen | None = request.scope["state"].get(_CITIZEN)
    if found is None:
        raise AuthenticationRequired
    return found


async def _provide_clerk(request: "Request[Any, Any, Any]") -> Clerk:
    found: Clerk | None = request.scope["state"].get(_CLERK)
    if found is None:
        raise AuthenticationRequired
    return found


async def _provide_client(request: "Request[Any, Any, Any]") -> Client:
    found = caller_of(request.scope)
    if found is None:
        raise ClientKeyRequired
    return found


async def _provide_optional_citizen(request: "Request[Any, Any, Any]") -> Citizen | None:
    token = bearer(request)
    return None if token is None else await callers(request).citizen(token, request_now(request))


async def _provide_now(request: "Request[Any, Any, Any]") -> datetime:
    return request_now(request)


AUTH_DEPENDENCIES: dict[str, Provide] = {
    "caller": Provide(_provide_caller),
    "clerk": Provide(_provide_clerk),
    "client": Provide(_provide_client),
    "optional_citizen": Provide(_provide_optional_citizen),
    "now": Provide(_provide_now),
}
