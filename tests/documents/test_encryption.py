"""Encryption at rest is seen in the store, whichever way an object comes."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import boto3
import pytest

from backend.documents.model import Stored
from backend.documents.store import ObjectStore
from backend.settings import Settings

RAW = "application/octet-stream"
DATA = secrets.token_bytes(100)


@pytest.fixture(params=["AES256", "off"])
async def settings(
    request: pytest.FixtureRequest, buckets: dict[str, str], make_settings: Callable[..., Settings]
) -> Settings:
    return make_settings("postgresql://unused", **buckets, s3_encryption=request.param)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ObjectStore]:
    opened = ObjectStore(settings)
    yield opened
    await opened.close()


async def put(store: ObjectStore, _: Path) -> None:
    await store.put("quarantine", "one", DATA, RAW)


async def put_file(store: ObjectStore, folder: Path) -> None:
    (folder / "file").write_bytes(DATA)
    await store.put_file("quarantine", "one", folder / "file", RAW)


async def put_parts(store: ObjectStore, _: Path) -> None:
    multipart = await store.begin_parts("one")
    etag = await store.put_part("one", multipart, 1, DATA)
    await store.finish_parts("one", multipart, [Stored(number=1, etag=etag, size=len(DATA))])


async def put_by_address(store: ObjectStore, _: Path) -> None:
    digest = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    signed = await store.sign_put("one", size=len(DATA), media_type=RAW, sha256_base64=digest, seconds=60)
    async with aiohttp.ClientSession() as http, http.put(signed.url, data=DATA, headers=signed.headers) as answer:
        assert answer.status == 200, await answer.text()


@pytest.mark.parametrize("way", [put, put_file, put_parts, put_by_address])
async def test_the_store_says_how_it_keeps_an_object(
    way: Callable[[ObjectStore, Path], Any], store: ObjectStore, settings: Settings, tmp_path: Path
) -> None:
    await way(store, tmp_path)
    library: Any = boto3  # it brings no types
    s3 = library.client(
        "s3", endpoint_url=settings.s3_endpoint_url, region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key, aws_secret_access_key=settings.s3_secret_key,
    )  # fmt: skip
    found = await asyncio.to_thread(s3.head_object, Bucket=settings.s3_quarantine_bucket, Key="one")
    expected = None if settings.s3_encryption == "off" else settings.s3_encryption
    assert (found["ContentLength"], found.get("ServerSideEncryption")) == (len(DATA), expected)
