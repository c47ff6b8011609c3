"""tus 1.0.0, MUST by MUST: each test names what the protocol's text asks for. Requests are written on the wire."""

import asyncio
import base64
import hashlib
import re
from email.utils import parsedate_to_datetime
from typing import Any

from backend.clock import system_now
from tests.support.waiting import eventually
from tests.tus import raw
from tests.tus.conftest import House, sha1

TUS = "/v1/uploads/tus"


async def test_core(house: House) -> None:
    """HEAD, PATCH, OPTIONS, Tus-Resumable, Upload-Offset, Upload-Length, X-HTTP-Method-Override."""
    phone = await house.phone()
    path = await phone.create(11, filename="wörld.txt", purpose="photo")

    # A HEAD answer carries the offset even at 0, the length, no-store, the metadata of the creation, and no body.
    head = await phone.say("HEAD", path)
    assert (head.status, head.headers["upload-offset"], head.headers["upload-length"]) == (200, "0", "11")
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["tus-resumable"] == "1.0.0"
    filename, purpose = (base64.b64encode(text.encode()).decode() for text in ("wörld.txt", "photo"))
    assert head.headers["upload-metadata"] == f"filename {filename},purpose {purpose}"

    # PATCH at the right offset: 204 with the new one; the type of its body matters, the parameters of the type do not.
    some = await phone.patch(path, 0, b"hello", Content_Type="application/offset+octet-stream; charset=binary")
    assert (some.status, some.headers["upload-offset"], some.body) == (204, "5", b"")
    assert "content-length" not in some.headers and "content-type" not in some.headers

    # At another offset: 409, and nothing is changed.
    for wrong in (0, 4, 6, 11, 12):
        assert (await phone.patch(path, wrong, b"x")).status == 409
    assert await phone.offset(path) == 5

    # Another type: 415. Offsets that are none: 400.
    for content_type in ("application/octet-stream", "text/plain", None):
        assert (await phone.patch(path, 5, b" world", Content_Type=content_type)).status == 415
    for offset in ("-1", "five", "5.0", "+5", "", "99999999999999999999", None):
        assert (await phone.say(
            "PATCH", path, b"x", Upload_Offset=offset, Content_Type="application/offset+octet-stream"
        )).status == 400, offset  # fmt: skip

    # Two that differ are none, and so are two versions; metadata may come in several lines.
    body = {"Host": "x", **phone.token, "Content-Type": "application/offset+octet-stream"}
    for twice in (
        ["Tus-Resumable: 1.0.0", "Upload-Offset: 5", "Upload-Offset: 0"],
        ["Tus-Resumable: 1.0.0", "Tus-Resumable: 0.2.2", "Upload-Offset: 5"],
    ):
        lines = [f"PATCH {path} HTTP/1.1", *(f"{name}: {value}" for name, value in body.items()), *twice]
        reader, writer = await asyncio.open_connection("127.0.0.1", phone.port)
        writer.write("\r\n".join([*lines, "Content-Length: 1", "", "x"]).encode())
        assert (await raw.answer(reader, "PATCH")).status in (400, 412)
        writer.close()
    assert await phone.offset(path) == 5

    # An empty PATCH changes nothing; the last one completes; after that the offset is the length.
    assert (await phone.patch(path, 5, b"")).headers["upload-offset"] == "5"
    assert (await phone.patch(path, 5, b" world")).headers["upload-offset"] == "11"
    head = await phone.say("HEAD", path)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("11", "11")
    assert (await phone.patch(path, 11, b"")).status == 204
    assert (await phone.patch(path, 11, b"!")).status in (403, 409, 413)
    assert await house.bytes_of(path) == b"hello world"

    # What is not there: 404 without an offset; so is another person's.
    other = await house.phone()
    nowhere = path.replace(path.split("/")[3], "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11")
    for who, where in ((phone, nowhere), (other, path)):
        for method in ("HEAD", "PATCH", "DELETE"):
            said = await (who.patch(where, 0, b"") if method == "PATCH" else who.say(method, where))
            assert said.status == 404 and "upload-offset" not in said.headers
            assert said.headers["cache-control"] == "no-store"


