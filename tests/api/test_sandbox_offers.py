"""Who waits in the sandbox is offered something, and whatever may become of it can be tried."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from api.context import Context, context_of
from backend.clock import system_now
from backend.db import Database
from backend.sandbox import magic
from backend.sandbox.service import offer
from backend.waiting import service as waiting
from backend.waiting.matching import hand_on
from tests.api.testers import Guest
from tests.notifications.people import rows
from tests.support.noon import zone_at_noon

OFFERED = "0193a0ff-0002-7000-8000-000000000005"
SOON = timedelta(seconds=magic.DECIDED_AFTER_SECONDS + 1)
Begin = Callable[[], Awaitable[Guest]]


class Line:
    """A person of the sandbox who waits for the service that is always offered."""

    def __init__(self, guest: Guest, context: Context) -> None:
        self.guest, self.context = guest, context
        self.entry: dict[str, Any] = {}

    async def join(self, **wish: Any) -> None:
        wanted = {"city": "sandbox", "mode": "none", "services": [{"service": OFFERED, "persons": 1}], **wish}
        answer = await self.guest.post("/v1/waiting-list", wanted)
        assert answer.status_code == 201, answer.text
        self.entry = answer.json()

    async def round(self, after: timedelta = SOON) -> int:
        """The worker's look, some seconds later."""
        here, now = self.context, system_now() + after
        given = await offer(here.database, here.engine, here.settings, now)
        await hand_on(here.database, here.engine, here.settings, now)
        return given

    async def look(self) -> dict[str, Any]:
        return (await self.guest.get(f"/v1/waiting-list/{self.entry['id']}")).json()

    async def offer(self) -> dict[str, Any]:
        """The open one."""
        return (await self.guest.get(f"/v1/waiting-list/offers/{(await self.look())['offer']}")).json()

    async def answer(self, offered: dict[str, Any], word: str, body: Any = None) -> httpx.Response:
        return await self.guest.post(f"/v1/waiting-list/offers/{offered['id']}/{word}", body or {})


@pytest.fixture
async def line(tester: Begin, app: Litestar) -> Line:
    return Line(await tester(), context_of(app))


PERSON = {"person": {"name": "Erika Mustermann"}}


async def test_whoever_waits_is_offered_a_place_by_day_and_by_night(line: Line, demo: Database) -> None:
    assert line.context.settings.waiting_quiet_from_hour != line.context.settings.waiting_quiet_until_hour
    await line.join()
    assert await line.round(timedelta(0)) == 0, "not yet"
    assert await line.round() == 1
    assert await line.round() == 0, "one offer at a time"
    first = await line.offer()
    assert first["state"] == "open" and datetime.fromisoformat(first["start"]) > system_now() + timedelta(minutes=59)
    notice = (
        "SELECT subject_id::text AS id, due_at < now() + interval '7 s' AS due FROM notice WHERE kind LIKE 'waiting%'"
    )
    assert await rows(demo, notice) == [{"id": first["id"], "due": True}], "its push is on its way"
    declined = await line.answer(first, "decline")
    assert declined.json()["state"] == "declined"
    assert await line.round() == 1
    second = await line.offer()
    assert second["start"] != first["start"], "what was let go is not offered again"
    accepted = await line.answer(second, "accept", PERSON)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "confirmed"), accepted.text
    assert (await line.look())["state"] == "fulfilled"
    assert await line.round() == 0


async def test_an_offer_is_of_the_kind_that_was_wished_for(line: Line, tester: Begin) -> None:
    later = (system_now() + timedelta(days=3)).date()
    await line.join(**{"from": later.isoformat(), "times": [{"from": "14:00", "until": "15:00"}]})
    assert await line.round() == 1
    start = datetime.fromisoformat((await line.offer())["start"])
    assert start.date() >= later and start.hour == 14
    # Another who waits to come sooner is offered something before the present appointment alone.
    other = Line(await tester(), line.context)
    starts = await other.guest.starts(2)
    booked = await other.guest.book(starts[8], "waiting-offered")
    await other.join(mode="earlier", appointment=booked["id"], services=[])
    assert await other.round() == 1
    sooner = await other.offer()
    assert sooner["replaces"] == booked["id"] and sooner["start"] < booked["start"]
    moved = await other.answer(sooner, "accept")
    assert (moved.json()["id"], moved.json()["start"]) == (booked["id"], sooner["start"])
    # Whoever has the first place that there is cannot come sooner.
    first = Line(await tester(), line.context)
    found = await first.guest.get("/v1/cities/sandbox/availability/earliest?service=waiting-offered&limit=1")
    earliest = await first.guest.book(found.json()["items"][0]["start"], "waiting-offered")
    await first.join(mode="earlier", appointment=earliest["id"], services=[])
    assert await first.round() == 0


