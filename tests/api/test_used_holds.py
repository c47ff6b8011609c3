"""A hold is good for one thing: whoever comes with it again is told what became of it, however close the two were."""

import asyncio
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.api.test_booking_routes import App, GuestMaker

WHO = {"person": {"name": "Erika Mustermann"}}
Said = tuple[int, str, str]


@pytest.fixture
async def phone(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


def said(answer: httpx.Response) -> Said:
    body = answer.json()
    return answer.status_code, body.get("code", ""), body.get("appointment", "")


async def test_a_hold_that_was_booked_names_its_appointment(phone: App) -> None:
    first, second = (await phone.slots())[:2]
    booked = (await phone.post("/v1/appointments", {"hold": (held := await phone.hold(first)), **WHO})).json()
    used: Said = (409, "hold-booked", booked["id"])
    assert said(await phone.post("/v1/appointments", {"hold": held, **WHO})) == used
    assert said(await phone.api.get(f"/v1/holds/{held}", headers=phone.headers)) == used
    path = f"/v1/appointments/{booked['id']}/reschedule"
    assert said(await phone.post(path, {"hold": held})) == used

    moved = await phone.post(path, {"hold": (other := await phone.hold(second))})
    assert moved.json()["start"] == second
    assert said(await phone.post(path, {"hold": other})) == used
    assert said(await phone.post("/v1/appointments", {"hold": other, **WHO})) == used
    assert said(await phone.api.get(f"/v1/holds/{other}", headers=phone.headers)) == used
    unknown = await phone.post(path, {"hold": "0193a000-0009-7000-8000-00000000000f"})
    assert unknown.json()["code"] == "hold-not-found"


async def test_nobody_else_is_told(phone: App, api: httpx.AsyncClient, guest: GuestMaker) -> None:
    held = await phone.hold((await phone.slots())[0])
    await phone.post("/v1/appointments", {"hold": held, **WHO})
    other = App(api, await guest())
    assert (await other.post("/v1/appointments", {"hold": held, **WHO})).json()["code"] == "hold-not-found"
    assert (await api.get(f"/v1/holds/{held}", headers=other.headers)).json()["code"] == "hold-not-found"


@pytest.mark.parametrize("second", ["reschedule", "book"])
async def test_of_two_at_once_the_later_hears_what_the_first_did(phone: App, demo_owner_url: str, second: str) -> None:
    """Both have found the hold, and wait for a row that is locked: then one of them takes it."""
    start, later = (await phone.slots())[:2]
    booked = await phone.book(start)
    held = await phone.hold(later)
    path = f"/v1/appointments/{booked['id']}/reschedule"
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        if second == "book":  # the limit would speak first
            await owner.execute("UPDATE service SET max_live_per_person = 2")
            await owner.execute("UPDATE office SET rules_version = rules_version + 1")
            await phone.api.delete(f"/v1/holds/{held}", headers=phone.headers)
            held = await phone.hold(later)
        async with owner.transaction():
            await owner.execute("SELECT FROM appointment WHERE id = $1 FOR UPDATE", UUID(booked["id"]))
            await owner.execute("SELECT FROM place WHERE id = $1 FOR UPDATE", UUID(held))
            moving = asyncio.create_task(phone.post(path, {"hold": held}))
            await asyncio.sleep(0.3)
            other = (
                phone.post(path, {"hold": held})
                if second == "reschedule"
                else phone.post("/v1/appointments", {"hold": held, **WHO})
            )
            waiting = asyncio.create_task(other)
            await asyncio.sleep(0.3)
            assert not moving.done()
        answers = sorted([said(await moving), said(await waiting)])
    finally:
        await owner.close()
    assert answers[0][0] in (200, 201)
    assert answers[1][:2] == (409, "hold-booked")
