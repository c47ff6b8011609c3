"""Holding and booking over HTTP, as an app does it: find, hold, book, change, and what is refused on the way."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

Headers = dict[str, str]
GuestMaker = Callable[[], Awaitable[Headers]]
CITY, OFFICE, SERVICE = "gelsenkirchen", "hans-sachs-haus", "fuehrungszeugnis"


def key() -> Headers:
    return {"Idempotency-Key": uuid4().hex}


class App:
    """One person's phone."""

    def __init__(self, api: httpx.AsyncClient, headers: Headers) -> None:
        self.api, self.headers = api, headers

    async def slots(self, *, anonymous: bool = False, service: str = SERVICE) -> list[str]:
        tomorrow = datetime.now(ZoneInfo("Europe/Berlin")).date() + timedelta(days=1)
        path = f"/v1/cities/{CITY}/availability/slots?service={service}&office={OFFICE}&from={tomorrow}"
        answer = await self.api.get(path, headers={} if anonymous else self.headers)
        assert answer.status_code == 200, answer.text
        return [slot["start"] for slot in answer.json()["items"]]

    async def post(self, path: str, body: dict[str, Any], headers: Headers | None = None) -> httpx.Response:
        return await self.api.post(path, json=body, headers={**self.headers, **key(), **(headers or {})})

    async def wish(self, start: str, service: str = SERVICE) -> dict[str, Any]:
        office = (await self.api.get(f"/v1/cities/{CITY}/offices/{OFFICE}")).json()["id"]
        wanted = (await self.api.get(f"/v1/cities/{CITY}/services/{service}")).json()["id"]
        return {"office": office, "services": [{"service": wanted, "persons": 1}], "start": start}

    async def hold(self, start: str, service: str = SERVICE) -> str:
        answer = await self.post("/v1/holds", await self.wish(start, service))
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def book(self, start: str, service: str = SERVICE) -> dict[str, Any]:
        held = await self.hold(start, service)
        answer = await self.post("/v1/appointments", {"hold": held, "person": {"name": "Erika Mustermann"}})
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/appointments/{answer.json()['id']}"
        return answer.json()


@pytest.fixture
async def phone(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


@pytest.fixture
async def other(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


async def test_a_visit_is_found_held_booked_moved_and_cancelled(phone: App) -> None:
    first, second = (await phone.slots())[10:12]
    booked = await phone.book(first)
    assert (booked["state"], booked["version"], booked["start"]) == ("confirmed", 1, first)
    assert booked["actions"] == ["reschedule", "cancel"]
    path = f"/v1/appointments/{booked['id']}"
    read = await phone.api.get(path, headers=phone.headers)
    assert read.json() == booked
    assert read.headers["etag"].removeprefix("W/") == '"1"', "weak where the answer was compressed"
    moved = await phone.post(f"{path}/reschedule", {"hold": await phone.hold(second)})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["start"], moved.json()["version"], moved.json()["id"]) == (second, 2, booked["id"])
    gone = await phone.post(f"{path}/cancel", {"reason": "krank"})
    assert (gone.json()["state"], gone.json()["reason"], gone.json()["actions"]) == ("cancelled", "krank", [])
    listed = await phone.api.get("/v1/appointments?state=cancelled", headers=phone.headers)
    assert [one["id"] for one in listed.json()["items"]] == [booked["id"]]
    assert (await phone.api.get("/v1/appointments?state=confirmed", headers=phone.headers)).json()["items"] == []


async def test_a_clerk_confirms_where_the_service_wants_it(phone: App) -> None:
    start = (await phone.slots(service="eheschliessung"))[0]
    assert (await phone.book(start, "eheschliessung"))["state"] == "requested"


async def test_one_hold_at_a_time_until_it_is_released(phone: App, other: App) -> None:
    first, second = (await phone.slots())[:2]
    held = await phone.hold(first)
    again = await phone.post("/v1/holds", await phone.wish(second))
    assert (again.status_code, again.json()["code"], again.json()["hold"]) == (409, "hold-exists", held)
    assert (await phone.api.get(f"/v1/holds/{held}", headers=phone.headers)).status_code == 200
    for method in ("GET", "DELETE"):
        foreign = await phone.api.request(method, f"/v1/holds/{held}", headers=other.headers)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "hold-not-found")
    assert (await phone.api.delete(f"/v1/holds/{held}", headers=phone.headers)).status_code == 204
    assert await phone.hold(second)


async def test_a_full_slot_is_refused_with_the_three_nearest(api: httpx.AsyncClient, guest: GuestMaker) -> None:
    start = ""
    for number in range(30):
        one = App(api, await guest())
        start = start or (await one.slots())[20]
        answer = await one.post("/v1/holds", await one.wish(start))
        if answer.status_code == 409:
            assert answer.json()["code"] == "slot-taken"
            near = [slot["start"] for slot in answer.json()["alternatives"]]
            assert near == sorted(near)
            assert len(near) == 3
            assert start not in near
            assert set(near) <= set(await one.slots())
            assert number >= 1
            return
    pytest.fail("thirty people got one slot")


