"""The guide for app developers: Markdown beside this module, served at ``/docs/guide``, every request tested.

A page's file begins with ``# Title`` and a paragraph that says what it is for. Groups and order are those below: a page
that is not named there is not served, and a test says so.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

import msgspec

from api.guide.rendering import anchor_of, plain, rendered
from api.guide.tables import filled
from backend.settings import Settings

GROUPS = {
    "Start": ("first-booking", "authentication", "errors", "retries", "words"),
    "Appointments": ("availability", "appointments", "waiting-list", "live"),
    "Forms and files": ("application", "forms", "uploads", "cases"),
    "Telling people": ("push", "inbox", "preferences"),
    "On the phone": ("phone", "offline", "accessibility", "browser"),
    "Servers and clerks": ("webhooks", "clerks"),
    "Try and keep up": ("sandbox", "clients", "limits", "versioning"),
}
ORDER = tuple(name for names in GROUPS.values() for name in names)
WRITTEN_FOR = "http://127.0.0.1:8000"
"""The address in the pages' examples; readers see the address of the installation that they read it at,"""
PORT_WRITTEN_FOR = "PORT=8000"
"""and its port where an example says it to `make`."""


class Page(msgspec.Struct, frozen=True):
    """One page as it is written."""

    name: str
    title: str
    lead: str
    text: str

    @property
    def address(self) -> str:
        """Where it is read."""
        return f"/docs/guide/{self.name}"


class Section(msgspec.Struct, frozen=True):
    """A heading of a page with what stands below it; the page's own beginning has the anchor ``""``."""

    page: Page
    heading: str
    anchor: str
    text: str

    @property
    def address(self) -> str:
        """Where it is read."""
        return self.page.address + (f"#{self.anchor}" if self.anchor else "")


@lru_cache(maxsize=8)
def pages(settings: Settings | None = None) -> tuple[Page, ...]:
    """Every page, in order; with the numbers of an installation, or those that hold where nobody set others."""
    return tuple(_read(name, settings) for name in ORDER)


def grouped(settings: Settings | None = None) -> Mapping[str, Sequence[Page]]:
    """The same by group."""
    named = {page.name: page for page in pages(settings)}
    return {group: [named[name] for name in names] for group, names in GROUPS.items()}


def find(name: str, settings: Settings | None = None) -> Page | None:
    """The page of that name."""
    return next((page for page in pages(settings) if page.name == name), None)


def html_of(page: Page, public_url: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """The page's HTML, with headings that can be linked to, and its second-level headings as (anchor, text)."""
    text = page.text.replace(WRITTEN_FOR, public_url.rstrip("/"))
    port = urlsplit(public_url).port
    return rendered(text if port is None else text.replace(PORT_WRITTEN_FOR, f"PORT={port}"))


def _read(name: str, settings: Settings | None) -> Page:
    text = filled(files(__package__ or "").joinpath(f"{name}.md").read_text(encoding="utf-8"), settings)
    title, lead = text.split("\n\n", 2)[:2]
    return Page(name, title.removeprefix("# "), " ".join(plain(lead).split()), text)


@lru_cache(maxsize=8)
def sections(settings: Settings | None = None) -> tuple[Section, ...]:
    """Every page, cut at its headings of the second level."""
    found: list[Section] = []
    for page in pages(settings):
        heading, anchor, lines, fenced = page.title, "", list[str](), False
        for line in page.text.splitlines()[1:]:
            fenced ^= line.startswith("```")
            if not fenced and line.startswith("## "):
                found.append(Section(page, heading, anchor, "\n".join(lines).strip()))
                heading, anchor, lines = plain(line[3:]), anchor_of(line[3:]), []
            else:
                lines.append(line)
        found.append(Section(page, heading, anchor, "\n".join(lines).strip()))
    return tuple(found)
