"""What is fetched from an identity provider: small JSON documents, no redirects, bounded in time and size."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

TIMEOUT_SECONDS = 5.0
_MAX_DOCUMENT_BYTES = 262_144
T = TypeVar("T")


class FetchFailed(Exception):
    """The provider did not give what it should; the message is for operators."""


UNREACHABLE = (FetchFailed, aiohttp.ClientError, TimeoutError, OSError)
"""What a fetch within ``asyncio.timeout(TIMEOUT_SECONDS)`` may raise."""


class Discovery(msgspec.Struct, frozen=True):
    """The discovery document, as far as it is of use here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None


class Fetcher:
    """One connection pool; ``close`` it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, into: type[T]) -> T:
        """The document at ``url``; raises FetchFailed and what aiohttp raises."""
        return await self._ask("GET", url, into)

    async def post(self, url: str, form: Mapping[str, str], into: type[T], auth: aiohttp.BasicAuth | None) -> T:
        """The answer to a form; raises as ``get`` does."""
        return await self._ask("POST", url, into, data=form, auth=auth)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        method: str,
        url: str,
        into: type[T],
        data: Mapping[str, str] | None = None,
        auth: aiohttp.BasicAuth | None = None,
    ) -> T:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"Accept": "application/json"})
        # A redirect could lead the server to hosts that nobody configured.
        async with self._session.request(method, url, data=data, auth=auth, allow_redirects=False) as response:
            if response.status != 200:
                raise FetchFailed(f"status {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_chunked(16_384):
                body += chunk
                if len(body) > _MAX_DOCUMENT_BYTES:
                    raise FetchFailed("the document is too large")
        try:
            return msgspec.json.decode(bytes(body), type=into)
        except (msgspec.DecodeError, RecursionError) as error:
            raise FetchFailed("the document is malformed") from error


async def discover(fetcher: Fetcher, issuer: str) -> Discovery:
    """The provider's discovery document; FetchFailed if it is another's, or sends us where nobody may listen in."""
    document = await fetcher.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", Discovery)
    if document.issuer != issuer:
        raise FetchFailed("the discovery document is another issuer's")
    for address in (document.jwks_uri, document.authorization_endpoint, document.token_endpoint):
        if address is not None and urlsplit(address).scheme not in {"https", urlsplit(issuer).scheme}:
            raise FetchFailed("an address is not https")
    return document
