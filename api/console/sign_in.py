"""Signing in and out: to the clerks' identity provider, back with a code, and a session in this browser."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.auth import clerk as clerk_guard
from api.auth import public
from api.body import WireRequest
from api.console import cookies
from api.console.errors_page import PAGE_HANDLERS
from api.console.rendering import render
from api.context import Context
from api.wire import Wire, respond
from backend.desk.service import record_sign_in
from backend.identity import Clerk
from backend.identity.errors import AuthenticationRequired, ConsoleUnconfigured, SignInFailed
from backend.identity.sign_in import SIGNED_IN_PATH

State = Annotated[str | None, QueryParameter(name="state", max_length=512)]
Code = Annotated[str | None, QueryParameter(name="code", max_length=4096)]


class SessionOut(Wire, frozen=True, kw_only=True):
    """Whose session this browser has now, and what its changes have to show."""

    clerk: UUID
    csrf: str


class SessionController(Controller):
    """The session of this browser, as scripts ask for it: what is wrong is said as the API says it."""

    include_in_schema = False

    @get("/console/session", guards=[clerk_guard])
    async def read(self, request: WireRequest, clerk: NamedDependency[Clerk]) -> Response[Any]:
        """For a page left open while its person signed in again in another window. Readable by pages of ours alone."""
        token = cookies.session_token(request)
        if token is None:
            raise AuthenticationRequired
        return respond(request, SessionOut(clerk=clerk.clerk_id, csrf=cookies.csrf_token(token)))

    @delete("/console/session", guards=[clerk_guard], status_code=200)
    async def end(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        clerk: NamedDependency[Clerk],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Signs out."""
        token = cookies.session_token(request)
        if token is not None:
            await context.callers.console.end(token, now)
            async with context.database.connection() as conn:
                await record_sign_in(conn, clerk, "console.sign_out", now)
        return Response(b"{}", cookies=[cookies.no_session(context.settings)], media_type="application/json")


class SignInController(Controller):
    """Before and after everything else."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS

    @get("/console/sign-in", guards=[public])
    async def begin(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        then: FromQuery[str | None] = None,
        again: FromQuery[bool] = False,
    ) -> Response[Any]:
        """Off to the provider. ``again``: it is to ask for a password even if it knows who it is."""
        settings = context.settings
        if context.callers.sign_in is None:
            raise ConsoleUnconfigured
        ours = urlsplit(settings.public_url).netloc
        if request.headers.get("host", ours) != ours:
            # The cookie that is set here has to be there when the provider sends the browser to our public address.
            return _to(f"{settings.public_url.rstrip('/')}/console/sign-in")
        begun, url = await context.callers.sign_in.begin(cookies.local_path(then), now, ask_again=again)
        return _to(url, cookies.begun_cookie(settings, begun))

    @get(SIGNED_IN_PATH, guards=[public], opt={"foreign_query": True})
    async def finish(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        shown: State = None,
        code: Code = None,
    ) -> Response[Any]:
        """Back from the provider: only in the browser that went there, once, and to a page of ours."""
        if context.callers.sign_in is None:
            raise ConsoleUnconfigured
        begun = cookies.begun_with(request, shown or "")
        if begun is None or not code:
            raise SignInFailed
        settings, callers = context.settings, context.callers
        identity = await context.callers.sign_in.finish(code, begun, now)
        token, _ = await callers.console.begin(identity, now)
        seat = await callers.console.open(token, now)
        async with context.database.connection() as conn:
            await record_sign_in(conn, seat.clerk, "console.sign_in", now)
        old = cookies.session_token(request)
        if old is not None:
            await callers.console.end(old, now)

        return _to(begun.then, cookies.session_cookie(settings, token), cookies.no_begun(settings, begun.state))

    @get("/console/signed-out", guards=[public])
    async def signed_out(self, request: WireRequest) -> Response[Any]:
        """Good bye."""
        return render(request, "signed_out.html")


def _to(url: str, *set_cookies: Any) -> Response[Any]:
    return Response(b"", status_code=303, headers={"Location": url}, cookies=list(set_cookies))
