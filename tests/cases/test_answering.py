"""What counts as an answer to what an office has asked."""

import httpx
from litestar import Litestar

from tests.cases.house import key, submitted
from tests.cases.test_life import SOON, Clerks, act


async def test_what_is_right_as_it_stands_is_an_answer_too(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api)
    clerk, path = await clerk_headers("clerk", "hans-sachs-haus"), f"/v1/cases/{case['id']}"
    seen = (await api.get(f"/v1/clerk{path[3:]}", headers=clerk)).json()
    fields = ["/applicant/familyName", "/vehicle/registration/0"]
    assert (await act(api, clerk, seen, "request-info", message="?", fields=fields, due=SOON)).status_code == 200
    same = {"vehicle": {"registration": seen["answers"]["vehicle"]["registration"]}}
    headers = {**one.person.headers, **key()}
    answered = await api.post(f"{path}/answer", json={"answers": same}, headers=headers)
    assert (answered.status_code, answered.json()["state"]) == (200, "in_review")
    assert answered.json()["answers"] == seen["answers"]
