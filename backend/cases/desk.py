"""A case in the hands of clerks: the queue, who works on it, questions, notes, and the decision by one or two."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.cases import queries, rules
from backend.cases.errors import CaseNotFound, SecondClerkNeeded
from backend.cases.model import Actor, Case, Decision, Outcome, Proposal, Request
from backend.cases.service import find, unknown, version_of
from backend.cases.submitting import told
from backend.db import Connection, Database, Principal
from backend.errors import FieldError, InvalidInput
from backend.forms.versions import Version, Versions
from backend.identity.model import Clerk

_REMINDED_BEFORE = timedelta(days=2)


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
        for one in unknown(fields, its)
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
    reason: str | None, version: int, now: datetime,
) -> Case:  # fmt: skip
    """Approves or rejects. Where the form wants four eyes the first clerk only proposes; another one who decides the
    same makes it so, and one who decides otherwise makes a proposal of their own.

    Raises CaseNotFound, CaseChanged, CaseStateError, SecondClerkNeeded, InvalidInput where a reason is owed.
    """
    given = rules.check_reason(reason) if outcome == "rejected" else (reason or "").strip() or None
    case, actor = await find(conn, principal, case_id, lock=True), Actor("clerk", clerk_id)
    rules.judge(case, "approve" if outcome == "approved" else "reject", actor, version)
    its = await version_of(conn, versions, case)
    proposed = case.proposal if case.proposal and case.proposal.outcome == outcome else None
    if its.content.handling.four_eyes and proposed is None:
        return await _propose(conn, case, actor, Proposal(outcome=outcome, reason=given, by=clerk_id, at=now), now)
    if proposed is not None and proposed.by == clerk_id:
        raise SecondClerkNeeded
    return await _close(conn, its, case, actor, outcome, given or (proposed and proposed.reason), proposed, now)


async def _propose(conn: Connection, case: Case, actor: Actor, proposal: Proposal, now: datetime) -> Case:
    changed = msgspec.structs.replace(
        case, proposal=proposal, state="in_review", request=None, due_at=None, assignee_id=case.assignee_id or actor.id
    )
    written = await queries.change_case(conn, changed, now)
    data = {"outcome": proposal.outcome}
    await queries.record_change(conn, written, actor, "proposed", case.state, now, internal=True, data=data)
    await queries.remind(conn, written, {}, now, None)
    return written


async def _close(
    conn: Connection, its: Version, case: Case, actor: Actor, outcome: Outcome, reason: str | None,
    proposed: Proposal | None, now: datetime,
) -> Case:  # fmt: skip
    assert actor.id is not None
    decision = Decision(outcome=outcome, reason=reason, by=actor.id, at=now, first=proposed.by if proposed else None)
    kept = now + timedelta(days=its.content.handling.retention_days)
    changed = msgspec.structs.replace(
        case, state=outcome, decision=decision, proposal=None, request=None, due_at=None, keep_until=kept
    )
    written = await queries.change_case(conn, changed, now)
    await queries.record_change(
        conn, written, actor, outcome, case.state, now, reason=reason,
        notice=f"case.{outcome}", told=told(its.form, written, "clerk", reason),
    )  # fmt: skip
    await queries.remind(conn, written, {}, now, None)
    return written


async def add_note(
    conn: Connection, principal: Principal, clerk_id: UUID, case_id: UUID, text: str, now: datetime
) -> UUID:
    """A note that clerks see and the person does not; raises CaseNotFound."""
    case = await find(conn, principal, case_id)
    note = await queries.add_note(conn, case, clerk_id, text.strip(), now)
    await queries.add_audit_entry(conn, case.city_id, now, clerk_id, "case.noted", case.id)
    return note
