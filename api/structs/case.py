"""How people and clerks see cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from api.structs.draft import ZONE, BlockOut, blocks_out
from api.wire import Wire, local
from backend.cases import rules
from backend.cases.model import Actor, Attached, Case, CaseEvent, Note, State
from backend.cases.service import names_of
from backend.forms import reading
from backend.forms.versions import Version


class FileOut(Wire, frozen=True, kw_only=True):
    """An attached document; its bytes are at `/v1/documents`."""

    id: UUID
    pointer: str
    purpose: str
    name: str
    media_type: str
    size: int
    sha256: str


class ThirdPartyOut(Wire, frozen=True, kw_only=True):
    """What somebody else has said."""

    kind: str
    outcome: Literal["confirmed", "refused"]
    name: str
    at: datetime


class RequestOut(Wire, frozen=True, kw_only=True):
    """What the office asks for. `fields` are open until `due`."""

    message: str
    fields: Sequence[str]
    due: datetime


class DecisionOut(Wire, frozen=True, kw_only=True):
    """How it ended."""

    outcome: Literal["approved", "rejected"]
    reason: str | None
    document: Annotated[FileOut | None, Meta(description="What went with it, to read at `/v1/documents`.")]
    at: datetime


class CaseShortOut(Wire, frozen=True, kw_only=True):
    """A case in a list."""

    id: UUID
    reference: str
    title: str
    form: UUID
    state: State
    version: int
    office: UUID
    submitted_at: datetime
    updated_at: datetime
    due_at: datetime | None


class CaseOut(CaseShortOut, frozen=True, kw_only=True):
    """A case. `version` is its ETag, for `If-Match`."""

    form_version: int
    answers: dict[str, Any]
    shown: Annotated[Sequence[BlockOut], Meta(description="The answers in words.")]
    documents: Sequence[FileOut]
    confirmations: Sequence[ThirdPartyOut]
    appointment: UUID | None
    request: RequestOut | None
    decision: DecisionOut | None
    actions: Annotated[Sequence[str], Meta(description="What you can do with it now: the last part of the address.")]
    receipt: str


class CaseEventOut(Wire, frozen=True, kw_only=True):
    """One change."""

    version: int
    at: datetime
    kind: str
    from_state: State | None
    to_state: State
    by: Literal["person", "clerk", "system"]
    reason: str | None
    data: dict[str, Any]


class ClerkRef(Wire, frozen=True, kw_only=True):
    """A clerk."""

    id: UUID
    name: str


class NoteOut(Wire, frozen=True, kw_only=True):
    """What a clerk has written for other clerks."""

    id: UUID
    by: ClerkRef
    at: datetime
    text: str


class QueuedOut(CaseShortOut, frozen=True, kw_only=True):
    """A case in the queue."""

    assignee: ClerkRef | None


class ProposalOut(Wire, frozen=True, kw_only=True):
    """What one clerk would decide; it takes another one."""

    outcome: Literal["approved", "rejected"]
    reason: str | None
    document: Annotated[UUID | None, Meta(description="What would go with it, to read at `/v1/clerk/documents`.")]
    by: ClerkRef
    at: datetime


class ClerkEventOut(CaseEventOut, frozen=True, kw_only=True):
    """One change, with who made it where that was a clerk."""

    clerk: ClerkRef | None
    internal: bool


class ClerkCaseOut(CaseOut, frozen=True, kw_only=True):
    """A case as clerks see it."""

    language: str
    assignee: ClerkRef | None
    four_eyes: bool
    proposal: ProposalOut | None
    decided_by: Sequence[ClerkRef]
    notes: Sequence[NoteOut]
    events: Sequence[ClerkEventOut]


def case_out(case: Case, its: Version, language: str) -> CaseOut:
    """As its person sees it."""
    return CaseOut(**_members(case, its, language, Actor("person", case.person_id)))


def short_out(case: Case, its: Version, language: str) -> CaseShortOut:
    """In a list."""
    return CaseShortOut(**_short(case, its, language))


def queued_out(case: Case, its: Version, language: str, names: Mapping[UUID, str]) -> QueuedOut:
    """In the queue."""
    return QueuedOut(**_short(case, its, language), assignee=_clerk(case.assignee_id, names))


def clerk_case_out(
    case: Case,
    its: Version,
    language: str,
    names: Mapping[UUID, str],
    notes: Sequence[Note],
    events: Sequence[CaseEvent],
) -> ClerkCaseOut:
    """As clerks see it. ``names``: of every clerk that occurs."""
    proposal, decision = case.proposal, case.decision
    decided = [one for one in (decision.first, decision.by) if one is not None] if decision else []
    return ClerkCaseOut(
        **_members(case, its, language, Actor("clerk")),
        language=case.language,
        assignee=_clerk(case.assignee_id, names),
        four_eyes=its.content.handling.four_eyes,
        proposal=None
        if proposal is None
        else ProposalOut(
            outcome=proposal.outcome,
            reason=proposal.reason,
            document=proposal.document,
            by=_known(proposal.by, names),
            at=local(proposal.at, ZONE),
        ),
        decided_by=[_known(one, names) for one in decided],
        notes=[
            NoteOut(id=n.id, by=ClerkRef(id=n.clerk_id, name=n.name), at=local(n.at, ZONE), text=n.text) for n in notes
        ],
        events=[
            ClerkEventOut(
                **_event(e), clerk=_clerk(e.actor_id if e.actor_kind == "clerk" else None, names), internal=e.internal
            )
            for e in events
        ],
    )


def event_out(event: CaseEvent) -> CaseEventOut:
    """As its person sees it: that a clerk did it, not which."""
    return CaseEventOut(**_event(event))


def clerks_in(case: Case, events: Sequence[CaseEvent] = ()) -> list[UUID]:
    """Every clerk whose name an answer will want."""
    found = {case.assignee_id, *(event.actor_id for event in events if event.actor_kind == "clerk")}
    found |= {case.proposal.by} if case.proposal else set()
    found |= {case.decision.by, case.decision.first} if case.decision else set()
    return sorted(one for one in found if one is not None)


def _event(event: CaseEvent) -> dict[str, Any]:
    return {
        "version": event.version,
        "at": local(event.at, ZONE),
        "kind": event.kind,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "by": event.actor_kind,
        "reason": event.reason,
        "data": event.data,
    }


def _short(case: Case, its: Version, language: str) -> dict[str, Any]:
    return {
        "id": case.id,
        "reference": case.reference,
        "title": its.form.text("form.title", language) or its.row.slug,
        "form": case.form_id,
        "state": case.state,
        "version": case.version,
        "office": case.office_id,
        "submitted_at": local(case.submitted_at, ZONE),
        "updated_at": local(case.updated_at, ZONE),
        "due_at": None if case.due_at is None else local(case.due_at, ZONE),
    }


def _members(case: Case, its: Version, language: str, actor: Actor) -> dict[str, Any]:
    names, request, decision = names_of(case), case.request, case.decision
    return {
        **_short(case, its, language),
        "form_version": case.form_version,
        "answers": case.answers,
        "shown": blocks_out(reading.blocks(its.form, case.answers, language, lambda one: names.get(one, "–"))),
        "documents": [_file(one) for one in case.documents],
        "confirmations": [
            ThirdPartyOut(kind=c.kind, outcome=c.outcome, name=c.name, at=local(c.at, ZONE)) for c in case.confirmations
        ],
        "appointment": case.appointment_id,
        "request": request and RequestOut(message=request.message, fields=request.fields, due=local(request.due, ZONE)),
        "decision": decision
        and DecisionOut(
            outcome=decision.outcome,
            reason=decision.reason,
            at=local(decision.at, ZONE),
            document=decision.document and _file(decision.document),
        ),
        "actions": [rules.spoken(action) for action in rules.possible(case, actor)],
        "receipt": f"/v1/cases/{case.id}/receipt.pdf",
    }


def _file(one: Attached) -> FileOut:
    return FileOut(
        id=one.id,
        pointer=one.pointer,
        purpose=one.purpose,
        name=one.name,
        media_type=one.media_type,
        size=one.size,
        sha256=one.sha256,
    )


def _clerk(clerk_id: UUID | None, names: Mapping[UUID, str]) -> ClerkRef | None:
    return None if clerk_id is None else _known(clerk_id, names)


def _known(clerk_id: UUID, names: Mapping[UUID, str]) -> ClerkRef:
    return ClerkRef(id=clerk_id, name=names.get(clerk_id, "–"))
