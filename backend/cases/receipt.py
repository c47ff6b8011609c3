"""The receipt of a case as PDF: what was handed in, when, where, and which files, to print and to keep. What its person
has changed since, and that it was withdrawn, is there with the time that its events say.

Typst sets it from ``receipt.typ``: tagged for screen readers (PDF/UA-1), with title, language and bookmarks, and the
same bytes for the same case. What people wrote is data to it, never markup.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import typst

from backend.cases.model import Case, CaseEvent, Letterhead
from backend.cases.rules import meet
from backend.forms import reading
from backend.forms.checking import Form

_WORDS: dict[str, dict[str, str]] = {
    "de": {
        "city": "Stadt",
        "receipt": "Eingangsbestätigung",
        "keep": "Bitte bewahren Sie diese Bestätigung auf. Bei Rückfragen hilft uns das Aktenzeichen.",
        "answers": "Ihre Angaben",
        "question": "Frage",
        "answer": "Angabe",
        "files": "Beigefügte Dateien",
        "confirmations": "Bestätigungen Dritter",
        "confirmed": "bestätigt",
        "refused": "abgelehnt",
        "hashes": "Mit der Prüfsumme lässt sich nachweisen, welche Datei eingereicht wurde.",
        "page": "Seite",
        "printed": "eingegangen am",
        "reference": "Aktenzeichen",
        "received": "Eingegangen",
        "answered": "Rückfrage beantwortet",
        "withdrawn": "Zurückgezogen",
        "changed": "geändert am",
        "added": "nachgereicht am",
        "office": "Zuständig",
        "version": "Formular",
        "edition": "Fassung",
        "at": "Uhr",
        "by": "von",
        "on": "am",
    },
    "en": {
        "city": "City of",
        "receipt": "Receipt",
        "keep": "Please keep this receipt. If you have questions, the reference helps us to find your application.",
        "answers": "What you have stated",
        "question": "Question",
        "answer": "Answer",
        "files": "Attached files",
        "confirmations": "Confirmed by others",
        "confirmed": "confirmed",
        "refused": "declined",
        "hashes": "The checksum proves which file was handed in.",
        "page": "Page",
        "printed": "received on",
        "reference": "Reference",
        "received": "Received",
        "answered": "Question answered",
        "withdrawn": "Withdrawn",
        "changed": "changed on",
        "added": "sent later, on",
        "office": "Office",
        "version": "Form",
        "edition": "version",
        "at": "",
        "by": "by",
        "on": "on",
    },
}
_UNITS = (("MB", 1_000_000), ("kB", 1_000))
_setters = ThreadPoolExecutor(max_workers=2, thread_name_prefix="receipt")


async def make(case: Case, form: Form, slug: str, letterhead: Letterhead, events: Sequence[CaseEvent]) -> bytes:
    """The PDF, in the language of the draft; ``events``: the case's, first to last. Two at once in a process; it takes
    milliseconds.
    """
    data = msgspec.json.encode(_data(case, form, slug, letterhead, events)).decode()
    return await asyncio.get_running_loop().run_in_executor(_setters, _compile, data, case.submitted_at)


def _compile(data: str, at: datetime) -> bytes:
    given: dict[str, Any] = {"format": "pdf", "sys_inputs": {"data": data}, "timestamp": int(at.timestamp())}
    compiler: Any = typst  # its overloads want a type variable that bytes alone cannot solve
    try:
        return compiler.compile(_template(), pdf_standards=["ua-1"], font_paths=_fonts(), **given)
    except typst.TypstError:
        # The standard wants a glyph for every character, and a name may be written in letters that no font here has.
        return compiler.compile(_template(), font_paths=_fonts(), **given)


@lru_cache(maxsize=1)
def _template() -> bytes:
    return files(__package__ or "").joinpath("receipt.typ").read_bytes()


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Looked for once: those that Typst brings, and what the machine has for letters that these lack."""
    return typst.Fonts(include_system_fonts=True)


def _data(case: Case, form: Form, slug: str, letterhead: Letterhead, events: Sequence[CaseEvent]) -> dict[str, Any]:
    language = "en" if case.language == "en" else "de"
    words = _WORDS[language]
    zone = ZoneInfo(letterhead.zone)
    title = form.text("form.title", language) or slug
    submitted = _moment(case.submitted_at, zone, language)
    names = {str(one.id): one.name for one in case.documents}
    since = [(one, _moment(one.at, zone, language)) for one in events if one.kind in ("answered", "withdrawn")]
    found = reading.blocks(form, case.answers, language, lambda one: names.get(one, "–"))
    return {
        "language": language,
        "documentTitle": f"{words['receipt']}: {title} ({case.reference})",
        "form": title,
        "reference": case.reference,
        "submitted": submitted,
        "letterhead": msgspec.to_builtins(letterhead),
        "words": words,
        "facts": [
            (words["reference"], case.reference),
            (words["received"], submitted),
            *((words[event.kind], moment) for event, moment in since),
            (words["office"], letterhead.office),
            (words["version"], f"{title} ({words['edition']} {case.form_version})"),
        ],
        "blocks": [
            {"heading": block.heading, "lines": [_line(line, since, words["changed"]) for line in block.lines]}
            for block in found
        ],
        "confirmations": [
            {
                "label": form.text(f"confirmation.{one.kind}.title", language) or one.kind,
                "value": " ".join(
                    (words[one.outcome], words["by"], one.name, words["on"], _moment(one.at, zone, language))
                ),
                "since": "",
            }
            for one in case.confirmations
        ],
        "documents": [
            {
                "name": one.name,
                "about": ", ".join(
                    (one.media_type, _size(one.size, language), *_added(str(one.id), since, words["added"]))
                ),
                "sha256": one.sha256,
            }
            for one in case.documents
        ],
    }


def _line(line: reading.Line, since: Sequence[tuple[CaseEvent, str]], word: str) -> dict[str, str]:
    """An answer, and since when it has been so. Events of before this was recorded name no pointers."""
    times = [moment for event, moment in since if any(meet(line.pointer, one) for one in event.data.get("changed", ()))]
    return {"label": line.label, "value": line.value, "since": f"{word} {times[-1]}" if times else ""}


def _added(document_id: str, since: Sequence[tuple[CaseEvent, str]], word: str) -> list[str]:
    return [f"{word} {moment}" for event, moment in since if document_id in event.data.get("documents", ())]


def _moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    local = at.astimezone(zone)
    if language == "de":
        return f"{local:%d.%m.%Y, %H:%M} Uhr"
    return f"{local.day} {local:%B %Y, %H:%M}"


def _size(count: int, language: str) -> str:
    for unit, factor in _UNITS:
        if count >= factor:
            text = f"{count / factor:.1f}"
            return f"{text.replace('.', ',') if language == 'de' else text} {unit}"
    return f"{count} B"