async def test_versions_and_capabilities(house: House) -> None:
    phone = await house.phone()
    path = await phone.create(5)
    for where in (TUS, path):
        for token in (None, phone.token["Authorization"]):  # who asks what is spoken need not say who they are
            options = await phone.say("OPTIONS", where, Tus_Resumable=None, Authorization=token)
            assert options.status in (200, 204)
            assert options.headers["tus-version"] == "1.0.0"
            assert options.headers["tus-max-size"] == "20000000"
            assert set(options.headers["tus-extension"].split(",")) == {
                "creation", "creation-with-upload", "checksum", "expiration", "termination"
            }  # fmt: skip
            assert "sha1" in options.headers["tus-checksum-algorithm"].split(",")
    # Another version, or none: 412, which versions there are, and nothing is done.
    for version in ("0.2.2", "2.0.0", "1.0", None):
        asked = [
            await phone.say("POST", TUS, Upload_Length="5", Tus_Resumable=version),
            await phone.say("HEAD", path, Tus_Resumable=version),
            await phone.patch(path, 0, b"hello", Tus_Resumable=version),
            await phone.say("DELETE", path, Tus_Resumable=version),
        ]
        for said in asked:
            assert (said.status, said.headers["tus-version"], said.headers["tus-resumable"]) == (412, "1.0.0", "1.0.0")
    assert await phone.offset(path) == 0
    # Every answer says the version, whoever gives it: a guard, the router, a limit.
    for said in (
        await phone.say("HEAD", path, Authorization=None),
        await phone.say("PUT", path),
        await phone.say("HEAD", "/v1/uploads/nothing/tus"),
        await phone.say("POST", TUS, X_Much="x" * 20_000),
    ):
        assert said.status in (401, 404, 405, 431) and said.headers["tus-resumable"] == "1.0.0"
    # The method that is named in the header is the method.
    over = await phone.say(
        "POST", path, b"hello", Upload_Offset="0", Content_Type="application/offset+octet-stream",
        X_HTTP_Method_Override="PATCH",
    )  # fmt: skip
    assert (over.status, over.headers["upload-offset"]) == (204, "5")
    assert (await phone.say("POST", path, X_HTTP_Method_Override="HEAD")).headers["upload-offset"] == "5"
    assert (await phone.say("POST", path, X_HTTP_Method_Override="DELETE")).status == 204
    assert (await phone.say("HEAD", path)).status in (404, 410)


async def test_creation(house: House) -> None:
    phone = await house.phone()
    made = await phone.say("POST", TUS, Upload_Length="3")
    assert made.status == 201 and made.headers["upload-offset"] == "0"
    assert re.fullmatch(rf"http://127\.0\.0\.1:{phone.port}/v1/uploads/[0-9a-f-]{{36}}/tus", made.headers["location"])
    for length in ("-1", "three", "", "1e3", None):
        assert (await phone.say("POST", TUS, Upload_Length=length)).status == 400
    assert (await phone.say("POST", TUS, Upload_Length="20000001")).status == 413
    assert (await phone.say("POST", TUS, Upload_Length="99999999999999999999")).status in (400, 413)
    # What is to come is declared first: a length that comes later is refused, and not offered.
    for defer in ("1", "2", ""):
        assert (await phone.say("POST", TUS, Upload_Defer_Length=defer)).status == 400
        assert (await phone.say("POST", TUS, Upload_Length="3", Upload_Defer_Length=defer)).status == 400
    good = base64.b64encode(b"x").decode()
    for metadata in (f"a {good},a {good}", "a !!!", f"ä {good}", f",a {good}", "purpose " + good, "sha256 " + good):
        assert (await phone.say("POST", TUS, Upload_Length="3", Upload_Metadata=metadata)).status == 400, metadata
    for metadata in (f"a {good},b", "is_confidential", f"filename {good}, b {good}"):
        made = await phone.say("POST", TUS, Upload_Length="3", Upload_Metadata=metadata)
        assert made.status == 201
        path = "/" + made.headers["location"].split("/", 3)[3]
        assert (await phone.say("HEAD", path)).headers["upload-metadata"] == metadata
    # Nothing is to come: it is complete at once.
    path = await phone.create(0)
    assert await phone.offset(path) == 0 and await house.state(path) == "uploaded"
    assert (await phone.patch(path, 0, b"")).status == 204


async def test_creation_with_upload(house: House) -> None:
    phone = await house.phone()
    body: dict[str, Any] = {"Content_Type": "application/offset+octet-stream"}
    made = await phone.say("POST", TUS, b"hello", Upload_Length="11", **body)
    assert (made.status, made.headers["upload-offset"]) == (201, "5")
    path = "/" + made.headers["location"].split("/", 3)[3]
    assert (await phone.patch(path, 5, b" world")).headers["upload-offset"] == "11"
    assert await house.bytes_of(path) == b"hello world"
    whole = await phone.say("POST", TUS, b"hello", chunked=2, Upload_Length="5", **body)
    assert (whole.status, whole.headers["upload-offset"]) == (201, "5")
    assert "upload-expires" not in whole.headers
    assert (await phone.say("POST", TUS, b"hello!", Upload_Length="5", **body)).status == 413
    assert (await phone.say("POST", TUS, b"hello!", chunked=3, Upload_Length="5", **body)).status == 413
    assert (await phone.say("POST", TUS, b"hello", Upload_Length="5", Content_Type="text/plain")).status == 415
    # A creation whose bytes are refused or cut off is none: nobody knows its Location, so it may not use up room.
    before = await house.count("document")
    wrong = await phone.say("POST", TUS, b"hello", Upload_Length="5", Upload_Checksum=sha1(b"hallo"), **body)
    assert wrong.status == 460 and "location" not in wrong.headers
    for sent in (b"", b"he"):
        headers = {**phone.token, "Tus-Resumable": "1.0.0", "Upload-Length": "5", "Content-Length": "5",
                   "Content-Type": "application/offset+octet-stream"}  # fmt: skip
        _, writer = await asyncio.open_connection("127.0.0.1", phone.port)
        writer.write(raw.head("POST", TUS, headers) + sent)
        await writer.drain()
        writer.close()

    async def gone() -> bool:
        return await house.count("document") == before

    await eventually(gone)


