"""Where an integrator's server is told: set up by the server itself, with its client's key."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import client as client_guard
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import REPLAYED, Command
from api.structs.webhook import (
    SecretRotationIn,
    WebhookChangeIn,
    WebhookIn,
    WebhookOut,
    WebhookSecretOut,
    secret_out,
    webhook_out,
)
from api.wire import Page, etag, respond, respond_page
from backend.clients import Caller
from backend.clients.errors import ClientScopeMissing, ClientsOff
from backend.db import Connection, Principal
from backend.webhooks import service
from backend.webhooks.errors import TooManyWebhooks, WebhookNotFound
from backend.webhooks.model import NewSecret, Owner

_NOBODY = Principal()


class WebhooksController(Controller):
    """Webhooks of the client that asks, in the environment of its key."""

    path = "/v1/clients/webhooks"
    tags = ("Webhooks",)
    guards = (client_guard,)

    @get("/", operation_id="listWebhooks", opt=raises(ClientScopeMissing), summary="Your webhooks")
    async def list_(
        self,
        request: WireRequest,
        client: NamedDependency[Caller],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[Page[WebhookOut]]:
        """Never more than one page: there are at most twenty."""
        async with context.database.connection() as conn:
            found = await service.list_endpoints(conn, owner_of(client), now)
        page = Page(items=[webhook_out(one) for one in found])
        return respond_page(request, page, etag=etag(msgspec.json.encode(page)))

    @post(
        "/",
        operation_id="addWebhook",
        opt=raises(ClientScopeMissing, TooManyWebhooks, ClientsOff, sends=("Location",)),
        summary="Be told at a URL",
    )
    async def add(
        self,
        data: JSONBody[WebhookIn],
        client: NamedDependency[Caller],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[WebhookSecretOut]:
        """Of what happens from now on. The `secret` is shown in this answer and never again."""
        owner, loopback = owner_of(client), context.settings.mode == "embedded"

        async def make(conn: Connection) -> NewSecret:
            return await service.add(conn, context.keyring, owner, data.wanted(), now, loopback=loopback)

        return await _shown_once(command, make, within=self.path)

    @get(
        "/{webhook_id:uuid}",
        operation_id="readWebhook",
        opt=raises(ClientScopeMissing, WebhookNotFound),
        summary="A webhook of yours",
    )
    async def read(
        self,
        request: WireRequest,
        webhook_id: FromPath[UUID],
        client: NamedDependency[Caller],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[WebhookOut]:
        """Whether it fails, since when and why, and whether it was disabled for that."""
        async with context.database.connection() as conn:
            found = webhook_out(await service.find(conn, owner_of(client), webhook_id, now))
        return respond(request, found, etag=etag(msgspec.json.encode(found)))

    @put(
        "/{webhook_id:uuid}",
        operation_id="replaceWebhook",
        opt=raises(ClientScopeMissing, WebhookNotFound),
        summary="Change a webhook",
    )
    async def replace(
        self,
        request: WireRequest,
        webhook_id: FromPath[UUID],
        data: JSONBody[WebhookChangeIn],
        client: NamedDependency[Caller],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[WebhookOut]:
        """As a whole. Disabled it is told nothing, and what happens meanwhile is not kept for it."""
        owner, loopback = owner_of(client), context.settings.mode == "embedded"
        async with context.database.transaction(_NOBODY) as conn:
            found = await service.change(conn, owner, webhook_id, data.wanted(), now, loopback=loopback)
        return respond(request, webhook_out(found))

    @delete(
        "/{webhook_id:uuid}",
        operation_id="removeWebhook",
        opt=raises(ClientScopeMissing, WebhookNotFound),
        summary="Remove a webhook",
    )
    async def remove(
        self, webhook_id: FromPath[UUID], client: NamedDependency[Caller], context: NamedDependency[Context]
    ) -> None:
        """With its log."""
        async with context.database.transaction(_NOBODY) as conn:
            await service.remove(conn, owner_of(client), webhook_id)

    @post(
        "/{webhook_id:uuid}/rotate",
        operation_id="rotateWebhookSecret",
        opt=raises(ClientScopeMissing, WebhookNotFound, ClientsOff),
        summary="Another secret",
    )
    async def rotate(
        self,
        webhook_id: FromPath[UUID],
        data: JSONBody[SecretRotationIn],
        client: NamedDependency[Caller],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[WebhookSecretOut]:
        """Until `oldSecretUntil` each request carries two signatures, so a receiver may know either secret."""
        owner, overlap = owner_of(client), timedelta(hours=data.overlap_hours)

        async def make(conn: Connection) -> NewSecret:
            return await service.rotate(conn, context.keyring, owner, webhook_id, now, overlap=overlap)

        return await _shown_once(command, make)


def owner_of(client: Caller) -> Owner:
    """Whose webhooks a key reaches; raises ClientScopeMissing."""
    client.require("webhooks")
    return Owner(client.client_id, client.environment)


async def _shown_once(
    command: Command, make: Callable[[Connection], Awaitable[NewSecret]], *, within: str | None = None
) -> Response[WebhookSecretOut]:
    """As with client keys: the answer that is kept for a repeat has no secret in it."""
    made: list[NewSecret] = []

    async def work(conn: Connection) -> WebhookSecretOut:
        made.append(await make(conn))
        return secret_out(made[-1], secret=None)

    answer: Any = await command.run(_NOBODY, work, within=within)
    if made and REPLAYED not in answer.headers:
        answer.content = msgspec.json.encode(secret_out(made[-1], secret=made[-1].secret))
    return answer
