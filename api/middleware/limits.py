"""Rate limits: per address before anything is looked at, then per person, device or clerk once it is known who asks.

The numbers are settings. Refusals are 429 with ``Retry-After``; every limited answer says by ``RateLimit`` and
``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers) where it stands. When the database does not answer, nobody
is refused.
"""

from typing import Any

import msgspec
import structlog

from api.errors import RateLimited
from api.middleware.addresses import client_address, parse_networks, unnamed_proxy
from api.tus.edge import is_tus
from backend.clients import Caller
from backend.db.outage import is_outage
from backend.limits import Limiter, Policy, Wish
from backend.limits.model import State
from backend.settings import Settings

_FREE = ("/health/", "/docs", "/openapi.json", "/favicon.ico", "/console/static/")
_log = structlog.get_logger("wartefrei.limits")


class Limits:
    """The rules of an installation; ``limiter`` counts."""

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self._limiter = limiter
        self._trusted = parse_networks(settings.trusted_proxies)
        self._address = Policy("address", settings.rate_address_per_minute, 60)
        self._of_commands = {
            "/v1/sessions/guest": Policy("guests", settings.rate_guest_sessions_per_hour, 3600),
            "/v1/holds": Policy("holds", settings.rate_holds_per_hour, 3600),
        }
        self._reads = Policy("reads", settings.rate_person_reads_per_minute, 60)
        self._writes = Policy("writes", settings.rate_person_writes_per_minute, 60)
        self._chunks = Policy("upload-chunks", settings.rate_upload_chunks_per_minute, 60)
        self._links = Policy("links", settings.rate_links_per_minute, 60)
        self._of_device = {
            policy.name: msgspec.structs.replace(policy, name=f"device-{policy.name}")
            for policy in (self._reads, self._writes, self._chunks)
        }
        self._clerks = Policy("clerks", settings.rate_clerk_per_minute, 60)
        self._client_per_minute = settings.rate_client_per_minute
        self._complained = False

    async def check_address(self, scope: Any) -> None:
        """Before routing; raises RateLimited."""
        path: str = scope["path"]
        if path.startswith(_FREE):
            return
        if not self._complained and (proxy := unnamed_proxy(scope, self._trusted)) is not None:
            self._complained = True
            _log.error("TRUSTED_PROXIES does not name this proxy: all who come by it count as one", proxy=proxy)
        address = client_address(scope, self._trusted)
        wishes = [Wish(self._address, address)]
        if scope["method"] == "POST" and (policy := self._of_commands.get(path)) is not None:
            wishes.append(Wish(policy, address))
        if path.startswith("/v1/confirmations/"):
            wishes.append(Wish(self._links, address))
        await self._take(scope, wishes)

    async def check_client(self, scope: Any, client: Caller) -> None:
        """Once a client's key is verified; raises RateLimited. One client has one bucket, whichever its keys."""
        policy = Policy("client", client.per_minute or self._client_per_minute, 60)
        await self._take(scope, [Wish(policy, str(client.client_id))])

    async def check_caller(self, scope: Any) -> None:
        """After the guard has found who asks; raises RateLimited."""
        state = scope["state"]
        if (citizen := state.get("citizen")) is not None:
            policy = self._reads if scope["method"] in ("GET", "HEAD", "OPTIONS") else self._writes
            if is_tus(scope["path"]):
                policy = self._chunks
            wishes = [Wish(policy, f"person:{citizen.person_id}")]
            if citizen.device_id is not None:
                wishes.append(Wish(self._of_device[policy.name], f"device:{citizen.device_id}"))
            await self._take(scope, wishes)
        elif (clerk := state.get("clerk")) is not None:
            await self._take(scope, [Wish(self._clerks, f"clerk:{clerk.clerk_id}")])

    async def _take(self, scope: Any, wishes: list[Wish]) -> None:
        try:
            states = await self._limiter.take(wishes)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("rate limits are not counted", cause=type(error).__name__)
            return
        scope["state"].setdefault("rates", []).extend(states)
        refused = [state for state in states if not state.allowed]
        if refused:
            raise RateLimited(retry_after_seconds=max(state.retry_after_seconds for state in refused))


def headers_of(states: list[State]) -> list[tuple[bytes, bytes]]:
    """``RateLimit-Policy`` and ``RateLimit`` for what an answer was counted under."""
    policies = ", ".join(f'"{s.policy.name}";q={s.policy.quota};w={s.policy.window_seconds}' for s in states)
    current = ", ".join(f'"{s.policy.name}";r={s.remaining};t={s.retry_after_seconds}' for s in states)
    return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", current.encode())]
