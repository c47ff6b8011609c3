"""How clerks see appointments: with names, with the counter, and with what can be done next."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.structs.visit import BookedServiceOut, ContactOut, PersonOut, contact_out, person_out, services_out
from api.texts import Language
from api.wire import Wire, local
from backend.appointments import rules as life
from backend.appointments.model import Actor, Appointment, Channel, Confirmation, State
from backend.catalogue.model import OfficeRules
from backend.desk.model import Block, CounterDay, DayChanges, OfficeDay, Ticket


class NamedOut(Wire, frozen=True, kw_only=True):
    """Something of the catalogue, by id and name."""

    id: UUID
    name: str


class ClerkAppointmentOut(Wire, frozen=True, kw_only=True):
    """An appointment as the desk sees it. `version` is its ETag, for `If-Match`."""

    id: UUID
    reference: str
    state: State
    version: int
    office: NamedOut
    counter: NamedOut
    start: datetime
    end: datetime
    services: Sequence[BookedServiceOut]
    confirmation: Confirmation
    channel: Channel
    person: PersonOut
    contact: ContactOut
    note: str
    reason: str | None
    actions: Annotated[Sequence[str], Meta(description="What can be done with it now: the last part of the address.")]
    created_at: datetime
    updated_at: datetime


class SpanOut(Wire, frozen=True, kw_only=True):
    """From and until."""

    start: datetime
    end: datetime


class BlockOut(Wire, frozen=True, kw_only=True):
    """A place that somebody holds and may yet book. `end` includes the office's buffer."""

    start: datetime
    end: datetime
    until: Annotated[datetime, Meta(description="When the hold runs out.")]


class CounterDayOut(Wire, frozen=True, kw_only=True):
    """One counter on one day."""

    id: UUID
    name: str
    staff_only: bool
    openings: Sequence[SpanOut]
    appointments: Sequence[ClerkAppointmentOut]
    holds: Sequence[BlockOut]


class CountsOut(Wire, frozen=True, kw_only=True):
    """How many appointments of the day are in which state."""

    requested: int
    confirmed: int
    waiting: Annotated[int, Meta(description="Checked in, not called yet.")]
    called: int
    parked: int
    completed: int
    no_show: int


class DayOut(Wire, frozen=True, kw_only=True):
    """An office on one local day."""

    office: NamedOut
    date: date
    zone: str
    counts: CountsOut
    requested: Annotated[Sequence[ClerkAppointmentOut], Meta(description="What waits for a clerk's confirmation.")]
    counters: Sequence[CounterDayOut]
    elsewhere: Annotated[
        Sequence[ClerkAppointmentOut], Meta(description="At counters that are not in use any more: to be moved.")
    ]


class TicketOut(Wire, frozen=True, kw_only=True):
    """Somebody in the house. `reference` is the number that a screen shows."""

    id: UUID
    reference: str
    version: int
    name: str
    counter: NamedOut
    services: Sequence[UUID]
    start: datetime
    checked_in_at: datetime
    changed_at: Annotated[datetime, Meta(description="When they checked in, were called or parked.")]
    waiting_minutes: Annotated[int, Meta(description="Since they checked in, or since their time if they came early.")]


class QueueOut(Wire, frozen=True, kw_only=True):
    """Who is in the house today, in the order in which they are served."""

    office: UUID
    date: date
    called: Sequence[TicketOut]
    waiting: Sequence[TicketOut]
    parked: Sequence[TicketOut]


class CounterBlockOut(BlockOut, frozen=True, kw_only=True):
    """A hold, and at which counter."""

    counter: UUID


Requests = Annotated[
    Sequence[ClerkAppointmentOut], Meta(description="What waits for a clerk's answer, on any day to come; 200 at most.")
]


class WholeDayOut(Wire, frozen=True, kw_only=True):
    """The first event of a stream: the day as it is; `queue` is null on any other day than today."""

    day: DayOut
    queue: QueueOut | None
    requests: Requests


class DayChangesOut(Wire, frozen=True, kw_only=True):
    """What has changed since the event before. `holds`, `queue` and `requests` are whole each time."""

    appointments: Sequence[ClerkAppointmentOut]
    gone: Annotated[Sequence[UUID], Meta(description="Moved to another day.")]
    holds: Sequence[CounterBlockOut]
    queue: QueueOut | None
    requests: Requests


