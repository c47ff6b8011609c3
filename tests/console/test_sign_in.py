"""Who comes in, by which way, how far it reaches, and when it ends."""

import asyncpg
import httpx
import pytest

from tests.console.conftest import back_as, sign_in, to_provider

DAY = "/v1/clerk/offices/hans-sachs-haus/day"


async def test_the_way_in_and_out(client: httpx.AsyncClient) -> None:
    outside = await client.get("/console/today/hans-sachs-haus?date=2026-01-05")
    assert (
        outside.headers["location"] == "/console/sign-in?then=%2Fconsole%2Ftoday%2Fhans-sachs-haus%3Fdate%3D2026-01-05"
    )
    seat, answer = await sign_in(client, "demo-kowalski", "/console/today/hans-sachs-haus")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/today/hans-sachs-haus")
    session = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert "HttpOnly" in session and "SameSite=lax" in session and "Path=/" in session
    page = await client.get("/console/today/hans-sachs-haus")
    assert page.status_code == 200 and "Anna Kowalski" in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy and "http" not in policy
    assert "<script>" not in page.text and "style=" not in page.text and "onclick" not in page.text
    assert (await client.get(DAY)).status_code == 200
    assert (await client.get("/v1/clerk/offices/rathaus-buer/day")).status_code == 404
    assert (await client.get("/console/today/rathaus-buer")).status_code == 404
    out = await client.delete("/console/session", headers=seat.headers())
    assert out.status_code == 200
    assert (await client.get(DAY)).status_code == 401
    assert (await client.get("/console")).headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize(
    "path", ["/console/xyz", "/console/xyz/abc", "/console/today", "/console/today/hans-sachs-haus/xyz"]
)
async def test_an_address_that_leads_nowhere_is_a_page_with_a_way_on(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Accept-Language": "de"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    assert 'href="/console"' in answer.text
    assert "xyz" not in answer.text, "what was asked for is not told again"


async def test_a_change_has_to_come_from_a_page_of_the_console(client: httpx.AsyncClient) -> None:
    seat, _ = await sign_in(client, "demo-kowalski")
    lookup, body = "/v1/clerk/appointments/lookup", {"reference": "GE-7K4M-92XQ"}
    key = {"Idempotency-Key": "one"}
    foreign = [
        {},
        {"X-CSRF-Token": seat.csrf},
        {"Sec-Fetch-Site": "same-origin"},
        {"X-CSRF-Token": seat.csrf, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": seat.csrf, "Sec-Fetch-Site": "same-site"},
        {"X-CSRF-Token": seat.csrf, "Origin": "https://example.org"},
        {"X-CSRF-Token": seat.csrf[:-1] + "~", "Sec-Fetch-Site": "same-origin"},
    ]
    for headers in foreign:
        answer = await client.post(lookup, json=body, headers={**key, **headers})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site-request"), headers
    # The control: with both it is heard, and fails for what it asks only.
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": str(client.base_url).rstrip("/")}):
        answer = await client.post(lookup, json=body, headers={**key, "X-CSRF-Token": seat.csrf, **headers})
        assert answer.status_code in (400, 404), answer.text


async def test_nobody_is_sent_elsewhere_and_no_foreign_code_is_taken(client: httpx.AsyncClient) -> None:
    for evil in ("https://example.org/", "//example.org", "/console//example.org", "/console/\\example.org", "/v1/me"):
        _, answer = await sign_in(client, "demo-kowalski", evil)
        assert answer.headers["location"] == "/console", evil
        client.cookies.clear()
    asked = await to_provider(client)
    back = await back_as(client, "demo-kowalski", asked)
    for wrong in (
        {**back, "state": "other"},
        {**back, "code": back["code"][:-3] + "abc"},
        {"state": back["state"], "error": "access_denied"},
    ):
        answer = await client.get("/console/signed-in", params=wrong)
        assert answer.status_code == 403 and "sign-in-failed" in answer.text, wrong
    async with httpx.AsyncClient(base_url=client.base_url) as victim:
        # A code of somebody else's sign-in, in a browser that did not begin it.
        assert (await victim.get("/console/signed-in", params=back)).status_code == 403
    assert (await client.get("/console/signed-in", params={**back, "session_state": "x"})).status_code == 303
    # The verifier and the state belong together: another sign-in of the same browser does not open with this code.
    other = await to_provider(client)
    assert (await client.get("/console/signed-in", params={**back, "state": other["state"]})).status_code == 403
    refused = await client.get("/dev-issuer/authorize", params={**asked, "redirect_uri": "https://example.org/"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "statement, status",
    [
        ("UPDATE console_session SET expires_at = now() - interval '1 second'", 401),
        ("UPDATE console_session SET seen_at = now() - interval '61 minutes'", 401),
        ("UPDATE console_session SET ended_at = now()", 401),
        ("DELETE FROM clerk_membership", 403),
        ("DELETE FROM clerk", 401),
        ("UPDATE console_session SET seen_at = now() - interval '59 minutes'", 200),
    ],
)
async def test_a_session_ends_in_time_and_with_the_membership(
    client: httpx.AsyncClient, owner: "asyncpg.Connection[asyncpg.Record]", statement: str, status: int
) -> None:
    await sign_in(client, "demo-kowalski")
    assert (await client.get(DAY)).status_code == 200
    await owner.execute(statement)
    assert (await client.get(DAY)).status_code == status
    if status == 200:
        assert await owner.fetchval("SELECT seen_at > now() - interval '1 minute' FROM console_session")
    assert await owner.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'console.sign_in'") == 1


async def test_only_the_system_sees_sessions_and_only_their_office_displays(
    client: httpx.AsyncClient, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await sign_in(client, "demo-kowalski")
    await owner.execute("SET ROLE wartefrei_app")
    assert await owner.fetchval("SELECT count(*) FROM console_session") == 0
    async with owner.transaction():
        await owner.execute("SET LOCAL app.system = 'on'")
        assert await owner.fetchval("SELECT count(*) FROM console_session") == 1
    await owner.execute("RESET ROLE")


async def test_scripts_are_kept_for_ever_by_the_hash_in_their_address(client: httpx.AsyncClient) -> None:
    page = (await client.get("/console/signed-out")).text
    address = page.split('type="module" src="')[1].split('"')[0]
    found = await client.get(address)
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-type"].startswith("text/javascript")
    edition = address.split("/")[3]
    old = await client.get(address.replace(edition, "0" * 12))
    assert (old.status_code, old.headers["cache-control"]) == (200, "public, no-cache")
    assert (await client.get(f"/console/static/{edition}/../today.py")).status_code == 404
