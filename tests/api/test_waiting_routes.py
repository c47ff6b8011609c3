"""The waiting list over HTTP, as an app does it: wait, be offered, answer, and what is refused on the way."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from api.context import Context
from backend.clock import system_now
from backend.settings import Settings
from backend.waiting.matching import hand_on
from tests.api.test_booking_routes import CITY, OFFICE, App, key

Headers = dict[str, str]
GuestMaker = Callable[[], Awaitable[Headers]]
ClerkMaker = Callable[..., Awaitable[Headers]]


@pytest.fixture
def settings(settings: Settings, make_settings: Callable[..., Settings]) -> Settings:
    """No night: tests run at any hour."""
    return make_settings(
        settings.database_url,
        rate_limits="off",
        clerk_oidc_issuer=settings.clerk_oidc_issuer,
        clerk_oidc_audience=settings.clerk_oidc_audience,
        waiting_quiet_from_hour=0,
        waiting_quiet_until_hour=0,
    )


class Waiting(App):
    """A phone whose owner waits."""

    def __init__(self, app: Litestar, api: httpx.AsyncClient, headers: Headers) -> None:
        super().__init__(api, headers)
        self.context: Context = app.state["context"]

    async def wish(self, start: str = "", service: str = "fuehrungszeugnis", **more: Any) -> dict[str, Any]:
        if start:
            return await super().wish(start, service)
        wanted = (await self.api.get(f"/v1/cities/{CITY}/services/{service}")).json()["id"]
        return {"city": CITY, "mode": "none", "services": [{"service": wanted, "persons": 1}], **more}

    async def join(self, **more: Any) -> dict[str, Any]:
        answer = await self.post("/v1/waiting-list", await self.wish(**more))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def offer(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The open offer, after the worker has looked."""
        await hand_on(self.context.database, self.context.engine, self.context.settings, system_now())
        found = (await self.get(f"/v1/waiting-list/{entry['id']}")).json()
        return (await self.get(f"/v1/waiting-list/offers/{found['offer']}")).json()

    async def get(self, path: str, headers: Headers | None = None) -> httpx.Response:
        return await self.api.get(path, headers={**self.headers, **(headers or {})})


@pytest.fixture
async def phone(app: Litestar, api: httpx.AsyncClient, guest: GuestMaker) -> Waiting:
    return Waiting(app, api, await guest())


@pytest.fixture
async def other(app: Litestar, api: httpx.AsyncClient, guest: GuestMaker) -> Waiting:
    return Waiting(app, api, await guest())


async def test_a_place_that_is_given_back_comes_to_who_waits(phone: Waiting, other: Waiting) -> None:
    start = (await other.slots())[12]
    given = await other.book(start)
    office = given["office"]["id"]
    entry = await phone.join(offices=[office], times=[{"from": "00:00", "until": "24:00"}], shortNotice=True)
    assert (entry["state"], entry["ahead"], entry["offer"], entry["weekdays"]) == ("waiting", 0, None, [*range(1, 8)])
    assert entry["times"] == [{"from": "00:00", "until": "24:00"}]
    assert date.fromisoformat(entry["until"]) - date.fromisoformat(entry["from"]) == timedelta(days=90)
    await other.post(f"/v1/appointments/{given['id']}/cancel", {})
    offer = await phone.offer(entry)
    assert (offer["state"], offer["start"], offer["office"]["id"]) == ("open", start, office)
    accepted = await phone.post(
        f"/v1/waiting-list/offers/{offer['id']}/accept", {"person": {"name": "Erika Mustermann"}}, same := key()
    )
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["start"], accepted.json()["state"]) == (start, "confirmed")
    again = await phone.post(
        f"/v1/waiting-list/offers/{offer['id']}/accept", {"person": {"name": "Erika Mustermann"}}, same
    )
    assert (again.content, again.headers["idempotent-replayed"]) == (accepted.content, "true")
    anew = await phone.post(f"/v1/waiting-list/offers/{offer['id']}/accept", {"person": {"name": "E"}})
    assert (anew.status_code, anew.json()["code"], anew.json()["appointment"]) == (
        409, "offer-accepted", accepted.json()["id"])  # fmt: skip
    listed = (await phone.get("/v1/waiting-list")).json()["items"]
    assert [(e["id"], e["state"], e["ahead"]) for e in listed] == [(entry["id"], "fulfilled", None)]


async def test_a_wish_shows_whom_it_is_written_of(phone: Waiting, other: Waiting) -> None:
    plain, given = await phone.join(), await other.join(contact={"email": "erika@example.org"})
    assert (plain["contact"], given["contact"]) == ({"email": None}, {"email": "erika@example.org"})
    path = f"/v1/waiting-list/{given['id']}"
    assert (await other.get(path)).json()["contact"] == given["contact"]
    synced = (await other.get("/v1/sync")).json()["entries"]
    assert [one["contact"] for one in synced] == [given["contact"]]
    taken = (await other.get("/v1/me/export")).json()["waiting"]
    assert [one["email"] for one in taken] == ["erika@example.org"]
    await other.api.delete(path, headers=other.headers)
    assert (await other.get(path)).json()["contact"] == {"email": None}, "no longer needed"

    place = (await phone.slots(service="meldebescheinigung"))[-1]
    mine = await phone.book(place, service="meldebescheinigung")
    wish = {"city": CITY, "mode": "earlier", "appointment": mine["id"], "contact": {"email": "erika@example.org"}}
    refused = await phone.post("/v1/waiting-list", wish)
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/contact/email", "conflict")]
    wrong = await phone.post("/v1/waiting-list", await phone.wish(contact={"email": "erika"}))
    assert [(one["pointer"], one["code"]) for one in wrong.json()["errors"]] == [("/contact/email", "invalid-email")]


