"""Documents that go with a decision: a clerk declares one, puts it into the store, and says that it is there."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.auth import clerk
from api.case_desks import CLERKS_SIDE, ClerksSide
from api.declared import raises
from api.idempotency import Command
from api.routes.clerk_documents import PATH
from api.structs.case_inputs import DecisionDocumentIn
from api.structs.document import DecisionUploadOut, DocumentOut, PutOut, document_out
from api.wire import out
from backend.cases import desk as steps
from backend.cases.errors import CaseNotFound, CaseStateError
from backend.db import Connection
from backend.documents import decisions, uploads
from backend.documents.errors import (
    DocumentNotFound,
    StoreUnavailable,
    TooManyUploads,
    UploadExpired,
    UploadIncomplete,
)
from backend.errors import DomainError
from backend.ids import new_id

_Command, _Desk = NamedDependency[Command], NamedDependency[ClerksSide]


class ClerkDecisionsController(Controller):
    """Documents of decisions."""

    path = "/v1/clerk/cases/{case_id:uuid}/decision-documents"
    tags = ("Clerks",)
    guards = (clerk,)
    dependencies = CLERKS_SIDE

    @post(
        "/",
        operation_id="declareDecisionDocument",
        opt=raises(CaseNotFound, CaseStateError, TooManyUploads, StoreUnavailable, sends=("Location",)),
        summary="Declare a document for the decision",
    )
    async def declare(
        self, case_id: FromPath[UUID], data: JSONBody[DecisionDocumentIn], command: _Command, desk: _Desk
    ) -> Response[DecisionUploadOut]:
        """PUT its bytes to `put`, complete it, and name it when you approve or reject. It is checked like any other;
        the person sees it with the decision, and not before.
        """
        principal = await desk.principal_of(case_id)
        document_id, sha256 = new_id(), bytes.fromhex(data.sha256)
        put = await uploads.sign_direct(desk.context.store, desk.context.settings, document_id, data.size, sha256)

        async def work(conn: Connection) -> DecisionUploadOut:
            document = await steps.add_decision_document(
                conn, desk.context.settings, principal, desk.clerk_id, case_id, document_id, name=data.name.strip(),
                size=data.size, sha256=sha256, now=desk.now,
            )  # fmt: skip
            shown = document_out(document, desk.now, desk.language, PATH)
            return DecisionUploadOut(document=shown, put=put and out(put, PutOut))

        answer: Any = await command.run(principal, work, headers={"Location": f"{PATH}/{document_id}"})
        return answer

    @post(
        "/{document_id:uuid}/complete",
        status_code=200,
        operation_id="completeDecisionDocument",
        opt=raises(CaseNotFound, DocumentNotFound, UploadIncomplete, UploadExpired, StoreUnavailable),
        summary="All of the document is sent",
    )
    async def complete(
        self, case_id: FromPath[UUID], document_id: FromPath[UUID], command: _Command, desk: _Desk
    ) -> Response[DocumentOut]:
        """From now on it is checked, see `/v1/clerk/documents`. 409 `upload-incomplete` while bytes are missing."""
        principal = await desk.principal_of(case_id)
        async with desk.context.database.transaction(principal) as conn:
            document = await decisions.find(conn, principal, case_id, document_id)
        refused: DomainError | None = None
        try:
            await decisions.prove_sent(desk.context.store, document, desk.now)
        except DomainError as error:
            refused = error  # a repeat gets its first answer, whatever is to be found today

        async def work(conn: Connection) -> DocumentOut:
            if refused is not None:
                raise refused
            done = await decisions.complete(conn, principal, case_id, document_id, desk.now)
            return document_out(done, desk.now, desk.language, PATH)

        answer: Any = await command.run(principal, work, status=200)
        return answer