async def test_ones_own_hold_hides_nothing_and_is_private(api: httpx.AsyncClient, guest: GuestMaker) -> None:
    start, last = "", None
    for _ in range(30):
        one = App(api, await guest())
        start = start or (await one.slots())[20]
        if (await one.post("/v1/holds", await one.wish(start))).status_code == 409:
            break
        last = one
    assert last is not None
    assert start in await last.slots()
    assert start not in await last.slots(anonymous=True)


async def test_a_time_off_the_grid_is_not_offered(phone: App) -> None:
    start = (await phone.slots())[0]
    answer = await phone.post("/v1/holds", await phone.wish(start.replace(":00+", ":01+")))
    assert (answer.status_code, answer.json()["code"]) == (409, "slot-not-offered")


async def test_a_repeat_gets_the_first_answer_and_another_body_does_not(phone: App, other: App) -> None:
    first, second = (await phone.slots())[:2]
    same = key()
    one = await phone.post("/v1/holds", await phone.wish(first), same)
    two = await phone.post("/v1/holds", await phone.wish(first), same)
    assert (one.status_code, two.status_code, two.content) == (201, 201, one.content)
    assert "idempotent-replayed" not in one.headers
    assert two.headers["idempotent-replayed"] == "true"
    changed = await phone.post("/v1/holds", await phone.wish(second), same)
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency-key-reused")
    theirs = await other.post("/v1/holds", await other.wish(first), same)
    assert theirs.json()["id"] != one.json()["id"], "another person's key never replays"
    person = {"hold": one.json()["id"], "person": {"name": "Erika Mustermann"}}
    booked = [await phone.post("/v1/appointments", person, same_again) for same_again in [key()] * 2]
    assert booked[0].content == booked[1].content


async def test_a_refusal_is_repeated_too(phone: App) -> None:
    first, second = (await phone.slots())[:2]
    held, same = await phone.hold(first), key()
    refused = await phone.post("/v1/holds", await phone.wish(second), same)
    await phone.api.delete(f"/v1/holds/{held}", headers=phone.headers)
    again = await phone.post("/v1/holds", await phone.wish(second), same)
    assert (again.status_code, again.json()["code"]) == (refused.status_code, "hold-exists")


async def test_a_service_may_be_booked_once_at_a_time(phone: App) -> None:
    first, second = (await phone.slots())[:2]
    booked = await phone.book(first)
    wanted = {"hold": await phone.hold(second), "person": {"name": "E. M."}}
    answer = await phone.post("/v1/appointments", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "appointment-limit")
    said = {name: answer.json()[name] for name in ("service", "limit", "count", "live")}
    service = booked["services"][0]["service"]
    assert said == {"service": service, "limit": 1, "count": 1, "live": [booked["id"]]}
    waiting = {"city": CITY, "mode": "none", "services": [{"service": service, "persons": 1}]}
    there = (await phone.post("/v1/waiting-list", waiting)).json()
    assert {name: there[name] for name in said} == said, "nor need anybody wait for one more"


async def test_of_others_on_the_same_device_the_limit_tells_a_number(
    api: httpx.AsyncClient, idem: Callable[[], dict[str, str]]
) -> None:
    installation = {"installationId": str(uuid4())}

    async def begin() -> App:
        answer = await api.post("/v1/sessions/guest", json=installation, headers=idem())
        return App(api, {"Authorization": f"Bearer {answer.json()['accessToken']}"})

    one = await begin()
    first, second = (await one.slots())[:2]
    await one.book(first)
    await api.delete("/v1/sessions/current", headers=one.headers)
    other = await begin()
    refused = await other.post("/v1/appointments", {"hold": await other.hold(second), "person": {"name": "E. M."}})
    assert refused.json()["code"] == "appointment-limit"
    said = {name: refused.json()[name] for name in ("service", "limit", "count", "live")}
    assert (said["limit"], said["count"], said["live"]) == (1, 1, [])
    waiting = {"city": CITY, "mode": "none", "services": [{"service": said["service"], "persons": 1}]}
    there = await other.post("/v1/waiting-list", waiting)
    assert (there.status_code, there.json()["code"]) == (409, "appointment-limit")
    assert {name: there.json()[name] for name in said} == said, "nor can anybody wait for what could not be booked"


