"""SQL lives in ``.sql`` files; this loads them and turns rows into Structs.

A file is a row of statements, each headed by ``-- name: verb_noun -> Struct`` (or ``-> none`` where nothing is
returned), followed by a comment that says why. The Struct is looked up in the room's ``model`` module by the
repo-wide test, which prepares every statement and compares its columns.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

from backend.db.pool import Connection

T = TypeVar("T")
_HEADER = re.compile(r"^-- name: (?P<name>[a-z_]+) -> (?P<row>[A-Za-z]+)$", re.MULTILINE)


class Statements:
    """The statements of one room: ``text`` by name, and the name of the Struct each row fits (``rows``)."""

    def __init__(self, package: str, source: str) -> None:
        self.package = package
        self.text: Mapping[str, str]
        self.rows: Mapping[str, str]
        parts = _HEADER.split(source)[1:]
        names, rows, texts = parts[::3], parts[1::3], parts[2::3]
        self.text = dict(zip(names, (text.strip() for text in texts), strict=True))
        self.rows = dict(zip(names, rows, strict=True))
        if len(self.text) != len(names):
            raise ValueError(f"{package}: two statements of one name")

    async def one(self, conn: Connection, name: str, row: type[T], *args: Any) -> T:
        """Exactly one row; a statement that finds none is a bug and raises LookupError."""
        found = await self.optional(conn, name, row, *args)
        if found is None:
            raise LookupError(f"{self.package}:{name} returned no row")
        return found

    async def optional(self, conn: Connection, name: str, row: type[T], *args: Any) -> T | None:
        """The first row, or None."""
        record = await conn.fetchrow(self.text[name], *args)
        return None if record is None else convert(dict(record), row)

    async def all(self, conn: Connection, name: str, row: type[T], *args: Any) -> list[T]:
        """Every row."""
        return [convert(dict(record), row) for record in await conn.fetch(self.text[name], *args)]

    async def run(self, conn: Connection, name: str, *args: Any) -> int:
        """Runs a statement that returns nothing; answers how many rows it touched."""
        tag = await conn.execute(self.text[name], *args)
        count = tag.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0


def load(package: str, file: str = "queries.sql") -> Statements:
    """The statements of ``file`` beside ``package``'s modules; read once, at import."""
    return Statements(package, files(package).joinpath(file).read_text(encoding="utf-8"))


def convert(row: Mapping[str, Any], into: type[T]) -> T:
    """A validated Struct from a row; jsonb arrives decoded, enums and nested Structs are built."""
    return msgspec.convert(row, into)
