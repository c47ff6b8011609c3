"""Apps that are too old are told so, and where the new one is; what must never fail is served to them all the same."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from api import guide
from backend.settings import Settings, SettingsError, from_environment
from tests.desk.house import visitor

Idem = Callable[[], dict[str, str]]
STORE = "https://store.example.org/wartefrei"
OLD, NEW = {"App-Version": "android/1.9.9"}, {"App-Version": "android/2.0"}


@pytest.fixture
def settings(make_settings: Callable[..., Settings], demo_url: str) -> Settings:
    return make_settings(
        demo_url,
        rate_limits="off",
        app_minimum_versions="android=2.0.0",
        app_recommended_versions="android=2.4.0,ios=3.1",
        app_stores=f"android={STORE}",
    )


async def test_an_old_app_is_told_where_the_new_one_is_and_may_end_what_it_began(
    api: httpx.AsyncClient, idem: Idem
) -> None:
    slots = "/v1/cities/gelsenkirchen/availability/earliest?service=personalausweis"
    for path in ("/v1/cities", slots, "/v1/me"):
        answer = await api.get(path, headers={**(await visitor(api)).headers, **OLD, "Accept-Language": "de"})
        assert (answer.status_code, answer.json()["code"]) == (426, "app-outdated"), path
        assert (answer.json()["minimum"], answer.json()["store"]) == ("2.0.0", STORE)
        assert "aktualisieren" in answer.json()["detail"]
    for headers in ({}, NEW, {"App-Version": "android/10.0.1-beta+7"}, {"App-Version": "ios/0.1"}):
        assert (await api.get("/v1/cities", headers=headers)).status_code == 200
    # What is remembered for everybody is not handed out to it either.
    days = "/v1/cities/gelsenkirchen/availability/days?service=personalausweis&office=hans-sachs-haus"
    assert [(await api.get(days, headers=h)).status_code for h in (NEW, NEW, OLD)] == [200, 200, 426]
    wrong = await api.get("/v1/cities", headers={"App-Version": "2.0"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "App-Version")
    start = await api.get("/v1/bootstrap?city=gelsenkirchen", headers=OLD)
    assert start.json()["catalogue"]["apps"] == [
        {"platform": "android", "minimum": "2.0.0", "recommended": "2.4.0", "store": STORE},
        {"platform": "ios", "minimum": None, "recommended": "3.1", "store": None},
    ]
    hold: dict[str, Any] = {"office": str(UUID(int=0)), "services": [], "start": "2030-01-01T09:00:00Z"}
    me = (await visitor(api)).headers
    # By the short way, too.
    assert (await api.post("/v1/holds", json=hold, headers={**me, **OLD, **idem()})).status_code == 426
    nothing = UUID(int=0)
    for path in (
        f"appointments/{nothing}/cancel",
        f"cases/{nothing}/withdraw",
        f"waiting-list/offers/{nothing}/decline",
    ):
        assert (await api.post(f"/v1/{path}", json={}, headers={**me, **OLD, **idem()})).status_code == 404, path
    for path in (f"holds/{nothing}", f"drafts/{nothing}", f"waiting-list/{nothing}"):
        assert (await api.delete(f"/v1/{path}", headers={**me, **OLD})).status_code in (204, 404), path
    assert (await api.get("/v1/me/export", headers={**me, **OLD})).status_code == 200
    refresh = await api.post("/v1/sessions/refresh", json={"refreshToken": "x"}, headers={**OLD, **idem()})
    assert refresh.json()["code"] == "token-invalid"
    # A header of another form does not keep anybody from leaving.
    assert (await api.delete("/v1/me", headers={**me, "App-Version": "?"})).status_code == 204
    assert (
        await api.delete("/v1/sessions/current", headers={**(await visitor(api)).headers, **OLD})
    ).status_code == 204


async def test_what_every_app_may_do_is_listed_once_and_declared_so(bare: httpx.AsyncClient) -> None:
    paths: dict[str, Any] = (await bare.get("/openapi.json")).json()["paths"]
    declared = {
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, said in item.items()
        if path.startswith("/v1/") and "426" not in said["responses"]
    }
    page = guide.find("versioning")
    assert page is not None
    listed = re.findall(r"^\| `([A-Z]+ /v1/[^`]+)` \| (.+) \|$", page.text, re.MULTILINE)
    assert {call for call, _ in listed} == declared
    assert "POST /v1/appointments/{appointmentId}/cancel" in declared and len(declared) == len(listed)
    assert all(what != "None" for _, what in listed)


def test_versions_in_settings_are_read_at_the_start() -> None:
    given = {"MODE": "embedded", "DATABASE_URL": "postgresql://unused"}
    for name, wrong in (
        ("APP_MINIMUM_VERSIONS", "android=two"),
        ("APP_RECOMMENDED_VERSIONS", "symbian=1.0"),
        ("APP_STORES", "ios=http://store.example.org"),
    ):
        with pytest.raises(SettingsError, match=name):
            from_environment({**given, name: wrong})