async def test_a_hold_of_another_person_on_the_same_device_is_not_named(
    api: httpx.AsyncClient, idem: Callable[[], dict[str, str]]
) -> None:
    installation, phones = {"installationId": str(uuid4())}, list[App]()
    for _ in range(2):
        answer = await api.post("/v1/sessions/guest", json=installation, headers=idem())
        phones.append(App(api, {"Authorization": f"Bearer {answer.json()['accessToken']}"}))
    first, second = (await phones[0].slots())[:2]
    await phones[0].hold(first)
    refused = await phones[1].post("/v1/holds", await phones[1].wish(second))
    assert (refused.status_code, refused.json()["code"]) == (409, "hold-exists")
    assert "hold" not in refused.json(), "the document says that it is an id, or that there is none"


async def test_the_name_is_fixed_and_contact_is_not(phone: App) -> None:
    path = f"/v1/appointments/{(await phone.book((await phone.slots())[0]))['id']}"
    renamed = await phone.api.patch(path, json={"person": {"name": "Someone Else"}}, headers=phone.headers)
    assert (renamed.status_code, renamed.json()["errors"][0]["pointer"]) == (400, "/person")
    contact = {"contact": {"email": "erika@example.org", "phone": None}}
    changed = await phone.api.patch(path, json=contact, headers={**phone.headers, "If-Match": '"1"'})
    assert changed.json()["contact"] == {"email": "erika@example.org", "phone": None}
    added = await phone.api.patch(path, json={"contact": {"phone": "+49 209 1690"}}, headers=phone.headers)
    assert added.json()["contact"] == {"email": "erika@example.org", "phone": "+49 209 1690"}
    removed = await phone.api.patch(path, json={"contact": {"email": None}, "note": "Hof"}, headers=phone.headers)
    assert removed.json()["contact"] == {"email": None, "phone": "+49 209 1690"}
    for garbled in ("1", '"1', '1"', '"one"', "w/1", '""1""', '"1", "2"', '"1234567890"', "W/"):
        refused = await phone.api.patch(
            path, json={"note": "x"}, headers={**phone.headers, "If-Match": garbled, "Accept-Language": "de"}
        )
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "invalid-etag"), garbled
        assert 'If-Match: "3"' in refused.json()["errors"][0]["detail"]
    stale = await phone.api.patch(path, json={"note": "late"}, headers={**phone.headers, "If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "appointment-changed")
    assert stale.json()["current"] == {"version": 4, "state": "confirmed"}


async def test_every_invalid_field_is_named_at_once(phone: App) -> None:
    wrong: dict[str, Any] = {"office": "x", "services": [], "start": "tomorrow", "colour": "red"}
    answer = await phone.post("/v1/holds", wrong, {"Accept-Language": "de"})
    assert answer.status_code == 400
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/office", "/services", "/start", "/colour"}
    assert answer.headers["content-language"] == "de"


async def test_nobody_sees_anothers_appointment(phone: App, other: App) -> None:
    path = f"/v1/appointments/{(await phone.book((await phone.slots())[0]))['id']}"
    seen = [await other.api.get(path, headers=other.headers)]
    seen += [await other.post(f"{path}/{step}", {}) for step in ("cancel", "check-in")]
    seen.append(await other.api.patch(path, json={"note": "x"}, headers=other.headers))
    assert {(a.status_code, a.json()["code"]) for a in seen} == {(404, "appointment-not-found")}
    assert (await other.api.get("/v1/appointments", headers=other.headers)).json()["items"] == []


@pytest.mark.parametrize(
    "person",
    [
        {"name": "Erika\r\nBcc: other@example.org"}, {"name": "\x1b[31mErika"}, {"name": "\u202eakirE"},
        {"name": "\u200b"}, {"name": "Erika\u2028"},
    ],
)  # fmt: skip
async def test_a_name_is_one_line_that_can_be_read(phone: App, person: dict[str, str]) -> None:
    answer = await phone.post("/v1/appointments", {"hold": str(uuid4()), "person": person})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/person/name"]


@pytest.mark.parametrize("phone_number", ["   ", "()()", "+-/.", "12", "+49"])
async def test_a_telephone_number_has_digits(phone: App, phone_number: str) -> None:
    body = {"hold": str(uuid4()), "person": {"name": "Erika"}, "contact": {"phone": phone_number}}
    answer = await phone.post("/v1/appointments", body)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/contact/phone"]


async def test_names_of_everywhere_are_names(phone: App) -> None:
    for start, name in zip(await phone.slots(), ("Zoë O'Neill-Müller", "محمد", "李 小龍"), strict=False):
        held = await phone.hold(start)
        body = {"hold": held, "person": {"name": name}, "contact": {"email": "zoe+amt@müller.example"}}
        answer = await phone.post("/v1/appointments", body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["person"]["name"] == name
        assert answer.json()["contact"]["email"] == "zoe+amt@müller.example"
        assert (await phone.post(f"/v1/appointments/{held}/cancel", {})).status_code == 200
