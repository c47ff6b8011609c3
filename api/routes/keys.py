"""The public keys: with them anyone checks our access tokens and, without a connection, the passes of appointments."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.wire import Wire, etag, respond
from backend.identity.keys import load_keys

MAX_AGE_SECONDS = 300


class JwkOut(Wire, frozen=True, kw_only=True, omit_defaults=True):
    """A public key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str | None = None
    use: str
    alg: str
    kid: str


class JwksOut(Wire, frozen=True, kw_only=True):
    """A set of public keys."""

    keys: list[JwkOut]


class KeysController(Controller):
    """Public keys."""

    path = "/.well-known"
    tags = ("Identity",)

    @get("/jwks.json", guards=[public], operation_id="readKeys", opt=raises(), summary="Public keys")
    async def jwks(self, request: WireRequest, context: NamedDependency[Context]) -> Response[JwksOut]:
        """Keys with ``alg`` ES256 sign access tokens, those with EdDSA passes. A key appears here before it signs."""
        passes = load_keys(context.settings.pass_signing_keys, "EdDSA")
        keys = [JwkOut(**key) for key in (*context.tokens.public_jwks(), *(key.jwk for key in passes))]
        return respond(
            request,
            JwksOut(keys=keys),
            etag=etag(*(key.kid for key in keys)),
            cache=f"public, max-age={MAX_AGE_SECONDS}",
        )
