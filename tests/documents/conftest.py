"""Fixtures of documents: a checker over a real database, a real store, and a real clamd where there is one."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.clock import system_now
from backend.db import Database, Principal
from backend.db.pool import SYSTEM
from backend.documents import queries, service
from backend.documents.checking import Checker
from backend.documents.model import Document
from backend.documents.receiving import Receiver
from backend.documents.rules import key_of_content, key_of_part
from backend.documents.scanning import Clamd, Scanner, StandIn
from backend.documents.store import ObjectStore
from backend.documents.tidying import Tidier
from backend.documents.uploads import Declaration, declare
from backend.ids import new_id
from backend.settings import Settings
from tests.support.clamd import PROGRAM, ClamdProcess


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[Any]:
    """A connection of the role that owns the schema."""
    conn = await asyncpg.connect(owner_url)
    yield conn
    await conn.close()


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdProcess]:
    """A real clamd that knows the EICAR test file."""
    if PROGRAM is None:
        pytest.skip("there is no clamd on this machine: apt-get install clamav-daemon")
    process = ClamdProcess(tmp_path_factory.mktemp("clamd") / "own")
    process.start()
    yield process
    process.stop()


class Works:
    """Everything behind the doors of the documents' room."""

    def __init__(self, database: Database, store: ObjectStore, scanner: Scanner, settings: Settings) -> None:
        self.database, self.store, self.settings = database, store, settings
        self.later = timedelta()
        self.person = new_id()
        self.checker = Checker(database, store, scanner, settings, self.now)
        self.receiver = Receiver(database, store, settings, self.now)
        self.tidier = Tidier(database, store, self.receiver, self.now, timedelta(days=settings.document_stray_days))

    def now(self) -> datetime:
        """The present, or ``later``."""
        return system_now() + self.later

    def with_scanner(self, scanner: Scanner) -> Checker:
        """Another checker of the same house."""
        return Checker(self.database, self.store, scanner, self.settings, self.now)

    async def send(
        self, data: bytes, *, name: str = "a", purpose: str = "attachment", size: int | None = None,
        sha256: bytes | None = None,
    ) -> UUID:  # fmt: skip
        """A document whose bytes have come and that waits for its check."""
        document_id = new_id()
        principal = Principal(person_id=self.person)
        wanted = Declaration(name=name, size=len(data) if size is None else size, purpose=purpose, sha256=sha256)
        async with self.database.transaction(principal) as conn:
            await declare(conn, self.settings, self.person, document_id, wanted, self.now())
        if data:
            etag = await self.store.put("quarantine", key_of_part(document_id, 1), data, "application/octet-stream")
            async with self.database.transaction(principal) as conn:
                await conn.execute(
                    "UPDATE upload SET received = $2, parts = $3, next_number = 2 WHERE document_id = $1",
                    document_id, wanted.size, [{"number": 1, "etag": etag, "size": len(data)}],
                )  # fmt: skip
                await queries.mark_uploaded(conn, document_id, self.person, self.now())
        return document_id

    async def check(self, data: bytes, **how: Any) -> Document:
        """What became of it."""
        document_id = await self.send(data, **how)
        assert await self.checker.check_next()
        return await self.find(document_id)

    async def find(self, document_id: UUID) -> Document:
        async with self.database.transaction(SYSTEM) as conn:
            return await service.find(conn, SYSTEM, document_id)

    async def content(self, document: Document, work: Path) -> bytes:
        """The clean copy."""
        await self.store.fetch("clean", key_of_content(document.id), work / "content", most=10**9)
        return (work / "content").read_bytes()

    async def rows(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with self.database.transaction(SYSTEM) as conn:
            return [tuple(row) for row in await conn.fetch(statement, *arguments)]


MakeWorks = Callable[[Scanner], Works]


@pytest.fixture
async def make_works(
    database: Database, buckets: dict[str, str], make_settings: Callable[..., Settings], database_url: str
) -> AsyncIterator[MakeWorks]:
    """``make_works(scanner)``."""
    settings = make_settings(database_url, document_check_seconds=20, **buckets)
    store = ObjectStore(settings)
    yield lambda scanner: Works(database, store, scanner, settings)
    await store.close()


@pytest.fixture
def works(make_works: MakeWorks) -> Works:
    """With the stand-in for a scanner."""
    return make_works(StandIn())


@pytest.fixture
def scanning_works(make_works: MakeWorks, clamd: ClamdProcess) -> Works:
    """With a real clamd."""
    return make_works(Clamd(clamd.address, 30))
