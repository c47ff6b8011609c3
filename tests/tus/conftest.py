"""A real API process with a real store, and people who send."""

import base64
import hashlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from backend.db import Database, open_database
from backend.db.pool import SYSTEM
from backend.documents.rules import key_of_original, key_of_part
from backend.documents.store import ObjectStore
from backend.settings import Settings, from_environment
from tests.support.servers import ApiProcess
from tests.tus import raw

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


class Phone:
    """A guest of one API process, and the tus that they speak."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, {"Authorization": f"Bearer {token}"}

    async def say(
        self, method: str, path: str, body: bytes = b"", *, chunked: int = 0, **headers: str | None
    ) -> raw.Said:
        """A request with everything tus wants; ``Some_Header=None`` leaves one out."""
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        every = {**self.token, **TUS, **own}
        return await raw.request(
            self.port, method, path, {k: v for k, v in every.items() if v is not None}, body, chunked=chunked
        )

    async def create(self, size: int, **metadata: str) -> str:
        """The path of a new upload."""
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
        made = await self.say("POST", "/v1/uploads/tus", Upload_Length=str(size), Upload_Metadata=pairs or None)
        assert made.status == 201, made
        return "/" + made.headers["location"].split("/", 3)[3]

    async def patch(self, path: str, offset: int, body: bytes, *, chunked: int = 0, **headers: str | None) -> raw.Said:
        """Sends bytes."""
        own = {"Upload_Offset": str(offset), "Content_Type": BYTES["Content-Type"], **headers}
        return await self.say("PATCH", path, body, chunked=chunked, **own)

    async def offset(self, path: str) -> int:
        """Where to go on."""
        found = await self.say("HEAD", path)
        assert found.status == 200, found
        return int(found.headers["upload-offset"])


class House:
    """The API, and a look behind it."""

    def __init__(self, api: ApiProcess, database: Database, store: ObjectStore, settings: Settings) -> None:
        self.api, self.database, self.store, self.settings = api, database, store, settings

    async def phone(self) -> Phone:
        """A new person."""
        body = f'{{"installationId": "{uuid4()}"}}'.encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex}
        said = await raw.request(self.api.port, "POST", "/v1/sessions/guest", headers, body)
        return Phone(self.api.port, said.body.decode().split('"accessToken":"')[1].split('"')[0])

    async def state(self, path: str) -> str:
        """Of the document."""
        async with self.database.transaction(SYSTEM) as conn:
            found: str = await conn.fetchval("SELECT state FROM document WHERE id = $1", UUID(path.split("/")[3]))
        return found

    async def bytes_of(self, path: str) -> bytes:
        """What waits for its check."""
        document_id = UUID(path.split("/")[3])
        async with self.database.transaction(SYSTEM) as conn:
            row = await conn.fetchrow(
                "SELECT d.state, d.size, u.multipart_id, u.parts FROM document d JOIN upload u ON u.document_id = d.id"
                " WHERE d.id = $1", document_id,
            )  # fmt: skip
        assert row is not None and row["state"] == "uploaded"
        whole = row["multipart_id"] is None and row["parts"]
        key = key_of_part(document_id, row["parts"][0]["number"]) if whole else key_of_original(document_id)
        with tempfile.NamedTemporaryFile() as file:
            await self.store.fetch("quarantine", key, Path(file.name), most=row["size"])
            return file.read()

    async def is_leased(self, path: str) -> bool:
        """Whether a request has not given it back yet."""
        async with self.database.transaction(SYSTEM) as conn:
            found: bool = await conn.fetchval(
                "SELECT lease IS NOT NULL FROM upload WHERE document_id = $1", UUID(path.split("/")[3])
            )
        return found

    async def keys(self, path: str) -> list[str]:
        """The objects of the upload in the quarantine."""
        found = await self.store.list_keys("quarantine", f"{path.split('/')[3]}/")
        return sorted(found)

    async def count(self, table: str) -> int:
        """Rows."""
        async with self.database.transaction(SYSTEM) as conn:
            found: int = await conn.fetchval(f"SELECT count(*) FROM {table}")
        return found

    async def change(self, statement: str) -> None:
        """As housekeeping may."""
        async with self.database.transaction(SYSTEM) as conn:
            await conn.execute(statement)


@pytest.fixture
async def house(owner_url: str, database_url: str, buckets: dict[str, str]) -> AsyncIterator[House]:
    environment = {
        "MODE": "embedded",
        "DATABASE_URL": database_url,
        "RATE_LIMITS": "off",
        "UPLOAD_LEASE_SECONDS": "1.5",
        "UPLOAD_IDLE_SECONDS": "4",
        **{name.upper(): value for name, value in buckets.items()},
    }
    api = ApiProcess(environment)
    await api.start()
    database = await open_database(database_url, size=2)
    settings = from_environment({**environment, **api.environment})
    store = ObjectStore(settings)
    yield House(api, database, store, settings)
    await store.close()
    await database.close()
    api.stop()


def sha1(data: bytes) -> str:
    """An Upload-Checksum."""
    return f"sha1 {base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()}"
