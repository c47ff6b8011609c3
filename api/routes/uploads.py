"""Sending a document: declare it, send it, say that it is complete."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.idempotency import Command
from api.structs.document import DocumentOut, UploadIn, UploadOut, document_out, upload_out
from api.texts import language_of
from api.wire import respond
from backend.db import Connection
from backend.documents import queries, service, uploads
from backend.documents.errors import (
    ChecksumDiffers,
    DocumentInUse,
    DocumentNotFound,
    StorageFull,
    StoreUnavailable,
    TooManyUploads,
    UploadExpired,
    UploadIncomplete,
    UploadLocked,
    UploadTooLarge,
)
from backend.documents.model import OPEN
from backend.documents.rules import shown_state
from backend.errors import DomainError
from backend.identity import Citizen
from backend.ids import new_id


class UploadsController(Controller):
    """Uploads."""

    path = "/v1/uploads"
    tags = ("Documents",)
    guards = (citizen,)

    @post(
        "/",
        operation_id="declareUpload",
        opt=raises(TooManyUploads, StorageFull, StoreUnavailable, sends=("Location",)),
        summary="Declare an upload",
    )
    async def declare(
        self,
        data: JSONBody[UploadIn],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[UploadOut]:
        """The answer says how to send it: `put` for short files, tus 1.0 at `tus` for all. After tus nothing more is to
        be done; after `put`, complete it.
        """
        upload_id, wanted = new_id(), data.declaration()
        put = await uploads.sign_direct(context.store, context.settings, upload_id, wanted.size, wanted.sha256)

        async def work(conn: Connection) -> UploadOut:
            document = await uploads.declare(conn, context.settings, caller.person_id, upload_id, wanted, now)
            return upload_out(document, 0, put, context.settings.public_url, now)

        answer: Any = await command.run(caller.principal, work, within="/v1/uploads")
        return answer

    @get(
        "/{upload_id:uuid}",
        operation_id="readUpload",
        opt=raises(DocumentNotFound, StoreUnavailable),
        summary="How far an upload is",
    )
    async def read(
        self,
        request: WireRequest,
        upload_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[UploadOut]:
        """With a fresh address for a `put`, as long as bytes may come."""
        async with context.database.transaction(caller.principal) as conn:
            document = await service.find(conn, caller.principal, upload_id)
            upload = await queries.find_upload(conn, upload_id, caller.person_id)
        put = None
        if shown_state(document, now) in OPEN:
            put = await uploads.sign_direct(context.store, context.settings, upload_id, document.size, document.sha256)
        received = 0 if upload is None else upload.received
        return respond(request, upload_out(document, received, put, context.settings.public_url, now))

    @post(
        "/{upload_id:uuid}/complete",
        operation_id="completeUpload",
        opt=raises(
            DocumentNotFound,
            UploadIncomplete,
            UploadExpired,
            UploadTooLarge,
            ChecksumDiffers,
            UploadLocked,
            StoreUnavailable,
        ),
        summary="All bytes are sent",
        status_code=200,
    )
    async def complete(
        self,
        request: WireRequest,
        upload_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        command: NamedDependency[Command],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DocumentOut]:
        """From now on it is checked; follow it at `/v1/documents`. 409 `upload-incomplete` while bytes are missing."""
        refused: DomainError | None = None
        try:
            await uploads.prove_complete(
                context.database, context.store, context.receiver, caller.person_id, upload_id, now
            )
        except DomainError as error:
            refused = error  # a repeat gets its first answer, whatever is to be found today

        async def work(conn: Connection) -> DocumentOut:
            if refused is not None:
                raise refused
            document = await uploads.complete(conn, caller.person_id, upload_id, now)
            return document_out(document, now, language_of(request.headers.get("accept-language")))

        answer: Any = await command.run(caller.principal, work, status=200)
        return answer

    @delete(
        "/{upload_id:uuid}",
        operation_id="deleteUpload",
        opt=raises(DocumentNotFound, DocumentInUse),
        summary="Take an upload back",
    )
    async def delete(
        self, upload_id: FromPath[UUID], caller: NamedDependency[Citizen], context: NamedDependency[Context]
    ) -> None:
        """Whatever has come of it is removed."""
        async with context.database.transaction(caller.principal) as conn:
            await uploads.delete(conn, caller.person_id, upload_id)
