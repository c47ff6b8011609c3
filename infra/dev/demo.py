"""The demo cities of ``infra/demo``: loaded once, never over what somebody changed since."""

from pathlib import Path

from backend.catalogue import queries
from backend.catalogue.apply import apply, plan
from backend.catalogue.yaml_document import read
from backend.catalogue.yaml_reader import InvalidFileError
from backend.clock import system_now
from backend.db import open_database
from backend.db.pool import SYSTEM

CITIES = Path(__file__).parents[1] / "demo"


class DemoError(Exception):
    """A demo city's file has errors; the message names each with its line."""


async def load(database_url: str) -> list[str]:
    """Loads every demo city that is not in the database yet; answers their names. Raises DemoError."""
    database = await open_database(database_url, size=1, statement_timeout_seconds=60)
    loaded: list[str] = []
    try:
        for file in sorted(CITIES.glob("*.yaml")):
            try:
                document = read(file.read_text(encoding="utf-8"))
            except InvalidFileError as error:
                faults = "\n".join(f"{file.name}:{fault.line}: {fault.text}" for fault in error.faults)
                raise DemoError(faults) from error
            now = system_now()
            async with database.transaction(SYSTEM) as conn:
                if await queries.find_city(conn, document.city.id) is None:
                    await apply(conn, await plan(conn, document, now), now)
                    loaded.append(document.city.name)
    finally:
        await database.close()
    return loaded
