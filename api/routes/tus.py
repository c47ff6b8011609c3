"""tus 1.0: resumable uploads for flaky networks. Not in the OpenAPI document: its clients know the protocol."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.idempotency import REPLAYED, Command
from api.tus import headers as tus
from api.tus.body import Body
from api.tus.errors import TusContentType
from backend.db import Connection
from backend.documents import uploads
from backend.documents.errors import UploadTooLarge
from backend.documents.model import OPEN, Upload
from backend.documents.receiving import Checksum, CutError
from backend.documents.rules import PURPOSES
from backend.documents.uploads import Declaration
from backend.errors import DomainError
from backend.identity import Citizen
from backend.ids import new_id

T = TypeVar("T")


class _Declared(msgspec.Struct, omit_defaults=True):
    """An upload that is there, and what of it is kept for a repeat."""

    id: UUID
    has_key: bool = False
    is_repeat: bool = False


class TusController(Controller):
    """tus 1.0."""

    path = "/v1/uploads"
    tags = ("Documents",)
    guards = (citizen,)
    include_in_schema = False

    @post("/tus", operation_id="createTusUpload", status_code=201, request_max_body_size=None)
    async def create(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """Declares an upload by headers, and takes its first bytes along where the body holds any. Clients of tus send
        no ``Idempotency-Key``; with one a repeat is answered with the same upload.
        """
        body = Body(request, context.settings.upload_idle_seconds)

        async def made() -> Response[bytes]:
            checksum, wanted = _creation(request, body)
            declared = await _declare(request, context, caller, wanted, now)
            if isinstance(declared, Response):
                return declared
            upload = await _with_first_bytes(context, caller, declared, body, checksum)
            sent = {"Location": f"{context.settings.public_url.rstrip('/')}/v1/uploads/{declared.id}/tus"}
            if declared.is_repeat:
                sent[REPLAYED] = "true"
            return _answer(201, upload, {**sent, "Upload-Offset": str(upload.received)})

        return await _hearing_out(body, made)

    @get("/{upload_id:uuid}/tus", operation_id="readTusUpload")
    async def read(
        self,
        request: WireRequest,
        upload_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[bytes]:
        """For HEAD: how far it has come."""
        tus.expect_version(request.headers)
        await context.receiver.finish(caller.person_id, upload_id)
        upload = await context.receiver.find(caller.person_id, upload_id)
        sent = {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size)}
        if upload.metadata is not None:
            sent["Upload-Metadata"] = upload.metadata
        return _answer(200, upload, sent)

    @patch("/{upload_id:uuid}/tus", operation_id="patchTusUpload", request_max_body_size=None)
    async def write(
        self,
        request: WireRequest,
        upload_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[bytes]:
        """Takes bytes at the present offset."""
        body = Body(request, context.settings.upload_idle_seconds)

        async def received() -> Upload:
            tus.expect_version(request.headers)
            tus.expect_body_type(request.headers)
            offset, checksum = tus.number(request.headers, "Upload-Offset"), tus.checksum(request.headers)
            await context.receiver.finish(caller.person_id, upload_id)
            return await context.receiver.receive(
                caller.person_id, upload_id, offset, body.chunks(), length=body.length, checksum=checksum
            )

        upload = await _hearing_out(body, received)
        return _answer(204, upload, {"Upload-Offset": str(upload.received)})

    @delete("/{upload_id:uuid}/tus", operation_id="terminateTusUpload", status_code=204)
    async def terminate(
        self,
        request: WireRequest,
        upload_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> None:
        """Takes it back; nothing of it stays."""
        tus.expect_version(request.headers)
        async with context.database.transaction(caller.principal) as conn:
            await uploads.delete(conn, caller.person_id, upload_id)


def _creation(request: WireRequest, body: Body) -> tuple[Checksum | None, Declaration]:
    """What a creation says; raises the errors of ``api.tus`` and UploadTooLarge."""
    tus.expect_version(request.headers)
    if body.may_hold_bytes and not tus.has_body_type(request.headers):
        raise TusContentType
    checksum, wanted = tus.checksum(request.headers), tus.declaration(request.headers)
    allowed = PURPOSES.get(wanted.purpose)
    most = allowed.max_bytes if allowed else tus.MAX_SIZE
    if wanted.size > most or (body.length or 0) > wanted.size:
        raise UploadTooLarge(maxBytes=min(most, wanted.size))
    return checksum, wanted


async def _declare(
    request: WireRequest, context: Context, caller: Citizen, wanted: Declaration, now: datetime
) -> _Declared | Response[bytes]:
    """A new upload, or that of the same key; an answer where that key was refused before."""

    async def declared(conn: Connection) -> _Declared:
        document = await uploads.declare(conn, context.settings, caller.person_id, new_id(), wanted, now)
        return _Declared(document.id)

    if "idempotency-key" not in request.headers:
        async with context.database.transaction(caller.principal) as conn:
            return await declared(conn)
    kept = await Command(request, tus.declared(request.headers)).run(caller.principal, declared)
    if kept.status_code != 201:
        return kept
    return _Declared(msgspec.json.decode(kept.content, type=_Declared).id, True, REPLAYED in kept.headers)


async def _with_first_bytes(
    context: Context, caller: Citizen, declared: _Declared, body: Body, checksum: Checksum | None
) -> Upload:
    """The upload with what the body brings, unless an earlier attempt has brought some: one goes on from there."""
    if declared.is_repeat:
        await context.receiver.finish(caller.person_id, declared.id)
    upload = await context.receiver.find(caller.person_id, declared.id)
    if not body.may_hold_bytes:
        return upload
    if upload.received > 0:
        await body.read_on()
        return upload
    try:
        return await context.receiver.receive(
            caller.person_id, declared.id, 0, body.chunks(), length=body.length, checksum=checksum
        )
    except (CutError, DomainError):
        # Whoever hears no Location cannot go on, and it would only stand in the way of other uploads for a day: unless
        # there is a key to ask again with.
        if not declared.has_key:
            async with context.database.transaction(caller.principal) as conn:
                await uploads.delete(conn, caller.person_id, declared.id)
        raise


async def _hearing_out(body: Body, work: Callable[[], Awaitable[T]]) -> T:
    """Does ``work``; a refusal waits for what the client is about to say, within bounds."""
    try:
        return await work()
    except CutError:
        raise body.cut() from None
    except Exception:
        await body.read_on()
        raise


def _answer(status: int, upload: Upload, sent: dict[str, str]) -> Response[bytes]:
    if upload.state in OPEN:
        sent["Upload-Expires"] = tus.expires(upload.expires_at)
    return Response(b"", status_code=status, headers=sent, media_type="text/plain")
