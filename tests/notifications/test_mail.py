"""Letters, through a real relay: what arrives, what a repeat looks like, and what each refusal means."""

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from icalendar import Calendar

from backend.appointments.model import Appointment
from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.notices.model import Facts, OfficeFacts, Telling
from backend.notices.service import tell
from backend.settings import Settings, SettingsError
from infra.dev.mail import Script, Sink, Stage, serve
from infra.dev.ports import free_port
from notifications.channels.letter import Unsendable, compose
from notifications.channels.mail import MailChannel
from notifications.model import SENT, Lane, Outcome, Outgoing
from tests.identity.town import give_appointment, make_town
from tests.notifications.conftest import MakeSettings, Working
from tests.notifications.people import deliveries, make_due, rows
from tests.support.certificates import make_certificate
from tests.support.waiting import eventually

FROM = "termine@stadt.example"
START = (system_now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
OFFICE = OfficeFacts(
    id=uuid4(), city="here", city_name="Hierstadt", name="Rathaus", zone="Europe/Berlin", address="Markt 1, 45879 Hier"
)


class Relay(msgspec.Struct):
    """A sink that listens, and settings that lead to it."""

    sink: Sink
    settings: dict[str, Any]


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    sink, port = Sink(), free_port()
    server = await serve(sink, port)
    settings = {"mail_host": "127.0.0.1", "mail_port": port, "mail_security": "plaintext", "mail_from": FROM}
    yield Relay(sink, {**settings, "mail_timeout_seconds": 1.0, "app_url": "https://app.stadt.example/"})
    server.close()


@pytest.fixture
async def mail(relay: Relay, make_settings: MakeSettings) -> AsyncIterator[MailChannel]:
    channel = MailChannel(make_settings("postgresql://unused", **relay.settings))
    yield channel
    await channel.close()


def letter_for(email: str | None, kind: str = "appointment.confirmed", city: str = "Hierstadt", **row: Any) -> Outgoing:
    now = system_now()
    appointment: dict[str, Any] = {
        **dict.fromkeys(Appointment.__struct_fields__), "id": uuid4(), "city_id": "here", "office_id": OFFICE.id,
        "counter_id": uuid4(), "person_id": uuid4(), "reference": "GE-7K4M-92XQ", "state": "confirmed",
        "starts_at": START, "ends_at": START + timedelta(minutes=15), "services": [], "service_ids": [],
        "confirmation": "automatic", "name": "Erika", "email": email, "note": "", "language": "de", "channel": "app",
        "sequence": 0, "version": 1, "created_at": now, "updated_at": now, **row,
    }  # fmt: skip
    facts = Facts(office=msgspec.structs.replace(OFFICE, city_name=city), reference="GE-7K4M-92XQ")
    return Outgoing(
        id=uuid4(), notice_id=uuid4(), person_id=uuid4(), city_id="here", kind=kind, subject_id=appointment["id"],
        channel="mail", platform=None, device_id=None, target_kind=None, target=None, language="de",
        data={"startsAt": START.isoformat(), "by": "clerk"},
        letter={"to": email, "appointment": msgspec.to_builtins(appointment), "facts": msgspec.to_builtins(facts)},
        attempt=1,
        told_at=now, expires_at=None, leased_until=now + timedelta(seconds=30),
    )  # fmt: skip


async def change(database: Database, person: UUID, appointment: UUID, kind: str, state: str, sequence: int) -> None:
    """As a clerk's change leaves it behind."""
    await rows(
        database, "UPDATE appointment SET state = $2, sequence = $3, updated_at = now(),"
        " place_id = CASE WHEN $2 = 'cancelled' THEN NULL ELSE place_id END WHERE id = $1 RETURNING 1",
        appointment, state, sequence,
    )  # fmt: skip
    telling = Telling(
        city_id="here", person_id=person, kind=kind, subject_id=appointment, dedupe=str(uuid4()),
        data={"by": "clerk", "startsAt": START.isoformat(), "reason": "Geheim <b>&</b> 'eilig'"}, expires_at=START,
    )  # fmt: skip
    async with database.transaction(SYSTEM) as conn:
        await tell(conn, telling, system_now())


def entry(message: EmailMessage) -> tuple[str, str, str, int, str]:
    """What a calendar does with the letter: of the part and of the file its method; UID, SEQUENCE, STATUS."""
    (part,) = message.iter_attachments()
    content: Any = part.get_content()
    calendar: Any = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    method = str(part["content-type"].params["method"])
    assert str(calendar["METHOD"]) == method
    assert str(event["ATTENDEE"]) == "mailto:erika@example.org"
    return method, str(part.get_filename()), str(event["UID"]), int(str(event["SEQUENCE"])), str(event["STATUS"])


async def test_who_has_no_phone_is_written_to_and_every_letter_continues_the_first(
    working: Working, database: Database, relay: Relay, mail: MailChannel
) -> None:
    town = await make_town(database)
    person = uuid4()
    async with database.transaction(SYSTEM) as conn:
        await conn.execute("INSERT INTO person (id, language) VALUES ($1, 'en')", person)
        await conn.execute("UPDATE service SET texts = $1", {"de": {"name": "Reisepass"}, "en": {"name": "Passport"}})
    appointment = await give_appointment(database, town, person, START)
    await rows(database, "UPDATE notice SET spread_at = now() RETURNING 1")
    relay.sink.follow(Script("content", ["451 4.3.0 later"]))

    async def came(count: int) -> bool:
        return len(relay.sink.received) == count

    async with working(mail, lanes=[Lane("mail")]):
        await change(database, person, appointment, "appointment.confirmed", "confirmed", 0)
        await eventually(lambda: _attempted(database))
        await make_due(database)
        await eventually(lambda: came(1))
        await change(database, person, appointment, "appointment.cancelled", "cancelled", 1)
        await eventually(lambda: came(2))
    confirmed, cancelled = (one.message() for one in relay.sink.received)
    assert [one.recipients for one in relay.sink.received] == [["erika@example.org"]] * 2
    assert str(confirmed["from"]) == "here <termine@stadt.example>"
    assert str(confirmed["subject"]) == "Appointment confirmed", "when and where is nobody's business on the way"
    assert confirmed["references"] == cancelled["references"] == confirmed["in-reply-to"]
    assert confirmed["message-id"] != cancelled["message-id"]
    assert (confirmed["auto-submitted"], confirmed["content-language"]) == ("auto-generated", "en")
    uid = f"{appointment}@wartefrei"
    assert entry(confirmed) == ("REQUEST", "appointment.ics", uid, 0, "CONFIRMED")
    assert entry(cancelled) == ("CANCEL", "appointment.ics", uid, 1, "CANCELLED")
    html = cancelled.get_body(("html",))
    text = cancelled.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "Geheim &lt;b&gt;&amp;&lt;/b&gt;" in html.get_content()
    assert "Geheim <b>&</b> 'eilig'" in text.get_content()
    assert f"https://app.stadt.example/appointments/{appointment}/rebook" in text.get_content()
    assert await deliveries(database) in (
        [("sent", 2, None), ("sent", 1, None)],
        [("sent", 1, None), ("sent", 2, None)],
    )
    assert relay.sink.connections <= 2, "the second letter goes the same way"


async def _attempted(database: Database) -> bool:
    return [detail for _, _, detail in await deliveries(database)] == ["SMTP_451"]


def test_a_repeat_is_the_same_letter_byte_for_byte() -> None:
    one = letter_for("erika@example.org")
    again = msgspec.structs.replace(one, attempt=2, leased_until=system_now())
    assert compose(one, FROM, None, "https://x") == compose(again, FROM, None, "https://x")
    content = compose(one, FROM, None, "https://x").content
    assert f"Message-ID: <{one.notice_id}@stadt.example>\r\n".encode() in content
    assert max(map(len, content.split(b"\r\n"))) <= 998


async def test_what_the_appointment_is_no_longer_is_not_written(mail: MailChannel, relay: Relay) -> None:
    moved = letter_for("erika@example.org", starts_at=START + timedelta(hours=1))
    assert await mail.send(moved) == Outcome(result="expired", code="overtaken")
    ended = letter_for("erika@example.org", "appointment.reminder", state="cancelled")
    assert await mail.send(ended) == Outcome(result="expired", code="overtaken")
    assert not relay.sink.received


@pytest.mark.parametrize(
    "stage, reply, outcome",
    [
        ("recipient", "550 5.1.1 nobody", Outcome(result="target_gone", code="SMTP_550")),
        ("recipient", "450 4.2.0 greylisted", Outcome(result="transient", code="SMTP_450")),
        ("content", "554 5.7.1 spam", Outcome(result="permanent", code="SMTP_554")),
        ("content", "452 4.3.1 full", Outcome(result="transient", code="SMTP_452")),
        ("content", "421 4.3.2 closing", Outcome(result="transient", code="SMTP_421", trouble="unavailable")),
        ("sender", "553 5.7.1 not yours", Outcome(result="transient", code="SMTP_553", trouble="misconfigured")),
        ("sender", "451 4.7.1 slower", Outcome(result="transient", code="SMTP_451", trouble="unavailable")),
        ("content", "hang", Outcome(result="transient", code="timeout", trouble="unavailable")),
        ("recipient", "drop", Outcome(result="transient", code="no-connection", trouble="unavailable")),
    ],
)
async def test_what_a_refusal_means(
    mail: MailChannel, relay: Relay, stage: Stage, reply: str, outcome: Outcome
) -> None:
    relay.sink.follow(Script(stage, [reply]))
    assert await mail.send(letter_for("erika@example.org")) == outcome
    relay.sink.calm()
    assert await mail.send(letter_for("erika@example.org")) == SENT


async def test_a_relay_that_is_away_or_has_closed_the_line_meanwhile(
    make_settings: MakeSettings, mail: MailChannel, relay: Relay
) -> None:
    away = MailChannel(make_settings("postgresql://x", **{**relay.settings, "mail_port": free_port()}))
    assert (await away.send(letter_for("erika@example.org"))).code == "no-connection"
    assert await mail.send(letter_for("erika@example.org")) == SENT
    relay.sink.follow(Script("sender", ["drop"]))
    assert await mail.send(letter_for("erika@example.org")) == SENT
    assert relay.sink.connections == 2


async def test_the_way_is_sealed_and_we_sign_in(
    tmp_path: Path, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificate(tmp_path, ["localhost"])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "server.pem")
    sink, plain, port, bare = Sink(), Sink(), free_port(), free_port()
    servers = [await serve(sink, port, tls=tls, password="right"), await serve(plain, bare)]

    async def outcome(**changed: Any) -> Outcome:
        given: dict[str, Any] = {
            "mail_host": "localhost", "mail_port": port, "mail_from": FROM, "mail_username": "we",
            "mail_password": "right", **changed,
        }  # fmt: skip
        channel = MailChannel(make_settings("postgresql://x", **given))
        found = await channel.send(letter_for("erika@example.org"))
        await channel.close()
        return found

    not_sealed = Outcome(result="transient", code="tls", trouble="misconfigured")
    assert await outcome() == not_sealed, "nobody vouches for its certificate"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert await outcome() == SENT
    assert [(one.sealed, one.signed_in) for one in sink.received] == [(True, True)]
    assert await outcome(mail_host="127.0.0.1") == not_sealed, "it is another's certificate"
    assert await outcome(mail_port=bare) == not_sealed, "it offers no STARTTLS, so nothing is said to it"
    wrong = await outcome(mail_password="wrong")
    assert wrong == Outcome(result="transient", code="SMTP_535", trouble="misconfigured")
    assert len(sink.received) == 1
    assert not plain.received
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    "address", ["", None, "nobody", "@x.example", "a@", "a@x\r\nBcc: b@y.example", "a@x.example\n", "a b@x.example",
                "<a@x.example>", "a@x.example,b@y.example", "a@x.example b@y.example", "mü@x.example", "a@" + "x" * 300,
                "=?utf-8?q?a?=@x.example"]
)  # fmt: skip
async def test_what_is_no_address_is_not_tried(address: str | None, mail: MailChannel, relay: Relay) -> None:
    outgoing = letter_for(address)
    if address == "a@x.example\n":  # what stands around it is left away
        assert b"\n\nBcc" not in compose(outgoing, FROM, None, "https://x").content
        return
    with pytest.raises(Unsendable):
        compose(outgoing, FROM, None, "https://x")
    assert await mail.send(outgoing) == Outcome(result="target_gone", code="bad-address")
    assert relay.sink.connections == 0


def test_what_others_typed_ends_no_header() -> None:
    evil = letter_for("erika@münchen.example", city="Stadt\r\nBcc: b@y.example\u2028x", reference="GE\r\nX: 1")
    head = compose(evil, FROM, None, "https://x").content.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in head
    assert b"To: erika@xn--mnchen-3ya.example" in head


def test_production_refuses_what_is_not_sealed_or_signed(make_settings: Callable[..., Settings]) -> None:
    def faults(**given: object) -> str:
        with pytest.raises(SettingsError) as refused:
            make_settings("postgresql://x", mail_host="relay", **given)
        return str(refused.value)

    assert "MAIL_FROM" in faults()
    assert "MAIL_FROM" in faults(mail_from="a@b.example\r\nX: y")
    assert "belong together" in faults(mail_from=FROM, mail_username="we")
    assert "embedded mode only" in faults(mail_from=FROM, mail_security="plaintext", mode="production")
    assert "MAIL_TIMEOUT_SECONDS" in faults(mail_from=FROM, mail_timeout_seconds=31)
