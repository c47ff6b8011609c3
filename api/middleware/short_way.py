"""A short way from the socket to the few handlers that everybody calls at eight in the morning.

It leaves out the router, signature models and response conversion of Litestar, and nothing else: the guard, the hook
before a handler, reading the body, what a handler depends on, the handler itself and the errors' answers are the very
functions that Litestar would call, in its order. Whatever is out of the ordinary takes the long way.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Litestar, Response
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.auth import GUARDS
from api.body import WireRequest

SHORT_WAY = "short_way"
"""``opt=raises(…, short_way=True)``: for a handler without parameters in path, query or headers."""
_ORDINARY_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]{1,255}")

Before = Callable[[Any], Awaitable[None]]


class _Handler(msgspec.Struct, frozen=True):
    """What is called for one address, worked out once."""

    handler: Any
    guard: Callable[[Any, Any], Awaitable[None]]
    providers: tuple[tuple[str, Callable[..., Awaitable[Any]], bool], ...]
    """Name of the parameter, where it comes from, whether that wants to see the request."""
    template: str


class ShortWay:
    """Stands before ``app``, which is the long way. ``before`` is the hook before every handler."""

    def __init__(self, app: ASGIApp, root: Litestar, before: Before) -> None:
        self._app, self._before = app, before
        self._handlers = {
            (method, route.path): _prepare(handler, route)
            for route in root.routes
            if isinstance(route, HTTPRoute)
            for method, (handler, _) in route.route_handler_map.items()
            if handler.opt.get(SHORT_WAY)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields: Any = scope
        found = self._handlers.get((fields["method"], fields["path"])) if fields["type"] == "http" else None
        if found is None or fields.get("root_path") or not self._is_ordinary(fields):
            await self._app(scope, receive, send)
            return
        fields.update(route_handler=found.handler, path_template=found.template, path_params={})
        request = WireRequest(scope, receive, send)
        try:
            answer = await self._call(found, request)
        except Exception as error:  # noqa: BLE001 - as Litestar does: every exception has its answer
            answer = problems.handle(request, error)
        await problems.write(answer, send)

    async def _call(self, found: _Handler, request: WireRequest) -> Response[bytes]:
        await found.guard(request, found.handler)
        await self._before(request)
        arguments: dict[str, Any] = {"request": request, "data": await request.json()}
        for name, provide, asks in found.providers:
            arguments[name] = await (provide(request) if asks else provide())
        answer: Response[bytes] = await found.handler.fn(**arguments)
        return answer

    def _is_ordinary(self, scope: Any) -> bool:
        hosts = 0
        for name, value in scope["headers"]:
            if name == b"host":
                hosts += 1
                if not _ORDINARY_HOST.fullmatch(value):
                    return False
        return hosts < 2


def _prepare(handler: Any, route: HTTPRoute) -> _Handler:
    """Raises ValueError for a handler that wants what the short way cannot give."""
    guards = [guard for guard in handler.resolve_guards() if guard in GUARDS]
    known = handler.resolve_dependencies()
    wanted = handler.parsed_fn_signature.parameters.keys() - {"request", "data"}
    if route.path_parameters or len(guards) != 1 or wanted - known.keys():
        raise ValueError(f"{handler} cannot be called by the short way: {sorted(wanted - known.keys())}")
    providers = tuple(
        (name, known[name].dependency, bool(known[name].parsed_fn_signature.parameters))
        for name in handler.parsed_fn_signature.parameters
        if name in wanted
    )
    return _Handler(handler, guards[0], providers, route.path_format)
