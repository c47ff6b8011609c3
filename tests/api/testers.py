"""Integrators with their keys, and the people whom they make up in the sandbox."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from backend.clock import system_now

Headers = dict[str, str]
Idem = Callable[[], Headers]
CITY = "gelsenkirchen"
OFFICE = "0193a0ff-0003-7000-8000-000000000001"
SERVICES = {"automatic": 1, "needs-clerk": 2, "clerk-confirms": 3, "clerk-rejects": 4, "waiting-offered": 5}


async def new_client(api: httpx.AsyncClient, admin: Headers, idem: Idem, **more: Any) -> str:
    body = {"name": "Stadt-App", "contact": "app@example.org", "cities": [CITY], **more}
    answer = await api.post("/v1/clerk/clients", json=body, headers={**admin, **idem()})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def new_key(api: httpx.AsyncClient, admin: Headers, idem: Idem, client: str, environment: str = "live") -> Any:
    address = f"/v1/clerk/clients/{client}/keys"
    answer = await api.post(address, json={"environment": environment}, headers={**admin, **idem()})
    assert answer.status_code == 201, answer.text
    return answer.json()


class Guest:
    """A person of the sandbox with a test key."""

    def __init__(self, api: httpx.AsyncClient, headers: Headers, idem: Callable[[], Headers]) -> None:
        self.api, self.headers, self.idem = api, headers, idem

    async def get(self, path: str, **more: str) -> httpx.Response:
        return await self.api.get(path, headers={**self.headers, **more})

    async def post(self, path: str, body: Any = None, **more: str) -> httpx.Response:
        return await self.api.post(path, json=body, headers={**self.headers, **self.idem(), **more})

    async def starts(self, days: int = 1) -> list[str]:
        day = (system_now() + timedelta(days=days)).astimezone(ZoneInfo("Europe/Berlin")).date()
        path = f"/v1/cities/sandbox/availability/slots?service=automatic&office=testamt&date={day}"
        return [slot["start"] for slot in (await self.get(path)).json()["items"]]

    async def hold(self, start: str, service: str = "automatic") -> httpx.Response:
        wanted = {"service": f"0193a0ff-0002-7000-8000-00000000000{SERVICES[service]}", "persons": 1}
        return await self.post("/v1/holds", {"office": OFFICE, "start": start, "services": [wanted]})

    async def book(self, start: str, service: str = "automatic") -> dict[str, Any]:
        held = await self.hold(start, service)
        assert held.status_code == 201, held.text
        body = {"hold": held.json()["id"], "person": {"name": "Test"}, "contact": {"email": "t@example.org"}}
        booked = await self.post("/v1/appointments", body)
        assert booked.status_code == 201, booked.text
        return booked.json()

    async def state(self, appointment: dict[str, Any]) -> str:
        return (await self.get(f"/v1/appointments/{appointment['id']}")).json()["state"]

    async def forward(self, minutes: int) -> httpx.Response:
        return await self.post("/v1/sandbox/clock", {"forwardMinutes": minutes})
