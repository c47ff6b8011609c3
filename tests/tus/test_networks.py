"""A phone in a tunnel: whatever is cut, killed or doubled, what arrives in the end are the bytes that were sent."""

import asyncio
import io
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest
from tusclient import client
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from tests.support.servers import ApiProcess
from tests.support.waiting import eventually
from tests.tus import raw
from tests.tus.conftest import BYTES, TUS, House, Phone, sha1
from tests.tus.proxy import BadNetwork

PART = 5 * 2**20
CREATION = "/v1/uploads/tus"


def uploader(phone: Phone, data: bytes, url: str | None, creation: str = CREATION, **how: Any) -> Any:
    """tuspy's own."""
    maker: Any = client.TusClient(f"http://127.0.0.1:{phone.port}{creation}", headers=phone.token)
    return maker.uploader(file_stream=io.BytesIO(data), url=url, metadata={"filename": "a.pdf"}, **how)


async def test_a_real_client_gets_through_a_network_that_is_cut_everywhere(house: House) -> None:
    phone = await house.phone()
    data = random.Random(1).randbytes(PART + 1_500_000)
    path = await phone.create(len(data))
    cuts = iter((1, 300, 100_000, 700_000, 1_500_000, 2_000_000, PART - 1_000, PART + 2_000))
    offsets = [0]
    async with BadNetwork(house.api.port) as network:
        url = f"http://127.0.0.1:{network.port}{path}"
        while await house.state(path) != "uploaded":
            network.forward = 10**12
            sender = await asyncio.to_thread(uploader, phone, data, url)
            network.forward = next(cuts, 10**12)
            # The last answers are lost on their way back: the client cannot know that it was done.
            network.deaf = sender.offset == 0 and network.forward == 10**12
            try:
                await asyncio.to_thread(sender.upload)
            except (TusCommunicationError, TusUploadFailed):
                network.deaf = False
            await asyncio.sleep(0.1)
            offsets.append(await phone.offset(path))
    assert offsets == sorted(offsets) and len({*offsets}) >= 4
    assert await house.bytes_of(path) == data


async def test_a_real_client_creates_with_checksums_in_small_chunks(house: House) -> None:
    phone = await house.phone()
    data = os.urandom(1_100_000)
    sender = await asyncio.to_thread(uploader, phone, data, None, chunk_size=25_000, upload_checksum=True)
    await asyncio.to_thread(sender.upload)
    path = "/" + sender.url.split("/", 3)[3]
    assert await house.bytes_of(path) == data
    # Pieces that became part of a larger one are removed at once.
    assert len(await house.keys(path)) == 1


async def test_the_address_to_create_at_is_the_one_that_the_guide_gives(house: House) -> None:
    """Clients of tus ask at just the address that they were given: tuspy here, and tus-js-client does the same."""
    guide = (Path(__file__).parents[2] / "api" / "guide" / "uploads.md").read_text(encoding="utf-8")
    (given,) = re.findall(r"\$API(\S+/tus)`", guide)
    phone, data = await house.phone(), os.urandom(1_000)
    sender = await asyncio.to_thread(uploader, phone, data, None, creation=given)
    await asyncio.to_thread(sender.upload)
    assert await house.bytes_of("/" + sender.url.split("/", 3)[3]) == data
    with pytest.raises(TusCommunicationError) as refused:
        await asyncio.to_thread((await asyncio.to_thread(uploader, phone, data, None, creation=f"{given}/")).upload)
    error: Any = refused.value
    assert error.status_code == 404


@pytest.mark.parametrize("sent", [0, 3, 70_000, PART + 1_000_000])
async def test_the_process_is_killed_in_the_midst_of_a_chunk(house: House, sent: int) -> None:
    phone = await house.phone()
    data = random.Random(2).randbytes(PART + 2_000_000)
    path = await phone.create(len(data))
    assert (await phone.patch(path, 0, data[:40_000])).status == 204
    headers = {**phone.token, **TUS, **BYTES, "Upload-Offset": "40000", "Content-Length": str(len(data) - 40_000)}
    _, writer = await asyncio.open_connection("127.0.0.1", phone.port)
    writer.write(raw.head("PATCH", path, headers) + data[40_000 : 40_000 + sent])
    await writer.drain()
    await asyncio.sleep(0.3)
    house.api.kill()
    writer.close()
    api = ApiProcess({**house.api.environment}, port=house.api.port)
    await api.start()
    try:
        offset = await phone.offset(path)
        assert 40_000 <= offset <= 40_000 + sent
        said = await phone.patch(path, offset, data[offset:])
        for _ in range(40):
            if said.status != 423:  # the lease of who was killed runs out
                break
            assert int(said.headers["retry-after"]) <= 2
            await asyncio.sleep(0.2)
            said = await phone.patch(path, offset, data[offset:])
        assert said.status == 204, said
        assert await house.bytes_of(path) == data
    finally:
        api.stop()


