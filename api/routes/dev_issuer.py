"""The development issuer's discovery document and keys: in the embedded mode only, and not in the OpenAPI."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.wire import respond
from backend.identity.dev import dev_keys
from backend.identity.oidc import DEV_ISSUER_PATH, dev_issuer
from backend.settings import Settings


class DevIssuerController(Controller):
    """An OpenID Connect provider as far as an API needs one."""

    path = DEV_ISSUER_PATH
    include_in_schema = False

    @get("/.well-known/openid-configuration", guards=[public])
    async def discovery(self, request: WireRequest, context: NamedDependency[Context]) -> Response[Any]:
        """Where the keys are."""
        issuer = dev_issuer(context.settings)
        return respond(
            request,
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/jwks.json",
                "id_token_signing_alg_values_supported": ["ES256"],
                "subject_types_supported": ["public"],
                "response_types_supported": ["none"],
            },
        )

    @get("/jwks.json", guards=[public])
    async def jwks(self, request: WireRequest, context: NamedDependency[Context]) -> Response[Any]:
        """The public keys."""
        return respond(request, {"keys": [key.jwk for key in dev_keys(context.settings)]})


def dev_routes(settings: Settings) -> list[type[Controller]]:
    """The issuer where there is one; no route at all in production."""
    return [DevIssuerController] if dev_keys(settings) else []
