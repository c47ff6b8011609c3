"""A case in the hands of clerks: the queue, who works on it, questions, notes, and the decision by one or two."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.cases import queries, rules
from backend.cases.errors import CaseNotFound, SecondClerkNeeded
from backend.cases.model import Actor, Case, Decision, Outcome, Proposal, Request
from backend.cases.service import find, unknown, version_of
from backend.cases.submitting import attached, told
from backend.db import Connection, Database, Principal
from backend.documents import decisions
from backend.documents.model import Document
from backend.errors import FieldError, InvalidInput
from backend.forms.versions import Version, Versions
from backend.identity.model import Clerk
from backend.settings import Settings

_REMINDED_BEFORE = timedelta(days=2)
_DECISION = "/decision"
"""Where a decision's document stands among what belongs to a case."""


async def principal_of(database: Database, clerk: Clerk, case_id: UUID) -> Principal:
    """With whose eyes the clerk sees the case; raises CaseNotFound where none do."""
    principals = [clerk.principal_in(city_id) for city_id in clerk.cities()]
    for principal in principals:
        async with database.transaction(principal) as conn:
            if await queries.find_visible(conn, case_id, principal.clerk_office_ids) is not None:
                return principal
    raise CaseNotFound


async def assign(
    conn: Connection, versions: Versions, principal: Principal, clerk_id: UUID, case_id: UUID, to: UUID | None,
    version: int, now: datetime,
) -> Case:  # fmt: skip
    """Gives the case to a clerk of its office, or to nobody. Whoever takes it up puts it into review.

    Raises CaseNotFound, CaseChanged, CaseStateError, and InvalidInput for somebody who does not work there.
    """
    case, actor = await find(conn, principal, case_id, lock=True), Actor("clerk", clerk_id)
    rules.judge(case, "assign", actor, version)
    if to is not None and await queries.find_clerk_name(conn, to, case.city_id, case.office_id) is None:
        raise InvalidInput([FieldError("/assignee", "unknown", "Nobody of this office has this id")])
    began = case.state == "submitted" and to is not None
    changed = msgspec.structs.replace(case, assignee_id=to, state="in_review" if began else case.state)
    written = await queries.change_case(conn, changed, now)
    form = (await version_of(conn, versions, case)).form
    await queries.record_change(
        conn, written, actor, "assigned", case.state, now, internal=not began,
        data={"assignee": None if to is None else str(to)} if not began else {},
        notice="case.in_review" if began else None, told=told(form, written, "clerk"),
    )  # fmt: skip
    return written


async def request_info(
    conn: Connection, versions: Versions, principal: Principal, clerk_id: UUID, case_id: UUID, message: str,
    fields: list[str], due: datetime, version: int, now: datetime,
) -> Case:  # fmt: skip
    """Opens the named answers (files are answers too) again until ``due``, and tells the person.

    Raises CaseNotFound, CaseChanged, CaseStateError, InvalidInput.
    """
    case, actor = await find(conn, principal, case_id, lock=True), Actor("clerk", clerk_id)
    rules.judge(case, "request_info", actor, version)
    its = await version_of(conn, versions, case)
    errors = [
        FieldError(f"/fields/{fields.index(one)}", "unknown", "This form has no such question")
        for one in unknown(fields, its, case.answers)
    ]
    if due <= now:
        errors.append(FieldError("/due", "past", "This is in the past"))
    if due > now + timedelta(days=366):
        errors.append(FieldError("/due", "too-far", "This is too far ahead"))
    if errors:
        raise InvalidInput(errors)
    asked = Request(message=message.strip(), fields=sorted(set(fields)), due=due)
    changed = msgspec.structs.replace(
        case, state="info_requested", request=asked, due_at=due, proposal=None, assignee_id=case.assignee_id or clerk_id
    )
    written = await queries.change_case(conn, changed, now)
    data = {"fields": asked.fields, "due": due.isoformat()}
    await queries.record_change(
        conn, written, actor, "info_requested", case.state, now, reason=asked.message, data=data,
        notice="case.info_requested", told=told(its.form, written, "clerk", asked.message),
    )  # fmt: skip
    remind_at = max(due - _REMINDED_BEFORE, now + (due - now) / 2)
    await queries.remind(conn, written, told(its.form, written, "clerk"), now, remind_at)
    return written


