"""The API in this process, with its lifespan, on a database of its own that holds the demo cities."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Controller, Litestar

from api.app import create_app
from api.routes import ROUTES
from backend.clock import system_now
from backend.db import Database
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.identity.model import Role
from backend.identity.oidc import dev_issuer
from backend.settings import Settings
from tests.api.echo import ECHOES
from tests.api.testers import Guest, new_client, new_key
from tests.api.undeclared import undeclared_error, undeclared_parts, undeclared_success

Headers = dict[str, str]
MakeSettings = Callable[..., Settings]
Loans = Callable[[], AbstractContextManager[list[Database]]]
CITY = "gelsenkirchen"


@asynccontextmanager
async def running(app: Litestar) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of ``app`` between its start and its end."""
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # The lifespan has to end in the task it began in; a fixture's two halves run in two.
        async with app.lifespan():
            started.set()
            await ended.wait()

    life = asyncio.create_task(live())
    await asyncio.wait({life, asyncio.create_task(started.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        await life
    served: Any = app  # Litestar's type of an ASGI application and httpx's are the same in two spellings
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
    undeclared: set[str] = set()

    async def check(answer: httpx.Response) -> None:
        undeclared.update(await undeclared_error(app, answer))
        undeclared.update(await undeclared_success(app, answer))
        undeclared.update(await undeclared_parts(app, answer))

    hooks = {"response": [check]}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000", event_hooks=hooks
        ) as client:
            yield client
        assert undeclared == set(), (
            "an operation answered with what it does not declare: see api.declared and api.openapi"
        )
    finally:  # a test that fails has to say so: without its end the application would be waited for
        ended.set()
        await life


@lru_cache(maxsize=8)
def put_together(settings: Settings, routes: tuple[type[Controller], ...] = tuple(ROUTES)) -> Litestar:
    """The application; one lifespan after the other, as its settings are the same in test after test."""
    return create_app(settings, routes)


@pytest.fixture
async def bare(make_settings: Callable[..., Settings], database_url: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an application on an empty database, with the routes of ``echo`` beside its own."""
    async with running(put_together(make_settings(database_url, rate_limits="off"), (*ROUTES, *ECHOES))) as client:
        yield client


@pytest.fixture
def settings(make_settings: Callable[..., Settings], demo_url: str) -> Settings:
    """Of ``app``; a module that wants others overrides this fixture."""
    issuer = dev_issuer(make_settings(demo_url))
    return make_settings(
        demo_url,
        rate_limits="off",
        clerk_oidc_issuer=issuer,
        clerk_oidc_audience="wartefrei-clerk",
        citizen_oidc_issuer=issuer,
        citizen_oidc_audience="wartefrei",
    )


@pytest.fixture
async def app(settings: Settings) -> Litestar:
    """The application, not yet started."""
    return put_together(settings)


@pytest.fixture
async def api(app: Litestar) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the started application."""
    async with running(app) as client:
        yield client


@pytest.fixture
def idem() -> Callable[[], Headers]:
    """``idem()``: a fresh key for a POST."""
    return lambda: {"Idempotency-Key": uuid4().hex}


@pytest.fixture
def guest(api: httpx.AsyncClient, idem: Callable[[], Headers]) -> Callable[[], Awaitable[Headers]]:
    """``await guest()``: the headers of a new person on a new device."""

    async def begin() -> Headers:
        answer = await api.post("/v1/sessions/guest", json={"installationId": str(uuid4())}, headers=idem())
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['accessToken']}"}

    return begin


@pytest.fixture
def clerk_headers(settings: Settings, demo_owner_url: str) -> Callable[..., Awaitable[Headers]]:
    """``await clerk_headers(role, office_slug, city_id)``: the headers of a clerk who has that one membership."""

    async def sign_in(role: Role = "clerk", office_slug: str | None = None, city_id: str = CITY) -> Headers:
        subject = f"{role}-{uuid4().hex[:8]}"
        issuer = settings.clerk_oidc_issuer or dev_issuer(settings)
        conn = await asyncpg.connect(demo_owner_url)
        try:
            await ensure_dev_clerk(conn, subject, "Test Clerk", role, city_id, office_slug, issuer=issuer)
        finally:
            await conn.close()
        token = mint_dev_token(settings, subject, system_now(), audience=settings.clerk_oidc_audience or "")
        return {"Authorization": f"Bearer {token}"}

    return sign_in


@pytest.fixture
async def clerk(clerk_headers: Callable[..., Awaitable[Headers]]) -> Headers:
    """A clerk of the Hans-Sachs-Haus."""
    return {**await clerk_headers("clerk", "hans-sachs-haus"), "Accept-Language": "de"}


@pytest.fixture
async def client_keys(
    api: httpx.AsyncClient, idem: Callable[[], Headers], clerk_headers: Callable[..., Awaitable[Headers]]
) -> dict[str, Headers]:
    admin = await clerk_headers("city_admin")
    client = await new_client(api, admin, idem)
    return {kind: {"Client-Key": (await new_key(api, admin, idem, client, kind))["key"]} for kind in ("live", "test")}


@pytest.fixture
def tester(
    api: httpx.AsyncClient, idem: Callable[[], Headers], client_keys: dict[str, Headers],
    guest: Callable[[], Awaitable[Headers]],
) -> Callable[[], Awaitable[Guest]]:  # fmt: skip
    async def begin() -> Guest:
        return Guest(api, {**await guest(), **client_keys["test"]}, idem)

    return begin


def step(
    api: httpx.AsyncClient, headers: Headers, idem: Callable[[], Headers]
) -> Callable[..., Awaitable[httpx.Response]]:
    """``go(appointment, action, match=version, **body)``: what somebody with these headers does to an appointment."""

    async def go(appointment: Any, action: str, *, match: int | None = None, **body: Any) -> httpx.Response:
        more = {"If-Match": f'"{match}"'} if match is not None else {}
        address = f"/v1/clerk/appointments/{appointment}/{action}"
        return await api.post(address, json=body, headers={**headers, **idem(), **more})

    return go


@pytest.fixture
def loans(monkeypatch: pytest.MonkeyPatch) -> Loans:
    """``with loans() as taken``: one entry for each connection that is lent; a transaction would be more, and fails."""

    @contextmanager
    def counted() -> Generator[list[Database]]:
        taken: list[Database] = []
        lend = Database.connection

        def connection(self: Database) -> Any:
            taken.append(self)
            return lend(self)

        with monkeypatch.context() as patch:
            patch.setattr(Database, "connection", connection)
            patch.setattr(Database, "transaction", None)
            yield taken

    return counted
