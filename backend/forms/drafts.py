"""Drafts: begun on a phone without a network, gone on with on another, checked leniently until they are handed in."""

import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.db import Connection
from backend.documents import service as documents
from backend.forms import queries
from backend.forms.conditions import MISSING, get, strip
from backend.forms.content import Content, Json
from backend.forms.errors import (
    DraftChanged,
    DraftExpired,
    DraftIdTaken,
    DraftLimit,
    DraftNotFound,
    DraftSubmitted,
    FormRetired,
)
from backend.forms.merging import check_bounds, lost, merge
from backend.forms.model import Draft, Visit
from backend.forms.versions import Version, Versions
from backend.forms.visits import find_visit

LASTS = timedelta(days=30)
REMINDED_BEFORE = timedelta(days=3)
MOST_DRAFTS = 100
EXPIRING = "draft.expiring"


class Migrated(msgspec.Struct, frozen=True):
    """A draft with the newest version of its form. ``lost``: pointers to answers that the version has no place for."""

    draft: Draft
    lost: list[str]


async def begin(
    conn: Connection,
    versions: Versions,
    person_id: UUID,
    draft_id: UUID,
    form_id: UUID,
    number: int,
    answers: Json,
    appointment_id: UUID | None,
    language: str,
    now: datetime,
) -> Draft:
    """The new draft, or the one that this very request has begun before.

    Raises FormNotFound, FormRetired, DraftIdTaken, DraftLimit, and InvalidInput for an appointment that is not the
    person's or is over.
    """
    known = await queries.find_draft(conn, draft_id, person_id)
    if known is not None:
        return _same(known, form_id)
    version = await versions.find(conn, form_id, number)
    state = await queries.find_state(conn, form_id, number)
    if state is None or state.state != "published":
        newest = await queries.find_newest(conn, form_id)
        raise FormRetired(newest=None if newest is None else newest.number)
    check_bounds(answers)
    visit = await find_visit(conn, version.content, appointment_id, person_id)
    await queries.lock_drafts_of(conn, person_id)
    if await queries.count_drafts(conn, person_id, now) >= MOST_DRAFTS:
        raise DraftLimit
    filled = prefill(version.content, answers, visit, language)
    wanted = Draft(
        id=draft_id, city_id=version.row.city_id, form_id=form_id, version=number, person_id=person_id,
        language=language, answers=filled, appointment_id=appointment_id, revision=1, created_at=now, updated_at=now,
        expires_at=now + LASTS, case_id=None,
    )  # fmt: skip
    made = await queries.insert_draft(conn, wanted)
    if made is None:
        known = await queries.find_draft(conn, draft_id, person_id)
        if known is None:
            raise DraftIdTaken
        return _same(known, form_id)
    await _remind(conn, version, made, now)
    await _keep_documents(conn, version, made, now)
    return made


def _same(known: Draft, form_id: UUID) -> Draft:
    if known.form_id != form_id:
        raise DraftIdTaken
    if known.case_id is not None:
        raise DraftSubmitted(case=str(known.case_id))
    return known


async def find(conn: Connection, draft_id: UUID, person_id: UUID, now: datetime, *, lock: bool = False) -> Draft:
    """The person's draft; raises DraftNotFound, DraftExpired, DraftSubmitted."""
    found = await (queries.lock_draft if lock else queries.find_draft)(conn, draft_id, person_id)
    if found is None:
        raise DraftNotFound
    if found.case_id is not None:
        raise DraftSubmitted(case=str(found.case_id))
    if found.expires_at <= now:
        raise DraftExpired
    return found


async def change(
    conn: Connection,
    versions: Versions,
    draft_id: UUID,
    person_id: UUID,
    revision: int | None,
    patch: Mapping[str, Any],
    now: datetime,
) -> Draft:
    """Applies ``patch`` (members ``answers``, ``appointment_id``, ``language``) to the draft at ``revision``.

    Raises what ``find`` raises, DraftChanged when it has another revision by now, InvalidInput.
    """
    draft = await find(conn, draft_id, person_id, now)
    await _expect(draft, revision)
    version = await versions.find(conn, draft.form_id, draft.version)
    answers = merge(draft.answers, patch.get("answers", {}))
    check_bounds(answers)
    appointment_id: UUID | None = patch.get("appointment_id", draft.appointment_id)
    language: str = patch.get("language", draft.language)
    if appointment_id != draft.appointment_id:
        visit = await find_visit(conn, version.content, appointment_id, person_id)
        answers = prefill(version.content, answers, visit, language)
    changed = msgspec.structs.replace(draft, answers=answers, appointment_id=appointment_id, language=language)
    written = await _write(conn, version, draft, changed, now)
    if written.expires_at != draft.expires_at or _documents(version, written) - _documents(version, draft):
        await _keep_documents(conn, version, written, now)
    return written


