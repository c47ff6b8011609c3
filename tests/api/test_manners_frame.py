"""What every answer carries, whatever it is about."""

import gzip
import json

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from api.about import VERSION
from api.app import create_app
from api.middleware.origins import EXPOSED
from backend import logs
from backend.db import Database, open_database
from backend.db.outage import is_outage
from backend.health.model import NEEDED_MIGRATION
from backend.settings import from_environment
from infra.dev.migrate import MIGRATIONS
from infra.dev.ports import free_port
from tests.api.conftest import MakeSettings, running
from tests.api.echo import ECHOES


@pytest.mark.parametrize(
    "path", ["/health/live", "/v1/nowhere", "/echo/query", "/echo/large", "/docs", "/echo/fail/bug"]
)
async def test_every_answer_is_dressed_alike(bare: httpx.AsyncClient, path: str) -> None:
    headers = (await bare.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["api-version"] == VERSION
    assert len(headers["x-request-id"]) == 36
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"]
    assert "access-control-allow-origin" not in headers
    assert "strict-transport-security" not in headers, "in production only"


async def test_the_clients_request_id_is_kept_if_it_is_one(bare: httpx.AsyncClient) -> None:
    assert (await bare.get("/health/live", headers={"X-Request-Id": "abc-1234567"})).headers[
        "x-request-id"
    ] == "abc-1234567"
    for forged in ("x", "a" * 65, "evil\tline", '{"a":1}abcdef'):
        assert (await bare.get("/health/live", headers={"X-Request-Id": forged})).headers["x-request-id"] != forged


async def test_head_is_get_without_the_body(bare: httpx.AsyncClient) -> None:
    answer = await bare.head("/echo/large", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "10013"


async def test_large_answers_are_compressed_and_stay_the_same_answer(bare: httpx.AsyncClient) -> None:
    plain = await bare.get("/echo/large", headers={"Accept-Encoding": "identity"})
    small = await bare.get("/echo/large", headers={"Accept-Encoding": "br, gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < 200
    assert small.json() == plain.json()
    assert (plain.headers["etag"], small.headers["etag"]) == ('"large"', 'W/"large"')
    for answer in (plain, small):
        assert "Accept-Encoding" in answer.headers["vary"]
        asked = {"Accept-Encoding": answer.request.headers["accept-encoding"]}
        again = await bare.get("/echo/large", headers={**asked, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
    refused = await bare.get("/echo/large", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    assert len(gzip.compress(plain.content)) < 200, "the body is one that shrinks"


async def test_a_page_of_another_origin_may_read_every_header_of_our_answers(
    bare: httpx.AsyncClient,
) -> None:
    told = {name.lower() for name in (await bare.get("/openapi.json")).json()["components"]["headers"]}
    # Of the fetch standard: the first two are shown anyway, the third is for the browser itself.
    shown = {"cache-control", "content-language", "access-control-allow-origin"}
    may = {name.lower() for name in EXPOSED}
    assert told - shown - may == set()
    assert "date" in may, "by it an app knows how far the phone's clock is off"


async def test_the_root_leads_to_the_documentation(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")


async def test_the_process_is_alive_without_a_database_but_not_ready(bare: httpx.AsyncClient) -> None:
    assert (await bare.get("/health/live")).json() == {"status": "ok"}
    assert (await bare.get("/health/ready")).json() == {"status": "ok"}


async def test_an_older_schema_is_not_ready(bare: httpx.AsyncClient, owner_url: str) -> None:
    conn = await asyncpg.connect(owner_url)
    await conn.execute("DELETE FROM schema_migrations WHERE version > '0001'")
    await conn.close()
    answer = await bare.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily-unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("apart, said", [("1 hour", "behind"), ("-1 hour", "ahead of"), ("5 seconds", None)])
async def test_who_has_another_time_than_the_database_is_not_ready(
    make_settings: MakeSettings, database_url: str, owner_url: str, empty_name: str, apart: str, said: str | None
) -> None:
    conn = await asyncpg.connect(owner_url)
    # A database with another time: its clock is found before the server's.
    await conn.execute(
        f"""CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
              AS $$ SELECT pg_catalog.clock_timestamp() + interval '{apart}' $$;
            ALTER DATABASE {empty_name} SET search_path = public, pg_catalog"""
    )
    await conn.close()
    async with running(create_app(make_settings(database_url, rate_limits="off"), ECHOES)) as client:
        with capture_logs() as logged:
            answer = await client.get("/health/ready")
    told = [one["cause"] for one in logged if one["event"] == "not ready"]
    if said is None:
        assert (answer.status_code, told) == (200, [])
    else:
        assert answer.status_code == 503
        assert [said in one for one in told] == [True]
        assert said in answer.json()["detail"]


def test_the_program_asks_for_the_newest_migration() -> None:
    newest = max(path.name.partition("_")[0] for path in MIGRATIONS.glob("*.sql"))
    assert newest == NEEDED_MIGRATION


async def test_metrics_have_a_port_of_their_own(make_settings: MakeSettings, database_url: str) -> None:
    port = free_port()
    settings = make_settings(database_url, rate_limits="off", metrics_port=port)
    async with running(create_app(settings, ECHOES)) as client, httpx.AsyncClient() as watcher:
        assert (await client.get("/metrics")).status_code == 404
        await client.get("/echo/things/018f0000-0000-7000-8000-000000000000")
        await client.post("/echo/command", json={"name": "a"}, headers={"Idempotency-Key": "k"})
        for number in range(3):
            await client.request(f"INVENTED{number}", "/v1/nowhere")
        text = (await watcher.get(f"http://127.0.0.1:{port}/metrics")).text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["wartefrei_requests_total", "GET", "/echo/things/{thing}", "200"] == 1
    assert found["wartefrei_commands_total", "echoCommand", "ok"] == 1
    assert found["wartefrei_request_seconds_count", "/echo/things/{thing}"] == 1
    assert ("wartefrei_pool_connections", "idle") in found
    assert "018f0000" not in text, "labels hold templates, not ids"
    assert found["wartefrei_requests_total", "other", "unmatched", "404"] == 3
    assert "INVENTED" not in text, "and nothing that a client may choose"


async def test_the_log_tells_the_route_and_nothing_about_people(
    bare: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    thing = "018f0000-0000-7000-8000-00000000abcd"
    await bare.get(f"/echo/things/{thing}?name=Mustermann", headers={"Authorization": "Bearer secret-token"})
    logged = capsys.readouterr().out
    assert "/echo/things/{thing}" in logged
    for secret in (thing, "Mustermann", "secret-token", "127.0.0.1"):
        assert secret not in logged


def test_a_log_line_is_one_json_object() -> None:
    line = logs.render(None, "info", {"event": "request", "route": "/v1/x\n", "status": 200})
    assert json.loads(line) == {"event": "request", "route": "/v1/x\n", "status": 200}
    assert b"\n" not in line


async def test_production_speaks_of_https(
    make_settings: MakeSettings, database_url: str, test_keys: dict[str, str]
) -> None:
    keys = {name: value.partition("\n")[2] for name, value in test_keys.items() if name != "dev_issuer_keys"}
    url = database_url.replace("development-only", "development-onl%79")
    given = {
        "PUBLIC_URL": "https://termine.example.org",
        "DATABASE_URL": url,
        "CLAMD_ADDRESS": "127.0.0.1:3310",
        **{n.upper(): v for n, v in keys.items()},
    }
    settings = from_environment(given)
    async with running(create_app(settings)) as client:
        assert "max-age=" in (await client.get("/health/live")).headers["strict-transport-security"]
        assert (await client.get("/dev-issuer/jwks.json")).status_code == 404


async def test_who_waits_too_long_for_a_connection_is_told_to_come_back(database_url: str) -> None:
    pool = (await open_database(database_url, size=1)).pool
    database = Database(pool, 1, wait_seconds=0.1)
    async with database.connection():
        with pytest.raises(TimeoutError) as waited:
            async with database.connection():
                pass
    assert is_outage(waited.value)
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT 1") == 1
    await database.close()
