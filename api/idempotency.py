"""``Idempotency-Key``: a POST that is repeated with the same key happens once and gets the same answer again.

A key belongs to who sent it: another person's key never replays. The claim is part of the transaction that does the
work, so what is killed half-way leaves no trace and the repeat starts afresh. Refusals that a repeat could not change
are kept like answers; being busy, unauthenticated or limited is not.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response
from litestar.di import Provide

from api import problems
from api.auth import request_now
from api.body import WireRequest
from api.context import context_of
from api.errors import KeyMalformed, KeyMissing
from api.wire import JSON, PRIVATE
from backend.db import Connection, Database, Principal
from backend.errors import DomainError
from backend.idempotency import queries
from backend.idempotency.errors import AnswerErased, KeyInFlight, KeyReused
from backend.idempotency.model import Answer, Done, IdempotencyClaim

REPLAYED = "Idempotent-Replayed"
KEY_OWNER = "key_owner"
"""``opt=raises(…, key_owner=f)``: to whom a key belongs that is not the caller's, by ``f(request, body)``; None where
the body names nobody."""
_ASKED = "key_asked"
_KEY = re.compile(r"[!-~]{1,255}")
_KEPT_STATUSES = frozenset((400, 403, 404, 409, 410, 412, 422))

Work = Callable[[Connection], Awaitable[Any]]


class Command:
    """One POST of one client. ``claim`` for what takes it along in its own statement, ``run`` for everything else."""

    def __init__(self, request: WireRequest, body: bytes) -> None:
        self._request = request
        self._body = body
        self._claim: IdempotencyClaim | None = None

    @property
    def claim(self) -> IdempotencyClaim:
        """The claim on the key, of whom the handler's ``KEY_OWNER`` names or else of the caller."""
        if self._claim is None:
            owner = _owner(self._request, self._body)
            if owner is None:
                raise LookupError("a body that was taken names nobody: KEY_OWNER and the body's type differ")
            self._claim = _claim_of(self._request, self._body, owner)
        return self._claim

    async def run(
        self,
        principal: Principal,
        work: Work,
        *,
        status: int = 201,
        headers: Mapping[str, str] | None = None,
        within: str | None = None,
    ) -> Response[bytes]:
        """Does ``work`` and keeps its answer (a Struct; None: no body), both in one transaction for ``principal``.

        ``within``: the path below which what was made can be read by its ``id``; the answer's ``Location`` says so.
        """
        claim = self.claim
        database, now = context_of(self._request.app).database, request_now(self._request)
        try:
            async with database.transaction(principal) as conn:
                _mark_asked(self._request)
                if (stored := await _claim(conn, claim)) is not None:
                    return self.answer(stored)
                result: Any = await work(conn)
                body = b"" if result is None else msgspec.json.encode(result)
                where = {} if within is None or result is None else {"Location": f"{within}/{result.id}"}
                answer = Answer(status, {"Content-Type": JSON, **where, **(headers or {})}, body)
                await _store(conn, claim, answer, now)
        except DomainError as error:
            if (stored := await self._keep_refusal(database, principal, claim, error, now)) is not None:
                return self.answer(stored)
            raise
        return self.answer(Done(answer, replayed=False))

    async def run_whole(self, principal: Principal, call: Callable[[], Awaitable[Done]]) -> Response[bytes]:
        """For a call that is one statement and takes ``claim`` along; its refusals are kept as ``run`` keeps them."""
        try:
            return self.answer(await call())
        except DomainError as error:
            database, now = context_of(self._request.app).database, request_now(self._request)
            if (stored := await self._keep_refusal(database, principal, self.claim, error, now)) is not None:
                return self.answer(stored)
            raise

    def answer(self, done: Done) -> Response[bytes]:
        """The response for a stored or fresh answer; the hot calls use it with what they return."""
        headers = {"Cache-Control": PRIVATE, **done.answer.headers}
        if done.replayed:
            headers[REPLAYED] = "true"
        media_type = headers.pop("Content-Type", JSON)
        return Response(done.answer.body, status_code=done.answer.status, headers=headers, media_type=media_type)

    async def _keep_refusal(
        self, database: Database, principal: Principal, claim: IdempotencyClaim, error: DomainError, now: datetime
    ) -> Done | None:
        """A repeat is refused as the first request was, unless trying again may help. Where this is the repeat, and was
        refused before it came to its key, the first answer; raises KeyReused where the key is another request's.
        """
        if error.kind == "busy" or problems.status_of(error) not in _KEPT_STATUSES or isinstance(error, KeyReused):
            return None
        response = problems.respond(error, self._request.scope)
        headers = {name: value for name, value in response.headers.items() if value is not None}
        answer = Answer(response.status_code or 500, {**headers, "Content-Type": problems.MEDIA_TYPE}, response.content)
        async with database.transaction(principal) as conn:
            _mark_asked(self._request)
            try:
                if (stored := await _claim(conn, claim)) is not None:
                    return stored
            except KeyInFlight:
                return None
            await _store(conn, claim, answer, now)
            return None