async def test_expiration_and_termination(house: House) -> None:
    phone = await house.phone()
    made = await phone.say("POST", TUS, Upload_Length="5")
    path = "/" + made.headers["location"].split("/", 3)[3]
    said = await phone.patch(path, 0, b"he")
    for one in (made, said, await phone.say("HEAD", path)):
        text = one.headers["upload-expires"]
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", text)
        assert parsedate_to_datetime(text) > system_now()
    await house.change("UPDATE document SET expires_at = now() - interval '1 second'")
    for late in (await phone.say("HEAD", path), await phone.patch(path, 2, b"llo")):
        assert late.status == 410 and "upload-offset" not in late.headers

    path = await phone.create(5)
    await phone.patch(path, 0, b"he")
    gone = await phone.say("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    assert (await phone.say("HEAD", path)).status in (404, 410)
    assert (await phone.patch(path, 2, b"llo")).status in (404, 410)
    assert (await phone.say("DELETE", path)).status in (404, 410)


async def test_checksum(house: House) -> None:
    phone = await house.phone()
    path = await phone.create(11)

    def of(algorithm: str, data: bytes) -> str:
        return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"

    # Mismatch: 460, and the chunk is discarded.
    wrong = await phone.patch(path, 0, b"hello", Upload_Checksum=of("sha1", b"hallo"))
    assert wrong.status == 460
    assert await phone.offset(path) == 0
    # An algorithm that is not known: 400.
    assert (await phone.patch(path, 0, b"hello", Upload_Checksum="crc32 AAAAAA==")).status == 400
    for malformed in ("sha1", "sha1 ", "sha1 !!!", "sha1 " + base64.b64encode(b"short").decode(), ""):
        assert (await phone.patch(path, 0, b"hello", Upload_Checksum=malformed)).status == 400, malformed
    assert await phone.offset(path) == 0
    assert (await phone.patch(path, 0, b"hello", Upload_Checksum=of("sha1", b"hello"))).status == 204
    for algorithm in ("sha256", "sha512", "md5"):
        right = of(algorithm, b" w" if algorithm == "sha256" else b"or" if algorithm == "sha512" else b"ld")
        body = {"sha256": b" w", "sha512": b"or", "md5": b"ld"}[algorithm]
        assert (await phone.patch(path, await phone.offset(path), body, Upload_Checksum=right)).status == 204
    assert await house.bytes_of(path) == b"hello world"
    # A chunk of several parts is discarded as a whole, and what follows stands where it should.
    data = bytes(range(256)) * 49_152  # 12 MiB
    path = await phone.create(len(data))
    assert (await phone.patch(path, 0, data[:1000], Upload_Checksum=sha1(data[:1000]))).status == 204
    assert (await phone.patch(path, 1000, bytes(11_000_000), Upload_Checksum=sha1(b""))).status == 460
    assert await phone.offset(path) == 1000
    assert (await phone.patch(path, 1000, data[1000:], Upload_Checksum=sha1(data[1000:]))).status == 204
    assert await house.bytes_of(path) == data


async def test_limits_hold_while_streaming(house: House) -> None:
    """More than was declared is refused whether or not it is announced, and is not kept."""
    phone = await house.phone()
    path = await phone.create(6_000_000)
    assert (await phone.patch(path, 0, bytes(6_000_001))).status == 413
    assert await phone.offset(path) == 0
    over = await phone.patch(path, 0, bytes(7_000_000), chunked=65_536)
    assert over.status == 413 and over.headers["tus-max-size"] == "20000000"
    kept = await phone.offset(path)
    assert kept <= 5 * 2**20 and await house.state(path) == "uploading"
    assert (await phone.patch(path, kept, bytes(6_000_000 - kept), chunked=65_536)).status == 204
    assert await house.bytes_of(path) == bytes(6_000_000)
    for header in ("Upload-Length", "Upload-Offset", "Content-Length"):
        raw = f"PATCH {path} HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\n{header}: -1\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", phone.port)
        writer.write(raw)
        async with asyncio.timeout(10):
            assert (await reader.readline())[9:12] in (b"400", b"401")
        writer.close()


async def test_open_uploads_of_a_person_are_limited(house: House) -> None:
    phone, other = await house.phone(), await house.phone()
    made = await asyncio.gather(*(phone.say("POST", TUS, Upload_Length="5") for _ in range(30)))
    assert sorted(one.status for one in made) == [201] * 20 + [409] * 10
    assert await other.create(5)
    await phone.say("DELETE", "/" + next(one for one in made if one.status == 201).headers["location"].split("/", 3)[3])
    assert await phone.create(5)
