"""What changed, as phones see it: each kind in the form of its own list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec

from api.context import Context
from api.structs.appointment import AppointmentOut, appointment_out
from api.structs.case import CaseShortOut, short_out
from api.structs.document import DocumentOut, document_out
from api.structs.draft import DraftShortOut, short_draft_out
from api.structs.notice import NoticeOut, notice_out
from api.structs.waiting_list import EntryOut, OfferOut, entry_out, offer_out
from api.texts import Language
from api.wire import Wire, encode_cursor
from backend.appointments.model import Appointment
from backend.cases.model import Case
from backend.documents.model import Document
from backend.forms.model import Draft
from backend.forms.versions import Version
from backend.notices.model import Item
from backend.notices.texting import negotiate
from backend.phones.sync import Step
from backend.waiting.model import Entry, Offer

Kind = Literal["appointment", "case", "draft", "document", "entry", "offer", "notice"]
KINDS: tuple[Kind, ...] = ("appointment", "case", "draft", "document", "entry", "offer", "notice")
"""In the order of the statement, from 1."""
T = TypeVar("T")


class RemovedOut(Wire, frozen=True, kw_only=True):
    """What is not there any more, or is nothing of yours to show: a draft that was handed in, an offer that is over."""

    kind: Kind
    id: UUID


class SyncOut(Wire, frozen=True, kw_only=True):
    """A page of what changed. Apply it in this order: drop what `reset` names, put in what came, take out `removed`."""

    since: str
    more: bool
    reset: Sequence[Kind]
    appointments: Sequence[AppointmentOut]
    cases: Sequence[CaseShortOut]
    drafts: Sequence[DraftShortOut]
    documents: Sequence[DocumentOut]
    entries: Sequence[EntryOut]
    offers: Sequence[OfferOut]
    notices: Sequence[NoticeOut]
    announcements: Sequence[NoticeOut] | None
    removed: Sequence[RemovedOut]
    unread: int


async def sync_out(step: Step, context: Context, now: datetime, language: Language, accept: str | None) -> SyncOut:
    """``accept``: the header, as notices speak more languages than ours."""
    rows, changes = _Rows(step), step.changes
    spoken = negotiate(accept, changes.language)
    cases, drafts = rows.of("case", Case), rows.of("draft", Draft)
    forms = await _forms(
        context, [(c.form_id, c.form_version) for c in cases] + [(d.form_id, d.version) for d in drafts]
    )
    appointments, offers = rows.of("appointment", Appointment), rows.of("offer", Offer)
    rules = {one: await context.engine.rules(one) for one in {x.office_id for x in (*appointments, *offers)}}
    news = (
        None if changes.announcements is None or not step.first else msgspec.convert(changes.announcements, list[Item])
    )
    whole = step.first and step.whole
    return SyncOut(
        since=encode_cursor(step.mark),
        more=step.more,
        reset=KINDS if whole else ("notice",) if step.first and changes.again else (),
        appointments=[appointment_out(a, rules[a.office_id], now, language) for a in appointments],
        cases=[short_out(c, forms[c.form_id, c.form_version], language) for c in cases],
        drafts=[short_draft_out(d, forms[d.form_id, d.version], language) for d in drafts],
        documents=[document_out(d, now, language) for d in rows.of("document", Document)],
        entries=[entry_out(e) for e in rows.of("entry", Entry)],
        offers=[offer_out(o, rules[o.office_id], now, language) for o in offers],
        notices=[notice_out(n, spoken) for n in rows.of("notice", Item)],
        announcements=None if news is None else [notice_out(n, spoken) for n in news],
        removed=[RemovedOut(kind=KINDS[c.kind - 1], id=c.id) for c in changes.changes if c.row is None],
        unread=changes.unread,
    )


class _Rows:
    """The rows of a page by kind."""

    def __init__(self, step: Step) -> None:
        self._found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        for change in step.changes.changes:
            if change.row is not None:
                self._found[KINDS[change.kind - 1]].append(change.row)

    def of(self, kind: Kind, model: type[T]) -> list[T]:
        return [msgspec.convert(row, model) for row in self._found[kind]]


async def _forms(context: Context, wanted: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], Version]:
    if not wanted:
        return {}
    async with context.database.connection() as conn:
        return {key: await context.forms.find(conn, *key) for key in set(wanted)}
