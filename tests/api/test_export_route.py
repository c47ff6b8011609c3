"""What people take along: everything, in the manner of every other answer, as the document says."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import asyncpg
import httpx
import jsonschema_rs
import msgspec
import pytest
from litestar import Litestar

from api.structs.export import ExportOut
from backend.clock import system_now
from backend.ids import new_id
from tests.desk.house import AUTOMATIC, book, free, visitor
from tests.documents.rows import give_document
from tests.forms.samples import REGISTER, REPORT, answers

DEVICE = """INSERT INTO device (id, person_id, platform, language, target_kind, target, registered_at, seen_at)
    VALUES ($1, $2, 'android', 'de', 'token', 'where-pushes-go', $3, $3)"""
DELIVERY = """INSERT INTO delivery (id, notice_id, person_id, channel, device_id, due_at)
    SELECT $1, n.id, n.person_id, 'push', $1, n.due_at FROM notice n WHERE n.person_id = $2 LIMIT 1"""


async def give_draft(api: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """A draft that somebody is asked to confirm, and a case."""
    draft = {"id": str(new_id()), "form": REGISTER, "version": 1, "answers": answers("wohnsitz-anmelden")}
    report = {"id": str(new_id()), "form": REPORT, "version": 1, "answers": answers("maengelmeldung", 1)}
    asked = (f"/{draft['id']}/confirmations", {"kind": "landlord"})
    for path, body in (("", draft), asked, ("", report), (f"/{report['id']}/submit", {})):
        key = {"Idempotency-Key": str(new_id())}
        answer = await api.post(f"/v1/drafts{path}", json=body, headers={**headers, **key})
        assert answer.status_code == 201, answer.text


PREFERENCE = "INSERT INTO preference (person_id, updated_at) VALUES ($1, now())"
ANNOUNCEMENT = """INSERT INTO announcement (id, city_id, texts, clerk_id, published_at, expires_at)
    VALUES ($1, 'gelsenkirchen', '{}', $1, now(), now())"""
READ = "INSERT INTO announcement_read (person_id, announcement_id, read_at) SELECT $1, id, now() FROM announcement"
ENTRY = """INSERT INTO waiting_entry (id, city_id, person_id, mode, services, service_ids, key_service_id, minutes,
      weekdays, hours, first_day, last_day, short_notice, state, created_at, updated_at)
    SELECT $1, 'gelsenkirchen', $2, 'none', h.services, h.service_ids, h.service_ids[1], 15, '{1}', '{[480,600)}',
      current_date, current_date + 7, false, 'waiting', now(), now() FROM hold h WHERE h.person_id = $2"""
OFFER = """INSERT INTO waiting_offer (id, city_id, entry_id, person_id, office_id, counter_id, starts_at, ends_at,
      state, made_at, until, ended_at)
    SELECT $1, e.city_id, e.id, e.person_id, p.office_id, p.counter_id, lower(p.during), upper(p.during),
      'declined', now(), now(), now() FROM waiting_entry e, place p WHERE e.person_id = $2 LIMIT 1"""


def names(value: Any) -> Iterator[str]:
    """Every member's name, however deep."""
    if isinstance(value, dict):
        for name, member in cast("dict[str, Any]", value).items():
            yield name
            yield from names(member)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from names(item)


async def test_the_export_is_complete_and_speaks_as_every_answer_does(
    api: httpx.AsyncClient, app: Litestar, demo_owner_url: str
) -> None:
    person = await visitor(api)
    await book(app, person)
    slot = (await free(app))[-1]
    body = {
        "office": str(slot.office),
        "start": slot.start.isoformat(),
        "services": [{"service": str((await api.get(f"/v1/cities/gelsenkirchen/services/{AUTOMATIC}")).json()["id"])}],
    }
    held = await api.post("/v1/holds", json=body, headers={**person.headers, "Idempotency-Key": "hold"})
    assert held.status_code == 201, held.text
    await give_document(app.state["context"].database, person.person_id)
    await give_draft(api, person.headers)
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SELECT set_config('app.system', 'on', false)")
        await owner.execute(DEVICE, new_id(), person.person_id, system_now() - timedelta(days=1))
        await owner.execute(DELIVERY, new_id(), person.person_id)
        await owner.execute(PREFERENCE, person.person_id)
        await owner.execute(ANNOUNCEMENT, new_id())
        await owner.execute(READ, person.person_id)
        await owner.execute(ENTRY, new_id(), person.person_id)
        await owner.execute(OFFER, new_id(), person.person_id)
    finally:
        await owner.close()

    answer = await api.get("/v1/me/export", headers=person.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found.keys() == {field.encode_name for field in msgspec.structs.fields(ExportOut)}
    empty = [name for name in found if not found[name]]
    assert empty == [], "the test gave the person something of each kind"
    assert [name for name in names(found) if not re.fullmatch(r"[a-z]+([A-Z0-9][a-z0-9]*)*", name)] == []
    assert found["appointments"][0]["name"] == "Erika Mustermann"
    assert found["appointments"][0]["services"][0]["persons"] == 1
    assert found["devices"][0]["target"] == "where-pushes-go"

    # While a release is installed the schema is newer than the program: this one has a column that nobody here knows.
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("ALTER TABLE appointment ADD COLUMN of_a_later_release text DEFAULT 'x'")
    finally:
        await owner.close()
    later = await api.get("/v1/me/export", headers=person.headers)
    assert (later.status_code, later.json()["appointments"]) == (200, found["appointments"])

    document = (await api.get("/openapi.json")).json()
    operation = document["paths"]["/v1/me/export"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    valid = jsonschema_rs.validator_for({**schema, "components": document["components"]})
    valid.validate(found)
    with pytest.raises(jsonschema_rs.ValidationError):
        valid.validate({**found, "appointments": [{"id": "x"}]})
