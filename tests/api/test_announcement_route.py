"""Who may tell the city, and that it is told."""

from collections.abc import Awaitable, Callable

import httpx

Headers = dict[str, str]
BODY = {"texts": {"de": {"title": "Straßenfest", "body": "Am Samstag."}, "en": {"title": "Fair", "body": "Saturday."}}}
PATH = "/v1/clerk/announcements"
NARROWER: list[dict[str, str]] = [{"district": "buer"}, {"district": "horst"}, {"topic": "muell"}]


async def test_a_manager_announces_and_the_inbox_shows_it(
    api: httpx.AsyncClient,
    guest: Callable[[], Awaitable[Headers]],
    clerk_headers: Callable[..., Awaitable[Headers]],
    idem: Callable[[], Headers],
) -> None:
    person, manager = await guest(), await clerk_headers("office_manager", "hans-sachs-haus")
    home = {"city": "gelsenkirchen", "district": NARROWER[0]["district"]}
    wish = {"language": "en", "subscriptions": home}
    assert (await api.put("/v1/me/preferences", json=wish, headers=person)).status_code == 200
    key = idem()
    answers = [await api.post(PATH, json=BODY, headers={**manager, **key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    (item,) = (await api.get("/v1/inbox", headers=person)).json()["items"]
    assert (await api.get(f"{PATH}/reach", headers=manager)).json() == {"people": 1, "phones": 0}
    reached = [(await api.get(f"{PATH}/reach", params=to, headers=manager)).json()["people"] for to in NARROWER]
    assert reached == [1, 0, 0]
    (told,) = (await api.get(PATH, headers=manager)).json()["items"]
    assert (told["id"], told["clerk"], told["texts"]["en"]["title"]) == (item["id"], "Test Clerk", "Fair")
    assert (item["id"], item["title"], item["body"]) == (answers[0].json()["id"], "Fair", "Saturday.")
    assert item["links"]["subject"] is None
    read = await api.post(f"/v1/inbox/{item['id']}/read", json={}, headers={**person, **idem()})
    assert read.json() == {"unread": 0}


async def test_who_may_not(
    api: httpx.AsyncClient, clerk_headers: Callable[..., Awaitable[Headers]], idem: Callable[[], Headers]
) -> None:
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    assert (await api.post(PATH, json=BODY, headers={**clerk, **idem()})).status_code == 403
    manager = await clerk_headers("office_manager", "hans-sachs-haus")
    foreign = await api.post(PATH, json={**BODY, "city": "bottrop"}, headers={**manager, **idem()})
    assert foreign.status_code == 404
    for path in (PATH, f"{PATH}/reach"):
        assert (await api.get(path, headers=clerk)).status_code == 403
        assert (await api.get(path, params={"city": "bottrop"}, headers=manager)).status_code == 404
    nowhere = await api.get(f"{PATH}/reach", params={"district": "nirgends"}, headers=manager)
    assert (nowhere.status_code, nowhere.json()["code"]) == (400, "invalid-input")
    lost = await api.post(PATH, json={**BODY, "district": "nirgends"}, headers={**manager, **idem()})
    assert (lost.status_code, lost.json()["errors"][0]["pointer"]) == (400, "/district")
