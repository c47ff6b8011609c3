"""Sessions, the person and the keys, as an app meets them over HTTP."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from api.app import create_app
from backend.clock import system_now
from backend.db import Database
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.identity.keys import load_keys
from backend.identity.oidc import dev_issuer
from backend.settings import Settings
from tests.api.conftest import put_together, running
from tests.identity.conftest import CLERKS
from tests.identity.issuer import AUDIENCE, Issuer
from tests.identity.town import Town, give_appointment

Answer = dict[str, str]


@pytest.fixture
def now() -> datetime:
    """These tests run by the real clock, as the application does."""
    return system_now()


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with running(put_together(settings)) as client:
        yield client


def key(name: str | None = None) -> dict[str, str]:
    """A fresh Idempotency-Key, or the one of this name."""
    return {"Idempotency-Key": name or uuid4().hex}


def bearer(session: Answer) -> dict[str, str]:
    """The Authorization header of a session."""
    return {"Authorization": f"Bearer {session['accessToken']}"}


async def guest(api: httpx.AsyncClient) -> Answer:
    """A new guest on a new phone."""
    answer = await api.post("/v1/sessions/guest", json={"installationId": uuid4().hex}, headers=key())
    assert answer.status_code == 201, answer.text
    found: Answer = answer.json()
    return found


async def code(api: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and problem code of a request without a body."""
    answer = await api.request(method, path, headers=headers)
    return answer.status_code, answer.json()["code"]


async def test_a_guest_begins_reads_and_refreshes(api: httpx.AsyncClient) -> None:
    session = await guest(api)
    me = await api.get("/v1/me", headers=bearer(session))
    assert me.json()["id"] == session["personId"]
    assert me.json() | {"kind": "guest", "language": "de"} == me.json()
    assert me.headers["cache-control"] == "private, no-store"
    answer = await api.post("/v1/sessions/refresh", json={"refreshToken": session["refreshToken"]}, headers=key())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert (await api.get("/v1/me", headers=bearer(answer.json()))).json()["id"] == session["personId"]


