"""Two buckets of an S3 store. boto3 is synchronous, so each call runs in one of a few threads of its own.

Every object of a document is kept under its id. What the store cannot do now is ``StoreUnavailable``; that an object
is not there is an answer.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID

import boto3
import msgspec
import structlog
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from backend.documents.errors import StoreUnavailable
from backend.documents.model import Stored
from backend.settings import Settings

T = TypeVar("T")
Bucket = Literal["quarantine", "clean"]
PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes as a part that is not the last one."""
_BLOCK_BYTES = 256 * 1024
_ROUNDS = 100
_log = structlog.get_logger("wartefrei.documents")
_MISSING = frozenset(("404", "NoSuchKey", "NoSuchUpload", "NotFound"))


class Signed(msgspec.Struct, frozen=True):
    """An address that is good for one kind of request, which must carry ``headers``."""

    url: str
    headers: Mapping[str, str]


class Fetched(msgspec.Struct, frozen=True):
    """What was written to a file."""

    size: int
    sha256: bytes


class ObjectStore:
    """The buckets of an installation. One per process; ``close`` it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = {"quarantine": settings.s3_quarantine_bucket, "clean": settings.s3_clean_bucket}
        self._threads = ThreadPoolExecutor(settings.s3_connections, thread_name_prefix="store")
        self._making = threading.Lock()
        self._clients: dict[str | None, Any] = {}

    async def close(self) -> None:
        """Lets what runs end; begins nothing new."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def make_buckets(self) -> None:
        """Makes those that are missing. For the embedded store; an operator makes their own."""
        for name in self._names.values():
            await self._run(lambda s3, name=name: _make_bucket(s3, name))

    async def put(self, bucket: Bucket, key: str, body: "bytes | bytearray", media_type: str) -> str:
        """Writes an object and answers its ETag."""
        given = {"Bucket": self._names[bucket], "Key": key, "ContentType": media_type, **self._encrypted()}
        return str((await self._run(lambda s3: s3.put_object(**given, Body=body)))["ETag"])

    async def put_file(self, bucket: Bucket, key: str, path: Path, media_type: str) -> None:
        """Writes an object from a file, in parts where it is long."""
        extra = {"ContentType": media_type, **self._encrypted()}
        await self._run(lambda s3: s3.upload_file(str(path), self._names[bucket], key, ExtraArgs=extra))

    async def begin_parts(self, key: str) -> str:
        """Begins an object of the quarantine that comes in parts."""
        given = {"Bucket": self._names["quarantine"], "Key": key, **self._encrypted()}
        return str((await self._run(lambda s3: s3.create_multipart_upload(**given)))["UploadId"])

    async def put_part(self, key: str, multipart_id: str, number: int, body: "bytes | bytearray") -> str:
        """Writes one part and answers its ETag."""
        given = {"Bucket": self._names["quarantine"], "Key": key, "UploadId": multipart_id, "PartNumber": number}
        return str((await self._run(lambda s3: s3.upload_part(**given, Body=body)))["ETag"])

    async def finish_parts(self, key: str, multipart_id: str, parts: Sequence[Stored]) -> None:
        """Makes the object of its parts; once it is made, doing so again changes nothing."""
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        given = {"Bucket": self._names["quarantine"], "Key": key, "UploadId": multipart_id}
        try:
            await self._run(lambda s3: s3.complete_multipart_upload(**given, MultipartUpload={"Parts": listed}))
        except FileNotFoundError:
            if await self.size_of("quarantine", key) != sum(part.size for part in parts):
                raise

    async def size_of(self, bucket: Bucket, key: str) -> int | None:
        """Bytes of the object; None where there is none."""
        try:
            found = await self._run(lambda s3: s3.head_object(Bucket=self._names[bucket], Key=key))
        except FileNotFoundError:
            return None
        return int(found["ContentLength"])

    async def read_into(self, bucket: Bucket, key: str, into: memoryview) -> None:
        """Fills ``into`` with the first bytes of the object; FileNotFoundError, also when it is shorter."""
        await self._run(lambda s3: _read_into(s3, self._names[bucket], key, into))

    async def fetch(self, bucket: Bucket, key: str, path: Path, *, most: int) -> Fetched:
        """Writes the object to ``path``, ``most`` bytes and one at the most; FileNotFoundError."""
        return await self._run(lambda s3: _fetch(s3, self._names[bucket], key, path, most))

    async def remove(self, bucket: Bucket, document_id: UUID) -> None:
        """Removes every object of the document, and every part of what was never made whole."""
        await self._run(lambda s3: _remove(s3, self._names[bucket], f"{document_id}/"))

    async def remove_keys(self, bucket: Bucket, keys: Sequence[str]) -> None:
        """Removes these objects; those that are not there are none the less gone."""
        for start in range(0, len(keys), 1000):
            some = [{"Key": key} for key in keys[start : start + 1000]]
            given: Any = {"Bucket": self._names[bucket], "Delete": {"Objects": some, "Quiet": True}}
            await self._run(lambda s3, given=given: s3.delete_objects(**given))

    async def list_documents(self, bucket: Bucket, after: str = "") -> tuple[set[str], str | None]:
        """Some of the first parts of the keys after ``after``, and where to go on; None at the end."""
        given = {"Bucket": self._names[bucket], "StartAfter": after, "MaxKeys": 1000}
        found = await self._run(lambda s3: s3.list_objects_v2(**given))
        keys = [str(one["Key"]) for one in found.get("Contents", [])]
        return {key.partition("/")[0] for key in keys}, keys[-1] if keys and found.get("IsTruncated") else None

    async def list_keys(self, bucket: Bucket, prefix: str) -> list[str]:
        """Keys that begin so; a thousand at most."""
        found = await self._run(lambda s3: s3.list_objects_v2(Bucket=self._names[bucket], Prefix=prefix))
        return [str(one["Key"]) for one in found.get("Contents", [])]

    async def list_parts_in_progress(self) -> list[str]:
        """Keys of the quarantine that are not whole yet; a thousand at most."""
        found = await self._run(lambda s3: s3.list_multipart_uploads(Bucket=self._names["quarantine"]))
        return [str(one["Key"]) for one in found.get("Uploads", [])]

    async def sign_put(self, key: str, *, size: int, media_type: str, sha256_base64: str, seconds: int) -> Signed:
        """An address to which exactly these bytes may be sent, once."""
        given: dict[str, Any] = {
            "ContentLength": size,
            "ContentType": media_type,
            "ChecksumSHA256": sha256_base64,
            "IfNoneMatch": "*",
            **self._encrypted(),
        }
        headers = {
            "Content-Length": str(size),
            "Content-Type": media_type,
            "x-amz-checksum-sha256": sha256_base64,
            "If-None-Match": "*",
        }
        if "ServerSideEncryption" in given:
            headers["x-amz-server-side-encryption"] = given["ServerSideEncryption"]
        if "SSEKMSKeyId" in given:
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = given["SSEKMSKeyId"]
        return Signed(await self._sign("put_object", "quarantine", key, given, seconds), headers)

    async def sign_get(self, key: str, *, media_type: str, disposition: str, seconds: int) -> str:
        """An address of a clean object."""
        given = {
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": "private, no-store",
        }
        return await self._sign("get_object", "clean", key, given, seconds)

    async def _sign(self, call: str, bucket: Bucket, key: str, given: Mapping[str, Any], seconds: int) -> str:
        params = {"Bucket": self._names[bucket], "Key": key, **given}
        public = self._settings.s3_public_endpoint_url or self._settings.s3_endpoint_url
        return await self._run(
            lambda s3: str(s3.generate_presigned_url(call, Params=params, ExpiresIn=seconds)), endpoint=public
        )

    def _encrypted(self) -> dict[str, str]:
        if self._settings.s3_encryption == "off":
            return {}
        key = self._settings.s3_encryption_key
        return {"ServerSideEncryption": self._settings.s3_encryption, **({"SSEKMSKeyId": key} if key else {})}

    async def _run(self, call: Callable[[Any], T], *, endpoint: str | None = None) -> T:
        wanted = endpoint or self._settings.s3_endpoint_url
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, call, wanted)

    def _call(self, call: Callable[[Any], T], endpoint: str | None) -> T:
        try:
            return call(self._client(endpoint))
        except ClientError as error:
            said: Any = error.response
            code = str(said.get("Error", {}).get("Code", ""))
            if code in _MISSING:
                raise FileNotFoundError(code) from error
            if code == "NoSuchBucket":
                # No answer, as a missing object is: nothing works before somebody has made it.
                bucket = str(said["Error"].get("BucketName") or " or ".join(sorted(self._names.values())))
                _log.error("there is no such bucket", bucket=bucket[:130])
                raise StoreUnavailable from error
            _log.warning("the store refused", code=code[:60], operation=error.operation_name)
            raise StoreUnavailable from error
        except (BotoCoreError, Boto3Error) as error:
            _log.warning("the store does not answer", cause=type(error).__name__)
            raise StoreUnavailable from error

    def _client(self, endpoint: str | None) -> Any:
        """Made when it is first needed: it takes a tenth of a second, and not every process needs it."""
        with self._making:
            if endpoint not in self._clients:
                self._clients[endpoint] = _open(self._settings, endpoint)
            return self._clients[endpoint]


