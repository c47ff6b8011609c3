"""What a page of another origin may ask and read, where the installation names its origin."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from api.routes import ROUTES
from tests.api.conftest import MakeSettings, running
from tests.api.echo import ECHOES

PAGE = "https://app.example.org"
DAYS = "/v1/cities/gelsenkirchen/availability/days?service=personalausweis&office=hans-sachs-haus"
MAY, VARY = "access-control-allow-origin", "vary"


@pytest.fixture
async def page(make_settings: MakeSettings, demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = make_settings(demo_url, cors_origins=f"{PAGE}, http://localhost:5173", rate_guest_sessions_per_hour=1)
    async with running(create_app(settings, [*ROUTES, *ECHOES])) as client:
        client.headers["Origin"] = PAGE
        yield client


async def test_a_page_asks_first_and_is_let_in_if_its_origin_is_named(page: httpx.AsyncClient) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key,authorization"}
    for path in ("/echo/body", "/v1/holds", "/v1/uploads/tus", "/v1/nowhere"):
        welcome = await page.options(path, headers=ask)
        assert (welcome.is_success, welcome.headers[MAY]) == (True, PAGE), path
        assert welcome.headers["access-control-allow-headers"] == "idempotency-key,authorization"
        assert welcome.headers["access-control-allow-methods"] == "POST"
    for other in ("https://evil.example", "https://app-example.org", "https://appxexample.org", "null", f"{PAGE}:444"):
        stranger = await page.options("/v1/holds", headers={**ask, "Origin": other})
        assert MAY not in stranger.headers, other


async def test_every_answer_can_be_read_remembered_ones_and_refusals_too(page: httpx.AsyncClient) -> None:
    remembered = [await page.get(DAYS) for _ in range(3)]
    for answer in remembered:
        assert (answer.status_code, answer.headers[MAY]) == (200, PAGE)
        assert {"Origin", "Authorization"} <= {name.strip() for name in answer.headers[VARY].split(",")}
    known = await page.get(DAYS, headers={"If-None-Match": remembered[0].headers["etag"]})
    assert (known.status_code, known.headers[MAY]) == (304, PAGE)
    begin, once = {"installationId": "a-phone-of-the-tests"}, {"Idempotency-Key": "one"}
    answers = [await page.post("/v1/sessions/guest", json=begin, headers=once) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201, 429}
    for answer in (*answers, await page.get("/v1/me"), await page.get("/v1/nowhere"), await page.get("/echo/fail/bug")):
        assert answer.headers.get(MAY) == PAGE, answer.status_code
        assert "RateLimit" in answer.headers["access-control-expose-headers"]


async def test_caches_are_told_that_origins_are_told_apart(page: httpx.AsyncClient) -> None:
    """Also where none was named: what is kept of it must not be shown to a page."""
    del page.headers["Origin"]
    for _ in range(2):
        answer = await page.get(DAYS)
        assert MAY not in answer.headers
        assert "Origin" in answer.headers[VARY]
    german = await page.get("/v1/cities", headers={"Origin": PAGE})
    assert "Accept-Language" in german.headers[VARY]


async def test_what_anybody_may_read_is_said_once(page: httpx.AsyncClient) -> None:
    assert (await page.get("/openapi.json")).headers.get_list(MAY) == ["*"]


async def test_no_page_is_let_in_where_none_is_named(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/v1/nowhere", headers={"Origin": PAGE})
    assert (MAY in answer.headers, "Origin" in answer.headers.get(VARY, "")) == (False, False)


async def test_all_of_them_may_be_let_in(make_settings: MakeSettings, database_url: str) -> None:
    async with running(create_app(make_settings(database_url, cors_origins="*"), ECHOES)) as client:
        answer = await client.get("/v1/nowhere", headers={"Origin": "https://any.example"})
        assert (answer.headers[MAY], "Origin" in answer.headers.get(VARY, "")) == ("*", False)