async def test_a_retry_of_the_beginning_is_marked_and_makes_no_second_guest(
    api: httpx.AsyncClient, database: Database
) -> None:
    body = {"installationId": uuid4().hex}
    first = await api.post("/v1/sessions/guest", json=body, headers=key("once"))
    again = await api.post("/v1/sessions/guest", json=body, headers=key("once"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert first.json()["personId"] == again.json()["personId"]
    assert (await api.get("/v1/me", headers=bearer(again.json()))).status_code == 200
    other = await api.post("/v1/sessions/guest", json={**body, "attestation": "x"}, headers=key("once"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("path", ["/v1/sessions/guest", "/v1/sessions/refresh", "/v1/sessions/link"])
async def test_every_post_wants_a_key(api: httpx.AsyncClient, path: str) -> None:
    body = {"installationId": "12345678", "refreshToken": "x", "identityToken": "x"}
    headers = bearer(await guest(api)) if path.endswith("link") else {}
    wanted = {"guest": "installationId", "refresh": "refreshToken", "link": "identityToken"}[path.rsplit("/", 1)[-1]]
    answer = await api.post(path, json={wanted: body[wanted]}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


@pytest.mark.parametrize(
    "body",
    [{}, {"installationId": "short"}, {"installationId": "x" * 129}, {"installationId": 1}, {"installation": "x"}],
)
async def test_an_installation_id_has_eight_to_128_characters(api: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await api.post("/v1/sessions/guest", json=body, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")


async def test_a_missing_token_is_told_how_to_authenticate(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication-required")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("given", ["Basic abc", "Bearer", "Bearer ", "Bearer a.b.c", "Bearer é", "x"])
async def test_a_wrong_authorization_header_is_an_invalid_token(api: httpx.AsyncClient, given: str) -> None:
    answer = await api.get("/v1/me", headers=[(b"authorization", given.encode())])
    assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


async def test_an_expired_token_says_so(api: httpx.AsyncClient, settings: Settings, now: datetime) -> None:
    (signing,) = load_keys(settings.token_signing_keys, "ES256")
    session = await guest(api)
    claims = jwt.decode(session["accessToken"], options={"verify_signature": False})
    old = jwt.encode(
        {**claims, "exp": int(now.timestamp())}, signing.private, "ES256", headers={"kid": signing.kid, "typ": "at+jwt"}
    )
    assert await code(api, "GET", "/v1/me", {"Authorization": f"Bearer {old}"}) == (401, "token-expired")


async def test_logging_out_ends_the_session(api: httpx.AsyncClient) -> None:
    session = await guest(api)
    assert (await api.delete("/v1/sessions/current", headers=bearer(session))).status_code == 204
    assert await code(api, "GET", "/v1/me", bearer(session)) == (401, "session-ended")
    answer = await api.post("/v1/sessions/refresh", json={"refreshToken": session["refreshToken"]}, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (401, "session-ended")


async def test_a_citizen_may_call_with_the_providers_token(
    api: httpx.AsyncClient, issuer: Issuer, now: datetime
) -> None:
    token = {"Authorization": f"Bearer {issuer.token(now)}"}
    first = (await api.get("/v1/me", headers=token)).json()
    again = (await api.get("/v1/me", headers=token)).json()
    assert first["kind"] == "identity"
    assert first == again


async def test_linking_makes_the_guest_the_identity_and_keeps_the_appointments(
    api: httpx.AsyncClient, issuer: Issuer, database: Database, town: Town, now: datetime
) -> None:
    direct = {"Authorization": f"Bearer {issuer.token(now)}"}
    known = (await api.get("/v1/me", headers=direct)).json()["id"]
    session = await guest(api)
    appointment = await give_appointment(database, town, UUID(session["personId"]), now + timedelta(days=3))
    body = {"identityToken": issuer.token(now)}
    linked = await api.post("/v1/sessions/link", json=body, headers=bearer(session) | key("link"))
    assert linked.status_code == 200, linked.text
    assert linked.json()["personId"] == known
    for headers in (bearer(linked.json()), bearer(session), direct):
        export = (await api.get("/v1/me/export", headers=headers)).json()
        assert [a["id"] for a in export["appointments"]] == [str(appointment)]
    again = await api.post("/v1/sessions/link", json=body, headers=bearer(session) | key("link"))
    assert (again.status_code, again.json()["personId"]) == (200, known)


async def test_linking_wants_a_genuine_token(api: httpx.AsyncClient, issuer: Issuer, now: datetime) -> None:
    session = await guest(api)
    for token in ("rubbish", issuer.token(now, aud="elsewhere"), session["accessToken"]):
        answer = await api.post("/v1/sessions/link", json={"identityToken": token}, headers=bearer(session) | key())
        assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


async def test_the_language_is_the_persons(api: httpx.AsyncClient) -> None:
    session = await guest(api)
    answer = await api.patch("/v1/me", json={"language": "en"}, headers=bearer(session))
    assert answer.json()["language"] == "en"
    etag = (await api.get("/v1/me", headers=bearer(session))).headers["etag"]
    same = await api.get("/v1/me", headers={**bearer(session), "If-None-Match": etag})
    assert same.status_code == 304
    refused = await api.patch("/v1/me", json={"language": "fr"}, headers=bearer(session))
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-input")


async def test_being_forgotten_ends_the_session(api: httpx.AsyncClient) -> None:
    session = await guest(api)
    assert (await api.delete("/v1/me", headers=bearer(session))).status_code == 204
    assert await code(api, "GET", "/v1/me", bearer(session)) == (401, "session-ended")


async def test_nobody_is_forgotten_with_a_live_appointment(
    api: httpx.AsyncClient, database: Database, town: Town, now: datetime
) -> None:
    session = await guest(api)
    await give_appointment(database, town, UUID(session["personId"]), now + timedelta(days=3))
    answer = await api.delete("/v1/me", headers=bearer(session))
    assert (answer.status_code, answer.json()["code"], answer.json()["count"]) == (409, "live-appointments", 1)


async def test_the_published_keys_verify_our_tokens_and_no_secret_is_among_them(
    api: httpx.AsyncClient, settings: Settings
) -> None:
    session = await guest(api)
    answer = await api.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    keys = {k["kid"]: k for k in answer.json()["keys"]}
    assert {k["alg"] for k in keys.values()} == {"ES256", "EdDSA"}
    assert all({"d", "k", "p"}.isdisjoint(k) and k["use"] == "sig" for k in keys.values())
    signed_by = keys[jwt.get_unverified_header(session["accessToken"])["kid"]]
    claims = jwt.decode(
        session["accessToken"], jwt.PyJWK(signed_by), ["ES256"], audience="wartefrei", issuer=settings.public_url
    )
    assert claims["sub"] == session["personId"]
    etag = answer.headers["etag"]
    assert (await api.get("/.well-known/jwks.json", headers={"If-None-Match": etag})).status_code == 304


async def test_the_development_issuer_publishes_the_keys_of_its_tokens(
    api: httpx.AsyncClient, settings: Settings, now: datetime
) -> None:
    document = (await api.get("/dev-issuer/.well-known/openid-configuration")).json()
    assert document["issuer"] == dev_issuer(settings)
    (published,) = (await api.get("/dev-issuer/jwks.json")).json()["keys"]
    token = mint_dev_token(settings, "someone", now, audience=AUDIENCE)
    assert jwt.decode(token, jwt.PyJWK(published), ["ES256"], audience=AUDIENCE)["sub"] == "someone"


async def test_without_its_keys_there_is_no_development_issuer(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    async with running(create_app(make_settings(database_url, dev_issuer_keys=""))) as api:
        for path in ("/dev-issuer/jwks.json", "/dev-issuer/.well-known/openid-configuration"):
            assert (await api.get(path)).status_code == 404


async def test_a_clerks_token_is_none_of_a_citizens(
    api: httpx.AsyncClient, settings: Settings, database: Database, town: Town, now: datetime
) -> None:
    async with database.connection() as conn:
        await ensure_dev_clerk(conn, "c", "C", "clerk", "here", "north", issuer=dev_issuer(settings))
    token = mint_dev_token(settings, "c", now, audience=CLERKS)
    assert await code(api, "GET", "/v1/me", {"Authorization": f"Bearer {token}"}) == (401, "token-invalid")
