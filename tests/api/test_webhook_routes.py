"""A server sets up where it is told, with its key: sees its own webhooks alone, and each secret once."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx

from tests.api.conftest import Headers
from tests.api.testers import new_client, new_key

HOOKS = "/v1/clients/webhooks"
Sign = Callable[..., Awaitable[Headers]]
Idem = Callable[[], Headers]


async def test_a_webhook_is_set_up_looked_after_and_removed(
    api: httpx.AsyncClient, idem: Idem, clerk_headers: Sign
) -> None:
    admin = await clerk_headers("city_admin")

    async def key_of(client: str, environment: str = "live") -> Headers:
        return {"Client-Key": (await new_key(api, admin, idem, client, environment))["key"]}

    client = await new_client(api, admin, idem, scopes=["webhooks"])
    mine, testing = await key_of(client), await key_of(client, "test")
    other = await key_of(await new_client(api, admin, idem, scopes=["webhooks"]))
    app = await key_of(await new_client(api, admin, idem, scopes=["app"]))

    async def post(path: str, body: Any = None, key: Headers = mine, again: Headers | None = None) -> httpx.Response:
        return await api.post(f"{HOOKS}{path}", json=body, headers={**key, **(again or idem())})

    once = idem()
    wanted = {"url": "http://127.0.0.1:9/hook", "types": ["appointment.confirmed"]}
    added, again = await post("", wanted, again=once), await post("", wanted, again=once)
    assert added.status_code == 201 and added.json()["secret"].startswith("whsec_")
    assert again.json() == {**added.json(), "secret": None}
    hook = f"/{added.json()['id']}"

    wrong = await post("", {"url": "https://10.0.0.1/", "types": ["appointment.exploded"]})
    assert [(e["pointer"], e["code"]) for e in wrong.json()["errors"]] == [
        ("/url", "private-address"),
        ("/types/0", "unknown"),
    ]
    for body in (wanted, {"url": 1}):
        assert (await post("", body, key=app)).json()["code"] == "client-scope-missing"
    assert (await api.get(HOOKS)).json()["code"] == "client-key-required"
    for stranger in (other, testing):
        assert (await api.get(HOOKS, headers=stranger)).json()["items"] == []
        assert (await api.get(HOOKS + hook, headers=stranger)).json()["code"] == "webhook-not-found"
        assert (await post(f"{hook}/test", key=stranger)).json()["code"] == "webhook-not-found"
        assert (await api.delete(HOOKS + hook, headers=stranger)).status_code == 404
        log = await api.get(f"{HOOKS}{hook}/deliveries", headers=stranger)
        assert log.json()["code"] == "webhook-not-found"

    sent = [(await post(f"{hook}/test")).json() for _ in range(3)]
    page = (await api.get(f"{HOOKS}{hook}/deliveries?limit=2", headers=mine)).json()
    rest = (await api.get(f"{HOOKS}{hook}/deliveries", params={"cursor": page["next"]}, headers=mine)).json()
    assert [one["id"] for one in [*page["items"], *rest["items"]]] == [one["id"] for one in reversed(sent)]
    replayed = await post(f"{hook}/replay", {"delivery": sent[0]["id"]})
    assert (replayed.status_code, replayed.json()) == (202, {"count": 1})
    unknown = await post(f"{hook}/replay", {"delivery": str(uuid4())})
    assert unknown.json()["code"] == "webhook-delivery-not-found"
    assert (await post(f"{hook}/replay", {})).json()["errors"][0]["code"] == "one-of"
    assert (await post(f"{hook}/replay", {"since": "2026-01-01T00:00:00Z"})).json() == {"count": 3}
    for never in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert (await post(f"{hook}/replay", {"since": never})).status_code == 202

    rotated = (await post(f"{hook}/rotate", {"overlapHours": 1})).json()
    assert rotated["secret"] != added.json()["secret"] and rotated["oldSecretUntil"]
    off = await api.put(HOOKS + hook, json={"url": wanted["url"], "enabled": False}, headers=mine)
    assert (off.json()["disabledReason"], off.json()["types"]) == ("by-client", [])
    assert (await post(f"{hook}/test")).json()["code"] == "webhook-disabled"
    dropped = (await api.get(f"{HOOKS}{hook}/deliveries?outcome=dropped", headers=mine)).json()
    assert len(dropped["items"]) == 3
    for _ in range(19):
        assert (await post("", wanted)).status_code == 201
    assert (await post("", wanted)).json()["code"] == "too-many-webhooks"
    assert (await api.delete(HOOKS + hook, headers=mine)).status_code == 204
    assert len((await api.get(HOOKS, headers=mine)).json()["items"]) == 19
