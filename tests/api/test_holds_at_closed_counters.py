"""Who holds a place while its counter closes is promised a time at an office, and not a counter."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.ids import new_id
from tests.api.test_booking_routes import CITY, SERVICE, App, GuestMaker, key

Headers = dict[str, str]
Owner = "asyncpg.Connection[asyncpg.Record]"
WHO = {"person": {"name": "Erika Mustermann"}}


class House:
    """The office, whose counters the test closes and fills."""

    def __init__(self, api: httpx.AsyncClient, app: Litestar, manager: Headers, owner: Any, office: str) -> None:
        self.api, self.app, self.manager, self.owner, self.office = api, app, manager, owner, office

    async def counters(self) -> list[UUID]:
        """Those at which the public is served what the phones of these tests ask for."""
        service = UUID((await self.api.get(f"/v1/cities/{CITY}/services/{SERVICE}")).json()["id"])
        rules = await self.app.state["context"].engine.rules(UUID(self.office))
        return [one.id for one in rules.counters if service in one.service_ids and not one.staff_only]

    async def counter_of(self, held: str) -> UUID | None:
        return await self.owner.fetchval("SELECT counter_id FROM place WHERE id = $1", UUID(held))

    async def close(self, counter: UUID | None, start: str) -> None:
        """None: all of them."""
        end = datetime.fromisoformat(start) + timedelta(hours=1)
        what = {"office": self.office} if counter is None else {"counter": str(counter)}
        body = {**what, "start": start, "end": end.isoformat()}
        answer = await self.api.post("/v1/clerk/closures", json=body, headers={**self.manager, **key()})
        assert answer.status_code == 201, answer.text

    async def fill(self, counters: list[UUID], start: str) -> None:
        begins = datetime.fromisoformat(start)
        await self.owner.executemany(
            "INSERT INTO place (id, city_id, office_id, counter_id, during) VALUES ($1, $2, $3, $4, $5)",
            [(new_id(), CITY, UUID(self.office), one, asyncpg.Range(begins, begins + timedelta(minutes=5)))
             for one in counters],
        )  # fmt: skip

    async def free(self, start: str) -> int:
        day = start[:10]
        path = f"/v1/cities/{CITY}/availability/slots?service={SERVICE}&office={self.office}&date={day}"
        return sum(slot["free"] for slot in (await self.api.get(path)).json()["items"] if slot["start"] == start)


@pytest.fixture
async def house(
    api: httpx.AsyncClient,
    app: Litestar,
    clerk_headers: Callable[..., Awaitable[Headers]],
    demo_owner_url: str,
) -> Any:
    owner = await asyncpg.connect(demo_owner_url)
    await owner.execute("SET app.system = 'on'")
    office = (await api.get(f"/v1/cities/{CITY}/offices/hans-sachs-haus")).json()["id"]
    yield House(api, app, await clerk_headers("office_manager", "hans-sachs-haus"), owner, office)
    await owner.close()


async def test_it_is_booked_at_another_counter_that_is_open(
    house: House, api: httpx.AsyncClient, guest: GuestMaker
) -> None:
    phone = App(api, await guest())
    start = (await phone.slots())[3]
    held = await phone.hold(start)
    counter = await house.counter_of(held)
    assert counter is not None
    await house.close(counter, start)
    free = await house.free(start)
    answer = await phone.post("/v1/appointments", {"hold": held, **WHO})
    assert (answer.status_code, answer.json().get("start")) == (201, start), answer.text
    assert await house.counter_of(held) not in (None, counter)
    stored = await house.owner.fetchrow("SELECT counter_id, place_id FROM appointment WHERE id = $1", UUID(held))
    assert (stored["counter_id"], stored["place_id"]) == (await house.counter_of(held), UUID(held))
    assert await house.free(start) == free - 1


async def test_an_appointment_moves_to_it_all_the_same(house: House, api: httpx.AsyncClient, guest: GuestMaker) -> None:
    phone = App(api, await guest())
    first, second = (await phone.slots())[3:5]
    booked = await phone.book(first)
    held = await phone.hold(second)
    counter = await house.counter_of(held)
    assert counter is not None
    await house.close(counter, second)
    moved = await phone.post(f"/v1/appointments/{booked['id']}/reschedule", {"hold": held})
    assert (moved.status_code, moved.json().get("start")) == (200, second), moved.text
    assert await house.counter_of(held) != counter


async def test_of_two_for_the_last_open_counter_one_gets_it_and_the_other_hears_what_is_near(
    house: House, api: httpx.AsyncClient, guest: GuestMaker
) -> None:
    phones = [App(api, await guest()) for _ in range(2)]
    start = (await phones[0].slots())[3]
    holds = [await phone.hold(start) for phone in phones]
    closing = [one for one in [await house.counter_of(held) for held in holds] if one is not None]
    [last, *others] = [one for one in await house.counters() if one not in closing]
    await house.fill(others, start)
    for one in closing:
        await house.close(one, start)
    answers = await asyncio.gather(
        *(phone.post("/v1/appointments", {"hold": held, **WHO}) for phone, held in zip(phones, holds, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [lost] = [answer.json() for answer in answers if answer.status_code == 409]
    assert (lost["code"], len(lost["alternatives"])) == ("slot-taken", 3)
    assert last in [await house.counter_of(held) for held in holds]


async def test_where_all_of_the_office_closes_one_hears_what_is_near(
    house: House, api: httpx.AsyncClient, guest: GuestMaker
) -> None:
    phone = App(api, await guest())
    start = (await phone.slots())[3]
    held = await phone.hold(start)
    await house.close(None, start)
    refused = (await phone.post("/v1/appointments", {"hold": held, **WHO})).json()
    assert (refused["code"], len(refused["alternatives"])) == ("slot-not-offered", 3)
    assert start not in [one["start"] for one in refused["alternatives"]]
