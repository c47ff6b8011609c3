"""How people see what they were told."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta

from api.wire import Wire, local
from backend.notices.kinds import KINDS
from backend.notices.model import Item
from backend.notices.texting import Language, render

_REBOOK = frozenset(("appointment.cancelled", "appointment.rejected", "appointment.expired", "appointment.no_show"))
_PATHS = {
    "appointment": "/v1/appointments/{}",
    "case": "/v1/cases/{}",
    "document": "/v1/documents/{}",
    "draft": "/v1/drafts/{}",
    "waiting": "/v1/waiting-list/{}",
}


class SubjectOut(Wire, frozen=True, kw_only=True):
    """What it is about."""

    kind: Annotated[
        str, Meta(description="`appointment`, `case`, `draft`, `document`, `offer`, `waiting` or `announcement`.")
    ]
    id: UUID


class NoticeLinksOut(Wire, frozen=True, kw_only=True):
    """Where to go from here; null where there is nowhere."""

    self: str
    subject: Annotated[str | None, Meta(description="The appointment, case or document.")]
    accept: Annotated[str | None, Meta(description="Where a POST accepts the place that is offered.")]
    rebook: Annotated[str | None, Meta(description="The earliest places for the same services, after a cancellation.")]


class NoticeOut(Wire, frozen=True, kw_only=True):
    """A notice, with its text in the reader's language."""

    id: Annotated[UUID, Meta(description="The `id` that a push carries.")]
    kind: Annotated[str, Meta(description="`appointment.confirmed`, `appointment.reminder`, `announcement.city`, …")]
    subject: SubjectOut
    title: str
    body: str
    language: Annotated[str, Meta(description="Of the text.")]
    created_at: datetime
    read_at: datetime | None
    links: NoticeLinksOut


class InboxOut(Wire, frozen=True, kw_only=True):
    """A page of the inbox, the latest first."""

    items: list[NoticeOut]
    next: Annotated[str | None, Meta(description="The cursor of the following page, null on the last.")]
    since: Annotated[
        str, Meta(description="Ask with it later: whatever is new or changed by then, and nothing is missed.")
    ]
    unread: Annotated[int, Meta(description="In the whole inbox.")]


class InboxStateOut(Wire, frozen=True, kw_only=True):
    """The event `inbox` of a stream: how the inbox stands after the notices before it."""

    since: str
    unread: int


def notice_out(item: Item, language: Language) -> NoticeOut:
    """An item in a language; times with the offset of the office."""
    office = item.facts.office
    zone = ZoneInfo(office.zone if office else "Europe/Berlin")
    text = render(item.kind, language, item.data, item.facts)
    subject = KINDS[item.kind].subject
    path = _PATHS.get(subject)
    offer = f"/v1/waiting-list/offers/{item.subject_id}/accept" if subject == "offer" else None
    return NoticeOut(
        id=item.id,
        kind=item.kind,
        subject=SubjectOut(kind=subject, id=item.subject_id),
        title=text.title,
        body=text.body,
        language=text.language,
        created_at=local(item.due_at, zone),
        read_at=None if item.read_at is None else local(item.read_at, zone),
        links=NoticeLinksOut(
            self=f"/v1/inbox/{item.id}",
            subject=path and path.format(item.subject_id),
            accept=offer,
            rebook=_rebook(item) if item.kind in _REBOOK else None,
        ),
    )


def _rebook(item: Item) -> str | None:
    """Where the same can be booked anew: at any office, the earliest first."""
    if item.facts.office is None or not item.facts.wanted:
        return None
    wanted = [("service", _wanted(one)) for one in item.facts.wanted]
    return f"/v1/cities/{item.facts.office.city}/availability/earliest?{urlencode(wanted, safe=':')}"


def _wanted(one: dict[str, Any]) -> str:
    persons = one.get("persons", 1)
    return f"{one['service']}" if persons == 1 else f"{one['service']}:{persons}"
