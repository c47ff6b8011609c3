"""The page of one error, and the list of all: what happened, whether to send it again, what an app shows, how it looks.

Each page is in one language: that of ``?lang=``, else of ``Accept-Language``. Words come from ``errors.pages.toml``,
requests and codes from the document.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

import msgspec

from api.catalogue_of_errors import Entry
from api.docs import pages
from api.openapi import example_problems
from api.openapi.example_problems import Place
from api.texts import Language, explained

_WORDS: dict[str, dict[Language, str]] = {
    "errors": {"en": "Errors", "de": "Fehler"},
    "happened": {"en": "What happened", "de": "Was geschehen ist"},
    "retry": {"en": "Does it help to send it again?", "de": "Hilft es, noch einmal zu senden?"},
    "show": {"en": "What your app shows", "de": "Was Ihre App zeigt"},
    "example": {"en": "How it looks", "de": "Wie es aussieht"},
    "members": {"en": "What it brings along", "de": "Was es mitbringt"},
    "operations": {"en": "Which operations answer so", "de": "Welche Operationen so antworten"},
    "all": {"en": "All errors", "de": "Alle Fehler"},
    "guide": {"en": "Errors in the guide", "de": "Fehler im Leitfaden (englisch)"},
    "told": {"en": "In the guide", "de": "Im Leitfaden (englisch)"},
    "none": {
        "en": "No operation of the document; where it occurs is shown above.",
        "de": "Keine Operation des Dokuments; wo es vorkommt, steht oben.",
    },
    "nowhere": {"en": "No request is answered with it.", "de": "Keine Anfrage wird damit beantwortet."},
    "every": {"en": "Every operation, {count} of them.", "de": "Jede Operation, alle {count}."},
    "most": {"en": "{count} operations. Show them", "de": "{count} Operationen. Zeigen"},
    "lead": {
        "en": "Every code that an answer of 4xx or 5xx may carry. Decide by `code`, show `title`; `detail` says more.",
        "de": "Jeder Code, den eine Antwort mit 4xx oder 5xx tragen kann. Nach `code` entscheiden, `title` zeigen; mehr"
        " sagt `detail`.",
    },
    "language": {"en": "Language", "de": "Sprache"},
}
_NAMES: dict[Language, str] = {"en": "English", "de": "Deutsch"}
_FEW = 24
"""Operations that are listed at once; more are folded away."""


class Page(msgspec.Struct, frozen=True):
    """Where and for whom: the installation's address, the language, and whether the page's address asks for it."""

    public_url: str
    language: Language
    asked: bool

    @property
    def query(self) -> str:
        """What keeps the language from page to page."""
        return f"?lang={self.language}" if self.asked else ""


def render(
    entry: Entry, page: Page, known: Mapping[str, list[Place]], addresses: Mapping[str, str], guides: str
) -> bytes:
    """The page. ``known``: by code the operations that answer with it; ``addresses``: where each operation is told;
    ``guides``: markup that leads to where the guide tells of the error."""
    language = page.language
    said = {name: words[language] for name, words in _WORDS.items()}
    body = (
        f"{_switch(f'/docs/errors/{entry.slug}', language)}"
        f'<h1>{escape(entry.title_in(language))}</h1><p class="code"><code>{entry.slug}</code>'
        f' <span class="status">{entry.status}</span></p>'
        f"<h2>{said['happened']}</h2><p>{pages.prose(text_of(entry, 'happened', language))}</p>"
        f"<h2>{said['retry']}</h2><p>{pages.prose(text_of(entry, 'retry', language))}</p>"
        f"<h2>{said['show']}</h2><p>{pages.prose(text_of(entry, 'show', language))}</p>"
        f"<h2>{said['example']}</h2>{_example(entry, page, known)}"
        f"{_members(entry, language)}"
        f"<h2>{said['operations']}</h2>{_operations(entry, language, known, addresses)}"
        f"{_guides(guides, said['told'])}"
        f'<p class="links"><a href="/docs/errors{page.query}">{said["all"]}</a>'
        f' <a href="/docs/guide/errors">{said["guide"]}</a></p>'
    )
    return pages.page(
        entry.slug, language, pages.plain(body), part="/docs/errors", head=_alternates(f"/docs/errors/{entry.slug}")
    )


def render_all(entries: Sequence[Entry], language: Language, asked: bool) -> bytes:
    """The list of every error, by status."""
    query = f"?lang={language}" if asked else ""
    said = {name: words[language] for name, words in _WORDS.items()}
    parts = [f"{_switch('/docs/errors', language)}<h1>{said['errors']}</h1><p>{pages.prose(said['lead'])}</p>"]
    for status, some in groupby(entries, key=lambda entry: entry.status):
        rows = "".join(
            f'<li id="{entry.slug}"><a href="/docs/errors/{entry.slug}{query}"><code>{entry.slug}</code></a>'
            f'<span class="summary">{escape(entry.title_in(language))}</span></li>'
            for entry in some
        )
        parts.append(f'<section id="status-{status}"><h2>{status}</h2><ul class="operations">{rows}</ul></section>')
    return pages.page(
        said["errors"], language, pages.plain("".join(parts)), part="/docs/errors", head=_alternates("/docs/errors")
    )


def text_of(entry: Entry, what: str, language: Language) -> str:
    """What the page says of ``happened``, ``retry`` or ``show``: by the slug, else by its status."""
    texts, own = explained(), explained()[entry.slug]
    found: Any = own.get(what) or texts["status"][str(entry.status)][what]
    return str(texts["retry"][found][language] if what == "retry" else found[language])


def _example(entry: Entry, page: Page, known: Mapping[str, list[Place]]) -> str:
    place = example_problems.place(entry.slug, known)
    if place is None:
        return f"<p>{_WORDS['nowhere'][page.language]}</p>"
    seen = example_problems.seen(entry.kind, place, page.public_url, page.language)
    headers = "\n".join(f"{name}: {value}" for name, value in seen.headers.items())
    body = json.dumps(seen.body, indent=2, ensure_ascii=False)
    asked = f"{place.method} {place.address}"
    if entry.slug in example_problems.BODIES:
        asked += f"\n\n{json.dumps(example_problems.BODIES[entry.slug], indent=2, ensure_ascii=False)}"
    return pages.block(asked) + pages.shown(f"HTTP/1.1 {entry.status}\n{headers}\n\n{body}")


def _members(entry: Entry, language: Language) -> str:
    meanings, given = explained()["members"], example_problems.members_of(entry.slug)
    if not given:
        return ""
    rows = (f"<th><code>{name}</code></th><td>{pages.prose(meanings[name][language])}</td>" for name in given)
    return f"<h2>{_WORDS['members'][language]}</h2>{pages.table(rows)}"


def _operations(
    entry: Entry, language: Language, known: Mapping[str, list[Place]], addresses: Mapping[str, str]
) -> str:
    answering = [one for one in known.get(entry.slug, []) if one.operation in addresses]
    if not answering:
        return f"<p>{_WORDS['none'][language]}</p>" if example_problems.place(entry.slug, known) else ""
    rows = "".join(
        f'<li><a href="{addresses[one.operation]}">{pages.call(one.method, one.path)}</a>'
        f'<code class="quiet">{one.operation}</code></li>'
        for one in answering
    )
    listed = f'<ul class="operations">{rows}</ul>'
    if len(answering) <= _FEW:
        return listed
    word = "every" if len(answering) == len(addresses) else "most"
    count = _WORDS[word][language].format(count=len(answering))
    return f"<details><summary>{count}</summary><div>{listed}</div></details>"


def _guides(links: str, heading: str) -> str:
    return f'<h2>{heading}</h2><p lang="en">{links}</p>' if links else ""


def _switch(address: str, current: Language) -> str:
    links = " ".join(
        f'<a href="{address}?lang={language}" lang="{language}" hreflang="{language}"'
        f"{' aria-current=true' if language == current else ''}>{name}</a>"
        for language, name in _NAMES.items()
    )
    return f'<nav class="languages" aria-label="{_WORDS["language"][current]}">{links}</nav>'


def _alternates(address: str) -> str:
    languages: Iterable[str] = _NAMES
    return "".join(
        f'<link rel="alternate" hreflang="{language}" href="{address}?lang={language}">' for language in languages
    )
