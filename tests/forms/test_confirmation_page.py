"""The page behind the landlord's link: what it shows, what it does once, what it says when nothing is to be done."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.forms.samples import REGISTER, answers

Headers = dict[str, str]
Guest = Callable[[], Awaitable[Headers]]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Asking:
    """Somebody who asks their landlord."""

    def __init__(self, api: httpx.AsyncClient, who: Headers) -> None:
        self.api, self.who, self.draft = api, who, str(uuid4())

    async def begin(self, **changes: Any) -> None:
        body = {"id": self.draft, "form": REGISTER, "version": 1, "language": "de"}
        given = {**answers("wohnsitz-anmelden"), **changes}
        headers = {**self.who, "Idempotency-Key": uuid4().hex}
        assert (await self.api.post("/v1/drafts", json={**body, "answers": given}, headers=headers)).status_code == 201

    async def link(self) -> str:
        """The path of a new link."""
        headers = {**self.who, "Idempotency-Key": uuid4().hex}
        asked = await self.api.post(
            f"/v1/drafts/{self.draft}/confirmations", json={"kind": "landlord"}, headers=headers
        )
        path: str = asked.json()["link"].removeprefix("http://127.0.0.1:8000")
        return path

    async def state(self) -> list[tuple[str, str | None]]:
        draft = (await self.api.get(f"/v1/drafts/{self.draft}", headers=self.who)).json()
        return [(one["state"], one["name"]) for one in draft["confirmations"]]


@pytest.fixture
async def asking(api: httpx.AsyncClient, guest: Guest) -> Asking:
    made = Asking(api, await guest())
    await made.begin()
    return made


async def send(api: httpx.AsyncClient, path: str, body: str) -> httpx.Response:
    return await api.post(path, content=body, headers=FORM)


async def test_it_shows_what_a_landlord_needs_and_lets_nothing_in(api: httpx.AsyncClient, asking: Asking) -> None:
    path = await asking.link()
    page = await api.get(path)
    assert (page.status_code, page.headers["content-language"]) == (200, "de")
    for shown in (
        "Stadt Gelsenkirchen",
        "Wohnsitz anmelden",
        "Wohnungsgeberbestätigung",
        "Bismarckstraße",
        "Lena Sophie",
    ):
        assert shown in page.text
    for hidden in ("1984", "Izmir", "L01X00T47", "evangelisch", "erika@example.org", "Hauptstraße", "türkisch"):
        assert hidden not in page.text, hidden
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'") and "script-src" not in policy
    assert {"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("no-referrer", "private, no-store")
    assert "<script" not in page.text and "noindex" in page.text
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)
    for wish, language, word in ((None, "de", "bestätige"), ("en-GB", "en", "I confirm"), ("fr", "en", "I confirm")):
        headers = {"Accept-Language": wish} if wish else {}
        other = await api.get(path, headers=headers, params={"fbclid": "added-on-the-way"})
        assert (other.headers["content-language"], word in other.text) == (language, True)
    assert "I confirm" in (await api.get(path, params={"lang": "en"}, headers={"Accept-Language": "de"})).text


async def test_what_is_written_is_text_and_never_markup(api: httpx.AsyncClient, guest: Guest) -> None:
    asking = Asking(api, await guest())
    await asking.begin(newHome={**answers("wohnsitz-anmelden")["newHome"], "street": '<b onclick="x">Weg'})
    path = await asking.link()
    assert "&lt;b onclick=" in (await api.get(path)).text
    wrong = await send(api, path, "name=%22%3E%3Cscript%3E&answer=maybe")
    assert wrong.status_code == 400
    assert "<script" not in wrong.text and 'value="&#34;&gt;&lt;script&gt;"' in wrong.text


async def test_ten_clicks_at_once_answer_once_and_all_see_the_same(
    api: httpx.AsyncClient, asking: Asking, demo_owner_url: str
) -> None:
    path = await asking.link()
    clicks = ["name=Vera+Vermieterin&answer=yes", "name=Vera+Vermieterin&answer=yes", "name=V&answer=no"] * 4
    said = await asyncio.gather(*(send(api, path, click) for click in clicks))
    assert {(one.status_code, one.headers["location"]) for one in said} == {(303, f"{path}?lang=de")}
    [(state, name)] = await asking.state()
    assert (state, name) in (("confirmed", "Vera Vermieterin"), ("refused", "V"))
    title = "Sie haben bestätigt" if state == "confirmed" else "Sie haben nicht bestätigt"
    for _ in range(2):
        page = await api.get(path, headers={"Accept-Language": "de"})
        assert (page.status_code, title in page.text.replace("Danke, s", "S")) == (200, True)
        # Whoever holds the link later is not told who answered.
        assert "Vera" not in page.text and "<form" not in page.text and "Bismarckstraße" not in page.text
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        told = await owner.fetchval("SELECT count(*) FROM notice WHERE kind LIKE 'draft.%ed' AND spread_at IS NULL")
        audited = await owner.fetchval("SELECT count(*) FROM audit_entry WHERE entity = 'confirmation'")
        assert (told, audited) == (1, 1)
    finally:
        await owner.close()


async def test_an_incomplete_answer_is_asked_for_again_and_counts_for_nothing(
    api: httpx.AsyncClient, asking: Asking
) -> None:
    path = await asking.link()
    for body in (
        "", "name=&answer=yes", "name=Vera", "name=+++&answer=no", f"name={'x' * 201}&answer=yes",
        "name=a%00b&answer=yes", "&".join(f"f{n}=1" for n in range(40)), "name=Vera&answer=YES", '{"confirmed": true}',
    ):  # fmt: skip
        page = await send(api, path, body)
        assert page.status_code == 400 and 'role="alert"' in page.text and "<form" in page.text, body
    assert await asking.state() == [("pending", None)]


async def test_a_link_that_leads_nowhere_says_so(api: httpx.AsyncClient, asking: Asking, demo_owner_url: str) -> None:
    first, second = await asking.link(), await asking.link()
    german = {"Accept-Language": "de"}
    for path, status, word in (
        (first, 410, "Dieser Link gilt nicht mehr"), ("/confirm/none", 404, "Diesen Link gibt es nicht"),
        (second[:-1], 404, "Diesen Link gibt es nicht"), ("/confirm/" + "x" * 500, 404, "Diesen Link gibt es nicht"),
    ):  # fmt: skip
        page = await api.get(path, headers=german)
        assert (page.status_code, word in page.text) == (status, True), path
        assert "<form" not in page.text
        answer = await api.post(path, content="name=Vera&answer=yes", headers={**german, **FORM})
        assert (answer.status_code, word in answer.text) == (status, True), path
    too_long = await api.post(second, content=b"x" * 10_000, headers={**german, **FORM})
    assert (too_long.status_code, "nicht geklappt" in too_long.text) == (413, True)
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        await owner.execute("UPDATE confirmation SET expires_at = now() - interval '1 second'")
    finally:
        await owner.close()
    for page in (await api.get(second, headers=german), await send(api, second, "name=Vera&answer=yes")):
        assert page.status_code == 410
    assert await asking.state() == [("over", None)]
