"""Everything that is kept about a person, as they take it along: a record each of what the tables hold.

A field is a column. The test of exports compares both, so that a new column or table is not forgotten.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from api.structs.export_records import (
    CaseEventRecord,
    CaseRecord,
    ConfirmationRecord,
    DraftRecord,
    OfferRecord,
    WaitingRecord,
)
from api.structs.export_records import Record as Record
from api.structs.export_records import Row as _Row
from api.wire import Wire
from backend.appointments.model import ActorKind, Channel, Confirmation, State
from backend.identity.model import Export

T = TypeVar("T", bound="Record")
_Data = Annotated[dict[str, Any], Meta(description="Ids, times and numbers that belong to this kind.")]


class PersonRecord(_Row, frozen=True, kw_only=True):
    """The person. `issuer` and `subject` are the linked identity."""

    created_at: datetime
    language: str
    issuer: str | None
    subject: str | None
    merged_into: UUID | None
    deleted_at: datetime | None


class SessionRecord(_Row, frozen=True, kw_only=True):
    """A device's sign-in. Refresh tokens are kept as hashes only."""

    person_id: UUID
    device_id: Annotated[UUID, Meta(description="Derived from the installation's id, which is not stored.")]
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class DeviceRecord(_Row, frozen=True, kw_only=True):
    """An installation of the app that may be sent pushes, and where its pushes go."""

    person_id: UUID
    platform: str
    language: str
    app_version: str | None
    target_kind: str | None
    target: str | None
    registered_at: datetime
    seen_at: datetime


class BookedRecord(Wire, frozen=True, kw_only=True):
    """A service, for how many persons."""

    service: UUID
    persons: int


class VisitRecord(_Row, frozen=True, kw_only=True):
    """What holds and appointments have in common."""

    city_id: str
    office_id: UUID
    person_id: UUID
    device_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    services: Sequence[BookedRecord]
    service_ids: Sequence[UUID]
    confirmation: Confirmation


class HoldRecord(VisitRecord, frozen=True, kw_only=True):
    """A place that is kept for a few minutes."""

    expires_at: datetime
    rules_version: int


class AppointmentRecord(VisitRecord, frozen=True, kw_only=True):
    """An appointment, live or over."""

    counter_id: UUID
    place_id: UUID | None
    reference: str
    state: State
    name: str
    date_of_birth: date | None
    email: str | None
    phone: str | None
    note: str
    language: str
    reason: str | None
    channel: Channel
    sequence: int
    version: int
    created_at: datetime
    updated_at: datetime


class EventRecord(_Row, frozen=True, kw_only=True):
    """A change of an appointment. Who made it is told in kind."""

    city_id: str
    office_id: UUID
    appointment_id: UUID
    person_id: UUID
    version: int
    at: datetime
    actor_kind: ActorKind
    kind: str
    from_state: State | None
    to_state: State
    reason: str | None
    data: _Data


class NoticeRecord(_Row, frozen=True, kw_only=True):
    """What the person was told, or is about to be."""

    city_id: str | None
    person_id: UUID
    kind: str
    subject_id: UUID
    dedupe: str
    data: _Data
    created_at: datetime
    due_at: datetime
    spread_at: datetime | None
    expires_at: datetime | None
    read_at: datetime | None


class DeliveryRecord(_Row, frozen=True, kw_only=True):
    """A notice on its way to one device or address, and what came of it."""

    notice_id: UUID
    person_id: UUID
    channel: str
    platform: str | None
    lane: str
    device_id: UUID | None
    due_at: datetime
    attempts: int
    leased_until: datetime | None
    done_at: datetime | None
    outcome: str | None
    detail: str | None


class PreferenceRecord(Record, frozen=True, kw_only=True):
    """What the person set to hear of. Minutes are since midnight, on the wall clock of the zone."""

    person_id: UUID
    version: int
    inbox_off: Sequence[str]
    push_off: Sequence[str]
    mail_off: Sequence[str]
    mail: str
    quiet_from_minute: int | None
    quiet_until_minute: int | None
    zone: str
    city_id: str | None
    district_id: UUID | None
    topics: Sequence[str]
    updated_at: datetime


class AnnouncementReadRecord(Record, frozen=True, kw_only=True):
    """That the person read an announcement."""

    person_id: UUID
    announcement_id: UUID
    read_at: datetime


class DocumentRecord(_Row, frozen=True, kw_only=True):
    """An uploaded file: what it is and what checking found. The file itself is at `/v1/documents`."""

    person_id: UUID
    purpose: str
    name: str
    size: int
    sha256: Annotated[str | None, Meta(description="Hexadecimal, after `\\x`.")]
    state: str
    reason: str | None
    media_type: str | None
    clean_size: int | None
    clean_sha256: str | None
    pages: int | None
    has_thumbnail: bool
    scanned_by: str | None
    case_id: UUID | None
    city_id: str | None
    office_id: UUID | None
    attached_at: datetime | None
    created_at: datetime
    updated_at: datetime
    uploaded_at: datetime | None
    checked_at: datetime | None
    expires_at: datetime
    delete_after: datetime


class AuditRecord(_Row, frozen=True, kw_only=True):
    """Who, in kind, did what to something of the person's, looking at it included."""

    city_id: str | None
    at: datetime
    actor_kind: ActorKind
    action: str
    entity: str
    entity_id: str
    detail: _Data


class ExportOut(Wire, frozen=True, kw_only=True):
    """Everything kept about the person. Answers that are stored for repeats of a request, for a day, repeat these."""

    person: PersonRecord
    sessions: Sequence[SessionRecord]
    devices: Sequence[DeviceRecord]
    holds: Sequence[HoldRecord]
    appointments: Sequence[AppointmentRecord]
    events: Sequence[EventRecord]
    notices: Sequence[NoticeRecord]
    deliveries: Sequence[DeliveryRecord]
    documents: Sequence[DocumentRecord]
    preferences: Sequence[PreferenceRecord]
    announcements: Sequence[AnnouncementReadRecord]
    drafts: Sequence[DraftRecord]
    confirmations: Sequence[ConfirmationRecord]
    cases: Sequence[CaseRecord]
    case_events: Sequence[CaseEventRecord]
    waiting: Sequence[WaitingRecord]
    offers: Sequence[OfferRecord]
    audit: Sequence[AuditRecord]


def export_out(export: Export) -> ExportOut:
    """The export as it goes over the wire.

    A column that no record knows is left out: while a release is installed, the schema is newer than the program for
    some minutes. That none is forgotten is for a test to say.
    """
    lists = {
        field.name: [_record(row, field.type.__args__[0]) for row in getattr(export, field.name)]
        for field in msgspec.structs.fields(ExportOut)
        if field.name != "person"
    }
    return ExportOut(person=_record(export.person, PersonRecord), **lists)


def _record(row: Mapping[str, Any], into: type[T]) -> T:
    return msgspec.convert({_camel(name): value for name, value in row.items() if name in into.__struct_fields__}, into)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)
