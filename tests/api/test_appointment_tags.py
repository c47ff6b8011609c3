"""When 304 may be said of an appointment: its tag is its version, and not all that is shown follows from that."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.api.test_booking_routes import App, GuestMaker


@pytest.fixture
async def phone(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


async def test_who_has_an_appointment_already_is_told_what_else_is_to_be_said_of_it(
    phone: App, demo_owner_url: str
) -> None:
    """Neither the language that is asked for nor the clock has a part in the version."""
    phone.headers["Accept-Language"] = "de"
    booked = await phone.book((await phone.slots())[0])
    path = f"/v1/appointments/{booked['id']}"

    async def again(language: str) -> httpx.Response:
        return await phone.api.get(path, headers={**phone.headers, "If-None-Match": '"1"', "Accept-Language": language})

    assert [(await again(language)).status_code for language in ("de", "de-DE, en;q=0.5", "en")] == [304, 304, 200]
    english, german = (await again("en")).json()["services"], booked["services"]
    assert english[0]["name"] != german[0]["name"]
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("SET app.system = 'on'")
    await owner.execute(
        """UPDATE appointment SET starts_at = now(), ends_at = now() + interval '10 minutes',
                  created_at = now() - interval '2 days', updated_at = now() - interval '2 days' WHERE id = $1""",
        UUID(booked["id"]),
    )
    await owner.close()
    today = await again("de")
    assert (today.status_code, today.json()["version"], today.json()["actions"]) == (200, 1, ["check-in"])
