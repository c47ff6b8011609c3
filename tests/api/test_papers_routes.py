"""What a person takes along, over HTTP: in the form asked for, theirs alone, and only as long as it means something."""

from typing import Any

import httpx
import pytest
from icalendar import Calendar
from litestar import Litestar

from backend.appointments import passes
from backend.clock import system_now
from tests.desk.house import CONFIRMED_BY_CLERK, Visitor, book, visitor


@pytest.fixture
async def person(api: httpx.AsyncClient) -> Visitor:
    return await visitor(api)


async def test_the_calendar_entry_is_of_the_office_and_of_the_service(
    api: httpx.AsyncClient, app: Litestar, person: Visitor
) -> None:
    booked = await book(app, person)
    answer = await api.get(f"/v1/appointments/{booked.id}/calendar.ics", headers=person.headers)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar: Any = Calendar.from_ical(answer.content)
    (event,) = calendar.events
    assert event["UID"] == f"{booked.id}@wartefrei"
    assert event.start == booked.starts_at
    assert "Ebertstraße 11, 45879 Gelsenkirchen" in event["LOCATION"]
    assert "Führungszeugnis" in event["SUMMARY"]
    assert b"Mustermann" not in answer.content
    again = {**person.headers, "If-None-Match": answer.headers["etag"]}
    assert (await api.get(f"/v1/appointments/{booked.id}/calendar.ics", headers=again)).status_code == 304


async def test_the_published_keys_verify_the_pass(api: httpx.AsyncClient, app: Litestar, person: Visitor) -> None:
    booked = await book(app, person)
    shown = (await api.get(f"/v1/appointments/{booked.id}/pass", headers=person.headers)).json()
    keys = passes.public_keys((await api.get("/.well-known/jwks.json")).content)
    claims = passes.verify(shown["token"], keys, system_now(), issuer="http://127.0.0.1:8000")
    assert (claims.jti, claims.reference, claims.starts_at) == (booked.id, booked.reference, booked.starts_at)
    drawing = await api.get(shown["qr"], headers=person.headers)
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert drawing.content == passes.qr_svg(shown["token"])


@pytest.mark.parametrize(
    "accept, query, kind",
    [
        ("*/*", "", "application/json"),
        ("application/json", "", "application/json"),
        ("image/png", "", "image/png"),
        ("image/svg+xml;q=0.5, image/png", "", "image/png"),
        ("application/json, image/svg+xml, image/png, application/problem+json", "", "application/json"),
        ("image/*", "", "image/svg+xml"),
        ("image/*, image/svg+xml;q=0", "", "image/png"),
        ("text/html, image/svg+xml, */*;q=0.1", "", "image/svg+xml"),
        ("application/json", "?format=png", "image/png"),
        ("image/png", "?format=json", "application/json"),
    ],
)
async def test_it_comes_in_the_form_asked_for(
    api: httpx.AsyncClient, app: Litestar, person: Visitor, accept: str, query: str, kind: str
) -> None:
    booked = await book(app, person)
    answer = await api.get(f"/v1/appointments/{booked.id}/pass{query}", headers={**person.headers, "Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert "Accept" in answer.headers["vary"]


async def test_a_form_that_there_is_not_is_refused(api: httpx.AsyncClient, app: Litestar, person: Visitor) -> None:
    booked = await book(app, person)
    answer = await api.get(f"/v1/appointments/{booked.id}/pass", headers={**person.headers, "Accept": "image/webp"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")


async def test_what_is_only_requested_has_no_pass_yet(api: httpx.AsyncClient, app: Litestar, person: Visitor) -> None:
    booked = await book(app, person, service_slug=CONFIRMED_BY_CLERK, office_slug="rathaus-buer")
    answer = await api.get(f"/v1/appointments/{booked.id}/pass", headers=person.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "appointment-state")
    calendar = await api.get(f"/v1/appointments/{booked.id}/calendar.ics", headers=person.headers)
    assert Calendar.from_ical(calendar.content).events[0]["STATUS"] == "TENTATIVE"


@pytest.mark.parametrize("paper", ["calendar.ics", "pass", "pass?format=png", "events"])
async def test_nobody_gets_another_persons_papers(
    api: httpx.AsyncClient, app: Litestar, person: Visitor, paper: str
) -> None:
    booked = await book(app, person)
    other = await visitor(api)
    answer = await api.get(f"/v1/appointments/{booked.id}/{paper}", headers=other.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "appointment-not-found")
    assert (await api.get(f"/v1/appointments/{booked.id}/{paper}")).status_code == 401
