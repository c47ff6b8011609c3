"""Every kind of error has one slug, one meaning, and a text in both languages."""

import re
from pathlib import Path

from api.catalogue_of_errors import classes, entries
from api.openapi.problems import MEANINGS
from api.problems import STATUS, STATUS_OF_SLUG
from api.texts import german

ROOT = Path(__file__).parents[2]


def test_every_error_has_a_german_text() -> None:
    missing = [entry.slug for entry in entries() if not german().get(entry.slug, {}).get("title")]
    assert missing == []


def test_every_code_of_a_field_has_a_german_text() -> None:
    named = re.compile(r'FieldError\([^,()]+(?:\([^)]*\))?,\s*"([a-z-]+)"')
    rooms = [path for room in ("backend", "api") for path in (ROOT / room).rglob("*.py")]
    codes = {code for path in rooms for code in named.findall(path.read_text(encoding="utf-8"))}
    assert len(codes) > 10
    assert codes - german()["fields"].keys() == set()


def test_no_text_is_left_over() -> None:
    known = {entry.slug for entry in entries()} | {"fields"}
    assert set(german()) - known == set()


def test_a_slug_means_one_thing() -> None:
    entries()
    meanings: dict[str, set[tuple[str, str]]] = {}
    for kind in classes():
        if kind.__module__.startswith(("backend.", "api.")):
            # What is another's may look like what does not exist: two classes, one slug, to the letter the same.
            meanings.setdefault(kind.slug, set()).add((kind.kind, kind.title))
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug), kind.slug
    assert {slug: found for slug, found in meanings.items() if len(found) > 1} == {}


def test_every_kind_and_exception_has_a_status() -> None:
    assert all(400 <= status < 600 for status in [*STATUS.values(), *STATUS_OF_SLUG.values()])
    assert STATUS_OF_SLUG.keys() <= {entry.slug for entry in entries()}


def test_every_status_of_an_error_has_a_meaning_in_the_document() -> None:
    assert {str(entry.status) for entry in entries()} - MEANINGS.keys() == {"405"}, "405 is no operation's answer"
