"""How a letter reads in a program that believes what its parts say of themselves, and nothing else."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import msgspec
from icalendar import Calendar

from backend.notices.model import Facts
from notifications.channels.letter import compose
from tests.notifications.test_mail import FROM, OFFICE, letter_for

NAME = "BÜRGERcenter Größe – ½ İstanbul"


def test_every_text_says_its_charset_and_is_read_by_it() -> None:
    """RFC 5545, 3.1.4: of a calendar it must be said; read as ASCII, an office's umlauts are question marks."""
    plain = letter_for("erika@example.org", city="Übersee")
    facts = Facts(office=msgspec.structs.replace(OFFICE, name=NAME, city_name="Übersee"), reference="GE-7K4M-92XQ")
    known = {**(plain.letter or {}), "facts": msgspec.to_builtins(facts)}
    content = compose(msgspec.structs.replace(plain, letter=known), FROM, None, "https://x").content
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    texts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    assert [part.get_content_subtype() for part in texts] == ["plain", "html", "calendar"]
    assert {part.get_content_charset() for part in texts} == {"utf-8"}
    calendar: Any = Calendar.from_ical(texts[-1].get_content())
    (event,) = calendar.walk("VEVENT")
    assert str(event["LOCATION"]).startswith(NAME)
    assert str(message["from"]) == f"Übersee <{FROM}>"