async def test_time_passes_for_an_offer(line: Line) -> None:
    await line.join()
    await line.round()
    first = await line.offer()
    assert (await line.guest.forward(10)).status_code == 200
    still = await line.offer()
    left = datetime.fromisoformat(still["until"]) - system_now()
    assert timedelta(minutes=4) < left < timedelta(minutes=6)
    assert still["start"] == first["start"], "the place that was offered is the one that is held"
    assert (await line.answer(still, "accept", PERSON)).status_code == 200, "with some minutes left it can be had"


async def test_what_is_told_of_an_offer_names_its_place_however_the_clock_is_moved(
    line: Line, demo_owner_url: str
) -> None:
    """An appointment of the sandbox moves with its person; a place that was offered stays where the office has it."""
    await line.join()
    await line.round()
    offered = await line.offer()
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        assert await owner.fetchval("SELECT take_back_offer(now(), $1, gen_random_uuid())", UUID(offered["id"]))
        mine = await line.guest.book((await line.guest.starts())[8])
        assert (await line.guest.forward(30)).status_code == 200
        said = await owner.fetch("SELECT kind, (data ->> 'startsAt')::timestamptz AS at FROM notice ORDER BY kind")
    finally:
        await owner.close()
    moved = (await line.guest.get(f"/v1/appointments/{mine['id']}")).json()
    assert datetime.fromisoformat(mine["start"]) - datetime.fromisoformat(moved["start"]) == timedelta(minutes=30)
    starts = {row["kind"]: row["at"] for row in said}
    assert starts == {
        "waiting.offer": datetime.fromisoformat(offered["start"]),
        "waiting.withdrawn": datetime.fromisoformat(offered["start"]),
        "appointment.confirmed": datetime.fromisoformat(moved["start"]),
    }


async def test_an_offer_runs_out_and_a_day_brings_three(line: Line, demo: Database) -> None:
    # The hour that goes by is of one day there.
    await rows(demo, "UPDATE city SET zone = $1 WHERE id = 'sandbox' RETURNING id", zone_at_noon())
    await line.join()
    for _ in range(3):
        assert await line.round() == 1
        lapsed = await line.offer()
        assert (await line.guest.forward(16)).status_code == 200
        late = await line.answer(lapsed, "accept", PERSON)
        assert (late.status_code, late.json()["code"], late.json()["state"]) == (410, "offer-over", "expired")
        await line.round()
        assert (await line.guest.forward(1)).status_code == 200
    assert await line.round() == 0, "three a day"
    assert (await line.guest.forward(1440)).status_code == 200
    assert await line.round() == 1, "and more the day after"
    places = "SELECT count(*) AS n FROM place WHERE city_id = 'sandbox' AND hold_until > now() + interval '8 s'"
    assert (await rows(demo, places))[0]["n"] == 1, "what lapsed is free again"


async def test_a_wish_ends_with_its_last_day_however_small_the_steps(line: Line, demo: Database) -> None:
    today = system_now().date()
    await line.join(until=(today + timedelta(days=3)).isoformat())
    for _ in range(5):
        assert (await line.guest.forward(20 * 60)).status_code == 200
    await waiting.tidy(demo, system_now())
    over = await line.look()
    assert over["state"] == "expired" and date.fromisoformat(over["until"]) < today
    kinds = {one["kind"] for one in (await line.guest.get("/v1/inbox")).json()["items"]}
    assert "waiting.expired" in kinds


async def test_two_workers_offer_one_place(line: Line) -> None:
    await line.join()
    given = await asyncio.gather(*(line.round() for _ in range(4)))
    assert sum(given) == 1
    assert (await line.look())["offer"] is not None
