"""Small routes for what holds for all routes: bodies of many kinds, parameters, failures, a counted command."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from api.auth import citizen, public
from api.context import Context
from api.idempotency import Command
from api.wire import Wire, respond
from backend.appointments.errors import HoldExists
from backend.clock import system_now
from backend.db import Connection, Principal
from backend.errors import DomainError
from backend.idempotency import queries
from backend.idempotency.model import Answer, Done
from backend.identity import Citizen


class Child(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    service: UUID
    persons: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


class EchoIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    start_at: datetime
    born: date | None = None
    kind: Literal["a", "b"] = "a"
    children: Annotated[list[Child], msgspec.Meta(max_length=3)] = msgspec.field(default_factory=list[Child])
    child: Child | None = None
    anything: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class EchoOut(Wire, frozen=True, kw_only=True):
    name: str
    run: int = 0


class Full(DomainError):
    """Only of these tests."""

    slug, title, kind = "rules-changing", "The office's rules are being changed at this moment", "busy"


class EchoController(Controller):
    path = "/echo"
    guards = (public,)

    @post("/body", operation_id="echoBody")
    async def echo_body(self, data: JSONBody[EchoIn]) -> EchoOut:
        return EchoOut(name=data.name)

    @get("/query", operation_id="echoQuery")
    async def echo_query(
        self, size: FromQuery[int], day: FromQuery[date | None] = None, tag: FromQuery[list[str] | None] = None
    ) -> dict[str, Any]:
        return {"size": size, "day": day, "tag": tag}

    @get("/things/{thing:uuid}", operation_id="echoThing")
    async def echo_thing(self, thing: FromPath[UUID]) -> dict[str, str]:
        return {"thing": str(thing)}

    @get("/large", operation_id="echoLarge")
    async def echo_large(self, request: "Request[Any, Any, Any]") -> Response[Any]:
        return respond(request, b'{"items":[' + b"1," * 5000 + b"1]}", etag='"large"', cache="public, max-age=0")

    @get("/fail/{how:str}", operation_id="echoFail")
    async def echo_fail(self, how: FromPath[str]) -> None:
        raise {
            "bug": ValueError("Erika Mustermann, born 1964"),
            "busy": Full(),
            "gone": asyncpg.ConnectionDoesNotExistError("gone"),
            "slow": TimeoutError(),
        }[how]

    @post("/command", operation_id="echoCommand")
    async def echo_command(self, data: JSONBody[EchoOut], command: NamedDependency[Command]) -> Response[bytes]:
        return await command.run(Principal(), lambda conn: _work(conn, data.name))

    @post("/judged", operation_id="echoJudged")
    async def echo_judged(self, data: JSONBody[EchoOut], command: NamedDependency[Command]) -> Response[bytes]:
        if data.name == "odd":
            raise HoldExists
        return await command.run(Principal(), lambda conn: _work(conn, data.name))

    @post("/once", operation_id="echoOnce")
    async def echo_once(
        self, data: JSONBody[EchoOut], command: NamedDependency[Command], context: NamedDependency[Context]
    ) -> Response[bytes]:
        """What the call finds is another the second time, as when a place's time has come; its key is not asked."""

        async def call() -> Done:
            async with context.database.transaction(Principal()) as conn:
                done = await _work(conn, data.name)
                if done.run > 1:
                    raise HoldExists
                answer = Answer(201, {}, msgspec.json.encode(done))
                claim = command.claim
                await queries.store_answer(
                    conn, claim.owner, claim.key, claim.request_hash, 201, {}, answer.body, system_now()
                )
            return Done(answer, replayed=False)

        return await command.run_whole(Principal(), call)


class Slow:
    """Of the work that is named so: that it has begun, and that it may end."""

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()


SLOW: list[Slow] = []
"""The last is of the test that runs."""


class MineController(Controller):
    guards = (citizen,)

    @post("/echo/mine", operation_id="echoMine")
    async def mine(
        self, data: JSONBody[EchoOut], caller: NamedDependency[Citizen], command: NamedDependency[Command]
    ) -> Response[bytes]:
        return await command.run(caller.principal, lambda conn: _work(conn, data.name))


async def _work(conn: Connection, name: str) -> EchoOut:
    """Counts how often it ran, in a row that is rolled back with everything else."""
    count = await conn.fetchval(
        "INSERT INTO rate_bucket VALUES ('echo', 1, now()) "
        "ON CONFLICT (key) DO UPDATE SET tokens = rate_bucket.tokens + 1 RETURNING tokens"
    )
    if name == "slow":
        SLOW[-1].begun.set()
        await SLOW[-1].go.wait()
    if name == "busy":
        raise Full
    if name == "refused":
        raise HoldExists
    return EchoOut(name=name, run=int(count or 0))


ECHOES: list[type[Controller]] = [EchoController, MineController]
