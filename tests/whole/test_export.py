"""Nothing that is kept about a person is missing from what they can take along."""

import asyncpg
import msgspec

from api.structs import export
from api.structs.export import Record

RECORDS: dict[str, type[Record]] = {
    "person": export.PersonRecord,
    "session": export.SessionRecord,
    "device": export.DeviceRecord,
    "hold": export.HoldRecord,
    "appointment": export.AppointmentRecord,
    "appointment_event": export.EventRecord,
    "notice": export.NoticeRecord,
    "delivery": export.DeliveryRecord,
    "document": export.DocumentRecord,
    "preference": export.PreferenceRecord,
    "announcement_read": export.AnnouncementReadRecord,
    "draft": export.DraftRecord,
    "confirmation": export.ConfirmationRecord,
    "case_file": export.CaseRecord,
    "case_event": export.CaseEventRecord,
    "waiting_entry": export.WaitingRecord,
    "waiting_offer": export.OfferRecord,
    "audit_entry": export.AuditRecord,
}
WITHHELD = {
    ("case_file", "assignee_id"): "a clerk is somebody else",
    ("case_file", "proposal"): "what a clerk thinks of until another one agrees",
    ("case_event", "actor_id"): "a clerk is somebody else",
    ("case_event", "internal"): "such events are not the person's",
    ("confirmation", "token_hash"): "opens what somebody else is to answer",
    ("appointment_event", "actor_id"): "a clerk is somebody else",
    ("audit_entry", "actor_id"): "a clerk is somebody else",
    ("document", "clerk_id"): "a clerk is somebody else",
    ("notice", "touched"): "counts transactions, for cursors",
    ("notice", "spread_after"): "how far an announcement has come; of nobody's notices only",
    ("announcement_read", "touched"): "counts transactions, for cursors",
    ("appointment", "emptied_at"): "says that there is nothing left",
    ("case_file", "emptied_at"): "says that there is nothing left",
    **{
        (table, "touched"): "counts transactions, for cursors"
        for table in ("appointment", "case_file", "draft", "document", "waiting_entry", "waiting_offer")
    },
    **{
        ("document", column): "says how the checker goes about it, nothing of the document"
        for column in ("check_due_at", "check_attempts", "check_lease", "check_leased_until")
    },
}
NOT_THERE: dict[str, str] = {
    "upload": "how far the bytes of a document have come, until they are all there",
    "tombstone": "ids of what is not there any more, for phones that still show it",
}
"""Tables of people that no export needs, each with its reason."""


async def test_every_table_of_people_is_exported_with_every_column(owner_url: str) -> None:
    conn = await asyncpg.connect(owner_url)
    try:
        rows = await conn.fetch(
            """SELECT c.table_name, c.column_name FROM information_schema.columns c
                 JOIN information_schema.tables t USING (table_schema, table_name)
                WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"""
        )
    finally:
        await conn.close()
    of_people = {row["table_name"] for row in rows if row["column_name"] == "person_id"} | {"person", "audit_entry"}
    assert of_people - NOT_THERE.keys() == RECORDS.keys()
    for table, record in RECORDS.items():
        columns = {row["column_name"] for row in rows if row["table_name"] == table}
        withheld = {column for of, column in WITHHELD if of == table}
        assert columns - withheld == set(record.__struct_fields__), table


def test_every_record_has_its_list() -> None:
    lists = {field.type.__args__[0] for field in msgspec.structs.fields(export.ExportOut)[1:]}
    assert lists | {export.PersonRecord} == set(RECORDS.values())
