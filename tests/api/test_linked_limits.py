"""What a guest brings to an identity is not lost, and counts from then on."""

from uuid import uuid4

import httpx
import pytest

from backend.clock import system_now
from backend.identity.dev import mint_dev_token
from backend.settings import Settings
from tests.api.test_booking_routes import CITY, App, GuestMaker, key


@pytest.fixture
async def phone(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


@pytest.fixture
async def other(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


async def test_linking_loses_nothing_and_what_was_linked_counts(
    settings: Settings, phone: App, other: App, api: httpx.AsyncClient
) -> None:
    """A guest brings an appointment to an identity; from then on it is the identity's, on every phone."""
    token = mint_dev_token(settings, "erika", system_now(), audience=settings.citizen_oidc_audience or "")
    first, second, third = (await phone.slots())[:3]
    booked = await phone.book(first)
    for one in (other, phone):
        linked = await one.post("/v1/sessions/link", {"identityToken": token})
        assert linked.status_code == 200, linked.text
    for one in (phone, other):
        listed = (await api.get("/v1/appointments", headers=one.headers)).json()["items"]
        assert [each["id"] for each in listed] == [booked["id"]]
        held = await one.hold(second)
        refused = await one.post("/v1/appointments", {"hold": held, "person": {"name": "E. M."}})
        assert (refused.json()["code"], refused.json()["live"]) == ("appointment-limit", [booked["id"]])
        await api.delete(f"/v1/holds/{held}", headers=one.headers)
        service = booked["services"][0]["service"]
        waiting = {"city": CITY, "mode": "none", "services": [{"service": service, "persons": 1}]}
        assert (await one.post("/v1/waiting-list", waiting)).json()["code"] == "appointment-limit"
    # Who has as many elsewhere keeps both, and is told which service it is about: nothing is moved.
    begun = await api.post("/v1/sessions/guest", json={"installationId": str(uuid4())}, headers=key())
    guest = App(api, {"Authorization": f"Bearer {begun.json()['accessToken']}"})
    own = await guest.book(third)
    answer = await guest.post("/v1/sessions/link", {"identityToken": token})
    assert (answer.status_code, answer.json()["code"]) == (409, "link-exceeds-limit")
    assert answer.json()["services"] == [booked["services"][0]["service"]]
    kept = await api.get(f"/v1/appointments/{own['id']}", headers=guest.headers)
    assert kept.json()["state"] == "confirmed"
