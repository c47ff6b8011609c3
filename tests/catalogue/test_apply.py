"""A city's file in the database: exactly what it says, once, and nobody stranded by the way."""

import asyncio
import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.catalogue import queries
from backend.catalogue.apply import Plan, apply, plan
from backend.catalogue.errors import AppointmentsStranded
from backend.catalogue.yaml_document import read
from backend.catalogue.yaml_reader import InvalidFileError
from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from tests.catalogue.booked import book, next_weekday

DEMO = Path(__file__).parents[2] / "infra" / "demo"
GELSENKIRCHEN = (DEMO / "gelsenkirchen.yaml").read_text(encoding="utf-8")
BOTTROP = (DEMO / "bottrop.yaml").read_text(encoding="utf-8")
HORST = UUID("0193a000-0003-7000-8000-000000000003")
HORST_6 = UUID("0193a000-0004-7000-8000-000000000306")
CARD = UUID("0193a000-0002-7000-8000-000000000001")


async def planned(database: Database, text: str) -> Plan:
    async with database.transaction(SYSTEM) as conn:
        return await plan(conn, read(text), system_now())


async def applied(database: Database, text: str, **how: Any) -> Plan:
    async with database.transaction(SYSTEM) as conn:
        now = system_now()
        return await apply(conn, await plan(conn, read(text), now), now, **how)


async def versions(database: Database) -> dict[str, int]:
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT slug, rules_version FROM office")
    return {row["slug"]: row["rules_version"] for row in rows}


async def dump(database: Database) -> bytes:
    """Everything of the catalogue."""
    async with database.connection() as conn:
        return msgspec.json.encode([await queries.load_city(conn, city) for city in ("gelsenkirchen", "bottrop")])


async def test_the_second_time_there_is_nothing_to_change(demo: Database) -> None:
    before = await dump(demo)
    for text in (GELSENKIRCHEN, BOTTROP):
        assert (await applied(demo, text)).changes == ()
    assert await dump(demo) == before


async def test_planning_changes_nothing(demo: Database) -> None:
    before = await dump(demo)
    found = await planned(demo, GELSENKIRCHEN.replace('closes: "18:00"', 'closes: "17:00"'))
    assert found.changes
    assert await dump(demo) == before


async def test_changes_are_told_field_by_field(demo: Database) -> None:
    found = await planned(demo, GELSENKIRCHEN.replace("minutes: 45", "minutes: 40").replace('"€13.00"', '"€14.00"'))
    told = {change.label: change.fields() for change in found.changes}
    assert told == {
        "service einbuergerung": {"minutes": (45, 40)},
        "service fuehrungszeugnis": {"fee.en": ("€13.00", "€14.00")},
    }


async def test_versions_grow_only_where_rules_changed(demo: Database) -> None:
    before = await versions(demo)
    await applied(demo, GELSENKIRCHEN.replace("name: Schalter 6}", "name: Schalter sechs}", 1))
    after = await versions(demo)
    assert {slug for slug in after if after[slug] != before[slug]} == {"hans-sachs-haus"}
    await applied(
        demo,
        GELSENKIRCHEN.replace("name: Schalter 6}", "name: Schalter sechs}", 1).replace(
            "areaKm2: 27.976", "areaKm2: 28"
        ),
    )
    assert await versions(demo) == after, "the size of a district is no rule of an office"


async def test_a_change_of_rules_makes_the_days_on_offer_stale(demo: Database) -> None:
    await applied(demo, GELSENKIRCHEN.replace("name: Schalter 6}", "name: Schalter sechs}", 1))
    async with demo.connection() as conn:
        days = await conn.fetchval(
            "SELECT count(*) FROM office_day d JOIN office o ON o.id = d.office_id WHERE o.slug = 'hans-sachs-haus' "
            "AND d.day BETWEEN current_date AND current_date + 56 AND d.version > 1"
        )
    assert days >= 56


async def test_what_the_file_no_longer_names_is_retired_and_comes_back(demo: Database) -> None:
    line = next(line for line in GELSENKIRCHEN.splitlines(keepends=True) if str(HORST_6) in line)
    found = await applied(demo, GELSENKIRCHEN.replace(line, ""))
    assert [(c.op, c.label) for c in found.changes] == [("retire", "counter schloss-horst/schalter-6")]
    async with demo.connection() as conn:
        rules = await queries.load_office_rules(conn, HORST)
    assert rules is not None
    assert HORST_6 not in {c.id for c in rules.counters}
    back = await applied(demo, GELSENKIRCHEN)
    assert [(c.op, c.label) for c in back.changes] == [("change", "counter schloss-horst/schalter-6")]


