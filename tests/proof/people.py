"""Many citizens at once, over real HTTP: guests with tokens, and the requests that they send."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from tests.bench import load


def headers(token: str | None = None, *, key: str | None = None) -> dict[str, str]:
    """An authenticated POST's headers; ``key`` makes it a repeat of an earlier one."""
    given = {"Idempotency-Key": key or str(uuid4())}
    return given if token is None else {**given, "Authorization": f"Bearer {token}"}


def post(path: str, body: dict[str, Any] | None, token: str | None = None, *, key: str | None = None) -> bytes:
    """The bytes of one POST."""
    return load.request("POST", path, headers(token, key=key), msgspec.json.encode(body if body is not None else {}))


async def guests(ports: tuple[int, ...], count: int, *, names: Sequence[str] = ()) -> list[str]:
    """The access tokens of ``count`` new guests, each on a device of its own: with ``names`` as their installations."""
    named = names or [f"proof-{uuid4()}" for _ in range(count)]
    wanted = iter([post("/v1/sessions/guest", {"installationId": name}) for name in named])
    result = await load.run(ports[0], wanted, connections=min(16, count), keep=True, ports=ports)
    assert result.statuses() == {201: count}, result.statuses()
    return [msgspec.json.decode(answer.body)["accessToken"] for answer in result.answers]


def hold(office: UUID, service: UUID, start: datetime, token: str, *, key: str | None = None) -> bytes:
    """A request to hold a place."""
    body = {"office": str(office), "services": [{"service": str(service), "persons": 1}]}
    return post("/v1/holds", {**body, "start": start.astimezone(UTC).isoformat()}, token, key=key)


def book(hold_id: str, token: str, *, key: str | None = None) -> bytes:
    """A request to book a held place."""
    return post(
        "/v1/appointments", {"hold": hold_id, "person": {"name": "Erika Mustermann"}, "contact": {}}, token, key=key
    )


def body(answer: load.Answer) -> Any:
    """The decoded JSON of an answer."""
    return msgspec.json.decode(answer.body)
