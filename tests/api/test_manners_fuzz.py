"""A fuzzer that knows only the OpenAPI document finds nothing: all checks of schemathesis, stateful ones too.

Against a real server with the demo cities; ``FUZZ_SECONDS`` lengthens the run.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from backend.settings import Settings
from tests.support.servers import ApiProcess

SECONDS = int(os.environ.get("FUZZ_SECONDS", "40"))
HERE = Path(__file__).parent
NAMES = (
    "mode", "database_url", "token_signing_keys", "pass_signing_keys", "dev_issuer_keys", "clerk_oidc_audience",
    "citizen_oidc_audience",
)  # fmt: skip


@pytest.fixture
async def server(settings: Settings, buckets: dict[str, str]) -> AsyncGenerator[ApiProcess]:
    environment = {name.upper(): value for name in NAMES if (value := getattr(settings, name))}
    environment |= {name.upper(): value for name, value in buckets.items()}
    process = ApiProcess({**environment, "RATE_LIMITS": "off", "LOG_LEVEL": "error"})
    process.environment["CLERK_OIDC_ISSUER"] = process.environment["CITIZEN_OIDC_ISSUER"] = (
        settings.clerk_oidc_issuer or ""
    )
    process.environment["PUBLIC_URL"] = settings.public_url
    await process.start()
    yield process
    process.stop()


async def fuzz(server: ApiProcess, token: str, chosen: list[str], work: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"http://127.0.0.1:{server.port}/openapi.json", "--url", f"http://127.0.0.1:{server.port}"]
    command += ["--max-time", str(SECONDS), "--header", f"Authorization: {token}", "--no-color", *chosen]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=work, capture_output=True, text=True, timeout=SECONDS * 3 + 60, check=False
    )
    return done.returncode, done.stdout[-60_000:] + done.stderr[-3_000:]


async def guest_token(server: ApiProcess) -> str:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        begun = await client.post(
            "/v1/sessions/guest", json={"installationId": "fuzzing-device"}, headers={"Idempotency-Key": "fuzz"}
        )
    return f"Bearer {begun.json()['accessToken']}"


@pytest.mark.parametrize("who", ["citizen", "clerk"])
async def test_the_fuzzer_finds_nothing(
    server: ApiProcess, clerk_headers: Callable[..., Awaitable[dict[str, str]]], tmp_path: Path, who: str
) -> None:
    if who == "citizen":
        # What ends the caller's own session or person would end the run.
        chosen = [
            "--exclude-path-regex",
            "^/v1/clerk/",
            "--exclude-operation-id",
            "endSession",
            "--exclude-operation-id",
            "deleteMe",
        ]
        token = await guest_token(server)
    else:
        chosen = ["--include-path-regex", "^/v1/clerk/"]
        token = (await clerk_headers("city_admin"))["Authorization"]
    status, said = await fuzz(server, token, chosen, tmp_path)
    assert status == 0, said
