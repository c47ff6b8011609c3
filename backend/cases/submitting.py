"""From a draft to a case: everything is checked, everything is written, in one transaction or not at all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.cases import queries
from backend.cases.errors import CaseNotFound
from backend.cases.model import Actor, Attached, Case, Confirmed
from backend.db import Connection, Principal
from backend.documents import service as documents
from backend.documents.errors import DocumentsUnfit
from backend.documents.model import AttachedDocument
from backend.errors import FieldError, InvalidInput
from backend.forms import confirmations, drafts, visits
from backend.forms import queries as form_queries
from backend.forms.checking import Attachment, Form
from backend.forms.conditions import get
from backend.forms.content import Content, Json
from backend.forms.errors import DraftExpired, DraftNotFound
from backend.forms.model import Confirmation, Draft
from backend.forms.versions import Version, Versions
from backend.ids import new_id
from backend.reference import new_reference

_TRIES = 5


async def submit(conn: Connection, versions: Versions, principal: Principal, draft_id: UUID, now: datetime) -> Case:
    """The draft's case; the same one, however often and at however many moments at once it is asked for.

    Raises DraftNotFound, DraftExpired, InvalidInput with all that is wrong or missing, and DocumentsUnfit with each
    document that cannot be handed in.
    """
    person_id = principal.person_id
    draft = None if person_id is None else await form_queries.lock_draft(conn, draft_id, person_id)
    if draft is None:
        raise DraftNotFound
    if draft.case_id is not None:
        found = await queries.find_case(conn, principal, draft.case_id)
        if found is None:
            raise CaseNotFound
        return found
    if draft.expires_at <= now:
        raise DraftExpired
    version = await versions.find(conn, draft.form_id, draft.version)
    given = await confirmations.given(conn, draft)
    kept = await _check(conn, version, draft, given)
    office_id = await _office(conn, version.content, kept)
    case_id = new_id()
    named = version.form.attachments(kept)
    attached = await attach(conn, draft.person_id, named, case_id, version.row.city_id, office_id, now)
    # Where an upload has taken the place of a link, the case does not say that a landlord confirmed what it shows.
    about = [one for one in given if not confirmations.is_outdated(version.form, kept, one)]
    case = await _insert(conn, version, draft, case_id, office_id, kept, attached, about, now)
    await drafts.close(conn, draft, case.id, now)
    await queries.record_change(
        conn, case, Actor("person", case.person_id), "submitted", None, now,
        notice="case.received", told=told(version.form, case, "person"),
    )  # fmt: skip
    return case


async def attach(
    conn: Connection,
    person_id: UUID,
    named: Sequence[Attachment],
    case_id: UUID,
    city_id: str,
    office_id: UUID,
    now: datetime,
) -> list[Attached]:
    """The case takes up the documents that answers name; raises InvalidInput for another purpose, DocumentsUnfit."""
    if not named:
        return []
    ids = [UUID(one.document_id) for one in named]
    twice = [one for i, one in enumerate(named) if ids[i] in ids[:i]]
    if twice:
        raise InvalidInput([FieldError(f"/answers{a.pointer}", "repeated", "This may occur once") for a in twice])
    try:
        taken = await documents.attach(
            conn, person_id, ids, case_id=case_id, city_id=city_id, office_id=office_id, now=now
        )
    except DocumentsUnfit as error:
        pointers = {one.document_id: one.pointer for one in named}
        for listed in error.details["documents"]:
            listed["pointer"] = f"/answers{pointers.get(listed['document'], '')}"
        raise
    wrong = [one for one, document in zip(named, taken, strict=True) if document.purpose != one.purpose]
    if wrong:
        detail = "This document was sent for another purpose"
        raise InvalidInput([FieldError(f"/answers{one.pointer}", "wrong-purpose", detail) for one in wrong])
    return [attached(one.pointer, document) for one, document in zip(named, taken, strict=True)]


def told(form: Form, case: Case, by: str, reason: str | None = None) -> Json:
    """What a notice about the case needs to know."""
    title = {language: form.text("form.title", language) for language in ("de", "en")}
    return {"title": title, "reference": case.reference, "state": case.state, "by": by, "reason": reason}


async def _check(conn: Connection, version: Version, draft: Draft, given: list[Confirmation]) -> Json:
    outcome = version.form.check(draft.answers)
    errors = [FieldError(f"/answers{e.pointer}", e.code, e.detail, e.texts) for e in outcome.errors]
    errors += confirmations.owed(version.form, outcome.answers, given)
    errors += await visits.faults(conn, version.content, draft)
    if errors:
        raise InvalidInput(errors)
    return outcome.answers


async def _office(conn: Connection, content: Content, kept: Json) -> UUID:
    """The office that the form sends these answers to, or the general one where that has been closed since."""
    by = content.handling.by_answer
    wanted = by and by.offices.get(str(get(kept, tuple(by.field.split("/")[1:]))))
    slugs = [slug for slug in (wanted, content.handling.office) if slug]
    known = {office.slug: office.id for office in await form_queries.list_office_slugs(conn, content.city, slugs)}
    found = next((known[slug] for slug in slugs if slug in known), None)
    if found is None:
        raise LookupError(f"no office of {content.city} handles {content.form}")
    return found


def taken(given: Sequence[Confirmation]) -> list[Confirmed]:
    """What others have said, as a case keeps it."""
    return [
        Confirmed(kind=one.kind, outcome=one.outcome, name=one.name or "–", at=one.answered_at)
        for one in given
        if one.outcome is not None and one.answered_at is not None
    ]


async def _insert(
    conn: Connection,
    version: Version,
    draft: Draft,
    case_id: UUID,
    office_id: UUID,
    kept: Json,
    attached: list[Attached],
    given: list[Confirmation],
    now: datetime,
) -> Case:
    prefix = (await queries.find_letterhead(conn, office_id)).reference_prefix
    said = taken(given)
    for _ in range(_TRIES):
        wanted = Case(
            id=case_id, city_id=version.row.city_id, office_id=office_id, person_id=draft.person_id, draft_id=draft.id,
            form_id=draft.form_id, form_version=draft.version, reference=new_reference(prefix), state="submitted",
            language=draft.language, answers=kept, documents=attached, confirmations=said,
            appointment_id=draft.appointment_id, assignee_id=None, request=None, proposal=None, decision=None,
            version=1, submitted_at=now, updated_at=now, due_at=None, keep_until=None,
        )  # fmt: skip
        made = await queries.insert_case(conn, wanted)
        if made is not None:
            return made
    raise LookupError("no free reference was found")


def attached(pointer: str, document: AttachedDocument) -> Attached:
    """A document as the case keeps it."""
    return Attached(
        pointer=pointer,
        id=document.id,
        purpose=document.purpose,
        name=document.name,
        size=document.size,
        sha256=document.sha256.hex(),
        media_type=document.media_type,
    )
