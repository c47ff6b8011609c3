"""From a notice to words: one renderer and one catalogue for the inbox, for pushes and for mails.

The words are Fluent files, one for each language; a file more is a language more. What goes through other hands (a
push) has no variables at all. In a right-to-left language, and around right-to-left words in any other, what is put in
is isolated (FSI … PDI), so that it does not turn the sentence round.
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Junk

from backend.notices.kinds import ANNOUNCEMENT
from backend.notices.model import Facts

DEFAULT = "de"
_LOCALES = {"de-leicht": "de", "en": "en_GB"}
"""Whose dates and lists a language has, where that is not the language's own name."""
_FIRST_STRONG_ISOLATE, _POP = "\u2068", "\u2069"


class TextError(Exception):
    """A text is missing, or wants what is not there; a fault of ours, which tests find."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice says to its person."""

    language: str
    title: str
    body: str


class Language:
    """One language: its words, and the form of its dates. ``name`` as in ``de-leicht``."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.locale = Locale.parse(_LOCALES.get(name, name).replace("-", "_"))
        self.tag = name.replace("de-leicht", "de-x-leicht")
        """As HTML and mail headers write it: what is not a registered variety is a private one."""
        self.direction = "rtl" if self.locale.text_direction == "rtl" else "ltr"
        self._bundle = FluentBundle([str(self.locale).replace("_", "-")], use_isolating=self.direction == "rtl")
        parsed = FluentResource(source)
        for entry in parsed.body:
            if isinstance(entry, Junk):  # which the bundle would pass over
                raise TextError(f"{name}: {entry.content}")
        self._bundle.add_resource(parsed)

    def say(self, message: str, given: Mapping[str, Any] | None = None) -> str:
        """The text of ``message`` (``kind.attribute`` or a name alone); raises TextError."""
        name, _, attribute = message.partition(".")
        if not self._bundle.has_message(name):
            raise TextError(f"{self.name}: {name} is missing")
        found = self._bundle.get_message(name)
        pattern = found.attributes.get(attribute) if attribute else found.value
        if pattern is None:
            raise TextError(f"{self.name}: {message} is missing")
        isolate = self.direction == "ltr"
        values = {key: _isolated(value) if isolate else value for key, value in (given or {}).items()}
        text, faults = self._bundle.format_pattern(pattern, values)
        if faults:
            raise TextError(f"{self.name}: {message}: {faults[0]}")
        return str(text)

    def has(self, message: str) -> bool:
        """Whether there is such a message."""
        return bool(self._bundle.has_message(message))

    def date(self, at: datetime, zone: ZoneInfo) -> str:
        """The day with its weekday, as the language writes it."""
        return format_date(at.astimezone(zone).date(), format="full", locale=self.locale)

    def time(self, at: datetime, zone: ZoneInfo) -> str:
        """The time of day, to the minute."""
        return format_time(at, format="short", tzinfo=zone, locale=self.locale)

    def listed(self, names: list[str]) -> str:
        """``a, b und c``."""
        return format_list(names, locale=self.locale) if names else "–"

    def pick(self, texts: Mapping[str, Any]) -> Any:
        """Of texts by language the one for this: its own, its mother tongue's, German, any."""
        return texts.get(self.choose(texts), "")

    def choose(self, texts: Mapping[str, Any]) -> str:
        """The language of what ``pick`` picks; this one where there are none."""
        for name in (self.name, self.locale.language, DEFAULT):
            if name in texts:
                return name
        return next(iter(texts), self.name)


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Every language that there are words for, by name."""
    folder = files(__package__ or "") / "texts"
    found = sorted((f.name.removesuffix(".ftl"), f) for f in folder.iterdir() if f.name.endswith(".ftl"))
    return {name: Language(name, file.read_text(encoding="utf-8")) for name, file in found}


def language_of(wish: str | None) -> Language:
    """The language for a tag: the very one, its mother tongue, else English; German without a wish."""
    tag = (wish or DEFAULT).lower().replace("_", "-").replace("-x-", "-")
    known = languages()
    return known.get(tag) or known.get(tag.partition("-")[0]) or known["en"]


@lru_cache(maxsize=1024)
def push_text(kind: str, language: str | Language) -> tuple[str, str]:
    """Title and body of a push: general words, without anything about the person. An unknown kind has some too."""
    chosen = language_of(language) if isinstance(language, str) else language
    name = kind.replace(".", "-")
    if not chosen.has(name):
        name = "unknown"
    return chosen.say(f"{name}.title"), chosen.say(f"{name}.push")


def negotiate(accept: str | None, own: str) -> Language:
    """What an ``Accept-Language`` header asks for, else the person's own; ``de`` is plain German where theirs is."""
    mine = language_of(own)
    best: tuple[float, Language] | None = None
    for part in (accept or "")[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        if tag.partition("-")[0].lower() not in languages():
            continue
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if quality > (best[0] if best else 0.0):
            best = (quality, language_of(tag))
    if best is None:
        return mine
    return mine if mine.name.startswith(f"{best[1].name}-") else best[1]


def render(kind: str, language: Language, data: Mapping[str, Any], facts: Facts) -> Rendered:
    """What a notice says in a language, from what it carries (``data``) and what is known of its subject."""
    name = kind.replace(".", "-")
    title = language.say(f"{name}.title")
    given = variables(language, data, facts)
    spoken = language.name
    if kind == ANNOUNCEMENT:
        spoken, title, given = _announced(language, data, title, given)
    return Rendered(language=spoken, title=title, body=language.say(f"{name}.body", given))


def variables(language: Language, data: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Everything that a text may name; what is not known is a dash, and ``has-…`` says so."""
    office = facts.office
    zone = ZoneInfo(office.zone) if office else ZoneInfo("Europe/Berlin")
    starts, until = _instant(data, "startsAt"), _instant(data, "until") or _instant(data, "expiresAt")
    reason = _named(language, data.get("reason")).strip() if data.get("reason") else ""
    return {
        "services": language.listed([language.pick(texts).get("name", "–") for texts in facts.services]),
        "date": language.date(starts, zone) if starts else "–",
        "time": language.time(starts, zone) if starts else "–",
        "until": language.time(until, zone) if until else "–",
        "until-date": language.date(until, zone) if until else "–",
        "has-until": _word(until),
        "office": office.name if office else "–",
        "address": office.address if office else "–",
        "reference": facts.reference or "–",
        "counter": facts.counter or "–",
        "has-counter": _word(facts.counter),
        "reason": reason if not reason or reason[-1] in ".!?…" else f"{reason}.",
        "has-reason": _word(reason),
        "by": "person" if data.get("by") == "person" else "clerk",
        "case": _named(language, data.get("title")),
        "document": _named(language, data.get("name")),
        "text": "–",
    }


def _announced(
    language: Language, data: Mapping[str, Any], title: str, given: dict[str, Any]
) -> tuple[str, str, dict[str, Any]]:
    """In which language it is to be read out, and what it says: a city need not write in every one."""
    texts: Mapping[str, Mapping[str, str]] = data.get("texts") or {}
    chosen: Mapping[str, str] = language.pick(texts) or {}
    return language.choose(texts), chosen.get("title", title), {**given, "text": chosen.get("body", "–")}


def _named(language: Language, name: object) -> str:
    if isinstance(name, dict):
        return str(language.pick(msgspec.convert(name, dict[str, str]))) or "–"
    return str(name) if name else "–"


def _instant(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    return msgspec.convert(value, datetime) if isinstance(value, str) else None


def _word(value: object) -> str:
    return "yes" if value else "no"


def _isolated(value: Any) -> Any:
    if isinstance(value, str) and any(unicodedata.bidirectional(c) in ("R", "AL") for c in value):
        return f"{_FIRST_STRONG_ISOLATE}{value}{_POP}"
    return value
