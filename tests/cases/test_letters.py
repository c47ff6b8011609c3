"""Whoever gave an address with an application is written to, and the letter says nothing of what it is about."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import httpx
import msgspec
from litestar import Litestar

from backend.clock import system_now
from backend.db.pool import SYSTEM
from backend.notices import queries
from backend.notices.kinds import SPREADING
from backend.notices.model import Lane, Outgoing, Telling
from backend.notices.texting import languages
from notifications.channels.letter import compose, overtaken
from tests.cases.house import document, key, submitted
from tests.cases.test_appointments import hand_in, visiting_form
from tests.cases.test_life import SOON, act
from tests.desk.house import book, visitor
from tests.forms.samples import REPORT, demo_form

Headers = dict[str, str]
Clerks = Callable[..., Awaitable[Headers]]
FROM, APP = "amt@stadt.example", "https://app.stadt.example"
SAID = ("unleserlich", "Fahrzeugschein", "parkausweis", "Parking", "Mustermann", "approved", "genehmigt", "Autobesitz")


async def letters(app: Litestar, *, lease: timedelta = timedelta(0)) -> list[Outgoing]:
    """What the worker would claim for the relay at this moment."""
    now = system_now()
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await queries.spread_notices(conn, now, 500, SPREADING, mails=True)
        return await queries.claim_deliveries(conn, Lane("mail"), now, now + lease, 100, 1_000)


async def settle(app: Litestar) -> None:
    """All of them have gone."""
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE delivery SET done_at = now(), outcome = 'sent' WHERE done_at IS NULL")


def written(one: Outgoing, language: str = "de") -> EmailMessage:
    post = compose(msgspec.structs.replace(one, language=language), FROM, APP, "https://api.stadt.example")
    found = message_from_bytes(post.content, policy=default)
    assert isinstance(found, EmailMessage)
    assert str(found["to"]) == post.recipient
    return found


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def test_a_question_and_a_decision_are_written_of_to_the_address_in_the_application(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Clerks
) -> None:
    one, case = await submitted(app, api)
    address = one.answers["applicant"]["email"]
    clerk, path = await clerk_headers("clerk", "hans-sachs-haus"), f"/v1/clerk/cases/{case['id']}"
    [received] = await letters(app)
    assert (received.kind, written(received)["to"]) == ("case.received", address)
    await settle(app)
    seen = (await api.get(path, headers=clerk)).json()
    message = "Der Fahrzeugschein ist unleserlich."
    await act(api, clerk, seen, "request-info", message=message, fields=["/vehicle/weight"], due=SOON)
    [asked] = await letters(app)
    assert asked.kind == "case.info_requested"
    for language in languages():
        letter = written(asked, language)
        assert str(letter["to"]) == address
        whole = f"{letter['subject']} {text(letter)} {text(letter, 'html')}"
        assert [word for word in SAID if word.lower() in whole.lower()] == []
        assert case["reference"] in text(letter)
        assert f"{APP}/cases/{case['id']}" in text(letter)
        assert list(letter.iter_attachments()) == []
    german = written(asked)
    assert (str(german["subject"]), str(german["from"])) == ("Neues zu Ihrem Antrag", f"Gelsenkirchen <{FROM}>")
    assert "gibt es eine Rückfrage" in text(german)
    assert not overtaken(asked)
    answer = {"answers": {"vehicle": {"weight": 1800}}}
    path = f"/v1/cases/{case['id']}/answer"
    assert (await api.post(path, json=answer, headers={**one.person.headers, **key()})).status_code == 200
    [again] = await letters(app)
    assert overtaken(again), "the question is answered: what the letter would say is not so"
    await settle(app)
    seen = (await api.get(f"/v1/clerk/cases/{case['id']}", headers=clerk)).json()
    assert (await act(api, clerk, seen, "approve")).status_code == 200
    [decided] = await letters(app)
    assert (decided.kind, str(written(decided)["subject"])) == ("case.approved", "Neues zu Ihrem Antrag")
    assert str(written(decided)["references"]) == str(german["references"]), "one thread"


async def test_who_gave_none_and_who_wants_none_get_none(app: Litestar, api: httpx.AsyncClient) -> None:
    _, case = await submitted(app, api)
    database = app.state["context"].database
    wanted: list[int] = []
    for change in (
        "UPDATE case_file SET answers = answers #- '{applicant,email}' WHERE id = $1",
        "UPDATE case_file SET answers = '{}' WHERE id = $1",
    ):
        async with database.transaction(SYSTEM) as conn:
            await conn.execute("DELETE FROM delivery")
            await conn.execute("UPDATE notice SET spread_at = NULL WHERE subject_id = $1", UUID(case["id"]))
        wanted.append(len(await letters(app)))
        async with database.transaction(SYSTEM) as conn:
            await conn.execute(change, UUID(case["id"]))
        assert await letters(app) == [], "what is known no more when it is written goes nowhere"
    assert wanted == [1, 0]
    other, _ = await submitted(app, api)
    async with database.transaction(SYSTEM) as conn:
        await conn.execute(
            "INSERT INTO preference (person_id, mail_off, updated_at) VALUES ($1, '{cases}', now())",
            other.person.person_id,
        )
    assert await letters(app) == []


async def test_an_application_that_goes_with_an_appointment_has_its_address(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    form, mine, stranger = await visiting_form(app), await visitor(api), await visitor(api)
    booked = await book(app, mine)
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE appointment SET email = 'erika@example.org' WHERE id = $1", booked.id)
    done = await hand_in(api, mine, form, booked.id)
    assert done.status_code == 201, done.text
    await letters(app)
    found = {one.kind: one for one in await letters(app)}
    assert str(written(found["case.received"])["to"]) == "erika@example.org"
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE case_file SET person_id = $1", stranger.person_id)
        known = await conn.fetchval("SELECT mail_address($1, 'case.received', id) FROM case_file", stranger.person_id)
    assert known is None, "another's appointment says nothing about where one is reached"


async def test_a_draft_that_goes_with_an_appointment_and_a_file_that_goes_with_nothing(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    form, mine = await visiting_form(app), await visitor(api)
    booked = await book(app, mine)
    draft = "00000000-0000-4000-8000-00000000d4af"
    body = {"id": draft, "form": str(form), "version": 1, "answers": {"dog": False}, "appointment": str(booked.id)}
    assert (await api.post("/v1/drafts", json=body, headers={**mine.headers, **key()})).status_code == 201
    file = await document(app, mine, "vehicle-registration", "refused")
    async with app.state["context"].database.transaction(SYSTEM) as conn:
        await conn.execute("UPDATE appointment SET email = 'erika@example.org' WHERE id = $1", booked.id)
        await conn.execute("DELETE FROM notice")
        for kind, subject in (("draft.expiring", UUID(draft)), ("document.refused", file)):
            told = Telling(
                city_id="gelsenkirchen", person_id=mine.person_id, kind=kind, subject_id=subject, dedupe=kind,
                data={"title": {"de": "Hund"}},
            )  # fmt: skip
            await queries.tell(conn, told, system_now())
    [one] = await letters(app)
    letter = written(one)
    assert (one.kind, str(letter["to"])) == ("draft.expiring", "erika@example.org")
    assert "Hund" not in f"{letter['subject']} {text(letter)}"
    assert f"{APP}/drafts/{draft}" in text(letter)


async def test_a_form_without_an_appointment_says_itself_which_answer_is_the_address(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    samples = demo_form("maengelmeldung").content.samples
    named = next(n for n, one in enumerate(samples) if one.answers.get("wantsAnswer") and not one.errors)
    silent = next(n for n, one in enumerate(samples) if not one.answers.get("wantsAnswer") and not one.errors)
    one, _ = await submitted(app, api, REPORT, named)
    [received] = await letters(app)
    assert str(written(received)["to"]) == one.answers["email"]
    await settle(app)
    await submitted(app, api, REPORT, silent)
    assert await letters(app) == []