async def migrate(
    conn: Connection,
    versions: Versions,
    draft_id: UUID,
    person_id: UUID,
    revision: int | None,
    now: datetime,
    *,
    dry_run: bool,
) -> Migrated:
    """Goes on with the newest version of the form. ``dry_run`` only says which answers would be lost.

    Raises what ``change`` raises, FormRetired where the form is not offered any more.
    """
    draft = await find(conn, draft_id, person_id, now)
    await _expect(draft, revision)
    newest = await queries.find_newest(conn, draft.form_id)
    if newest is None:
        raise FormRetired(newest=None)
    version = await versions.find(conn, draft.form_id, newest.number)
    fitting = _fitting(version, draft.answers)
    gone = lost(draft.answers, fitting)
    moved = msgspec.structs.replace(draft, answers=fitting, version=newest.number)
    if not dry_run and newest.number != draft.version:
        moved = await _write(conn, version, draft, moved, now)
    return Migrated(moved, gone)


async def discard(conn: Connection, draft_id: UUID, person_id: UUID, now: datetime) -> None:
    """Deletes the draft; raises DraftNotFound, DraftSubmitted."""
    draft = await queries.find_draft(conn, draft_id, person_id)
    if draft is None:
        raise DraftNotFound
    if await queries.delete_draft(conn, draft_id, person_id) != 1:
        raise DraftSubmitted(case=str(draft.case_id))
    await queries.remind(conn, draft, EXPIRING, {}, now, None)


async def close(conn: Connection, draft: Draft, case_id: UUID, now: datetime) -> None:
    """The draft has become a case: its answers live there. The caller holds its lock."""
    await queries.close_draft(conn, draft.id, draft.person_id, case_id, now)
    await queries.remind(conn, draft, EXPIRING, {}, now, None)


def prefill(content: Content, answers: Json, visit: Visit | None, language: str) -> Json:
    """The answers, and where none was given yet what is known already."""
    known = {
        "appointment.name": visit and visit.name,
        "appointment.dateOfBirth": visit and visit.date_of_birth,
        "appointment.email": visit and visit.email,
        "appointment.phone": visit and visit.phone,
        "person.language": language,
    }
    for pointer, source in content.prefill.items():
        path = tuple(pointer.split("/")[1:])
        value = known[source]
        if value and get(answers, path) is MISSING:
            patch: Any = value
            for name in reversed(path):
                patch = {name: patch}
            answers = merge(answers, patch)
    return answers


def _fitting(version: Version, answers: Json) -> Json:
    """The answers that the version knows and shows, less those of another type or value than it allows."""
    kept = strip(version.form.root, answers)
    for error in version.form.check(kept).errors:
        if error.code in ("unknown-field", "wrong-type", "not-allowed"):
            kept = _without(kept, error.pointer.split("/")[1:])
    return kept


def _without(value: Any, path: list[str]) -> Any:
    if not path:
        return value
    if isinstance(value, list):
        rows: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        index = int(path[0]) if path[0].isdigit() else len(rows)
        if index < len(rows):
            rows[index : index + 1] = [_without(rows[index], path[1:])] if len(path) > 1 else []
        return rows
    if not isinstance(value, dict):
        return value
    members: Json = dict(value)  # pyright: ignore[reportUnknownArgumentType]
    name = path[0].replace("~1", "/").replace("~0", "~")
    if len(path) == 1:
        members.pop(name, None)
    elif name in members:
        members[name] = _without(members[name], path[1:])
    return members


async def _expect(draft: Draft, revision: int | None) -> None:
    if revision is not None and draft.revision != revision:
        raise DraftChanged(current=_shown(draft))


async def _write(conn: Connection, version: Version, draft: Draft, changed: Draft, now: datetime) -> Draft:
    written = await queries.change_draft(conn, msgspec.structs.replace(changed, expires_at=now + LASTS), now)
    if written is None:
        raise DraftChanged(current=_shown(await find(conn, draft.id, draft.person_id, now)))
    if written.expires_at != draft.expires_at:
        await _remind(conn, version, written, now)
    return written


async def _remind(conn: Connection, version: Version, draft: Draft, now: datetime) -> None:
    title = {language: version.form.text("form.title", language) for language in ("de", "en")}
    data = {"form": str(draft.form_id), "title": title, "expiresAt": draft.expires_at.isoformat()}
    await queries.remind(conn, draft, EXPIRING, data, now, draft.expires_at - REMINDED_BEFORE)


async def _keep_documents(conn: Connection, version: Version, draft: Draft, now: datetime) -> None:
    """What the draft names stays as long as the draft does."""
    named = sorted(_documents(version, draft))
    if named:
        await documents.keep(conn, draft.person_id, named, until=draft.expires_at, now=now)


def _documents(version: Version, draft: Draft) -> set[UUID]:
    found: set[UUID] = set()
    for attachment in version.form.attachments(draft.answers):
        with contextlib.suppress(ValueError):
            found.add(UUID(attachment.document_id))
    return found


def _shown(draft: Draft) -> Json:
    """The person's own draft, as the 412 carries it."""
    return {
        "revision": draft.revision,
        "version": draft.version,
        "language": draft.language,
        "answers": draft.answers,
        "appointment": None if draft.appointment_id is None else str(draft.appointment_id),
        "updatedAt": draft.updated_at.isoformat(),
        "expiresAt": draft.expires_at.isoformat(),
    }