def _open(settings: Settings, endpoint: str | None) -> Any:
    library: Any = boto3  # it brings no types
    return library.client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        config=Config(
            signature_version="s3v4",
            max_pool_connections=settings.s3_connections,
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
            # SigV4 signs the hash of the body already; the checksums that matter are asked for by name.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if settings.s3_endpoint_url else "auto"},
        ),
    )


def _make_bucket(s3: Any, name: str) -> None:
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=name)


def _read_into(s3: Any, name: str, key: str, into: memoryview) -> None:
    body = s3.get_object(Bucket=name, Key=key)["Body"]
    at = 0
    while at < len(into) and (block := body.read(min(_BLOCK_BYTES, len(into) - at))):
        into[at : at + len(block)] = block
        at += len(block)
    body.close()
    if at < len(into):
        raise FileNotFoundError(key)


def _fetch(s3: Any, name: str, key: str, path: Path, most: int) -> Fetched:
    body = s3.get_object(Bucket=name, Key=key)["Body"]
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while size <= most and (block := body.read(min(_BLOCK_BYTES, most + 1 - size))):
            digest.update(block)
            file.write(block)
            size += len(block)
    body.close()
    return Fetched(size, digest.digest())


def _remove(s3: Any, name: str, prefix: str) -> None:
    for _ in range(_ROUNDS):  # a thousand keys each
        found = s3.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents")
        if not found:
            break
        s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": one["Key"]} for one in found], "Quiet": True})
    for one in s3.list_multipart_uploads(Bucket=name, Prefix=prefix).get("Uploads", []):
        with suppress(s3.exceptions.NoSuchUpload):
            s3.abort_multipart_upload(Bucket=name, Key=one["Key"], UploadId=one["UploadId"])
