"""Documents as their person sees them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.structs.document import DocumentOut, document_out
from api.texts import language_of
from api.wire import PRIVATE, Page, decode_cursor, encode_cursor, etag, respond, respond_page
from backend.documents import queries, reading, service, uploads
from backend.documents.errors import DocumentInUse, DocumentNotClean, DocumentNotFound, NoThumbnail, StoreUnavailable
from backend.identity import Citizen


class DocumentsController(Controller):
    """Documents."""

    path = "/v1/documents"
    tags = ("Documents",)
    guards = (citizen,)

    @get("/", operation_id="listDocuments", opt=raises(), summary="Your documents")
    async def list(
        self,
        request: WireRequest,
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Response[Page[DocumentOut]]:
        """Newest first."""
        before = None if cursor is None else decode_cursor(cursor, UUID)
        async with context.database.transaction(caller.principal) as conn:
            found = await queries.list_documents(conn, caller.person_id, before, limit + 1)
        language = language_of(request.headers.get("accept-language"))
        items = [document_out(one, now, language) for one in found[:limit]]
        return respond_page(
            request, Page(items=items, next=encode_cursor(items[-1].id) if len(found) > limit else None)
        )

    @get(
        "/{document_id:uuid}",
        operation_id="readDocument",
        opt=raises(DocumentNotFound),
        summary="One of your documents",
    )
    async def read(
        self,
        request: WireRequest,
        document_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DocumentOut]:
        """`checking` becomes `clean`, or `refused` with a text that says what to do."""
        async with context.database.transaction(caller.principal) as conn:
            document = await service.find(conn, caller.principal, document_id)
        language = language_of(request.headers.get("accept-language"))
        shown = document_out(document, now, language)
        return respond(request, shown, etag=etag(document.id, shown.state, document.updated_at, language))

    @delete(
        "/{document_id:uuid}",
        operation_id="deleteDocument",
        opt=raises(DocumentNotFound, DocumentInUse),
        summary="Delete a document",
    )
    async def delete(
        self, document_id: FromPath[UUID], caller: NamedDependency[Citizen], context: NamedDependency[Context]
    ) -> None:
        """For good. 409 `document-in-use` once a case has taken it up."""
        async with context.database.transaction(caller.principal) as conn:
            await uploads.delete(conn, caller.person_id, document_id)

    @get(
        "/{document_id:uuid}/content",
        operation_id="readDocumentContent",
        opt=raises(DocumentNotFound, DocumentNotClean, StoreUnavailable),
        summary="Its bytes",
        status_code=303,
    )
    async def content(
        self,
        document_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """303 to an address that is good for a minute; whoever has it can read. 409 `document-not-clean` before."""
        async with context.database.transaction(caller.principal) as conn:
            found = await reading.open_content(conn, caller.principal, caller.person_id, document_id, now)
        return elsewhere(await reading.sign(context.store, context.settings, found))

    @get(
        "/{document_id:uuid}/thumbnail",
        operation_id="readDocumentThumbnail",
        opt=raises(DocumentNotFound, DocumentNotClean, NoThumbnail, StoreUnavailable),
        summary="A preview",
        status_code=303,
    )
    async def thumbnail(
        self,
        document_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """303 to a WebP picture of the first page."""
        async with context.database.transaction(caller.principal) as conn:
            found = await reading.open_thumbnail(conn, caller.principal, caller.person_id, document_id, now)
        return elsewhere(await reading.sign(context.store, context.settings, found))


def elsewhere(url: str) -> Response[bytes]:
    """See other, for this moment only."""
    return Response(b"", status_code=303, headers={"Location": url, "Cache-Control": PRIVATE})
