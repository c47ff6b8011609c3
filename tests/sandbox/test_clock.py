"""Time moves for one person of the sandbox: every time that is theirs, or none."""

import re

import asyncpg

LEFT = {
    ("announcement_read", "read_at"): "when it was read; nothing follows from it",
    ("confirmation", "answered_at"): "an answer is kept as it was given",
    ("confirmation", "revoked_at"): "the same",
    ("appointment", "emptied_at"): "the office's, of what is over; tells nobody anything",
    ("case_file", "emptied_at"): "the office's, of what is over; tells nobody anything",
    ("delivery", "leased_until"): "a worker's",
    ("device", "registered_at"): "the phone is here now",
    ("device", "seen_at"): "the phone is here now",
    ("document", "check_due_at"): "the checker's",
    ("document", "check_leased_until"): "the checker's",
    ("preference", "updated_at"): "nothing follows from it",
    ("session", "created_at"): "whoever moves the clock stays signed in",
    ("session", "ended_at"): "the same",
    ("session", "expires_at"): "the same",
    ("tombstone", "at"): "when something went, for phones that come back; they go by snapshots",
    ("upload", "leased_until"): "a writer's",
    ("hold", "starts_at"): "a start that the office offers; what is held is over before it would matter",
    ("hold", "ends_at"): "the same",
    ("waiting_offer", "starts_at"): "the start that was offered",
    ("waiting_offer", "ends_at"): "the same",
    ("appointment", "date_of_birth"): "nobody gets older",
}
"""Times of people that stay as they are, each with its reason."""


async def test_every_time_of_a_person_is_decided_on(owner_url: str) -> None:
    conn = await asyncpg.connect(owner_url)
    try:
        rows = await conn.fetch(
            """SELECT c.table_name, c.column_name FROM information_schema.columns c
                 JOIN information_schema.tables t USING (table_schema, table_name)
                WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
                  AND (c.data_type LIKE 'timestamp%' OR c.data_type IN ('date', 'tstzrange'))
                  AND EXISTS (SELECT FROM information_schema.columns p
                               WHERE p.table_schema = 'public' AND p.table_name = c.table_name
                                 AND p.column_name = 'person_id')"""
        )
        source: str = await conn.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'forward_person'")
    finally:
        await conn.close()
    there = {(row["table_name"], row["column_name"]) for row in rows}
    moved = {
        (table, column)
        for table, assignments in re.findall(r"UPDATE (\w+) t SET(.*?)WHERE", source, re.DOTALL)
        for column in re.findall(r"(\w+) = t\.\1 - (?:p_by|d\.days)", assignments)
    }
    assert len(moved) > 30
    assert there - moved == set(LEFT), "say in forward_person, or here with a reason, what becomes of it"
    assert moved <= there