def key_of(request: WireRequest) -> str:
    """The key that the request carries; raises KeyMissing or KeyMalformed."""
    key = problems.header(request.scope, b"idempotency-key")
    if key is None:
        raise KeyMissing
    if not _KEY.fullmatch(key):
        raise KeyMalformed
    return key


def claim_of(request: WireRequest, body: bytes) -> IdempotencyClaim | None:
    """The claim of a request that may not have come to its handler; None where it has no key, or nobody's."""
    try:
        owner = _owner(request, body)
        return None if owner is None else _claim_of(request, body, owner)
    except (KeyMissing, KeyMalformed):
        return None


def has_asked(request: WireRequest) -> bool:
    """Whether this request has come to its key: what was found there is its answer."""
    return bool(request.scope["state"].get(_ASKED))


def _mark_asked(request: WireRequest) -> None:
    request.scope["state"][_ASKED] = True


def _claim_of(request: WireRequest, body: bytes, owner: str) -> IdempotencyClaim:
    scope = request.scope
    digest = hashlib.sha256(f"{scope['method']} {scope['path']}\n".encode(errors="surrogatepass"))
    digest.update(body)
    return IdempotencyClaim(owner, key_of(request), digest.digest())


def _owner(request: WireRequest, body: bytes) -> str | None:
    if (named := request.route_handler.opt.get(KEY_OWNER)) is not None:
        return named(request, body)
    state: dict[str, Any] = request.scope["state"]
    if (citizen := state.get("citizen")) is not None:
        return f"person:{citizen.person_id}"
    if (clerk := state.get("clerk")) is not None:
        return f"clerk:{clerk.clerk_id}"
    if (client := state.get("client")) is not None and "citizen" not in state:
        return f"client:{client.client_id}"
    return "anyone"


async def _claim(conn: Connection, claim: IdempotencyClaim) -> Done | None:
    found = await queries.claim_key(conn, claim.owner, claim.key, claim.request_hash)
    if found.outcome == "reused":
        raise KeyReused
    if found.outcome == "in_flight":
        raise KeyInFlight
    if found.outcome == "replayed" and found.is_erased:
        raise AnswerErased
    if found.outcome == "replayed" and found.status is not None and found.body is not None:
        return Done(Answer(found.status, found.headers or {}, found.body), replayed=True)
    return None


async def _store(conn: Connection, claim: IdempotencyClaim, answer: Answer, now: datetime) -> None:
    await queries.store_answer(
        conn, claim.owner, claim.key, claim.request_hash, answer.status, answer.headers, answer.body, now
    )


async def _provide_command(request: WireRequest) -> Command:
    command = Command(request, await request.body())
    key_of(request)  # a missing key is refused before anything else happens
    return command


COMMAND_DEPENDENCIES: dict[str, Provide] = {"command": Provide(_provide_command)}
