"""Sending files: by tus through the API, and the same bytes straight into the store, in turn; memory of an upload."""

import asyncio
import base64
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from backend.documents.store import ObjectStore
from backend.ids import new_id
from backend.settings import Settings
from infra.dev.store import Store, new_keys
from tests.bench.ground import Ground
from tests.proof import people
from tests.support.servers import ApiProcess

_AT_ONCE, _PART = 4, 5 * 2**20
_BUCKETS = {"s3_quarantine_bucket": "bench-quarantine", "s3_clean_bucket": "bench-clean"}
_RAW = "application/octet-stream"
_OPEN_EACH = 20
"""How many uploads of one person may be open."""


class UploadFigures(msgspec.Struct):
    """Megabytes (10^6 bytes) a second, MiB of memory of the API process, all of one run on one machine."""

    file_mb: float
    direct_mb_per_second: float
    tus_mb_per_second: float
    tus_ratio: float
    mib_each_at_6_mb: float
    mib_each_at_20_mb: float
    parallel: int
    parallel_mb_each: float
    parallel_seconds: float
    parallel_mb_per_second: float
    parallel_mib_each: float
    api_rss_mib_before: float


class _Line:
    """One request whose body is sent in pieces; ``finish`` answers its status."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, method: str, target: str, headers: Mapping[str, str]) -> "_Line":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode())
        return cls(reader, writer)

    async def send(self, data: memoryview) -> None:
        for start in range(0, len(data), 262_144):
            self._writer.write(data[start : start + 262_144])
            await self._writer.drain()

    async def finish(self) -> tuple[int, dict[str, str]]:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self._writer.close()
        pairs = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


class _Bench:
    def __init__(self, api: ApiProcess, store: ObjectStore, tokens: list[str]) -> None:
        self.api, self.store, self._tokens = api, store, tokens
        self._created = 0

    async def create(self, size: int) -> tuple[str, dict[str, str]]:
        """An upload of a person with room for one more: its path, and the headers of its PATCH."""
        token = self._tokens[self._created // _OPEN_EACH % len(self._tokens)]
        self._created += 1
        common = {"Host": "127.0.0.1", "Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        line = await _Line.open(self.api.port, "POST", "/v1/uploads/tus", {**common, "Upload-Length": str(size)})
        status, headers = await line.finish()
        _expect(status, 201)
        sent = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream", "Content-Length": str(size)}
        return urlsplit(headers["location"]).path, {**common, **sent}

    async def by_tus(self, data: memoryview) -> None:
        path, headers = await self.create(len(data))
        line = await _Line.open(self.api.port, "PATCH", path, headers)
        await line.send(data)
        _expect((await line.finish())[0], 204)

    async def direct(self, data: memoryview, sha256: str) -> None:
        """As a phone puts it where `put` leads."""
        signed = await self.store.sign_put(
            f"{new_id()}/original", size=len(data), media_type=_RAW, sha256_base64=sha256, seconds=600
        )
        url = urlsplit(signed.url)
        line = await _Line.open(
            url.port or 80, "PUT", f"{url.path}?{url.query}", {"Host": url.netloc, **signed.headers}
        )
        await line.send(data)
        _expect((await line.finish())[0], 200)

    async def held(self, size: int, sent: int, count: int) -> float:
        """MiB that each of ``count`` uploads takes, once ``sent`` bytes of ``size`` have come and the rest does not."""
        data = memoryview(os.urandom(sent))
        before = self.api.worker_rss_bytes()
        lines: list[_Line] = []
        for _ in range(count):
            path, headers = await self.create(size)
            lines.append(await _Line.open(self.api.port, "PATCH", path, headers))
        await asyncio.gather(*(line.send(data) for line in lines))
        most = await _settled(self.api)
        rest = memoryview(bytes(size - sent))
        await asyncio.gather(*(line.send(rest) for line in lines))
        for line in lines:
            _expect((await line.finish())[0], 204)
        return (most - before) / 2**20 / count


async def measure(ground: Ground, *, rounds: int, files: int, parallel_bytes: int) -> UploadFigures:
    """``rounds`` times ``files`` files of 16 MB each way, four at a time; then what uploads take while they run."""
    async with _stores() as (settings, store):
        room = {"MAX_DOCUMENT_BYTES_PER_PERSON": str(10**12)}
        api = await ground.api(**room, **{name.upper(): value for name, value in settings.items()})
        bench = _Bench(api, store, await people.guests((api.port,), 60))
        data = memoryview(os.urandom(16_000_000))
        sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
        await bench.by_tus(data)
        await bench.direct(data, sha256)
        ways: dict[str, list[float]] = {"direct": [], "tus": []}
        for _ in range(rounds):
            for way, seconds in ways.items():
                begun = time.perf_counter()
                await _some(lambda way=way: bench.by_tus(data) if way == "tus" else bench.direct(data, sha256), files)
                seconds.append(time.perf_counter() - begun)
        direct, tus = (files * len(data) / 1e6 / statistics.median(ways[way]) for way in ("direct", "tus"))
        before = api.worker_rss_bytes()
        small = await bench.held(6_000_000, _PART - 100_000, 40)
        large = await bench.held(20_000_000, 3 * _PART - 100_000, 40)
        count = 200
        piece = memoryview(os.urandom(parallel_bytes))
        begun = time.perf_counter()
        sizes: list[int] = []
        watching = asyncio.create_task(_peak(api, sizes))
        await asyncio.gather(*(bench.by_tus(piece) for _ in range(count)))
        taken = time.perf_counter() - begun
        watching.cancel()
        return UploadFigures(
            file_mb=len(data) / 1e6, direct_mb_per_second=direct, tus_mb_per_second=tus, tus_ratio=tus / direct,
            mib_each_at_6_mb=small, mib_each_at_20_mb=large, parallel=count, parallel_mb_each=parallel_bytes / 1e6,
            parallel_seconds=taken, parallel_mb_per_second=count * parallel_bytes / 1e6 / taken,
            parallel_mib_each=(max(sizes) - before) / 2**20 / count, api_rss_mib_before=before / 2**20,
        )  # fmt: skip


async def _some(send: Callable[[], Awaitable[None]], count: int) -> None:
    """``count`` times, four at a time."""
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await send()

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def _settled(api: ApiProcess) -> int:
    """Bytes of memory once nothing more is taken up."""
    sizes = [0, 1]
    async with asyncio.timeout(60):
        while sizes[-1] > 1.002 * sizes[-2]:
            await asyncio.sleep(1.0)
            sizes.append(api.worker_rss_bytes())
    return max(sizes)


async def _peak(api: ApiProcess, into: list[int]) -> None:
    while True:
        into.append(api.worker_rss_bytes())
        await asyncio.sleep(0.05)


@asynccontextmanager
async def _stores() -> AsyncGenerator[tuple[dict[str, str], ObjectStore]]:
    """A store of its own: its settings, and a client."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-bench-s3-") as folder:
        server, keys = Store(Path(folder) / "data", Path(folder) / "log"), new_keys()
        server.start(keys["s3_access_key"], keys["s3_secret_key"])
        assert server.process is not None
        try:
            async with asyncio.timeout(60):
                while not await asyncio.to_thread(server.is_ready):  # noqa: ASYNC110 - another process decides
                    await asyncio.sleep(0.05)
            settings = {"s3_endpoint_url": server.url, **keys, **_BUCKETS}
            own = {"mode": "embedded", "database_url": "-", "token_signing_keys": "-", "pass_signing_keys": "-"}
            store = ObjectStore(msgspec.convert({**own, **settings}, Settings))
            await store.make_buckets()
            yield settings, store
            await store.close()
        finally:
            server.process.kill()
            server.process.wait()


def _expect(status: int, wanted: int) -> None:
    if status != wanted:
        raise RuntimeError(f"a measured call failed: {status}")
