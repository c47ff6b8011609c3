"""Access tokens of the service account: fetched off the loop, by one at a time, ahead of their end."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Thread
from typing import Any, cast

import requests
import structlog
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from backend.clock import system_now

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_AHEAD_SECONDS = 600.0
_FETCH_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0
# RFC 6749, 5.2. Anything else could be text from outside.
_REFUSALS = frozenset(
    ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
     "invalid_scope")
)  # fmt: skip
_log = structlog.get_logger("wartefrei.credentials")


class AccessTokens:
    """One per process and event loop. ``fetched`` is told of every fetch: ``done`` or ``failed``."""

    def __init__(self, account: Mapping[str, Any], fetched: Callable[[str], None] = lambda _: None) -> None:
        kind: Any = service_account.Credentials
        self._credentials: Any = kind.from_service_account_info(dict(account), scopes=[SCOPE])
        session = requests.Session()
        # A proxy of the environment is for the way out, not for a server on this machine.
        session.trust_env = str(account.get("token_uri", "")).startswith("https://")
        self._request = _Bounded(Request(session))
        self._fetched = fetched
        self._token: str | None = None
        self._ends = self._stale = self._next_fetch = 0.0
        self._pause = _FIRST_PAUSE_SECONDS
        self._fetching: asyncio.Task[None] | None = None

    async def current(self, wait_seconds: float = _FETCH_SECONDS) -> str | None:
        """A valid token, or None when there is none within ``wait_seconds``. One that is nearly over still serves while
        the next is fetched, however long that takes."""
        now = time.monotonic()
        if self._token is None or now >= self._stale:
            self._fetch(now)
        if self._token is not None and now < self._ends:
            return self._token
        if self._fetching is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_seconds):
                await asyncio.shield(self._fetching)
        return self._token if time.monotonic() < self._ends else None

    def refused(self, token: str) -> None:
        """FCM did not accept ``token``: the next call fetches another, unless somebody has already."""
        if token == self._token:
            self._token, self._ends = None, 0.0

    async def close(self) -> None:
        """Waits for nothing."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _fetch(self, now: float) -> None:
        if self._fetching is None and now >= self._next_fetch:
            self._fetching = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            token, lifetime = await _in_thread(self._refresh)
        # What answers there need not be Google: of a proxy's page the library makes errors of any class, and one that
        # came through would end the worker.
        except Exception as error:  # noqa: BLE001
            self._next_fetch = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
            self._fetched("failed")
            _log.error("no access token", cause=type(error).__name__, code=_code(error))
        else:
            now = time.monotonic()
            self._token, self._ends = token, now + lifetime
            self._stale = now + max(lifetime / 2, lifetime - _AHEAD_SECONDS)
            self._next_fetch, self._pause = 0.0, _FIRST_PAUSE_SECONDS
            self._fetched("done")
        finally:
            self._fetching = None

    def _refresh(self) -> tuple[str, float]:
        """Blocks; runs in a thread of its own, one at a time."""
        self._credentials.refresh(self._request)
        ends: datetime = self._credentials.expiry.replace(tzinfo=UTC)  # the library's times are naive
        return str(self._credentials.token), max(0.0, (ends - system_now()).total_seconds())


def _code(error: Exception) -> str:
    """Google's word for the refusal; the empty string where it said none that we know."""
    said: object = error.args[1] if len(error.args) > 1 else None
    word = cast("dict[str, object]", said).get("error") if isinstance(said, dict) else None
    return word if isinstance(word, str) and word in _REFUSALS else ""


class _Bounded:
    """Without it the library waits two minutes for an endpoint that says nothing."""

    def __init__(self, request: Request) -> None:
        self._request: Any = request

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._request(*args, **{**kwargs, "timeout": _FETCH_SECONDS})


async def _in_thread(work: Callable[[], tuple[str, float]]) -> tuple[str, float]:
    """As asyncio.to_thread, but the thread does not keep the process from ending when its answer never comes."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[str, float]] = loop.create_future()

    def settle(result: tuple[str, float] | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        elif result is not None:
            done.set_result(result)

    def run() -> None:
        result: tuple[str, float] | None = None
        failure: Exception | None = None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - carried over to whoever waits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
            loop.call_soon_threadsafe(settle, result, failure)

    Thread(target=run, daemon=True, name="access-token").start()
    return await done
