"""When 304 may be said of a case: its tag is its version, and not all that is shown follows from that."""

from collections.abc import Awaitable, Callable

import httpx
from litestar import Litestar

from tests.cases.house import key, submitted

Headers = dict[str, str]
KNOWN = {"If-None-Match": '"1"'}


async def test_a_colleagues_note_is_shown_to_whoever_knows_the_version(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Callable[..., Awaitable[Headers]]
) -> None:
    clerk = await clerk_headers("clerk", "hans-sachs-haus")
    _, case = await submitted(app, api)
    path = f"/v1/clerk/cases/{case['id']}"
    assert (await api.get(path, headers={**clerk, **KNOWN})).status_code == 304
    assert (await api.get(path, headers={**clerk, **KNOWN, "Accept-Language": "en"})).status_code == 200
    noted = await api.post(f"{path}/notes", json={"text": "Halter anrufen"}, headers={**clerk, **key()})
    assert noted.is_success, noted.text
    again = await api.get(path, headers={**clerk, **KNOWN})
    assert again.status_code == 200
    assert [note["text"] for note in again.json()["notes"]] == ["Halter anrufen"]


async def test_a_person_who_knows_the_version_is_told_it_in_the_other_language(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    one, case = await submitted(app, api)
    answers = [
        await api.get(f"/v1/cases/{case['id']}", headers={**one.person.headers, **KNOWN, "Accept-Language": language})
        for language in ("de", "en")
    ]
    assert sorted(answer.status_code for answer in answers) == [200, 304]
