"""Clients of tus know of no keys; of our own, one that repeats a creation with its key hears of the same upload."""

import asyncio

from tests.tus import raw
from tests.tus.conftest import House, sha1

TUS = "/v1/uploads/tus"


async def test_a_creation_that_is_repeated_with_its_key_is_the_same_upload(house: House) -> None:
    phone = await house.phone()

    async def create(
        body: bytes = b"", key: str | None = "one", size: int = 11, checksum: str | None = None
    ) -> raw.Said:
        content = "application/offset+octet-stream" if body else None
        return await phone.say(
            "POST",
            TUS,
            body,
            Upload_Length=str(size),
            Idempotency_Key=key,
            Upload_Checksum=checksum,
            Content_Type=content,
        )

    first, again = await create(), await create()
    assert (first.status, again.status) == (201, 201)
    assert again.headers["location"] == first.headers["location"] and await house.count("document") == 1
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    # As far as it has come since; what the body of the repeat holds is there already.
    path = "/" + first.headers["location"].split("/", 3)[3]
    await phone.patch(path, 0, b"hello")
    assert (await create(b"hello world")).headers["upload-offset"] == "5"
    # Another declaration by the same key, a key that is none, and no key at all.
    other = await create(size=12)
    assert other.status == 422 and b"idempotency-key-reused" in other.body
    assert (await create(key="")).status == 400
    apart = [(await create(key=None)).headers["location"] for _ in range(2)]
    assert len({first.headers["location"], *apart}) == 3
    # At one moment; the same key of somebody else is another's.
    many = await asyncio.gather(*(create(key="two") for _ in range(8)))
    assert len({said.headers["location"] for said in many if said.status == 201}) == 1
    assert {said.status for said in many} <= {201, 409}
    stranger = await house.phone()
    elsewhere = await stranger.say("POST", TUS, Upload_Length="11", Idempotency_Key="one")
    assert elsewhere.status == 201 and elsewhere.headers["location"] != first.headers["location"]
    # With its first bytes: damaged on their way they are not kept, and the repeat brings them.
    damaged = await create(b"hello world", key="three", checksum=sha1(b"something else"))
    assert damaged.status == 460
    whole = await create(b"hello world", key="three", checksum=sha1(b"hello world"))
    assert (whole.status, whole.headers["upload-offset"]) == (201, "11")
    assert await house.bytes_of("/" + whole.headers["location"].split("/", 3)[3]) == b"hello world"
    once_more = await create(b"hello world", key="three", checksum=sha1(b"hello world"))
    assert (once_more.headers["location"], once_more.headers["upload-offset"]) == (whole.headers["location"], "11")
