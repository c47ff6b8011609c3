"""What answers in FCM's place, or in that of its token endpoint, and is neither: a proxy, a wrong address, garbage."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from backend.settings import Settings
from infra.dev.ports import free_port
from notifications.channels.credentials import AccessTokens
from notifications.channels.push import PushChannel
from notifications.model import Outcome
from tests.notifications.scripted import Scripted, outgoing
from tests.support.certificates import make_certificate


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], tls: ssl.SSLContext | None = None
) -> AsyncGenerator[str]:
    """The address of a server that answers every POST so."""
    app = web.Application()
    app.router.add_post("/{anything:.*}", handler)
    runner, port = web.AppRunner(app), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    yield f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    await runner.cleanup()


@asynccontextmanager
async def another(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    fcm: Scripted,
    make_settings: Callable[..., Settings],
) -> AsyncGenerator[PushChannel]:
    """A channel to a server that is not FCM; tokens still come from the loopback."""
    async with serving(handler) as url:
        settings = make_settings("postgresql://unused", fcm_url=url, push_timeout_seconds=5.0)
        channel = PushChannel(settings, fcm.account, AccessTokens(fcm.account))
        yield channel
        await channel.close()


async def test_a_redirect_is_not_followed_with_our_token(fcm: Scripted, make_settings: Callable[..., Settings]) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"{fcm.url}/stolen"})

    async with another(elsewhere, fcm, make_settings) as channel:
        outcome = await channel.send(outgoing())
    assert (outcome.result, outcome.trouble) == ("transient", "misconfigured")


async def test_a_certificate_that_is_not_believed_has_a_code_of_its_own(
    fcm: Scripted, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    make_certificate(tmp_path, ["localhost"])
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(tmp_path / "server.pem")

    async def never(_: web.Request) -> web.Response:
        return web.json_response({"name": "projects/x/messages/1"})

    async with serving(never, served) as url:
        settings = make_settings("postgresql://unused", fcm_url=url, push_timeout_seconds=5.0)
        channel = PushChannel(settings, fcm.account, AccessTokens(fcm.account))
        assert await channel.send(outgoing()) == Outcome(result="transient", code="tls", trouble="unavailable")
        await channel.close()


async def test_an_answer_in_pieces_is_read_whole(fcm: Scripted, make_settings: Callable[..., Settings]) -> None:
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}
    said = json.dumps({"error": {"code": 404, "details": [detail]}}).encode()

    async def in_pieces(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=404)
        await answer.prepare(request)
        for piece in (said[:20], said[20:]):
            await answer.write(piece)
            await asyncio.sleep(0.1)
        return answer

    async with another(in_pieces, fcm, make_settings) as channel:
        assert await channel.send(outgoing()) == Outcome(result="target_gone", code="UNREGISTERED")


@pytest.mark.parametrize("status", [200, 503])
async def test_an_answer_without_an_end_is_not_kept(
    fcm: Scripted, make_settings: Callable[..., Settings], status: int
) -> None:
    written = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        answer = web.StreamResponse(status=status)
        await answer.prepare(request)
        for _ in range(1_000):
            await answer.write(b"x" * 65_536)
            written += 65_536
        return answer

    async with another(endless, fcm, make_settings) as channel:
        outcome = await channel.send(outgoing())
    assert outcome.result == "transient"
    assert written < 10_000_000, "what is in the sockets' buffers, and no more"


@pytest.mark.parametrize("page", [b"<html>please sign in", b"", b"{}", b"[1]", b"\xff", b"[" * 60_000])
async def test_a_page_of_somebody_elses_is_not_fcms_yes(
    fcm: Scripted, make_settings: Callable[..., Settings], page: bytes
) -> None:
    async def proxy(_: web.Request) -> web.Response:
        return web.Response(body=page)

    async with another(proxy, fcm, make_settings) as channel:
        assert await channel.send(outgoing()) == Outcome(result="transient", code="not-fcm", trouble="misconfigured")


@asynccontextmanager
async def no_token(fcm: Scripted, status: int, page: bytes) -> AsyncGenerator[AccessTokens]:
    """Tokens from an endpoint that answers with this page."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=page)

    async with serving(answer) as url:
        tokens = AccessTokens({**fcm.account, "token_uri": f"{url}/token"}, fcm.fetches.append)
        assert await tokens.current() is None
        yield tokens
        await tokens.close()


@pytest.mark.parametrize(
    "page", [b"<html>please sign in", b"", b"null", b"[1]", b"{}", b'{"access_token": "x"}', b"\xff", b"[" * 100_000]
)
async def test_a_page_of_somebody_elses_is_no_token_and_ends_nothing(fcm: Scripted, page: bytes) -> None:
    async with no_token(fcm, 200, page):
        assert fcm.fetches == ["failed"]


@pytest.mark.parametrize(
    "page, code",
    [
        (b'{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}', "invalid_grant"),
        (b'{"error": "Erika Mustermann"}', ""),
        (b'{"error": ["invalid_grant"]}', ""),
        (b"busy", ""),
    ],
)
async def test_why_there_is_no_token_is_logged_in_words_that_we_know(fcm: Scripted, page: bytes, code: str) -> None:
    with capture_logs() as logged:
        async with no_token(fcm, 400, page):
            pass
    assert [(line["event"], line["cause"], line["code"]) for line in logged] == [
        ("no access token", "RefreshError", code)
    ]