class Viewer:
    """Turns what belongs to one office into what its clerks see at one moment."""

    def __init__(self, rules: OfficeRules, actor: Actor, now: datetime, language: Language) -> None:
        self._rules, self._actor, self._now = rules, actor, now
        self._language: Language = language
        self._counters = {counter.id: counter.name for counter in rules.counters}

    def appointment(self, one: Appointment) -> ClerkAppointmentOut:
        """One appointment."""
        zone = self._rules.zone
        return ClerkAppointmentOut(
            id=one.id,
            reference=one.reference,
            state=one.state,
            version=one.version,
            office=self._office(),
            counter=NamedOut(id=one.counter_id, name=self._counters.get(one.counter_id, "–")),
            start=local(one.starts_at, zone),
            end=local(one.ends_at, zone),
            services=services_out(one.services, self._rules, self._language),
            confirmation=one.confirmation,
            channel=one.channel,
            person=person_out(one),
            contact=contact_out(one),
            note=one.note,
            reason=one.reason,
            actions=[life.spoken(action) for action in life.allowed(one, self._actor, self._now, zone)],
            created_at=local(one.created_at, zone),
            updated_at=local(one.updated_at, zone),
        )

    def day(self, day: OfficeDay) -> DayOut:
        """The whole day."""
        every = day.appointments
        counted = {state: sum(a.state == state for a in every) for state in {a.state for a in every}}
        return DayOut(
            office=self._office(),
            date=day.day,
            zone=self._rules.zone.key,
            counts=CountsOut(
                requested=counted.get("requested", 0),
                confirmed=counted.get("confirmed", 0),
                waiting=counted.get("checked_in", 0),
                called=counted.get("called", 0),
                parked=counted.get("parked", 0),
                completed=counted.get("completed", 0),
                no_show=counted.get("no_show", 0),
            ),
            requested=[self.appointment(a) for a in every if a.state == "requested"],
            counters=[self._counter(counter) for counter in day.counters],
            elsewhere=[self.appointment(a) for a in day.elsewhere],
        )

    def changes(self, found: DayChanges, queue: QueueOut | None, requests: Sequence[Appointment]) -> DayChangesOut:
        """What a stream sends."""
        zone = self._rules.zone
        return DayChangesOut(
            appointments=[self.appointment(a) for a in found.changed],
            gone=found.gone,
            holds=[
                CounterBlockOut(
                    counter=b.counter_id,
                    start=local(b.starts_at, zone),
                    end=local(b.ends_at, zone),
                    until=local(b.hold_until, zone),
                )
                for b in found.blocks
            ],
            queue=queue,
            requests=[self.appointment(a) for a in requests],
        )

    def queue(self, tickets: Sequence[Ticket], day: date) -> QueueOut:
        """Who is in the house."""
        return QueueOut(
            office=self._rules.office.id,
            date=day,
            called=[self._ticket(t) for t in tickets if t.state == "called"],
            waiting=[self._ticket(t) for t in tickets if t.state == "checked_in"],
            parked=[self._ticket(t) for t in tickets if t.state == "parked"],
        )

    def _counter(self, day: CounterDay) -> CounterDayOut:
        zone = self._rules.zone
        return CounterDayOut(
            id=day.counter.id,
            name=day.counter.name,
            staff_only=day.counter.staff_only,
            openings=[SpanOut(start=local(start, zone), end=local(end, zone)) for start, end in day.openings],
            appointments=[self.appointment(a) for a in day.appointments],
            holds=[self._block(block) for block in day.blocks],
        )

    def _block(self, block: Block) -> BlockOut:
        zone = self._rules.zone
        start, end, until = (local(at, zone) for at in (block.starts_at, block.ends_at, block.hold_until))
        return BlockOut(start=start, end=end, until=until)

    def _ticket(self, ticket: Ticket) -> TicketOut:
        zone = self._rules.zone
        waiting = self._now - max(ticket.since, min(ticket.starts_at, self._now))
        return TicketOut(
            id=ticket.id,
            reference=ticket.reference,
            version=ticket.version,
            name=ticket.name,
            counter=NamedOut(id=ticket.counter_id, name=ticket.counter),
            services=ticket.service_ids,
            start=local(ticket.starts_at, zone),
            checked_in_at=local(ticket.since, zone),
            changed_at=local(ticket.changed, zone),
            waiting_minutes=max(0, int(waiting.total_seconds() // 60)),
        )

    def _office(self) -> NamedOut:
        return NamedOut(id=self._rules.office.id, name=self._rules.office.name)
