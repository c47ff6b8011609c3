"""A notice as a letter: subject, plain text and HTML, from the same words as the inbox.

The HTML loads nothing, says its language and direction, and keeps its contrast where a mail program turns it dark.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any
from uuid import UUID

import msgspec
from jinja2 import Environment, StrictUndefined, Template

from backend.notices.kinds import KINDS, Subject
from backend.notices.model import Facts
from backend.notices.texting import Language, push_text, render, variables

_DISCREET: frozenset[Subject] = frozenset(("case", "draft"))
"""Of these a letter says that there is something, in the words of a push, and nothing of what it is: what is asked for,
what was decided and which form it was is told in the app alone."""
_PATHS: dict[Subject, str] = {
    "appointment": "/appointments/{}",
    "offer": "/offers/{}",
    "case": "/cases/{}",
    "draft": "/drafts/{}",
}
"""Where the app shows what a letter is about."""
_REBOOK = frozenset(("appointment.rejected", "appointment.cancelled", "appointment.expired", "appointment.no_show"))
"""After these the place is gone: the letter leads to a new one, and says nothing of what to bring."""
_NO_SPACE = dict.fromkeys((*range(32), 127, 0x85, 0x2028, 0x2029), " ")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a person reads. ``subject`` and ``city`` are single lines."""

    language: str
    direction: str
    city: str
    subject: str
    text: str
    html: str


def write(
    kind: str,
    language: Language,
    data: Mapping[str, Any],
    facts: Facts,
    *,
    subject_id: UUID,
    app_url: str | None,
    city: str | None = None,
) -> Letter:
    """The letter of a notice about ``subject_id``. ``app_url``: where links into the app begin, if it takes any;
    ``city``: in whose name, where the facts know no office. The subject line says what kind of news it is and no more:
    it is shown on locked screens and kept in the logs of relays."""
    about = KINDS[kind].subject
    title, body = _said(kind, about, language, data, facts)
    city = _line((facts.office and (facts.office.city_name or facts.office.city)) or city or "–")
    over = kind in _REBOOK
    bring = [] if over else list(dict.fromkeys(str(language.pick(document)) for document in facts.bring))
    ground = "case" if about in _DISCREET else "appointment"
    parts: dict[str, Any] = {
        "title": title,
        "city": city,
        "greeting": language.say("mail-greeting"),
        "body": body,
        "rows": _rows(language, variables(language, data, facts), facts, data, about),
        "bring_title": language.say("mail-bring"),
        "bring": bring,
        "link": _link(app_url, about, subject_id, over=over),
        "link_text": language.say("mail-rebook" if over else "mail-open"),
        "footer": language.say(f"mail-footer-{ground}", {"city": city}),
        "wrong_address": language.say(f"mail-wrong-address-{ground}"),
    }
    return Letter(
        language=language.tag,
        direction=language.direction,
        city=city,
        subject=_line(title),
        text=_text(parts),
        html=_template().render(
            lang=language.tag, dir=language.direction, start="right" if language.direction == "rtl" else "left", **parts
        ),
    )


def _said(kind: str, about: Subject, language: Language, data: Mapping[str, Any], facts: Facts) -> tuple[str, str]:
    """Title and body."""
    if about in _DISCREET:
        return language.say(f"mail-title-{about}"), f"{push_text(kind, language)[1]} {language.say('mail-in-app')}"
    said = render(kind, language, data, facts)
    return said.title, said.body


def _link(app_url: str | None, about: Subject, subject_id: UUID, *, over: bool) -> str | None:
    if app_url is None or about not in _PATHS:
        return None
    return f"{app_url.rstrip('/')}{_PATHS[about].format(subject_id)}{'/rebook' if over else ''}"


def _rows(
    language: Language, given: Mapping[str, Any], facts: Facts, data: Mapping[str, Any], about: Subject
) -> list[tuple[str, str]]:
    if about in _DISCREET:
        reference = str(data.get("reference") or "")
        return [(language.say("mail-case-reference"), _line(reference))] if reference else []
    rows: list[tuple[str, str]] = []
    if facts.services:
        rows.append((language.say("mail-service"), given["services"]))
    if given["date"] != "–":
        rows.append((language.say("mail-when"), language.say("when", given)))
    if facts.office is not None:
        rows.append((language.say("mail-where"), f"{facts.office.name}, {facts.office.address}"))
    if facts.reference:
        rows.append((language.say("mail-reference"), facts.reference))
    return rows


def _text(parts: Mapping[str, Any]) -> str:
    blocks = [parts["greeting"], parts["body"], "\n".join(f"{label}: {value}" for label, value in parts["rows"])]
    if parts["bring"]:
        blocks.append("\n".join([f"{parts['bring_title']}", *(f"- {document}" for document in parts["bring"])]))
    if parts["link"]:
        blocks.append(f"{parts['link_text']}:\n{parts['link']}")
    blocks.append(f"-- \n{parts['footer']} {parts['wrong_address']}")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _line(text: str) -> str:
    """Without what would begin a new line: this goes into headers."""
    return " ".join(text.translate(_NO_SPACE).split())


@lru_cache(maxsize=1)
def _template() -> Template:
    source = (files(__package__ or "") / "letter.html.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
