"""What people and clerks send to go on with cases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from api.structs.document import FileName, Sha256
from api.wire import SOME_TEXT, TEXT, Wire

Pointer = Annotated[str, Meta(min_length=2, max_length=300, pattern=r"^(/[A-Za-z0-9]+)+\Z")]
DecisionDocument = Annotated[
    UUID | None, Meta(description="One of `decision-documents` of this case, once it is clean.")
]
Reason = Annotated[str, Meta(max_length=2000, pattern=TEXT, description="The person reads it.")]


class SubmitIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing more is needed."""


class WithdrawIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reason helps the office; none is owed."""

    reason: Annotated[str, Meta(max_length=500, pattern=TEXT)] | None = None


class CaseAnswerIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch (RFC 7396) of the answers that `request.fields` has opened. Files are answers too."""

    answers: dict[str, Any]
    draft: Annotated[
        UUID | None,
        Meta(
            description="A draft of the same form and version, with the answers as they are to be: what others have "
            "confirmed of it counts for the case, where it is about the same answers. It has become the case then."
        ),
    ] = None


class AssignIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To a clerk of the office; null to nobody."""

    assignee: Annotated[UUID | None, Meta(description="A clerk's id. `me` is your own id in `GET /v1/clerk/cases`.")]


class RequestInfoIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opens answers again, and says what is wanted."""

    message: Annotated[str, Meta(min_length=1, max_length=2000, pattern=SOME_TEXT, description="The person reads it.")]
    fields: Annotated[Sequence[Pointer], Meta(min_length=1, max_length=50)]
    due: Annotated[datetime, Meta(tz=True)]


class ApproveIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A remark to the person and a document for them, if there are any."""

    reason: Reason | None = None
    document: DecisionDocument = None


class RejectIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and the notice that says so, if there is one."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000, pattern=SOME_TEXT, description="The person reads it.")]
    document: DecisionDocument = None


class DecisionDocumentIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PDF that is to go with the decision. All of it is checked against the bytes."""

    name: Annotated[FileName, Meta(description="The person sees it, without folders and invisible letters.")]
    size: Annotated[int, Meta(ge=1, le=10_000_000, description="In bytes.")]
    sha256: Sha256


class NoteIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For other clerks; the person is not shown it."""

    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=SOME_TEXT)]
