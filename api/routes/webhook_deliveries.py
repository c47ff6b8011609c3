"""What became of what was told, and telling it again."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from api.auth import client as client_guard
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.routes.webhooks import owner_of
from api.structs.webhook import DeliveryOut, Outcome, ReplayedOut, ReplayIn, delivery_out
from api.wire import Page, decode_cursor, encode_cursor, etag, respond_page
from backend.clients import Caller
from backend.clients.errors import ClientScopeMissing
from backend.db import Connection, Principal
from backend.errors import FieldError, InvalidInput
from backend.webhooks import service
from backend.webhooks.errors import DeliveryNotFound, WebhookDisabled, WebhookNotFound

_NOBODY = Principal()


class WebhookDeliveriesController(Controller):
    """The log of a webhook."""

    path = "/v1/clients/webhooks/{webhook_id:uuid}"
    tags = ("Webhooks",)
    guards = (client_guard,)

    @get(
        "/deliveries",
        operation_id="listWebhookDeliveries",
        opt=raises(ClientScopeMissing, WebhookNotFound),
        summary="What was told",
    )
    async def list_(
        self,
        request: WireRequest,
        webhook_id: FromPath[UUID],
        client: NamedDependency[Caller],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        outcome: FromQuery[Outcome | None] = None,
        cursor: Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before.")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Response[Page[DeliveryOut]]:
        """The latest first, each with its attempts; kept for thirty days."""
        before = None if cursor is None else decode_cursor(cursor, UUID)
        async with context.database.connection() as conn:
            found = await service.deliveries(
                conn, owner_of(client), webhook_id, now, before=before, outcome=outcome, limit=limit + 1
            )
        following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        page = Page(items=[delivery_out(one) for one in found[:limit]], next=following)
        return respond_page(request, page, etag=etag(msgspec.json.encode(page)))

    @post(
        "/test",
        operation_id="testWebhook",
        opt=raises(ClientScopeMissing, WebhookNotFound, WebhookDisabled),
        status_code=202,
        summary="A test event",
    )
    async def test(
        self,
        webhook_id: FromPath[UUID],
        client: NamedDependency[Caller],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DeliveryOut]:
        """Of the type `webhook.test`, about nothing; sent within seconds, whatever types the webhook asks for."""
        owner = owner_of(client)

        async def work(conn: Connection) -> DeliveryOut:
            return delivery_out(await service.test(conn, owner, webhook_id, now))

        answer: Any = await command.run(_NOBODY, work, status=202)
        context.bell.ring()
        return answer

    @post(
        "/replay",
        operation_id="replayWebhook",
        opt=raises(ClientScopeMissing, WebhookNotFound, WebhookDisabled, DeliveryNotFound),
        status_code=202,
        summary="Tell again",
    )
    async def replay(
        self,
        webhook_id: FromPath[UUID],
        data: JSONBody[ReplayIn],
        client: NamedDependency[Caller],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ReplayedOut]:
        """One `delivery`, whatever became of it; or what happened `since` and did not arrive, with `delivered` all of
        it: ten thousand at a time, the oldest first. Each keeps its `webhook-id`.
        """
        owner = owner_of(client)
        if (data.since is None) == (data.delivery is None):
            raise InvalidInput([FieldError("/since", "one-of", "Give exactly one of since and delivery")])

        async def work(conn: Connection) -> ReplayedOut:
            if data.delivery is not None:
                return ReplayedOut(count=await service.replay_one(conn, owner, webhook_id, data.delivery, now))
            since = data.since or now
            count = await service.replay_since(conn, owner, webhook_id, since, now, delivered_too=data.delivered)
            return ReplayedOut(count=count)

        answer: Any = await command.run(_NOBODY, work, status=202)
        context.bell.ring()
        return answer
