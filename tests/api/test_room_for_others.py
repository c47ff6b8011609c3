"""Who waits to hold a place at an office keeps nobody waiting who asks for something else."""

import asyncio
from uuid import UUID

import asyncpg
import httpx

from tests.api.test_booking_routes import CITY, App, GuestMaker


async def test_an_office_whose_hours_are_being_changed_leaves_the_others_alone(
    api: httpx.AsyncClient, guest: GuestMaker, demo_owner_url: str
) -> None:
    phones = [App(api, await guest()) for _ in range(30)]
    wish = await phones[0].wish((await phones[0].slots())[3])
    owner = await asyncpg.connect(demo_owner_url)
    try:
        async with owner.transaction():
            await owner.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('office:' || $1, 0))", str(UUID(wish["office"]))
            )
            holding = [asyncio.create_task(phone.post("/v1/holds", wish)) for phone in phones]
            await asyncio.sleep(1)  # until each has its connection, or waits for one
            reading = [
                api.get(f"/v1/cities/{CITY}/services"),
                api.get(f"/v1/cities/{CITY}/availability/earliest?service=personalausweis"),
                api.get("/v1/me", headers=phones[0].headers),
            ]
            assert [answer.status_code for answer in await asyncio.gather(*reading)] == [200, 200, 200]
        answers = await asyncio.gather(*holding)
    finally:
        await owner.close()
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    assert 201 in {answer.status_code for answer in answers}
