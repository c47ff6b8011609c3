"""A date of birth and a mail address are judged wherever one comes in, by one rule each and with everything else."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import idna
import pytest
from litestar import Litestar

from backend.forms.checking import Form
from backend.mail_address import ascii_form
from tests.api.test_booking_routes import App, GuestMaker
from tests.cases.house import put
from tests.desk import house
from tests.desk.house import walk_in
from tests.forms.samples import answers, demo_form

Headers = dict[str, str]
Send = Callable[[dict[str, Any], dict[str, Any]], Awaitable[httpx.Response]]

_LONG = "a@" + ".".join(["b" * 60] * 4)
"""A mail address of 254 characters is one, of 255 none."""
GOOD = {
    "erika@example.org": "erika@example.org",
    "e.mustermann+amt@mail.example.org": "e.mustermann+amt@mail.example.org",
    "o'neill!#$%&*/=?^_`{|}~-@example.org": "o'neill!#$%&*/=?^_`{|}~-@example.org",
    "1@2.example": "1@2.example",
    "erika@müller.example": "erika@xn--mller-kva.example",
    "erika@Straße.example": "erika@xn--strae-oqa.example",
    "erika@例え.テスト": "erika@xn--r8jz45g.xn--zckzah",
    "erika@xn--mller-kva.example": "erika@xn--mller-kva.example",
    "Erika@Example.ORG": "Erika@example.org",
    "a" * 64 + "@example.org": "a" * 64 + "@example.org",
    _LONG + "b.example": _LONG + "b.example",
}
BAD = (
    '"a b"@example.org', '"erika"@example.org', "erika(zu Hause)@example.org", "erika@example.org (Erika)",
    "(x)erika@example.org", "erika@@example.org", "erika@amt@example.org", "erika", "@example.org", "erika@",
    _LONG + "bc.example", "a" * 65 + "@example.org", "erika@localhost", "erika@example",
    "erika@[192.0.2.1]", "erika@192.0.2.1", "erika@example..org", "erika@.example.org", "erika@example.org.",
    "erika@-example.org", "erika@example-.org", "erika@ex_ample.org", "erika@" + "b" * 64 + ".org",
    ".erika@example.org",
    "erika.@example.org", "eri..ka@example.org", "zoë@example.org", "e rika@example.org", "erika@exa mple.org",
    "erika@☃.example", "erika@xn--0.example", "erika@müller\u202e.example", "a,b@example.org", "<erika@example.org>",
    "erika@example.org,b", "e\x01@example.org", "erika@example.org\r\nBcc: x@example.org", "e\\a@example.org",
    "=?utf-8?q?erika?=@example.org", "a=?utf-8?b?ZXJpa2FAZXZpbC5leGFtcGxl?=@example.org", "=?x?q?=ff?=b@example.org",
)  # fmt: skip


@pytest.fixture
async def phone(api: httpx.AsyncClient, guest: GuestMaker) -> App:
    return App(api, await guest())


@pytest.fixture
def ways(phone: App, app: Litestar, clerk: Headers) -> dict[str, Send]:
    """Wherever somebody says who comes."""

    async def by_phone(person: dict[str, Any], contact: dict[str, Any]) -> httpx.Response:
        return await phone.post("/v1/appointments", {"hold": str(uuid4()), "person": person, "contact": contact})

    async def by_clerk(person: dict[str, Any], contact: dict[str, Any]) -> httpx.Response:
        body = await walk_in(app, office=house.OFFICE, person=person, contact=contact)
        return await App(phone.api, clerk).post("/v1/clerk/appointments", body)

    async def by_offer(person: dict[str, Any], contact: dict[str, Any]) -> httpx.Response:
        path = f"/v1/waiting-list/offers/{uuid4()}/accept"
        return await phone.post(path, {"person": person, "contact": contact})

    return {"phone": by_phone, "clerk": by_clerk, "offer": by_offer}


def faults(answer: httpx.Response) -> dict[str, str]:
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input"), answer.text
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}


@pytest.mark.parametrize("way", ["phone", "clerk", "offer"])
async def test_nobody_is_born_tomorrow_or_before_1900(ways: dict[str, Send], way: str) -> None:
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    late = (today + timedelta(days=1)).isoformat()
    for born, code in (
        (late, "future"),
        ("9999-12-31", "future"),
        ("1899-12-31", "before-1900"),
        ("0001-01-01", "before-1900"),
    ):
        answer = await ways[way]({"name": "Erika", "dateOfBirth": born}, {})
        assert faults(answer) == {"/person/dateOfBirth": code}, born
        assert born not in answer.text
    for born in (today.isoformat(), "1900-01-01", None):
        answer = await ways[way]({"name": "Erika", "dateOfBirth": born}, {})
        assert answer.json().get("code") != "invalid-input", born
    said = await ways[way]({"name": "", "dateOfBirth": late}, {"email": "x", "phone": "y"})
    assert faults(said) == {
        "/person/name": "too-short",
        "/person/dateOfBirth": "future",
        "/contact/email": "invalid-email",
        "/contact/phone": "too-short",
    }, "everything at once"
    assert faults(await ways[way]({"name": "Erika", "dateOfBirth": "heute"}, {})) == {
        "/person/dateOfBirth": "invalid-date"
    }


@pytest.mark.parametrize("way", ["phone", "clerk", "offer"])
async def test_what_is_no_plain_address_is_refused_everywhere(ways: dict[str, Send], way: str) -> None:
    for email in BAD:
        answer = await ways[way]({"name": "Erika"}, {"email": email})
        assert faults(answer) == {"/contact/email": "invalid-email"}, email
    for email in (*GOOD, None):
        answer = await ways[way]({"name": "Erika"}, {"email": email})
        assert answer.json().get("code") != "invalid-input", (email, answer.text)


async def test_a_changed_contact_is_judged_alike(phone: App) -> None:
    booked = await phone.book((await phone.slots())[0])
    path = f"/v1/appointments/{booked['id']}"
    for email in BAD:
        answer = await phone.api.patch(path, json={"contact": {"email": email}}, headers=phone.headers)
        assert faults(answer) == {"/contact/email": "invalid-email"}, email
    for email in (*GOOD, None):
        answer = await phone.api.patch(path, json={"contact": {"email": email}}, headers=phone.headers)
        assert (answer.status_code, answer.json()["contact"]["email"]) == (200, email)
    left = await phone.api.patch(path, json={"contact": {"phone": "0209 1"}}, headers=phone.headers)
    assert left.json()["contact"] == {"email": None, "phone": "0209 1"}


@pytest.mark.parametrize("email", [*GOOD, *BAD])
def test_an_answer_to_a_form_is_judged_alike(email: str) -> None:
    form: Form = demo_form("bewohnerparkausweis")
    given = answers("bewohnerparkausweis", 0)
    put(given, "/applicant/email", email)
    found = [one.code for one in form.check(given).errors if one.pointer == "/applicant/email"]
    assert ("invalid-email" in found) == (email in BAD)


@pytest.mark.parametrize("given, sent", GOOD.items())
def test_a_letter_goes_to_its_ascii_form(given: str, sent: str) -> None:
    assert ascii_form(given) == sent
    assert sent.rpartition("@")[2] == idna.encode(given.rpartition("@")[2], uts46=True).decode(), "by whichever way"
    assert ascii_form(sent) == sent
