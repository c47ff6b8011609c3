"""Dates at the ends of the calendar are dates: nothing is free there, and nothing breaks."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from backend.clock import day_bounds, local_day
from tests.api.conftest import Headers
from tests.api.test_booking_routes import CITY, OFFICE, SERVICE, App

_AVAILABILITY = f"/v1/cities/{CITY}/availability"
_STARTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_days_at_the_ends_of_the_calendar_have_bounds(zone: str) -> None:
    for day in (date.min, date.max):
        begins, ends = day_bounds(day, ZoneInfo(zone))
        assert begins < ends
    assert local_day(datetime.min.replace(tzinfo=UTC), ZoneInfo(zone)) == date.min
    assert local_day(datetime.max.replace(tzinfo=UTC), ZoneInfo(zone)) == date.max


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_nothing_is_free_at_the_ends_of_the_calendar(api: httpx.AsyncClient, day: str) -> None:
    for what in (f"days?from={day}", f"slots?from={day}", f"slots?date={day}", f"days?from={day}&to={day}"):
        answer = await api.get(f"{_AVAILABILITY}/{what}&service={SERVICE}&office={OFFICE}")
        assert answer.status_code == 200, what
        assert all(item["free"] == 0 for item in answer.json()["items"])


@pytest.mark.parametrize("start", _STARTS)
async def test_no_place_is_offered_at_the_ends_of_the_calendar(
    api: httpx.AsyncClient, guest: Callable[[], Awaitable[Headers]], clerk: Headers, start: str
) -> None:
    phone, desk = App(api, await guest()), App(api, clerk)
    wish = await phone.wish(start)
    held = await phone.post("/v1/holds", wish)
    assert (held.status_code, held.json()["code"]) == (409, "slot-not-offered")
    booked = await desk.post("/v1/clerk/appointments", {**wish, "person": {"name": "Erika"}, "channel": "phone"})
    assert (booked.status_code, booked.json()["code"]) == (409, "slot-not-offered")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_clerk_may_look_at_any_day(api: httpx.AsyncClient, clerk: Headers, day: str) -> None:
    office = (await api.get(f"/v1/cities/{CITY}/offices/{OFFICE}")).json()["id"]
    answer = await api.get(f"/v1/clerk/offices/{office}/day?date={day}", headers=clerk)
    assert (answer.status_code, answer.json()["date"]) == (200, day)
