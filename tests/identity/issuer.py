"""An identity provider on loopback: serves a discovery document and keys over real HTTP, and counts who asks."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from socket import socket
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
AUDIENCE = "citizens-of-tests"


def public_jwk(key: PrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    """The public JWK of ``key``."""
    name = (
        "EdDSA"
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else "RS256"
        if isinstance(key, rsa.RSAPrivateKey)
        else "ES256"
    )
    told = jwt.get_algorithm_by_name(name).to_jwk(key.public_key())
    return {**json.loads(str(told)), "kid": kid, "use": "sig", **members}


class Issuer:
    """What the provider answers is changed by setting its attributes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, PrivateKey] = {"one": ec.generate_private_key(ec.SECP256R1())}
        self.more: list[dict[str, Any]] = []
        self.down = False
        self.delay_seconds = 0.0
        self.says_issuer: str | None = None
        self.jwks_uri: str | None = None
        self.body: bytes | None = None
        self.discoveries = 0
        self.fetches = 0

    def token(
        self, now: datetime, *, kid: str = "one", alg: str = "ES256", header_typ: str = "JWT", **claims: Any
    ) -> str:
        """A token as this provider signs them; ``claims`` replace the usual ones, None leaves one out."""
        told = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "subject-1",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            **claims,
        }
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, self.keys[kid], alg, headers={"kid": kid, "typ": header_typ})

    async def discovery(self, _: web.Request) -> web.Response:
        """The discovery document."""
        self.discoveries += 1
        if self.down:
            return web.Response(status=503)
        return web.json_response(
            {"issuer": self.says_issuer or self.url, "jwks_uri": self.jwks_uri or f"{self.url}/keys"}
        )

    async def jwks(self, _: web.Request) -> web.Response:
        """The keys."""
        self.fetches += 1
        await asyncio.sleep(self.delay_seconds)
        if self.body is not None:
            return web.Response(body=self.body, content_type="application/json")
        keys = [public_jwk(key, kid) for kid, key in self.keys.items()]
        return web.json_response({"keys": [*self.more, *keys]})

    async def moved(self, _: web.Request) -> web.Response:
        """The keys, at another address."""
        raise web.HTTPFound(f"{self.url}/keys")


@asynccontextmanager
async def running_issuer(door: socket) -> AsyncGenerator[Issuer]:
    """A provider that listens at ``door``."""
    issuer = Issuer("")
    app = web.Application()
    app.router.add_get("/realms/city/.well-known/openid-configuration", issuer.discovery)
    app.router.add_get("/realms/city/keys", issuer.jwks)
    app.router.add_get("/realms/city/moved", issuer.moved)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.SockSite(runner, door.dup())
    await site.start()
    issuer.url = f"http://127.0.0.1:{door.getsockname()[1]}/realms/city"
    try:
        yield issuer
    finally:
        await runner.cleanup()
