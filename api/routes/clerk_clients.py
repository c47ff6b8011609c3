"""Who may build on a city: its administrators make clients, keys for them, and take them away."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import city_admin
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import REPLAYED, Command
from api.structs.client import ClientIn, ClientOut, KeyIn, NewKeyOut, RotationIn, client_out, new_key_out
from api.wire import Page, respond, respond_page
from backend.clients import service
from backend.clients.errors import ClientKeyNotFound, ClientNotFound, ClientsOff, TooManyKeys
from backend.clients.model import Actor, NewKey
from backend.db import Connection, Principal
from backend.identity import Clerk

_NOBODY = Principal()
"""Clients are nobody's personal rows: what an administrator reaches is decided by the cities of the statement."""


class ClerkClientsController(Controller):
    """Clients of the cities that one administers."""

    path = "/v1/clerk/clients"
    tags = ("Clients",)
    guards = (city_admin,)

    @get("/", operation_id="listClients", opt=raises(), summary="Clients of your cities")
    async def list_(
        self, request: WireRequest, clerk: NamedDependency[Clerk], context: NamedDependency[Context]
    ) -> Response[Page[ClientOut]]:
        """Those whose cities are all yours; by name, never more than one page."""
        async with context.database.connection() as conn:
            found = await service.list_clients(conn, _actor(clerk))
        return respond_page(request, Page(items=[client_out(one) for one in found]))

    @post("/", operation_id="createClient", opt=raises(), summary="A new client")
    async def create(
        self,
        data: JSONBody[ClientIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        now: NamedDependency[datetime],
    ) -> Response[ClientOut]:
        """Without a key at first."""

        async def work(conn: Connection) -> ClientOut:
            return client_out(await service.save(conn, _actor(clerk), data.wanted(), now))

        answer: Any = await command.run(_NOBODY, work)
        return answer

    @put("/{client_id:uuid}", operation_id="replaceClient", opt=raises(ClientNotFound), summary="Change a client")
    async def replace(
        self,
        request: WireRequest,
        client_id: FromPath[UUID],
        data: JSONBody[ClientIn],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[ClientOut]:
        """As a whole; its keys notice within seconds."""
        async with context.database.transaction(_NOBODY) as conn:
            found = await service.save(conn, _actor(clerk), data.wanted(), now, client_id)
        return respond(request, client_out(found))

    @post(
        "/{client_id:uuid}/keys",
        operation_id="issueClientKey",
        opt=raises(ClientNotFound, TooManyKeys, ClientsOff),
        summary="One more key",
    )
    async def issue(
        self,
        client_id: FromPath[UUID],
        data: JSONBody[KeyIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[NewKeyOut]:
        """Shown in this answer and never again. Two are good at a time in each environment."""

        async def make(conn: Connection) -> NewKey:
            return await service.issue(
                conn, context.keyring, _actor(clerk), client_id, data.environment, now, days=data.days
            )

        return await _shown_once(command, make)

    @post(
        "/{client_id:uuid}/keys/rotate",
        operation_id="rotateClientKey",
        opt=raises(ClientNotFound, ClientsOff),
        summary="A new key for the present one",
    )
    async def rotate(
        self,
        client_id: FromPath[UUID],
        data: JSONBody[RotationIn],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[NewKeyOut]:
        """The present one stays good for `overlapHours`, any other of the environment ends now."""

        async def make(conn: Connection) -> NewKey:
            return await service.rotate(
                conn, context.keyring, _actor(clerk), client_id, data.environment, now, days=data.days,
                overlap_hours=data.overlap_hours,
            )  # fmt: skip

        return await _shown_once(command, make)

    @post(
        "/{client_id:uuid}/keys/{key_id:uuid}/revoke",
        operation_id="revokeClientKey",
        opt=raises(ClientNotFound, ClientKeyNotFound),
        status_code=204,
        summary="Take a key away",
    )
    async def revoke(
        self,
        client_id: FromPath[UUID],
        key_id: FromPath[UUID],
        clerk: NamedDependency[Clerk],
        command: NamedDependency[Command],
        now: NamedDependency[datetime],
    ) -> Response[None]:
        """Refused everywhere within ten seconds."""

        async def work(conn: Connection) -> None:
            await service.revoke(conn, _actor(clerk), client_id, key_id, now)

        answer: Any = await command.run(_NOBODY, work, status=204)
        return answer


def _actor(clerk: Clerk) -> Actor:
    administered = tuple(city for city in clerk.cities() if any(m.role == "city_admin" for m in _of(clerk, city)))
    return Actor(clerk.clerk_id, administered)


def _of(clerk: Clerk, city: str) -> list[Any]:
    return [membership for membership in clerk.memberships if membership.city_id == city]


async def _shown_once(command: Command, make: Callable[[Connection], Awaitable[NewKey]]) -> Response[NewKeyOut]:
    """What is kept for a repeat is the answer without the key: it is shown to nobody twice, and stored nowhere."""
    made: list[NewKey] = []

    async def work(conn: Connection) -> NewKeyOut:
        made.append(await make(conn))
        return new_key_out(made[-1], text=None)

    answer: Any = await command.run(_NOBODY, work)
    if made and REPLAYED not in answer.headers:
        answer.content = msgspec.json.encode(new_key_out(made[-1], text=made[-1].text))
    return answer
