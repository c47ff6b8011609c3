"""A loopback FCM: speaks HTTP v1's requests, answers and errors, and fails on request as the real one does.

    python -m infra.dev.fcm --port 9099 --account account.json      (installed: wartefrei fcm)

writes a service account whose tokens this server gives out, and prints the two settings that a worker needs. Nothing
leaves the machine.

GET    /sent             what arrived: [{"at", "headers", "message"}], the oldest first; ?after=N leaves out the first N
DELETE /sent             forgets it
POST   /script           {"target": "*", "answers": [ANSWER, …], "forever": false}: the next answers to messages for a
                         target ("*": any; "token": the token endpoint), one after the other, or the last one for ever
DELETE /script           all is well again; whoever was kept waiting is answered

ANSWER: {"error": "UNREGISTERED", "retryAfter": 2, "delaySeconds": 0.5, "hang": true, "drop": true}, all optional.
Errors: INVALID_ARGUMENT UNREGISTERED SENDER_ID_MISMATCH QUOTA_EXCEEDED UNAVAILABLE INTERNAL THIRD_PARTY_AUTH_ERROR
UNAUTHENTICATED. FCM_RECORD=FILE appends every request to a file as it came.
"""

import argparse
import asyncio
import os
import secrets
import signal
import ssl
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from infra.dev import fcm_account
from infra.dev.fcm_rules import FAILURES, Violation, check, problem

_KEPT = 200_000
_TOKEN_SECONDS = 3600


