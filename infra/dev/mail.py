"""A relay that keeps what it is given: real SMTP on loopback, nothing leaves the machine.

    python -m infra.dev.mail --port 2525 --http 8025      (installed: wartefrei mail)

GET    /             the letters, the latest first, as a page
GET    /sent         what arrived, the oldest first: [{"at", "from", "to", "subject", "headers", "text", "html",
                     "attachments"}]
GET    /sent/N.html  how the Nth looks
DELETE /sent         forgets them
POST   /script       {"stage": "recipient", "replies": ["450 4.2.0 later"], "forever": false}: what is said instead of
                     "yes" at `sender`, `recipient` or `content`; "hang" says nothing, "drop" ends the connection
DELETE /script       all is well again
"""

import argparse
import asyncio
import signal
import ssl
import sys
from collections import deque
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import Any, Literal

import msgspec
import uvloop
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Stage = Literal["sender", "recipient", "content"]
_KEPT = 10_000
_OK = "250 OK"


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """What to say at a stage, one after the other; the last one for ever where ``forever``."""

    stage: Stage
    replies: list[str]
    forever: bool = False


class Received(msgspec.Struct):
    """One letter that was accepted, with what the connection was like."""

    at: datetime
    sender: str
    recipients: list[str]
    content: bytes
    sealed: bool
    signed_in: bool

    def message(self) -> EmailMessage:
        """As a program reads it."""
        found = message_from_bytes(self.content, policy=default)
        assert isinstance(found, EmailMessage)
        return found


class Sink:
    """One relay's memory: the handler that aiosmtpd calls."""

    def __init__(self) -> None:
        self.received: deque[Received] = deque(maxlen=_KEPT)
        self.connections = 0
        self._scripts: dict[str, tuple[deque[str], bool]] = {}
        self._calm = asyncio.Event()

    def follow(self, script: Script) -> None:
        """From the next command on."""
        self._calm.clear()
        self._scripts[script.stage] = (deque(script.replies), script.forever)

    def calm(self) -> None:
        """No more scripts; who waits is answered."""
        self._scripts.clear()
        self._calm.set()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._say("sender", server)
        if said == _OK:
            envelope.mail_from = address
        return said

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._say("recipient", server)
        if said == _OK:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await self._say("content", server)
        if said == _OK:
            content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
            self.received.append(
                Received(
                    datetime.now(UTC), envelope.mail_from or "", list(map(str, envelope.rcpt_tos)), content,
                    session.ssl is not None, bool(session.authenticated),
                )
            )  # fmt: skip
        return said

    async def _say(self, stage: Stage, server: SMTP) -> str:
        replies, forever = self._scripts.get(stage, (None, False))
        if not replies:
            return _OK
        said = replies[0] if forever and len(replies) == 1 else replies.popleft()
        if said == "hang":
            await self._calm.wait()
            return _OK
        if said == "drop" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return said

    def application(self) -> web.Application:
        """What arrived, over HTTP."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._page), web.get("/sent", self._sent), web.get("/sent/{number}.html", self._shown),
                web.delete("/sent", self._forget), web.post("/script", self._script), web.delete("/script", self._end),
                web.get("/health", self._health),
            ]
        )  # fmt: skip
        return app

    async def _page(self, _: web.Request) -> web.Response:
        letters = [(number, shown(one)) for number, one in enumerate(self.received)]
        rows = "".join(
            f'<li><a href="/sent/{n}.html">{escape(one["subject"])}</a> → {escape(", ".join(one["to"]))}</li>'
            for n, one in reversed(letters)
        )
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Letters</title><h1>Letters</h1>'
        return web.Response(text=f"{head}<ul>{rows}</ul>", content_type="text/html")

    async def _sent(self, _: web.Request) -> web.Response:
        found = [shown(one) for one in self.received]
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    async def _shown(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if not number.isdecimal() or int(number) >= len(self.received):
            return web.Response(status=404)
        # What somebody wrote into a letter must not act here.
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return web.Response(text=shown(self.received[int(number)])["html"], content_type="text/html", headers=policy)

    async def _forget(self, _: web.Request) -> web.Response:
        self.received.clear()
        return web.Response(status=204)

    async def _script(self, request: web.Request) -> web.Response:
        try:
            self.follow(msgspec.json.decode(await request.read(), type=Script))
        except msgspec.MsgspecError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.Response(status=204)

    async def _end(self, _: web.Request) -> web.Response:
        self.calm()
        return web.Response(status=204)

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})


def shown(one: Received) -> dict[str, Any]:
    """A letter as ``/sent`` lists it."""
    message = one.message()
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    attachments = [
        {"name": part.get_filename(), "type": str(part["content-type"]), "content": part.get_content()}
        for part in message.iter_attachments()
    ]
    return {
        "at": one.at, "from": str(message["from"]), "to": one.recipients, "subject": str(message["subject"]),
        "headers": {name.lower(): str(value) for name, value in message.items()},
        "text": text.get_content() if text else "", "html": html.get_content() if html else "",
        "attachments": attachments,
    }  # fmt: skip


async def serve(
    sink: Sink, port: int, *, tls: ssl.SSLContext | None = None, password: str | None = None
) -> asyncio.Server:
    """A relay on loopback until it is closed. With ``tls`` it wants STARTTLS first; with ``password`` a sign-in."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == (password or "").encode()
        return AuthResult(success=right, handled=False)

    def protocol() -> SMTP:
        return SMTP(
            sink, hostname="relay.test", tls_context=tls, require_starttls=tls is not None,
            authenticator=check, auth_required=password is not None, auth_require_tls=tls is not None,
        )  # fmt: skip

    return await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)


async def _run(port: int, http: int) -> None:
    sink = Sink()
    server = await serve(sink, port)
    runner = web.AppRunner(sink.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", http).start()
    print(f"MAIL_HOST=127.0.0.1\nMAIL_PORT={port}\nMAIL_SECURITY=plaintext\nmail http://127.0.0.1:{http}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    server.close()
    await runner.cleanup()


def main() -> int:
    """Serves until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="wartefrei mail", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=2525, help="of SMTP, on loopback (default: 2525)")
    parser.add_argument("--http", type=int, default=8025, help="of the list of letters (default: 8025)")
    options = parser.parse_args()
    uvloop.run(_run(options.port, options.http))
    return 0


if __name__ == "__main__":
    sys.exit(main())
