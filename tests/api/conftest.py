"""The API in this process, with its lifespan, on a database of its own that holds the demo cities."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Controller, Litestar
from litestar.exceptions import HTTPException

from api.app import create_app
from api.declared import declared, names_errors
from api.openapi.example_problems import members_of
from api.openapi.schemas import operations
from api.routes import ROUTES
from backend.clock import system_now
from backend.db import Database
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.identity.model import Role
from backend.identity.oidc import dev_issuer
from backend.settings import Settings
from infra.dev.contract.document import document
from tests.api.echo import ECHOES
from tests.api.testers import Guest, new_client, new_key

Headers = dict[str, str]
MakeSettings = Callable[..., Settings]
Loans = Callable[[], AbstractContextManager[list[Database]]]
CITY = "gelsenkirchen"


_USUAL = {"type", "title", "status", "detail", "instance", "code", "errors"}


async def undeclared_error(app: Litestar, answer: httpx.Response) -> list[str]:
    """Which error an answer of an operation was, or what it held beside, without the document saying so."""
    if answer.status_code < 400 or not answer.request.url.path.startswith("/v1/"):
        return []
    if answer.request.url.path.endswith("/"):
        return []  # no operation has such an address
    await answer.aread()
    handler, method = _handler(app, answer.request)
    if handler is None or not names_errors(handler):
        return []
    declares = {kind.slug for kind in declared(handler, method)}
    if not answer.content:
        return []
    code = answer.json()["code"]
    found = [] if code in declares else [f"{handler.operation_id}: {code}"]
    shown = {**dict.fromkeys(_USUAL), **members_of(code)}
    more = [name for name, value in answer.json().items() if name not in shown or not _alike(shown[name], value)]
    return [*found, *(f"{handler.operation_id}: {code} with {name}" for name in more)]


def _handler(app: Litestar, request: httpx.Request) -> tuple[Any, str]:
    """Who answers, None where nobody does, and the method by which it is declared."""
    router: Any = app.asgi_router
    method = request.method.replace("HEAD", "GET")
    try:
        _, handler, *_ = router.handle_routing(path=request.url.path, method=method)
    except HTTPException:
        return None, method
    return handler, method


def _alike(shown: Any, value: Any) -> bool:
    """Whether objects, alone or in a list, have no members but those that are shown."""
    if isinstance(shown, list) and isinstance(value, list):
        return all(_alike(shown[0], one) for one in cast("list[Any]", value)) if shown else True
    if not isinstance(shown, dict) or not isinstance(value, dict):
        return not isinstance(shown, dict)
    return cast("dict[str, Any]", value).keys() <= cast("dict[str, Any]", shown).keys()


@lru_cache(maxsize=1)
def _operations() -> dict[str, Any]:
    return {operation["operationId"]: operation for _, _, operation in operations(document())}


async def undeclared_success(app: Litestar, answer: httpx.Response) -> list[str]:
    """What an answer that is no error was, without its document saying so: its status, or the kind of its content."""
    kinds = answer.headers.get_list("content-type")
    found = [f"{answer.request.url.path}: {kinds}"] if len(kinds) > 1 or "".join(kinds).count("charset") > 1 else []
    if answer.status_code >= 400:
        return found
    handler, _ = _handler(app, answer.request)
    if handler is None or (operation := _operations().get(str(handler.operation_id))) is None:
        return found
    said: Any = operation["responses"].get(str(answer.status_code))
    kind = "".join(kinds).partition(";")[0]
    if kind == "text/event-stream" and said is not None and kind in said.get("content", ()):
        return found  # a stream has no tag
    if said is None:
        found.append(f"{handler.operation_id}: {answer.status_code}")
    elif kind not in said.get("content", {"": {}}):
        found.append(f"{handler.operation_id}: {answer.status_code} {kind}")
    elif answer.status_code == 200 and "304" in operation["responses"] and "etag" not in answer.headers:
        found.append(f"{handler.operation_id}: no ETag")
    return found


_OF_HTTP = frozenset(
    (
        "allow", "connection", "content-encoding", "content-length", "content-security-policy", "content-type", "date",
        "referrer-policy", "server", "strict-transport-security", "transfer-encoding", "vary", "x-accel-buffering",
        "x-content-type-options", "x-frame-options",
    )
)  # fmt: skip
"""What HTTP and browsers read: no client decides by it."""


async def undeclared_parts(app: Litestar, answer: httpx.Response) -> list[str]:
    """Headers, and bytes, of an answer that is no error, of which the document does not tell."""
    if answer.status_code >= 400 or answer.status_code == 304:
        return []
    handler, _ = _handler(app, answer.request)
    if handler is None or (operation := _operations().get(str(handler.operation_id))) is None:
        return []
    said: Any = operation["responses"].get(str(answer.status_code), {})
    known = {name.lower() for name in said.get("headers", {})} | _OF_HTTP
    found = [f"{handler.operation_id}: {name}" for name in answer.headers if name.lower() not in known]
    if not said.get("content"):
        await answer.aread()
        found += [f"{handler.operation_id}: bytes with {answer.status_code}"] if answer.content else []
    if answer.status_code == 201 and "Location" in said.get("headers", {}) and "location" not in answer.headers:
        found.append(f"{handler.operation_id}: no Location")
    return found


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
