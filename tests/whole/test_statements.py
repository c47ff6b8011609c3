"""Every statement is prepared against the real schema, and its columns are those of its Struct."""

import pkgutil
from importlib import import_module
from importlib.resources import files
from typing import Any

import asyncpg
import msgspec
import pytest

import backend
from backend.db import Statements, load

ROOMS = sorted(
    room.name
    for room in pkgutil.iter_modules(backend.__path__, "backend.")
    if room.ispkg and files(room.name).joinpath("queries.sql").is_file()
)


async def prepare(conn: Any, statements: Statements, model: Any) -> list[str]:
    wrong: list[str] = []
    for name, text in statements.text.items():
        try:
            columns = [column.name for column in (await conn.prepare(text)).get_attributes()]
        except asyncpg.PostgresError as error:
            wrong.append(f"{name}: {error}")
            continue
        row = statements.rows[name]
        if row == "none":
            continue
        wanted = [field.name for field in msgspec.structs.fields(getattr(model, row))]
        required = [field.name for field in msgspec.structs.fields(getattr(model, row)) if field.required]
        if not set(required) <= set(columns) or not set(columns) <= set(wanted):
            wrong.append(f"{name}: columns {sorted(columns)}, {row} has {sorted(wanted)}")
    return wrong


@pytest.mark.parametrize("room", ROOMS)
async def test_every_statement_fits_the_schema_and_its_struct(room: str, database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    try:
        assert await prepare(conn, load(room), import_module(f"{room}.model")) == []
    finally:
        await conn.close()


async def test_a_statement_that_does_not_fit_is_found(database_url: str) -> None:
    source = (
        "-- name: wrong_table -> none\nSELECT 1 FROM nowhere;\n\n-- name: wrong_column -> Migration\nSELECT 1 AS other;"
    )
    conn = await asyncpg.connect(database_url)
    try:
        found = await prepare(conn, Statements("x", source), import_module("backend.health.model"))
    finally:
        await conn.close()
    assert len(found) == 2


async def test_no_statement_answers_otherwise_on_the_schema_of_a_later_release(owner_url: str) -> None:
    """The old program runs for minutes on the new schema: a column more must change no answer."""
    conn = await asyncpg.connect(owner_url)

    async def answers() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for room in ROOMS:
            for name, text in load(room).text.items():
                found[f"{room} {name}"] = [one.name for one in (await conn.prepare(text)).get_attributes()]
        return found

    try:
        before = await answers()
        tables = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in tables:
            await conn.execute(f'ALTER TABLE "{table["tablename"]}" ADD COLUMN of_a_later_release text')
        after = await answers()
    finally:
        await conn.close()
    assert {name for name in before if before[name] != after[name]} == set()
