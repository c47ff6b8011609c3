"""Documents of cases, as the clerks of the case's office see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.auth import clerk
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.routes.documents import elsewhere
from api.structs.document import DocumentOut, document_out
from api.texts import language_of
from api.wire import etag, respond
from backend.db import Principal
from backend.documents import reading, service
from backend.documents.errors import DocumentNotClean, DocumentNotFound, NoThumbnail, StoreUnavailable
from backend.identity import Clerk

PATH = "/v1/clerk/documents"
Inline = Annotated[bool, QueryParameter(description="To be shown within a page rather than kept as a file.")]


class ClerkDocumentsController(Controller):
    """Documents of cases."""

    path = PATH
    tags = ("Clerks",)
    guards = (clerk,)

    @get(
        "/{document_id:uuid}",
        operation_id="readCaseDocument",
        opt=raises(DocumentNotFound),
        summary="A document of a case",
    )
    async def read(
        self,
        request: WireRequest,
        document_id: FromPath[UUID],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[DocumentOut]:
        """Only what a case of your offices has taken up exists, and what you have sent for its decision."""
        principal = await _principal_of(context, clerk, document_id)
        async with context.database.transaction(principal) as conn:
            document = await service.find(conn, principal, document_id)
        language = language_of(request.headers.get("accept-language"))
        tag = etag(document.id, document.state, document.updated_at, language)
        return respond(request, document_out(document, now, language, PATH), etag=tag)

    @get(
        "/{document_id:uuid}/content",
        operation_id="readCaseDocumentContent",
        opt=raises(DocumentNotFound, DocumentNotClean, StoreUnavailable),
        summary="Its bytes",
        status_code=303,
    )
    async def content(
        self,
        document_id: FromPath[UUID],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        inline: Inline = False,
    ) -> Response[bytes]:
        """303 to an address that is good for a minute. Audited."""
        principal = await _principal_of(context, clerk, document_id)
        async with context.database.transaction(principal) as conn:
            found = await reading.open_content(conn, principal, clerk.clerk_id, document_id, now)
        return elsewhere(await reading.sign(context.store, context.settings, found, inline=inline))

    @get(
        "/{document_id:uuid}/thumbnail",
        operation_id="readCaseDocumentThumbnail",
        opt=raises(DocumentNotFound, DocumentNotClean, NoThumbnail, StoreUnavailable),
        summary="A preview",
        status_code=303,
    )
    async def thumbnail(
        self,
        document_id: FromPath[UUID],
        clerk: NamedDependency[Clerk],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """303 to a WebP picture of the first page. Audited."""
        principal = await _principal_of(context, clerk, document_id)
        async with context.database.transaction(principal) as conn:
            found = await reading.open_thumbnail(conn, principal, clerk.clerk_id, document_id, now)
        return elsewhere(await reading.sign(context.store, context.settings, found))


async def _principal_of(context: Context, clerk: Clerk, document_id: UUID) -> Principal:
    """With whose eyes the clerk sees the document: that of the city it belongs to."""
    for city_id in clerk.cities():
        principal = clerk.principal_in(city_id)
        async with context.database.transaction(principal) as conn:
            if await service.find_many(conn, principal, [document_id]):
                return principal
    raise DocumentNotFound
