"""Who may tell the city, and that it is told."""

from collections.abc import Awaitable, Callable

import httpx

Headers = dict[str, str]
BODY = {"texts": {"de": {"title": "Straßenfest", "body": "Am Samstag."}, "en": {"title": "Fair", "body": "Saturday."}}}
PATH = "/v1/clerk/announcements"


async def test_a_manager_announces_and_the_inbox_shows_it(
    api: httpx.AsyncClient,
    guest: Callable[[], Awaitable[Headers]],
    clerk_headers: Callable[..., Awaitable[Headers]],
    idem: Callable[[], Headers],
) -> None:
    person, manager = await guest(), await clerk_headers("office_manager", "hans-sachs-haus")
    wish = {"language": "en", "subscriptions": {"city": "gelsenkirchen"}}
    assert (await api.put("/v1/me/preferences", json=wish, headers=person)).status_code == 200
    key = idem()
    answers = [await api.post(PATH, json=BODY, headers={**manager, **key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    (item,) = (await api.get("/v1/inbox", headers=person)).json()["items"]
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
    lost = await api.post(PATH, json={**BODY, "district": "nirgends"}, headers={**manager, **idem()})
    assert (lost.status_code, lost.json()["errors"][0]["pointer"]) == (400, "/district")
