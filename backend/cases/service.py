"""A case in the hands of its person: read, answer what was asked, withdraw."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from backend.cases import queries, rules
from backend.cases.errors import CaseNotFound
from backend.cases.model import Actor, Case
from backend.cases.submitting import attach, taken, told
from backend.db import Connection, Principal
from backend.errors import FieldError, InvalidInput
from backend.forms import confirmations, drafts
from backend.forms.conditions import get
from backend.forms.content import Json
from backend.forms.merging import check_bounds, merge
from backend.forms.model import Confirmation, Draft
from backend.forms.versions import Version, Versions


class Page(msgspec.Struct, frozen=True):
    """Cases, the latest first; ``next`` is the last id when there may be more."""

    items: list[Case]
    next: UUID | None


async def find(conn: Connection, principal: Principal, case_id: UUID, *, lock: bool = False) -> Case:
    """A case that the principal may see; raises CaseNotFound."""
    found = await (queries.lock_case if lock else queries.find_case)(conn, principal, case_id)
    if found is None:
        raise CaseNotFound
    return found


async def list_for_person(conn: Connection, person_id: UUID, before: UUID | None, limit: int) -> Page:
    """The person's cases, ``limit`` at most."""
    found = await queries.list_cases(conn, person_id, before, limit + 1)
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


async def version_of(conn: Connection, versions: Versions, case: Case) -> Version:
    """The version of the form that the case was handed in with."""
    return await versions.find(conn, case.form_id, case.form_version)


async def answer(
    conn: Connection,
    versions: Versions,
    principal: Principal,
    case_id: UUID,
    patch: Json,
    version: int | None,
    now: datetime,
    *,
    draft_id: UUID | None = None,
) -> Case:
    """Answers what was asked: a merge patch of the open answers. The case goes back to review.

    ``draft_id``: a draft of the same version, of which it is taken what others have confirmed, where that is about the
    answers that result; the draft has become this case then.

    Raises CaseNotFound, CaseChanged, CaseStateError, InvalidInput (``not-reopened`` for anything else,
    ``not-answered`` where nothing of it is answered, and all that is wrong with what results), DocumentsUnfit, and for
    the draft what ``drafts.find`` raises.
    """
    case, actor = await find(conn, principal, case_id, lock=True), _person(principal)
    rules.judge(case, "answer", actor, version)
    fields = case.request.fields if case.request else []
    answers = merge(case.answers, patch)
    check_bounds(answers)
    rules.check_reopened(case.answers, answers, fields)
    rules.check_answered(patch, fields)
    its = await version_of(conn, versions, case)
    outcome = its.form.check(answers)
    errors = [FieldError(f"/answers{e.pointer}", e.code, e.detail, e.texts) for e in outcome.errors]
    draft, given = await _confirmed(conn, case, draft_id, now)
    asked = confirmations.newly_owed(its.form, case.answers, outcome.answers)
    asked |= {f"/confirmations/{one.kind}" for one in given if one.outcome == "refused"}
    errors += [one for one in confirmations.owed(its.form, outcome.answers, given) if one.pointer in asked]
    if errors:
        raise InvalidInput(errors)
    known = {one.id: one for one in case.documents}
    named = its.form.attachments(outcome.answers)
    fresh = await attach(
        conn, case.person_id, [one for one in named if UUID(one.document_id) not in known], case.id, case.city_id,
        case.office_id, now,
    )  # fmt: skip
    every = {**known, **{one.id: one for one in fresh}}
    # What was handed in stays in the file, even where an answer does not name it any more.
    pointers = {UUID(one.document_id): one.pointer for one in named}
    files = [msgspec.structs.replace(one, pointer=pointers.get(one.id, one.pointer)) for one in every.values()]
    # What a landlord has confirmed is not what it has become: the file says no longer that they did.
    about = confirmations.still_said(its.form, case.answers, outcome.answers)
    fresh_said = taken([one for one in given if not confirmations.is_outdated(its.form, outcome.answers, one)])
    anew = {one.kind for one in fresh_said}
    said = [one for one in case.confirmations if one.kind in about and one.kind not in anew] + fresh_said
    changed = msgspec.structs.replace(
        case, state="in_review", answers=outcome.answers, documents=files, confirmations=said, request=None, due_at=None
    )
    written = await queries.change_case(conn, changed, now)
    data: Json = {
        "fields": sorted(patch),
        "changed": rules.changed(case.answers, outcome.answers),
        "documents": [str(one.id) for one in fresh],
    }
    if gone := [one.kind for one in case.confirmations if one.kind not in about and one.kind not in anew]:
        data["unconfirmed"] = gone
    if anew:
        data["confirmed"] = sorted(one.kind for one in fresh_said if one.outcome == "confirmed")
    if draft is not None:
        await drafts.close(conn, draft, case.id, now)
    await queries.record_change(conn, written, actor, "answered", case.state, now, data=data)
    await queries.remind(conn, written, {}, now, None)
    return written


async def _confirmed(
    conn: Connection, case: Case, draft_id: UUID | None, now: datetime
) -> tuple[Draft | None, list[Confirmation]]:
    """The draft that an answer was prepared as, and what others have said of it; raises InvalidInput where it is of
    another form or version, whose questions are not the case's."""
    if draft_id is None:
        return None, []
    draft = await drafts.find(conn, draft_id, case.person_id, now, lock=True)
    if (draft.form_id, draft.version) != (case.form_id, case.form_version):
        raise InvalidInput([FieldError("/draft", "other-form", "This draft is of another form or version")])
    return draft, await confirmations.given(conn, draft)


async def withdraw(
    conn: Connection,
    versions: Versions,
    principal: Principal,
    case_id: UUID,
    reason: str | None,
    version: int | None,
    now: datetime,
) -> Case:
    """Until it is decided; raises CaseNotFound, CaseChanged, CaseStateError."""
    case, actor = await find(conn, principal, case_id, lock=True), _person(principal)
    rules.judge(case, "withdraw", actor, version)
    its = await version_of(conn, versions, case)
    kept = now + timedelta(days=its.content.handling.retention_days)
    changed = msgspec.structs.replace(
        case, state="withdrawn", request=None, due_at=None, proposal=None, keep_until=kept
    )
    written = await queries.change_case(conn, changed, now)
    await queries.record_change(
        conn, written, actor, "withdrawn", case.state, now, reason=(reason or "").strip() or None,
        notice="case.withdrawn", told=told(its.form, written, "person"),
    )  # fmt: skip
    await queries.remind(conn, written, {}, now, None)
    return written


def names_of(case: Case) -> dict[str, str]:
    """How the case's documents are called, by their ids."""
    return {str(one.id): one.name for one in case.documents}


def unknown(pointers: Sequence[str], its: Version, answers: Json) -> list[str]:
    """Those of ``pointers`` that lead to no question of the form, or to a row or file that ``answers`` do not have: an
    answer could not be given there.
    """
    return [p for p in pointers if not _leads(p.split("/")[1:], its, answers)]


def _leads(path: list[str], its: Version, answers: Json) -> bool:
    if its.form.root.find(tuple(name for name in path if not name.isdigit())) is None:
        return False
    value: Any = answers
    for name in path:
        rows = cast("list[Any]", value) if isinstance(value, list) else []
        if name.isdigit() or isinstance(value, list):
            if not name.isdigit() or name != str(int(name)) or int(name) >= len(rows):
                return False
            value = rows[int(name)]
        else:
            value = get(value, (name,))  # a question that nobody has answered yet is one all the same
    return True


def _person(principal: Principal) -> Actor:
    return Actor("person", principal.person_id)