async def decide(
    conn: Connection, versions: Versions, principal: Principal, clerk_id: UUID, case_id: UUID, outcome: Outcome,
    reason: str | None, document: UUID | None, version: int, now: datetime,
) -> Case:  # fmt: skip
    """Approves or rejects; ``document`` goes with it. Where the form wants four eyes the first clerk only proposes;
    another one who decides the same makes it so, and one who decides otherwise, or with another document, makes a
    proposal of their own.

    Raises CaseNotFound, CaseChanged, CaseStateError, SecondClerkNeeded, InvalidInput where a reason is owed, and
    DocumentsUnfit.
    """
    given = rules.check_reason(reason) if outcome == "rejected" else (reason or "").strip() or None
    case, actor = await find(conn, principal, case_id, lock=True), Actor("clerk", clerk_id)
    rules.judge(case, "approve" if outcome == "approved" else "reject", actor, version)
    its = await version_of(conn, versions, case)
    proposed = case.proposal if case.proposal and _agrees(case.proposal, outcome, document) else None
    if its.content.handling.four_eyes and proposed is None:
        if document is not None:
            await decisions.take_up(conn, case_id, document, now)
        proposal = Proposal(outcome=outcome, reason=given, by=clerk_id, at=now, document=document)
        return await _propose(conn, case, actor, proposal, now)
    if proposed is not None and proposed.by == clerk_id:
        raise SecondClerkNeeded
    decision = Decision(
        outcome=outcome, reason=given or (proposed and proposed.reason), by=clerk_id, at=now,
        first=proposed.by if proposed else None,
    )  # fmt: skip
    return await _close(conn, its, case, actor, decision, document or (proposed and proposed.document), now)


def _agrees(proposal: Proposal, outcome: Outcome, document: UUID | None) -> bool:
    """Whoever names no document agrees to the one proposed."""
    return proposal.outcome == outcome and document in (None, proposal.document)


async def _propose(conn: Connection, case: Case, actor: Actor, proposal: Proposal, now: datetime) -> Case:
    changed = msgspec.structs.replace(
        case, proposal=proposal, state="in_review", request=None, due_at=None, assignee_id=case.assignee_id or actor.id
    )
    written = await queries.change_case(conn, changed, now)
    data = {"outcome": proposal.outcome, **_named(proposal.document)}
    await queries.record_change(conn, written, actor, "proposed", case.state, now, internal=True, data=data)
    await queries.remind(conn, written, {}, now, None)
    return written


async def _close(
    conn: Connection, its: Version, case: Case, actor: Actor, decision: Decision, document: UUID | None, now: datetime
) -> Case:
    kept = now + timedelta(days=its.content.handling.retention_days)
    if document is not None:
        taken = await decisions.take_up(conn, case.id, document, now, kept)
        decision = msgspec.structs.replace(decision, document=attached(_DECISION, taken))
    changed = msgspec.structs.replace(
        case, state=decision.outcome, decision=decision, proposal=None, request=None, due_at=None, keep_until=kept
    )
    written = await queries.change_case(conn, changed, now)
    await queries.record_change(
        conn, written, actor, decision.outcome, case.state, now, reason=decision.reason, data=_named(document),
        notice=f"case.{decision.outcome}", told=told(its.form, written, "clerk", decision.reason),
    )  # fmt: skip
    await queries.remind(conn, written, {}, now, None)
    return written


def _named(document: UUID | None) -> dict[str, str]:
    return {} if document is None else {"document": str(document)}


async def add_decision_document(
    conn: Connection, settings: Settings, principal: Principal, clerk_id: UUID, case_id: UUID, document_id: UUID, *,
    name: str, size: int, sha256: bytes, now: datetime,
) -> Document:  # fmt: skip
    """A document that a clerk is about to send for the decision of the case; the person knows nothing of it yet.

    Raises CaseNotFound, CaseStateError where it is decided already, InvalidInput, TooManyUploads.
    """
    case = await find(conn, principal, case_id, lock=True)
    rules.judge(case, "approve", Actor("clerk", clerk_id), None)
    document = await decisions.declare(
        conn, settings, case, clerk_id, document_id, name=name, size=size, sha256=sha256, now=now
    )
    await queries.add_audit_entry(conn, case.city_id, now, clerk_id, "case.document_declared", case.id)
    return document


async def add_note(
    conn: Connection, principal: Principal, clerk_id: UUID, case_id: UUID, text: str, now: datetime
) -> UUID:
    """A note that clerks see and the person does not; raises CaseNotFound."""
    # The answer shows the case and is kept for a repeat: whoever is forgotten at this moment waits for it.
    case = await find(conn, principal, case_id, lock=True)
    note = await queries.add_note(conn, case, clerk_id, text.strip(), now)
    await queries.add_audit_entry(conn, case.city_id, now, clerk_id, "case.noted", case.id)
    return note
