"""What every page of the documentation has: its frame, its bar with the search, and words with code in them as markup.

Plain strings: everything that is not markup of ours goes through ``escape``.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

from api.texts import Language

_BAR: dict[Language, dict[str, str]] = {
    "en": {
        "skip": "Skip to the content",
        "docs": "Documentation",
        "/docs/guide": "Guide",
        "/docs": "Reference",
        "/docs/errors": "Errors",
        "/docs/changes": "Changes",
        "search": "Search the documentation",
        "go": "Search",
    },
    "de": {
        "skip": "Zum Inhalt",
        "docs": "Dokumentation",
        "/docs/guide": "Leitfaden",
        "/docs": "Referenz",
        "/docs/errors": "Fehler",
        "/docs/changes": "Änderungen",
        "search": "Dokumentation durchsuchen",
        "go": "Suchen",
    },
}
_PARTS = ("/docs/guide", "/docs", "/docs/errors", "/docs/changes")
LONGEST_SEARCH = 100


def page(title: str, language: Language, body: str, *, part: str = "", words: str = "", head: str = "") -> bytes:
    """A whole document; ``body`` is markup and has its own ``main`` with the id ``content``.

    ``part`` is the address of the part of the documentation that it belongs to, ``words`` what was searched for.
    """
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)} · Wartefrei</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/docs/static/favicon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/docs/static/docs.css">{head}'
        '<script src="/docs/static/docs.js" defer></script></head>'
        f"<body>{_bar(language, part, words)}{body}</body></html>"
    ).encode()


def layout(side: str, label: str, main: str, *, above: str = "") -> str:
    """A page with a list of links at its side; ``above`` leads back on a phone, where that list comes last."""
    crumb = f'<p class="crumb">{above}</p>' if above else ""
    return (
        f'<div class="layout"><nav class="side" aria-label="{escape(label)}">{side}</nav>'
        f'<main id="content" tabindex="-1">{crumb}{main}</main></div>'
    )


def plain(main: str) -> str:
    """A page without a list at its side."""
    return f'<div class="layout wide"><main id="content" tabindex="-1">{main}</main></div>'


def _bar(language: Language, part: str, words: str) -> str:
    said = _BAR[language]
    links = "".join(
        f'<a href="{address}"{" aria-current=true" if address == part else ""}>{said[address]}</a>'
        for address in _PARTS
    )
    return (
        f'<a class="skip" href="#content">{said["skip"]}</a><header class="bar"><div>'
        f'<a class="brand" href="/docs/guide">Wartefrei</a><nav aria-label="{said["docs"]}">{links}</nav>'
        f'<form action="/docs/search" role="search"><input type="search" name="q" maxlength="{LONGEST_SEARCH}"'
        f' autocomplete="off" aria-label="{said["search"]}" placeholder="{said["search"]}" value="{escape(words)}">'
        f"<button>{said['go']}</button></form></div></header>"
    )


def table(rows: Iterable[str]) -> str:
    """Rows of cells, each as markup."""
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def leads(listed: Iterable[tuple[str, str, str]]) -> str:
    """Rows of a list of pages, which are given as (address, title, what they are for)."""
    return "".join(
        f'<li><a href="{address}">{escape(title)}</a><span class="quiet">{escape(lead)}</span></li>'
        for address, title, lead in listed
    )


def prose(text: str) -> str:
    """Words with `code` in them as markup."""
    return re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(text, quote=False))


def call(method: str, path: str) -> str:
    """A method and a path, which may go on in the next line after each slash."""
    breakable = escape(path).replace("/", "/<wbr>")
    return f'<span class="method {method.lower()}">{method.upper()}</span><code class="path">{breakable}</code>'


def further(listed: Sequence[tuple[str, str]], at: int) -> str:
    """Links to what stands before and behind one of the pages, which are given as (address, title)."""
    around = [(way, *listed[n]) for n, way in ((at - 1, "Previous"), (at + 1, "Next")) if 0 <= n < len(listed)]
    links = "".join(
        f'<a class="{way.lower()}" href="{address}"><span class="quiet">{way}</span> {escape(title)}</a>'
        for way, address, title in around
    )
    return f'<nav class="further" aria-label="Previous and next page">{links}</nav>'


def block(text: str) -> str:
    """Code as it stands; it can be scrolled with the keyboard too."""
    return f'<pre tabindex="0">{escape(text)}</pre>'


def shown(text: str) -> str:
    """What a command prints: it is read, and not copied with it."""
    return f'<pre tabindex="0" class="output">{escape(text)}</pre>'


def anchor(text: str) -> str:
    """A text as the end of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
