"""The settings of a whole instance (API, checker, store, development issuer), and tokens of its clerks."""

from typing import Any, get_args

import msgspec

from backend.documents.store import ObjectStore
from backend.ids import new_id
from backend.settings import Settings, from_environment
from infra.dev.ports import free_port
from infra.dev.token import Wanted, token
from tests.support.servers import signing_keys

OFFICE = "hans-sachs-haus"


async def settings_of(database_url: str, store: dict[str, str], **more: str) -> tuple[Settings, dict[str, str]]:
    """Settings, and the same as the processes' environment; the buckets are there afterwards."""
    url = more.get("PUBLIC_URL") or f"http://127.0.0.1:{free_port()}"
    name = new_id().hex
    environment = {
        "MODE": "embedded", "LOG_LEVEL": "error", "DATABASE_URL": database_url, "PUBLIC_URL": url,
        "CLERK_OIDC_ISSUER": f"{url}/dev-issuer", "CLERK_OIDC_AUDIENCE": "wartefrei-clerk",
        "S3_QUARANTINE_BUCKET": f"q{name}", "S3_CLEAN_BUCKET": f"c{name}", "DOCUMENT_CHECK_PAUSE_SECONDS": "0.1",
        **{name.upper(): value for name, value in store.items()}, **signing_keys(), **more,
    }  # fmt: skip
    settings = from_environment(environment)
    objects = ObjectStore(settings)
    await objects.make_buckets()
    await objects.close()
    return settings, environment


async def clerks(settings: Settings) -> dict[str, str]:
    """What `make token ROLE=… OFFICE=hans-sachs-haus` prints, by role."""
    roles: tuple[Any, ...] = get_args(msgspec.structs.fields(Wanted)[0].type)
    return {role: await token(settings, Wanted(role, OFFICE, "gelsenkirchen")) for role in roles if role != "citizen"}
