"""Pushes through FCM HTTP v1: messages of the SDK, posted by aiohttp.

The SDK's own sending blocks the loop while it refreshes credentials, ignores Retry-After and reaches a tenth of this
rate; its messages, their validation and their encoding are used as they are. A conformance test compares the bytes.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import firebase_admin
import msgspec

from backend.clock import system_now
from backend.sandbox.magic import is_dead_target
from backend.settings import DEVELOPMENT_SECRET_MARK, Settings
from notifications.channels.answers import error_code, judge
from notifications.channels.credentials import AccessTokens
from notifications.channels.message import encode
from notifications.model import Outcome, Outgoing

_MOST_ANSWER_BYTES = 65_536
_TIMEOUT = Outcome(result="transient", code="timeout", trouble="unavailable")
_NO_CONNECTION = Outcome(result="transient", code="no-connection", trouble="unavailable")
_TLS = Outcome(result="transient", code="tls", trouble="unavailable")
_NO_TOKEN = Outcome(result="breaker", code="no-token")


class AccountError(Exception):
    """The file of the service account cannot be used; the message says why, without its content."""


class PushChannel:
    """One per process and event loop; all platforms share its connections."""

    def __init__(
        self,
        settings: Settings,
        account: dict[str, Any],
        tokens: AccessTokens,
        clock: Callable[[], datetime] = system_now,
    ) -> None:
        self._tokens, self._clock = tokens, clock
        self._url = f"{settings.fcm_url.rstrip('/')}/v1/projects/{account['project_id']}/messages:send"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=3 * settings.push_concurrency, keepalive_timeout=60),
            timeout=aiohttp.ClientTimeout(total=settings.push_timeout_seconds),
            trust_env=settings.fcm_url.startswith("https://"),
            auto_decompress=True,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._headers = {
            "Content-Type": "application/json",
            "X-GOOG-API-FORMAT-VERSION": "2",
            "X-FIREBASE-CLIENT": f"fire-admin-python/{firebase_admin.__version__}",
        }

    async def ready(self) -> bool:
        """Without a token there is nothing to be tried."""
        return await self._tokens.current() is not None

    async def send(self, outgoing: Outgoing) -> Outcome:
        """One attempt; two requests where the token has to be renewed."""
        if is_dead_target(outgoing.city_id, outgoing.target):
            return Outcome(result="target_gone", code="UNREGISTERED")
        try:
            body = encode(outgoing, self._clock())
        except ValueError:
            return Outcome(result="permanent", code="INVALID_ARGUMENT")
        outcome = _NO_TOKEN
        for _ in range(2):
            token = await self._tokens.current()
            if token is None:
                return outcome
            try:
                async with self._session.post(
                    self._url,
                    data=aiohttp.BytesPayload(body),
                    headers={**self._headers, "Authorization": f"Bearer {token}"},
                    allow_redirects=False,
                ) as answer:
                    content = await _beginning(answer)
                    outcome = judge(answer.status, answer.headers, content, self._clock())
                    if answer.status != 401 or error_code(content):
                        return outcome
            except TimeoutError:
                return _TIMEOUT
            except aiohttp.ClientSSLError:
                return _TLS
            except (aiohttp.ClientError, OSError):
                return _NO_CONNECTION
            self._tokens.refused(token)
        return outcome

    async def close(self) -> None:
        """Ends connections; a token that is being fetched is not waited for."""
        await self._tokens.close()
        await self._session.close()


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """The body, in however many pieces it comes; of a long one the beginning: leaving the rest ends the connection."""
    content = b""
    while len(content) < _MOST_ANSWER_BYTES and (piece := await answer.content.readany()):
        content = content + piece if content else piece
    return content[:_MOST_ANSWER_BYTES]


def open_push(settings: Settings, fetched: Callable[[str], None]) -> PushChannel | None:
    """The channel as the settings say; None where no service account is set. Raises AccountError."""
    if settings.fcm_service_account_file is None:
        return None
    try:
        content = Path(settings.fcm_service_account_file).read_bytes()
        if settings.mode == "production" and DEVELOPMENT_SECRET_MARK.encode() in content:
            raise AccountError("FCM_SERVICE_ACCOUNT_FILE is a development secret")
        account = msgspec.json.decode(content, type=dict[str, Any])
        if not isinstance(account.get("project_id"), str):
            raise AccountError("FCM_SERVICE_ACCOUNT_FILE names no project_id")
        return PushChannel(settings, account, AccessTokens(account, fetched))
    except OSError as error:
        raise AccountError(f"FCM_SERVICE_ACCOUNT_FILE cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise AccountError("FCM_SERVICE_ACCOUNT_FILE is not a service account's key file") from error
