"""Bytes of the calls that an app makes most, as they go over the line: plain, in gzip and in zstd."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from infra.dev import demo, migrate
from tests.bench.ground import DATABASE, Ground

CITY, OFFICE, SERVICE = "gelsenkirchen", "hans-sachs-haus", "personalausweis"
_CITY = f"/v1/cities/{CITY}"
CODINGS = ("identity", "gzip", "zstd")


class Size(msgspec.Struct, frozen=True):
    """Bytes of a body; what is short is sent as it is."""

    plain: int
    gzip: int
    zstd: int


async def of_demo_city(ground: Ground) -> dict[str, dict[str, int]]:
    """For `make bench`: of the demo city, by the name of the call."""
    url = ground.postgres.url(DATABASE, migrate.APP)
    await demo.load(url, await demo.missing(url))
    await demo.load_forms(url, await demo.missing_forms(url))
    api = await ground.api()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}") as client:
        return {name: msgspec.to_builtins(size) for name, size in (await measure(client)).items()}


async def measure(api: httpx.AsyncClient) -> dict[str, Size]:
    """By the name of the call, as the guide's table has it. Books an appointment for that."""
    session = await _post(api, "/v1/sessions/guest", {"installationId": str(uuid4())}, {})
    me = {"Authorization": f"Bearer {session.json()['accessToken']}"}
    today = datetime.now(UTC).date()
    first, last = today + timedelta(days=1), today + timedelta(days=21)
    visit = f"service={SERVICE}&office={OFFICE}"
    days = f"{_CITY}/availability/days?{visit}&from={first}&to={last}"
    day = max((await api.get(days)).json()["items"], key=lambda one: one["free"])["date"]
    slots = f"{_CITY}/availability/slots?{visit}&date={day}"
    offered, office = (await api.get(slots)).json(), (await api.get(f"{_CITY}/offices/{OFFICE}")).json()["id"]
    services = [{"service": (await api.get(f"{_CITY}/services/{SERVICE}")).json()["id"], "persons": 1}]
    hold = await _post(
        api, "/v1/holds", {"office": office, "services": services, "start": offered["items"][0]["start"]}, me
    )
    wanted = {
        "hold": hold.json()["id"],
        "person": {"name": "Erika Mustermann"},
        "contact": {"email": "erika@example.org"},
    }
    booked = await _post(api, "/v1/appointments", wanted, me)
    version = (await api.get(f"/v1/bootstrap?city={CITY}")).json()["version"]
    since = (await api.get("/v1/sync", headers=me)).json()["since"]
    reads: dict[str, tuple[str, Mapping[str, str]]] = {
        "first screen": (f"/v1/bootstrap?city={CITY}", {}),
        "first screen, with a token": (f"/v1/bootstrap?city={CITY}", me),
        "first screen, `known=`": (f"/v1/bootstrap?city={CITY}&known={version}", me),
        "sync, everything": ("/v1/sync", me),
        "sync, nothing new": (f"/v1/sync?since={since}", me),
        "services": (f"{_CITY}/services", {}),
        "services, `fields=id,name`": (f"{_CITY}/services?fields=id,name", {}),
        "offices": (f"{_CITY}/offices", {}),
        "an office": (f"{_CITY}/offices/{OFFICE}", {}),
        "free days of three weeks": (days, {}),
        "slots of a day": (slots, {}),
        "slots of a day, `fields=start`": (f"{slots}&fields=start", {}),
        "earliest places": (f"{_CITY}/availability/earliest?service={SERVICE}", {}),
        "appointments": ("/v1/appointments", me),
        "inbox": ("/v1/inbox", me),
    }
    found = {"begin a session": _plain(session), "hold": _plain(hold), "book": _plain(booked)}
    for name, (path, headers) in reads.items():
        sizes = [await _size(api, path, {**headers, "Accept-Encoding": coding}) for coding in CODINGS]
        found[name] = Size(*sizes)
    return found


async def _post(api: httpx.AsyncClient, path: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
    key = {"Idempotency-Key": str(uuid4()), "Accept-Encoding": "identity"}
    answer = await api.post(path, json=body, headers={**headers, **key})
    assert answer.status_code == 201, answer.text
    return answer


async def _size(api: httpx.AsyncClient, path: str, headers: Mapping[str, str]) -> int:
    answer = await api.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return int(answer.headers["content-length"])


def _plain(answer: httpx.Response) -> Size:
    """A command's answer: it cannot be asked for three times, and is short."""
    return Size(*[len(answer.content)] * 3)
