"""The message that a relay gets: the letter, and the entry for the calendar where the notice changes it.

Made from the delivery alone, so a repeat is the same message, byte for byte: its Message-ID is the notice's, and all
letters about one matter refer to the same thread.
"""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from backend.appointments.calendar import Invited, Venue, ics
from backend.appointments.model import LIVE_STATES, Appointment
from backend.mail_address import ascii_form
from backend.notices import letters
from backend.notices.kinds import KINDS
from backend.notices.model import Facts
from backend.notices.texting import Language, language_of
from notifications.model import Outgoing

_STANDING = frozenset(
    ("appointment.requested", "appointment.confirmed", "appointment.rescheduled", "appointment.reminder")
)
"""What these say is true only as long as the appointment stands, at this time."""
_ASKED = frozenset(("case.info_requested", "case.answer_due"))
"""True only as long as an answer is awaited."""
_FILES = {"de": "termin.ics", "en": "appointment.ics"}


class Unsendable(ValueError):
    """There is no address that a letter could go to, or none that may stand in a header."""


class Post(msgspec.Struct, frozen=True):
    """A message, ready for the relay."""

    sender: str
    recipient: str
    content: bytes


def overtaken(outgoing: Outgoing) -> bool:
    """The appointment has been moved or ended since, or the question answered: what this letter would say is not so."""
    if outgoing.kind in _ASKED:
        return (outgoing.letter or {}).get("state") != "info_requested"
    found = _appointment(outgoing)
    if found is None or outgoing.kind not in _STANDING:
        return False
    starts: Any = outgoing.data.get("startsAt")
    moved = isinstance(starts, str) and msgspec.convert(starts, datetime) != found.starts_at
    return moved or found.state not in LIVE_STATES


def compose(outgoing: Outgoing, sender: str, app_url: str | None, public_url: str) -> Post:
    """The message from ``sender``, an address. Raises Unsendable."""
    found, known = _appointment(outgoing), outgoing.letter or {}
    recipient = _address(known.get("to"))
    facts = msgspec.convert(known.get("facts") or {}, Facts)
    language = language_of(outgoing.language)
    letter = letters.write(
        outgoing.kind, language, outgoing.data, facts, subject_id=outgoing.subject_id, app_url=app_url,
        city=known.get("city"),
    )  # fmt: skip
    message = _headers(outgoing, letter, sender, recipient)
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    change = KINDS[outgoing.kind].calendar if outgoing.kind in KINDS else None
    if found is not None and facts.office is not None and change is not None:
        method = "CANCEL" if change == "cancel" else "REQUEST"
        entry = _entry(found, facts, language, public_url, Invited(sender, recipient))
        if f"METHOD:{method}\r\n".encode() in entry:  # what it is by now is what another letter says
            name = _FILES.get(language.locale.language, _FILES["en"])
            # Without its charset, which RFC 5545 (3.1.4) demands, programs read a text as ASCII or as they like.
            how = {"method": method, "charset": "utf-8"}
            message.add_attachment(entry, "text", "calendar", filename=name, params=how)
    # Only here: what is about the content goes to the parts when they are made.
    message["Content-Language"] = letter.language
    _name_boundaries(message, outgoing.notice_id.hex)
    return Post(sender, recipient, message.as_bytes())


def _headers(outgoing: Outgoing, letter: letters.Letter, sender: str, recipient: str) -> EmailMessage:
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(letter.city, addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(outgoing.told_at)
    message["Message-ID"] = f"<{outgoing.notice_id}@{domain}>"
    thread = f"<{outgoing.subject_id}@{domain}>"
    message["In-Reply-To"], message["References"] = thread, thread
    # Programs that answer for people who are away leave it unanswered (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message


def _entry(found: Appointment, facts: Facts, language: Language, public_url: str, invited: Invited) -> bytes:
    office = facts.office
    assert office is not None
    venue = Venue(
        name=office.name, address=office.address, zone=ZoneInfo(office.zone), url=public_url,
        latitude=office.latitude, longitude=office.longitude,
    )  # fmt: skip
    names = [str(language.pick(texts).get("name", "–")) for texts in facts.services] or [office.name]
    bring = list(dict.fromkeys(str(language.pick(document)) for document in facts.bring))
    own = msgspec.structs.replace(found, language=language.locale.language)
    return ics(own, venue, names, bring, invited)


def _appointment(outgoing: Outgoing) -> Appointment | None:
    row: Mapping[str, Any] | None = (outgoing.letter or {}).get("appointment")
    return None if row is None else msgspec.convert(row, Appointment)


def _address(given: str | None) -> str:
    """As SMTP takes it. What could end a command or a header is none; there are some from before that was asked."""
    if (found := ascii_form((given or "").strip())) is None:
        raise Unsendable
    return found


def _name_boundaries(message: EmailMessage, name: str) -> None:
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{name}_{number}")
