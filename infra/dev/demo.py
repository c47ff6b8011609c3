"""The demo cities of ``infra/demo``, their forms and clerks: loaded once, never over what somebody changed since."""

from pathlib import Path
from typing import Literal

import asyncpg
import msgspec

from backend.clock import system_now
from backend.db import open_database
from backend.db.pool import SYSTEM

CITIES = Path(__file__).parents[1] / "demo"
SANDBOX, SANDBOX_FORM = (
    Path(__file__).parents[2] / "backend" / "sandbox" / name for name in ("sandbox.yaml", "testantrag.yaml")
)
FORMS = CITIES / "forms"
CLERKS = CITIES / "clerks.toml"


class DemoError(Exception):
    """A demo city does not load; the message says why, errors in a file with their lines."""


async def missing(database_url: str) -> list[Path]:
    """The files of the cities that the database does not have. A file is named as its city's id."""
    conn = await asyncpg.connect(database_url)
    try:
        known = {row["id"] for row in await conn.fetch("SELECT id FROM city")}
    finally:
        await conn.close()
    return [file for file in (*sorted(CITIES.glob("*.yaml")), SANDBOX) if file.stem not in known]


class _DemoClerk(msgspec.Struct, frozen=True):
    subject: str
    name: str
    role: Literal["clerk", "office_manager", "city_admin"]
    city: str
    offices: tuple[str | None, ...] = (None,)


async def load_clerks(database_url: str, issuer: str) -> None:
    """The people of ``clerks.toml``, where the development issuer does not know them yet."""
    conn = await asyncpg.connect(database_url)
    try:
        known = {row["subject"] for row in await conn.fetch("SELECT subject FROM clerk WHERE issuer = $1", issuer)}
    finally:
        await conn.close()
    every = msgspec.toml.decode(CLERKS.read_bytes(), type=dict[str, list[_DemoClerk]])["clerk"]
    wanted = [one for one in every if one.subject not in known]
    if not wanted:
        return
    from backend.identity.dev import ensure_dev_clerk  # noqa: PLC0415 - as below

    database = await open_database(database_url, size=1)
    try:
        async with database.transaction(SYSTEM) as conn:
            for one in wanted:
                for office in one.offices:
                    await ensure_dev_clerk(conn, one.subject, one.name, one.role, one.city, office, issuer=issuer)
    finally:
        await database.close()


async def load(database_url: str, files: list[Path]) -> None:
    """Loads them, each as a whole or not at all. Raises DemoError."""
    # Imported here: the catalogue takes a second to import, which a second start need not pay.
    from backend.catalogue.apply import apply, plan  # noqa: PLC0415
    from backend.catalogue.yaml_document import read  # noqa: PLC0415
    from backend.catalogue.yaml_reader import InvalidFileError  # noqa: PLC0415

    database = await open_database(database_url, size=1, statement_timeout_seconds=60)
    try:
        for file in files:
            try:
                document = read(file.read_text(encoding="utf-8"))
            except InvalidFileError as error:
                faults = "\n".join(f"{file.name}:{fault.line}: {fault.text}" for fault in error.faults)
                raise DemoError(faults) from error
            now = system_now()
            async with database.transaction(SYSTEM) as conn:
                await apply(conn, await plan(conn, document, now), now)
    finally:
        await database.close()


async def missing_forms(database_url: str) -> list[Path]:
    """The files of the forms that the database has no version of. A file is named as its form."""
    conn = await asyncpg.connect(database_url)
    try:
        known = {row["slug"] for row in await conn.fetch("SELECT slug FROM form")}
    finally:
        await conn.close()
    return [file for file in (*sorted(FORMS.glob("*.yaml")), SANDBOX_FORM) if file.stem not in known]


async def load_forms(database_url: str, files: list[Path]) -> None:
    """Publishes them, all or none. Raises DemoError."""
    from backend.documents.rules import PURPOSES  # noqa: PLC0415 - as above
    from backend.forms.lint import lint  # noqa: PLC0415
    from backend.forms.reader import InvalidFormError, read  # noqa: PLC0415
    from backend.forms.versions import save  # noqa: PLC0415

    database = await open_database(database_url, size=1, statement_timeout_seconds=60)
    try:
        async with database.transaction(SYSTEM) as conn:
            for file in files:
                try:
                    value, lines = read(file.read_text(encoding="utf-8"))
                    await save(conn, lint(value, PURPOSES, lines), system_now(), publish=True)
                except InvalidFormError as error:
                    faults = "\n".join(f"{file.name}:{error.line(fault)}: {fault.text}" for fault in error.faults)
                    raise DemoError(faults) from error
    finally:
        await database.close()
