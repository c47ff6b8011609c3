"""Signing in: a guest's device, the next token, an identity, and out again. Answers hold secrets: none is stored."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from api.auth import citizen, public
from api.body import WireRequest
from api.context import Context, context_of
from api.declared import raises
from api.idempotency import REPLAYED, Command
from api.texts import language_of
from api.wire import Wire, out, respond
from backend.identity import Citizen
from backend.identity.errors import AlreadyLinked, LinkExceedsLimit, SessionBegun, SessionEnded, TokenInvalid
from backend.identity.model import Tokens

InstallationId = Annotated[
    str,
    Meta(min_length=8, max_length=128, description="Chosen by the app at its installation. Not a secret, not stored."),
]
RefreshToken = Annotated[str, Meta(min_length=1, max_length=128, description="The refresh token, good for one use.")]
IdentityToken = Annotated[
    str, Meta(min_length=1, max_length=8192, description="An access token of the citizens' identity provider.")
]


class GuestIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phone that begins."""

    installation_id: InstallationId
    attestation: Annotated[str, Meta(max_length=8192, description="Not judged yet.")] | None = None


class RefreshIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phone whose access token ran out."""

    refresh_token: RefreshToken


class LinkIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest who proves who they are."""

    identity_token: IdentityToken


class SessionOut(Wire, frozen=True, kw_only=True):
    """The tokens of a session. Keep the newest refresh token; the one before is no longer good after half a minute."""

    person_id: UUID
    session_id: UUID
    access_token: str
    expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


class _Named(msgspec.Struct, rename="camel"):
    """To whom a key belongs while there is no session: what of a body has to be right for that."""

    installation_id: str | None = None
    refresh_token: str | None = None


def _device(request: WireRequest, body: bytes) -> str | None:
    found = _named(body).installation_id
    return None if found is None else context_of(request.app).callers.sessions.owner_of_guest(found)


def _holder(request: WireRequest, body: bytes) -> str | None:
    found = _named(body).refresh_token
    return None if found is None else context_of(request.app).callers.sessions.owner_of_refresh(found)


def _named(body: bytes) -> _Named:
    try:
        return msgspec.json.decode(body, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Named()


class SessionsController(Controller):
    """Sessions."""

    path = "/v1/sessions"
    tags = ("Identity",)

    @post(
        "/guest",
        guards=[public],
        operation_id="beginGuestSession",
        opt=raises(SessionBegun, SessionEnded, key_owner=_device),
        summary="Begin as a guest",
    )
    async def guest(
        self,
        request: WireRequest,
        data: JSONBody[GuestIn],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[SessionOut]:
        """A new person on this device, without any login. A repeat with the same key gets the same person."""
        sessions = context.callers.sessions
        wish = request.headers.get("accept-language")
        tokens = await sessions.begin_guest(
            data.installation_id, language_of(wish) if wish else "de", command.claim, now
        )
        return _answer(request, tokens, 201)

    @post(
        "/refresh",
        guards=[public],
        status_code=200,
        operation_id="refreshSession",
        opt=raises(TokenInvalid, SessionEnded, always_served=True, key_owner=_holder),
        summary="Get the next tokens",
    )
    async def refresh(
        self,
        request: WireRequest,
        data: JSONBody[RefreshIn],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[SessionOut]:
        """A new access token and a new refresh token. Repeat a lost request with its key: it gets working tokens."""
        sessions = context.callers.sessions
        return _answer(request, await sessions.refresh(data.refresh_token, command.claim, now), 200)

    @post(
        "/link",
        guards=[citizen],
        status_code=200,
        operation_id="linkIdentity",
        opt=raises(AlreadyLinked, LinkExceedsLimit),
        summary="Tie the guest to an identity",
    )
    async def link(
        self,
        request: WireRequest,
        data: JSONBody[LinkIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[SessionOut]:
        """The guest becomes the identity's person, with all appointments. Use the tokens of the answer from then on."""
        callers = context.callers
        identity = await callers.identity(data.identity_token, now)
        tokens = await callers.sessions.link(caller, identity, command.claim, now)
        callers.forget(caller)
        return _answer(request, tokens, 200)

    @delete("/current", guards=[citizen], operation_id="endSession", opt=raises(), summary="Log out")
    async def end(
        self, caller: NamedDependency[Citizen], context: NamedDependency[Context], now: NamedDependency[datetime]
    ) -> None:
        """Ends this device's session; its refresh tokens are worthless at once, the access token within a minute."""
        await context.callers.sessions.end(caller, now)
        context.callers.forget(caller)


def _answer(request: WireRequest, tokens: Tokens, status: int) -> Response[SessionOut]:
    headers = {REPLAYED: "true"} if tokens.replayed else {}
    return respond(request, out(tokens, SessionOut), status=status, headers=headers)
