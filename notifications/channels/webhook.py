"""Tells integrators' servers, and nobody else: an address that somebody typed in must not lead into our own net.

The name is resolved when a connection is made, every address that it has is looked at, and the connection goes to one
of those very addresses: a name that leads elsewhere a moment later leads nowhere. Redirects are answers like others,
and failures. The other side has a bounded time, and little of what it says is read.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from backend.clients import Keyring
from backend.clock import system_now
from backend.settings import Settings
from backend.webhooks.model import Parcel
from backend.webhooks.rules import check_url, may_reach
from backend.webhooks.sending import body_of
from backend.webhooks.service import PURPOSE
from backend.webhooks.signing import headers
from notifications.channels.answers import retry_after
from notifications.model import Outcome

_MOST_ANSWER_BYTES = 2_048
_SHOWN = 500
_GONE = 410

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""A port: the addresses of a name, as text. Raises OSError."""


class ForbiddenAddressError(OSError):
    """The name leads to where nobody may be told."""


class WebhookChannel:
    """One per process and event loop. ``resolve`` and ``tls`` are the system's unless a test has its own.

    ``loopback``: whether this machine may be told; in the embedded mode unless said otherwise.
    """

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        *,
        loopback: bool | None = None,
    ) -> None:
        self._keyring = keyring
        self._loopback = settings.mode == "embedded" if loopback is None else loopback
        connector = aiohttp.TCPConnector(
            limit=settings.webhook_concurrency,
            resolver=_Guard(resolve or _system, loopback=self._loopback),
            use_dns_cache=False,
            ssl=tls or ssl.create_default_context(),
            keepalive_timeout=5,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=settings.webhook_timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # a proxy would resolve the name itself
        )

    async def ready(self) -> bool:
        return True

    async def send(self, parcel: Parcel) -> Outcome:
        """One attempt. Whatever goes wrong is the other side's: it comes again, and stops nobody else."""
        started = time.monotonic()
        if check_url(parcel.url, loopback=self._loopback):
            return _failed("forbidden-address", started)
        try:
            secrets = [self._keyring.open(sealed, PURPOSE) for sealed in (parcel.secret, parcel.old_secret) if sealed]
        except LookupError:
            return _failed("secret-lost", started)
        body = body_of(parcel)
        signed = headers(str(parcel.event_id), system_now(), body, secrets)
        sent = {**signed, "Content-Type": "application/json", "User-Agent": "Wartefrei-Webhooks"}
        try:
            async with self._session.post(parcel.url, data=body, headers=sent, allow_redirects=False) as answer:
                said = await _beginning(answer)
                return _judge(answer, said, started)
        except TimeoutError:
            return _failed("timeout", started)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failed(_word(error), started)

    async def close(self) -> None:
        """Ends connections."""
        await self._session.close()


class _Guard(AbstractResolver):
    """Answers with addresses that may be reached, or not at all: one bad one among them spoils the name."""

    def __init__(self, resolve: Resolve, *, loopback: bool) -> None:
        self._resolve, self._loopback = resolve, loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = [ip_address(text) for text in await self._resolve(host)]
        if not found or not all(may_reach(address, loopback=self._loopback) for address in found):
            raise ForbiddenAddressError("forbidden address")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
            if family in (socket.AF_UNSPEC, socket.AF_INET if address.version == 4 else socket.AF_INET6)
        ]

    async def close(self) -> None:
        return None


def open_webhooks(settings: Settings) -> WebhookChannel | None:
    """None where no secrets are set: then there is no client that could have made an endpoint."""
    return WebhookChannel(settings, Keyring(settings)) if settings.client_secrets else None


async def _system(host: str) -> Sequence[str]:
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos))


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """The rest is not read: the connection is closed instead."""
    said = b""
    while len(said) <= _MOST_ANSWER_BYTES and (part := await answer.content.read(_MOST_ANSWER_BYTES)):
        said += part
    if not answer.content.at_eof():
        answer.close()
    return said[:_MOST_ANSWER_BYTES]


def _judge(answer: aiohttp.ClientResponse, said: bytes, started: float) -> Outcome:
    status = answer.status
    text = "".join(c if c.isprintable() else " " for c in said.decode("utf-8", errors="replace"))[:_SHOWN]
    spent = round((time.monotonic() - started) * 1000)
    if 200 <= status < 300:
        return Outcome(result="sent", code="ok", status=status, milliseconds=spent, answer=text)
    word = "redirect" if 300 <= status < 400 else f"http-{status}"
    wish = retry_after(answer.headers.get("Retry-After"), system_now()) if status in {429, 503} else None
    result = "target_gone" if status == _GONE else "transient"
    return Outcome(
        result=result, code=word, status=status, milliseconds=spent, answer=text, retry_after_seconds=wish
    )  # fmt: skip


def _word(error: BaseException) -> str:
    causes = [error, getattr(error, "os_error", None), error.__cause__, error.__context__]
    if any(isinstance(cause, ForbiddenAddressError) for cause in causes):
        return "forbidden-address"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "unknown-name"
    if isinstance(error, aiohttp.ClientSSLError) or any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls"
    return "no-connection" if isinstance(error, aiohttp.ClientConnectionError) else "no-answer"


def _failed(word: str, started: float) -> Outcome:
    return Outcome(result="transient", code=word, milliseconds=round((time.monotonic() - started) * 1000))