async def test_what_came_before_the_line_was_cut_is_kept_unless_it_had_a_checksum(house: House) -> None:
    phone = await house.phone()
    data = random.Random(3).randbytes(900_000)
    for checksum, kept in ((None, True), (sha1(data), False)):
        path = await phone.create(len(data))
        async with BadNetwork(house.api.port) as network:
            network.forward = 500_000
            far = Phone(network.port, phone.token["Authorization"].removeprefix("Bearer "))
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await far.patch(path, 0, data, Upload_Checksum=checksum)
        # The server hears of the cut in its own time; whoever wrote gives the upload back then.
        async with asyncio.timeout(20):
            while await house.is_leased(path):  # noqa: ASYNC110 - another process decides
                await asyncio.sleep(0.1)
        offset = await phone.offset(path)
        assert (0 < offset < 500_000) if kept else offset == 0, offset
        assert (await phone.patch(path, offset, data[offset:])).status == 204
        assert await house.bytes_of(path) == data


async def test_two_clients_on_one_upload_do_not_mix(house: House) -> None:
    phone = await house.phone()
    path = await phone.create(PART + 100)
    headers = {**phone.token, **TUS, **BYTES, "Upload-Offset": "0", "Content-Length": str(PART + 100)}
    reader, writer = await asyncio.open_connection("127.0.0.1", phone.port)
    writer.write(raw.head("PATCH", path, headers) + b"a" * PART)
    await writer.drain()
    await eventually(lambda: house.is_leased(path))
    second = await phone.patch(path, 0, b"b" * (PART + 100))
    assert (second.status, "retry-after" in second.headers) == (423, True)

    # The first falls silent: after its lease the other may go on, and the first has lost.
    async def gone_on() -> bool:
        said = await phone.patch(path, 0, b"b" * (PART + 100))
        assert said.status in (204, 423)
        return said.status == 204

    await eventually(gone_on, every=0.2)
    writer.write(b"a" * 100)
    assert (await raw.answer(reader, "PATCH")).status in (409, 423)
    writer.close()
    assert await house.bytes_of(path) == b"b" * (PART + 100)


async def test_many_at_once_on_one_offset_one_wins(house: House) -> None:
    phone = await house.phone()
    path = await phone.create(10_000)
    bodies = [bytes([65 + n]) * 10_000 for n in range(12)]
    said = await asyncio.gather(*(phone.patch(path, 0, body) for body in bodies))
    won = [n for n, one in enumerate(said) if one.status == 204]
    assert len(won) == 1 and {one.status for one in said} <= {204, 409, 413, 423}
    assert await house.bytes_of(path) == bodies[won[0]]


async def test_who_falls_silent_is_answered_and_what_came_is_kept(house: House) -> None:
    phone = await house.phone()
    path = await phone.create(1000)
    headers = {**phone.token, **TUS, **BYTES, "Upload-Offset": "0", "Content-Length": "1000"}
    reader, writer = await asyncio.open_connection("127.0.0.1", phone.port)
    writer.write(raw.head("PATCH", path, headers) + b"x" * 600)
    assert (await raw.answer(reader, "PATCH")).status == 408
    writer.close()
    assert await phone.offset(path) == 600


async def test_sixty_people_send_at_once(house: House) -> None:
    phones = [await house.phone() for _ in range(6)]
    data = [random.Random(n).randbytes(60_000) for n in range(60)]

    async def send(n: int) -> str:
        phone = phones[n % 6]
        path = await phone.create(len(data[n]))
        assert (await phone.patch(path, 0, data[n])).status == 204
        return path

    paths = await asyncio.gather(*map(send, range(60)))
    assert [await house.bytes_of(path) for path in paths] == data