class Answer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What to do with one request."""

    error: str | None = None
    retry_after: float | None = None
    delay_seconds: float = 0.0
    hang: bool = False
    drop: bool = False


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """What to do with the next requests for ``target``."""

    answers: list[Answer]
    target: str = "*"
    forever: bool = False


class Received(msgspec.Struct):
    """One message that was accepted or refused by a script: the request as it came."""

    at: datetime
    headers: dict[str, str]
    body: bytes


class Loopback:
    """One server's memory."""

    def __init__(self, project: str = fcm_account.PROJECT, token_seconds: int = _TOKEN_SECONDS) -> None:
        self.project, self.token_seconds = project, token_seconds
        self.received: deque[Received] = deque(maxlen=_KEPT)
        self.tokens: set[str] = set()
        self.token_requests = 0
        self._record = os.environ.get("FCM_RECORD")
        self._scripts: dict[str, tuple[deque[Answer], bool]] = {}
        self._calm = asyncio.Event()

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=1 << 20)
        app.add_routes(
            [
                web.post("/v1/projects/{project}/messages:send", self._send),
                web.post("/token", self._token),
                web.get("/sent", self._sent),
                web.delete("/sent", self._forget),
                web.post("/script", self._script),
                web.delete("/script", self._end_scripts),
                web.get("/health", self._health),
            ]
        )
        return app

    def follow(self, script: Script) -> None:
        """From the next request on."""
        self._calm.clear()
        self._scripts[script.target] = (deque(script.answers), script.forever)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self._keep(request, body)
        if request.match_info["project"] != self.project:
            return problem(404, "NOT_FOUND", "Requested entity was not found.")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            return problem(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        try:
            target = check(body)
        except Violation as violation:
            return problem(400, "INVALID_ARGUMENT", str(violation), violation.details)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(datetime.now(UTC), headers, body))
        scripted = self._next(target) or self._next("*")
        if scripted is not None:
            refused = await self._act(request, scripted)
            if refused is not None:
                return refused
        name = f"projects/{self.project}/messages/{secrets.token_hex(8)}"
        return web.Response(body=b'{\n  "name": "' + name.encode() + b'"\n}\n', content_type="application/json")

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.token_requests += 1
        self._keep(request, await request.read())
        form = await request.post()
        scripted = self._next("token")
        if scripted is not None:
            refused = await self._act(request, scripted)
            if refused is not None:
                return refused
        fault = fcm_account.fault_of(str(form.get("grant_type", "")), str(form.get("assertion", "")))
        if fault:
            return web.json_response({"error": "invalid_grant", "error_description": fault}, status=400)
        token = f"loopback-{secrets.token_urlsafe(24)}"
        self.tokens.add(token)
        return web.json_response(
            {"access_token": token, "expires_in": self.token_seconds, "token_type": "Bearer"}
        )  # fmt: skip

    def _keep(self, request: web.Request, body: bytes) -> None:
        """Everything as it came, one JSON a line, where FCM_RECORD names a file; several servers may write to one."""
        if self._record is not None:
            came = {"path": request.path_qs, "headers": dict(request.headers), "body": body.decode(errors="replace")}
            with Path(self._record).open("ab", buffering=0) as file:
                file.write(msgspec.json.encode(came) + b"\n")

    def _next(self, target: str) -> Answer | None:
        answers, forever = self._scripts.get(target, (None, False))
        if not answers:
            return None
        return answers[0] if forever and len(answers) == 1 else answers.popleft()

    async def _act(self, request: web.Request, answer: Answer) -> web.StreamResponse | None:
        """The refusal that was asked for; None where the request is served after all."""
        if answer.delay_seconds:
            await asyncio.sleep(answer.delay_seconds)
        if answer.hang:
            await self._calm.wait()
        if answer.drop and request.transport is not None:
            request.transport.abort()
            return web.Response(status=503)
        if answer.error is None:
            return None
        if answer.error == "UNAUTHENTICATED":
            self.tokens.clear()
        failure = FAILURES[answer.error]
        refusal = problem(failure.status, failure.name, failure.message, failure.details(answer.error))
        if answer.retry_after is not None:
            refusal.headers["Retry-After"] = f"{answer.retry_after:g}"
        return refusal

    async def _sent(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        found: list[dict[str, Any]] = [
            {"at": one.at, "headers": one.headers, "message": msgspec.json.decode(one.body)["message"]}
            for one in list(self.received)[after:]
        ]
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    async def _forget(self, _: web.Request) -> web.Response:
        self.received.clear()
        return web.Response(status=204)

    async def _script(self, request: web.Request) -> web.Response:
        try:
            script = msgspec.json.decode(await request.read(), type=Script)
            unknown = {answer.error for answer in script.answers} - {None} - FAILURES.keys()
        except msgspec.MsgspecError as error:
            return web.json_response({"error": str(error)}, status=400)
        if unknown:
            return web.json_response({"error": f"unknown errors: {sorted(map(str, unknown))}"}, status=400)
        self.follow(script)
        return web.Response(status=204)

    async def _end_scripts(self, _: web.Request) -> web.Response:
        self._scripts.clear()
        self._calm.set()
        return web.Response(status=204)

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "received": len(self.received)})


async def serve(
    loopback: Loopback, port: int, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> web.AppRunner:
    """Listens until ``cleanup`` of what it answers."""
    runner = web.AppRunner(loopback.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port, ssl_context=tls, backlog=2048).start()
    return runner


async def _run(port: int, account: Path | None, tls: ssl.SSLContext | None) -> None:
    runner = await serve(Loopback(), port, tls)
    url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    if account is not None:
        await asyncio.to_thread(fcm_account.write, account, f"{url}/token")
        print(f"FCM_URL={url}\nFCM_SERVICE_ACCOUNT_FILE={account}", flush=True)
    print(f"fcm {url}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await runner.cleanup()


def main() -> int:
    """Serves until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="wartefrei fcm", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=9099, help="on loopback (default: 9099)")
    parser.add_argument("--account", type=Path, help="write the service account of this server to this file")
    parser.add_argument("--certificate", type=Path, help="speak TLS: PEM file with certificate and key")
    options = parser.parse_args()
    tls: ssl.SSLContext | None = None
    if options.certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate)
    account = options.account.resolve() if options.account else None
    uvloop.run(_run(options.port, account, tls))
    return 0


if __name__ == "__main__":
    sys.exit(main())