async def test_offices_and_services_can_go_while_their_rows_stay(demo: Database) -> None:
    text = BOTTROP[: BOTTROP.index("  - id: 0193a001-0003-7000-8000-000000000002")]
    start, end = BOTTROP.index("  - id: 0193a001-0002-7000-8000-000000000003"), BOTTROP.index("offices:")
    found = await applied(demo, text.replace(BOTTROP[start:end], ""))
    assert ("retire", "office kirchhellen") in {(c.op, c.label) for c in found.changes}
    assert ("retire", "service gewerbe-anmelden") in {(c.op, c.label) for c in found.changes}
    async with demo.connection() as conn:
        assert await queries.find_office(conn, "bottrop", "kirchhellen") is None
        assert await queries.find_service(conn, "bottrop", "gewerbe-anmelden") is None
        assert await conn.fetchval("SELECT count(*) FROM office WHERE slug = 'kirchhellen'") == 1
    assert (await applied(demo, BOTTROP)).changes
    assert (await applied(demo, BOTTROP)).changes == ()


async def test_a_district_goes_for_good(demo: Database) -> None:
    text = BOTTROP.replace(
        "  - id: 0193a001-0001-7000-8000-000000000002\n    slug: bezirk-kirchhellen\n    name: Bottrop-Kirchhellen\n",
        "",
    )
    await applied(demo, text.replace("    district: bezirk-kirchhellen\n", ""))
    async with demo.connection() as conn:
        assert [d.slug for d in await queries.list_districts(conn, "bottrop")] == ["bezirk-mitte"]


async def test_stranded_appointments_are_refused_unless_accepted(demo: Database) -> None:
    start = next_weekday(4)
    kept = await book(demo, HORST_6, start, service=CARD)
    await book(demo, HORST_6, start + timedelta(minutes=30), service=CARD, state="cancelled")
    line = next(line for line in GELSENKIRCHEN.splitlines(keepends=True) if str(HORST_6) in line)
    text = GELSENKIRCHEN.replace(line, "")
    assert [s.appointment.id for s in (await planned(demo, text)).stranded] == [kept]
    before = await dump(demo)
    with pytest.raises(AppointmentsStranded) as error:
        await applied(demo, text)
    assert [a["id"] for a in error.value.details["appointments"]] == [str(kept)]
    assert "Mustermann" not in str(error.value.details)
    assert await dump(demo) == before
    await applied(demo, text, accept_stranded=True)
    assert await dump(demo) != before


async def test_a_file_waits_for_bookings_that_are_half_way(demo: Database) -> None:
    """Looking at live appointments and changing are one step: who holds the lock shared is seen, or comes after."""
    text = GELSENKIRCHEN.replace("name: Schalter 6}", "name: Schalter sechs}", 1)
    async with demo.connection() as conn, conn.transaction():
        await conn.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended('office:' || id, 0)) FROM office "
            "WHERE slug = 'hans-sachs-haus'"
        )
        task = asyncio.create_task(applied(demo, text))
        await asyncio.sleep(0.3)
        assert not task.done()
    assert (await task).changes


async def test_two_files_at_once_are_applied_one_after_the_other(demo: Database) -> None:
    texts = [GELSENKIRCHEN.replace("minutes: 45", f"minutes: {n}") for n in (41, 42)]
    await asyncio.gather(*(applied(demo, text) for text in texts))
    async with demo.connection() as conn:
        service = await queries.find_service(conn, "gelsenkirchen", "einbuergerung")
    assert service is not None
    assert service.minutes in (41, 42)


async def test_one_city_cannot_take_what_is_anothers(demo: Database) -> None:
    before = await dump(demo)
    stolen = BOTTROP.replace("0193a001-0003-7000-8000-000000000001", str(HORST))
    for text in (
        BOTTROP.replace("referencePrefix: BOT", "referencePrefix: GE"),
        stolen.replace("slug: rathaus\n", "slug: rathaus-neu\n"),
        stolen,
    ):
        with pytest.raises(InvalidFileError):
            await applied(demo, text)
    assert await dump(demo) == before


async def test_hours_for_which_the_file_gives_none_stay(demo: Database) -> None:
    start = BOTTROP.index("    hours:\n      - {days: [tue, thu]")
    found = await planned(demo, BOTTROP[:start] + BOTTROP[BOTTROP.index("    counters:", start) :])
    assert found.changes == ()


async def test_a_file_without_ids_knows_its_rows_by_their_slugs(demo: Database) -> None:
    text = re.sub(r"\{id: [0-9a-f-]{36}, ", "{", re.sub(r"- id: [0-9a-f-]{36}\n +", "- ", BOTTROP))
    assert "0193a001" not in text
    assert (await applied(demo, text)).changes == ()


