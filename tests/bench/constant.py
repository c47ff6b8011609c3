"""The same framework and server answering ready-made bytes: what the measured reads are compared with."""

import os

from litestar import Litestar, Response, get

_BODY = b"[" + b",".join([b'{"start":"2026-12-01T08:00:00+01:00","free":3}'] * 10_000) + b"]"


@get("/constant")
async def constant() -> Response[bytes]:
    """``CONSTANT_BYTES`` bytes of JSON."""
    return Response(_BODY[: int(os.environ["CONSTANT_BYTES"])], media_type="application/json")


@get("/nothing")
async def nothing() -> Response[None]:
    """An empty 304."""
    return Response(None, status_code=304)


app = Litestar([constant, nothing], openapi_config=None)