async def test_an_earlier_time_moves_the_appointment(phone: Waiting, other: Waiting) -> None:
    slots = await phone.slots()
    soon = await other.book(slots[12])
    mine = await phone.book(slots[-1])
    entry = await phone.join(mode="earlier", appointment=mine["id"])
    await other.post(f"/v1/appointments/{soon['id']}/cancel", {})
    offer = await phone.offer(entry)
    assert offer["replaces"] == mine["id"]
    moved = await phone.post(f"/v1/waiting-list/offers/{offer['id']}/accept", {})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["id"], moved.json()["start"], moved.json()["version"]) == (mine["id"], slots[12], 2)


async def test_declining_and_leaving(phone: Waiting, other: Waiting) -> None:
    given = await other.book((await other.slots())[12])
    entry = await phone.join()
    await other.post(f"/v1/appointments/{given['id']}/cancel", {})
    offer = await phone.offer(entry)
    path = f"/v1/waiting-list/offers/{offer['id']}"
    declined = await phone.post(f"{path}/decline", {})
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")
    late = await phone.post(f"{path}/accept", {"person": {"name": "E"}}, {"Accept-Language": "de"})
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (410, "offer-over", "declined")
    assert late.json()["title"] == "Das Angebot besteht nicht mehr"
    gone = await phone.api.delete(f"/v1/waiting-list/{entry['id']}", headers=phone.headers)
    assert gone.status_code == 204
    assert (await phone.get(f"/v1/waiting-list/{entry['id']}")).json()["state"] == "withdrawn"


async def test_an_entry_has_a_tag_and_a_list_pages(phone: Waiting) -> None:
    first, second = await phone.join(), await phone.join(weekdays=[5, 1, 5])
    assert second["weekdays"] == [1, 5]
    read = await phone.get(f"/v1/waiting-list/{first['id']}")
    tag = read.headers["etag"]
    unchanged = await phone.get(f"/v1/waiting-list/{first['id']}", {"If-None-Match": tag})
    assert unchanged.status_code == 304
    page = await phone.get("/v1/waiting-list?limit=1")
    assert [e["id"] for e in page.json()["items"]] == [second["id"]]
    following = await phone.get(f"/v1/waiting-list?limit=1&cursor={page.json()['next']}")
    assert [e["id"] for e in following.json()["items"]] == [first["id"]]
    assert following.json()["next"] is None


async def test_every_invalid_field_is_named_at_once(phone: Waiting) -> None:
    wrong = {
        "city": CITY, "mode": "earlier", "offices": [str(uuid4())], "from": "2026-12-02", "until": "2026-12-01",
        "times": [{"from": "12:00", "until": "08:00"}],
    }  # fmt: skip
    answer = await phone.post("/v1/waiting-list", wrong, {"Accept-Language": "de"})
    assert answer.status_code == 400, answer.text
    named = {(e["pointer"], e["code"]) for e in answer.json()["errors"]}
    assert named == {
        ("/appointment", "required"), ("/offices/0", "unknown"), ("/times/0/until", "not-after"),
        ("/until", "before-from"),
    }  # fmt: skip
    far = await phone.post("/v1/waiting-list", await phone.wish(**{"from": "9999-12-31"}))
    assert far.status_code == 400
    nowhere = await phone.post("/v1/waiting-list", {**await phone.wish(), "city": "nowhere"})
    assert [e["pointer"] for e in nowhere.json()["errors"]] == ["/city"]


async def test_nobody_sees_what_another_waits_for(phone: Waiting, other: Waiting) -> None:
    entry = await phone.join()
    path = f"/v1/waiting-list/{entry['id']}"
    for answer in (await other.get(path), await other.api.delete(path, headers=other.headers)):
        assert (answer.status_code, answer.json()["code"]) == (404, "waiting-entry-not-found")
    for step in ("accept", "decline"):
        answer = await other.post(f"/v1/waiting-list/offers/{uuid4()}/{step}", {})
        assert (answer.status_code, answer.json()["code"]) == (404, "offer-not-found")
    assert (await other.get("/v1/waiting-list")).json()["items"] == []


async def test_the_desk_sees_numbers(phone: Waiting, clerk_headers: ClerkMaker) -> None:
    entry = await phone.join()
    by = await clerk_headers("clerk", OFFICE)
    seen = await phone.api.get(f"/v1/clerk/offices/{OFFICE}/waiting-list", headers=by)
    assert seen.json() == {"items": [{"service": entry["services"][0]["service"], "waiting": 1}]}