async def test_closures_of_a_file_come_and_go_with_it_and_clerks_closures_stay(demo: Database) -> None:
    async with demo.transaction(SYSTEM) as conn:
        await conn.execute(
            "INSERT INTO closure (id, city_id, starts_at, ends_at, created_by) "
            "VALUES (gen_random_uuid(), 'bottrop', now(), now() + interval '1 day', 'clerk:x')"
        )
    day = (system_now() + timedelta(days=20)).date()
    text = (
        BOTTROP + f"closures:\n  - {{office: rathaus, starts: {day}T00:00, ends: {day}T24:00, reason: {{de: Umbau}}}}\n"
    )
    text = text.replace(f"ends: {day}T24:00", f"ends: {day + timedelta(days=1)}T00:00")
    assert [(c.op, c.label.partition(" ")[0]) for c in (await applied(demo, text)).changes] == [("add", "closure")]
    assert (await applied(demo, text)).changes == ()
    assert [c.op for c in (await applied(demo, BOTTROP)).changes] == ["remove"]
    async with demo.connection() as conn:
        assert [r["created_by"] for r in await conn.fetch("SELECT created_by FROM closure")] == ["clerk:x"]


async def test_special_openings_come_once_and_go_with_the_file(demo: Database) -> None:
    day = (system_now() + timedelta(days=20)).date()
    special = f"    specialOpenings:\n      - {{day: {day}, opens: 18:00, closes: 20:00, counter: platz-1}}\n"
    text = BOTTROP.replace("    counters:\n", f"{special}    counters:\n", 1)
    assert [c.label for c in (await applied(demo, text)).changes] == [
        f"special opening rathaus/platz-1 {day} 18:00-20:00"
    ]
    assert (await applied(demo, text)).changes == ()
    assert [c.op for c in (await applied(demo, BOTTROP)).changes] == ["remove"]


async def test_each_change_leaves_an_audit_entry(demo: Database) -> None:
    await applied(demo, GELSENKIRCHEN.replace("minutes: 45", "minutes: 40"))
    async with demo.connection() as conn:
        row = await conn.fetchrow("SELECT actor_kind, detail FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert (row["actor_kind"], row["detail"]["changes"]) == ("system", ["change service einbuergerung"])


async def command(url: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.cli", "city", "apply", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, "DATABASE_URL": url},
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_command_shows_and_only_with_yes_changes(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "bottrop.yaml"
    file.write_text(BOTTROP, encoding="utf-8")
    status, out, _ = await command(database_url, str(file))
    assert status == 0
    assert "+ office rathaus" in out
    assert "--yes" in out.splitlines()[-1]
    async with database.connection() as conn:
        assert await queries.list_cities(conn) == []
    assert await command(database_url, str(file), "--yes") == (0, out.rpartition("nothing was")[0] + "applied\n", "")
    assert await command(database_url, str(file), "--yes") == (0, "nothing to change\n", "")


async def test_the_command_names_errors_by_line_and_stranded_appointments(
    demo_url: str, demo: Database, tmp_path: Path
) -> None:
    file = tmp_path / "city.yaml"
    file.write_text(BOTTROP.replace("state: NW", "state: NRW").replace("minutes: 12", "minutes: 0"), encoding="utf-8")
    status, out, err = await command(demo_url, str(file), "--yes")
    assert (status, out) == (1, "")
    assert [line.split(":")[1] for line in err.splitlines()[:-1]] == ["7", "30"]
    await book(demo, HORST_6, next_weekday(4), service=CARD)
    line = next(line for line in GELSENKIRCHEN.splitlines(keepends=True) if str(HORST_6) in line)
    file.write_text(GELSENKIRCHEN.replace(line, ""), encoding="utf-8")
    for arguments in ((), ("--yes",)):
        status, out, _ = await command(demo_url, str(file), *arguments)
        assert status == 1
        assert "GE-" in out
        assert "Mustermann" not in out
    status, out, _ = await command(demo_url, str(file), "--yes", "--accept-stranded")
    assert (status, out.splitlines()[-1]) == (0, "applied")


async def test_wrong_usage_is_status_two(demo_url: str, tmp_path: Path) -> None:
    assert (await command(demo_url, str(tmp_path / "missing.yaml")))[0] == 2
    assert (await command("", str(DEMO / "bottrop.yaml")))[0] == 2
    assert (await command("postgresql://127.0.0.1:1/nowhere", str(DEMO / "bottrop.yaml")))[0] == 2
