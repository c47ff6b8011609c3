"""What can be found in the documentation: the sections of the guide, the operations of the document, the errors."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.catalogue_of_errors import Entry as Error
from api.docs.reference import Group, Header, Operation
from api.docs.search import Entry, path_pattern
from api.guide import Section
from api.texts import explained

Json = dict[str, Any]

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_HEAD = re.compile(r"^\|.*\|\n\|[-|: ]+\|$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"/v1/[A-Za-z0-9_./{}$%*-]+")
_MOST_GUIDES = 4


def corpus(
    sections: Sequence[Section], groups: Sequence[Group], headers: Sequence[Header], errors: Sequence[Error]
) -> Iterator[Entry]:
    """Every entry."""
    yield from (_of_section(section) for section in sections)
    for group in groups:
        yield from (_of_operation(one) for one in group.operations)
    yield from (Entry("Header", one.name, one.name, one.address, one.description, (one.name,)) for one in headers)
    yield from (_of_error(error) for error in errors)


def shown_in(sections: Sequence[Section], groups: Sequence[Group]) -> Mapping[str, Sequence[Section]]:
    """By operation the sections of the guide that write its path, at most a few: those where it is most at home."""
    found: dict[str, list[tuple[int, Section]]] = {}
    paths = {one.path for group in groups for one in group.operations}
    patterns = {path: path_pattern(path) for path in paths}
    for section in sections:
        written = [address.rstrip("./") for address in _ADDRESS.findall(section.text)]
        for path, pattern in patterns.items():
            # `/v1/inbox/read` is that address, and not one with an id in it.
            times = sum(one == path or (one not in paths and pattern.match(one) is not None) for one in written)
            if times:
                found.setdefault(path, []).append((times, section))
    listed = {
        path: [section for _, section in sorted(some, key=lambda one: -one[0])[:_MOST_GUIDES]]
        for path, some in found.items()
    }
    return {one.name: listed.get(one.path, []) for group in groups for one in group.operations}


def told_in(sections: Sequence[Section], errors: Sequence[Error]) -> Mapping[str, Sequence[Section]]:
    """By code the sections of the guide that name it, at most a few: those that do so most often."""
    marks = {error.slug: f"`{error.slug}`" for error in errors}
    found = {slug: [(s.text.count(mark), s) for s in sections if mark in s.text] for slug, mark in marks.items()}
    return {
        slug: [section for _, section in sorted(some, key=lambda one: -one[0])[:_MOST_GUIDES]]
        for slug, some in found.items()
    }


def _of_section(section: Section) -> Entry:
    page = section.page
    code = "\n".join(_FENCED.findall(section.text))
    return Entry(
        "Guide",
        page.title,
        section.heading,
        section.address,
        plain(section.text),
        names=(page.name,) if not section.anchor else (),
        more=code,
    )


def _of_operation(one: Operation) -> Entry:
    said = one.said
    parameters = [str(p.get("name") or p.get("$ref", "").rsplit("/", 1)[-1]) for p in said.get("parameters", [])]
    text = f"{one.method.upper()} {one.path}. {said.get('description') or one.tag}"
    names = (one.name, one.path, one.method, f"{one.method} {one.path}")
    return Entry(
        "Operation", one.name, said.get("summary", ""), one.address, text, names, " ".join((one.tag, *parameters))
    )


def _of_error(error: Error) -> Entry:
    own: Json = explained()[error.slug]
    more = " ".join(_languages((own["happened"], own.get("show", {})), "de"))
    shown = " ".join(_languages((own["happened"], own.get("show", {})), "en"))
    names = (error.slug, str(error.status))
    return Entry(
        "Error",
        error.slug,
        error.title,
        f"/docs/errors/{error.slug}",
        shown,
        names,
        f"{error.title_in('de')} {more}",
    )


def _languages(texts: Iterable[Mapping[str, str]], language: str) -> Iterator[str]:
    return (text[language] for text in texts if language in text)


def plain(markdown: str) -> str:
    """A section's words without its code blocks and marks; `code` stays marked."""
    text = _HEAD.sub("", _FENCED.sub(" ", markdown))
    text = re.sub(r"^\| | \|$", "; ", text, flags=re.MULTILINE).replace(" | ", " · ").replace("; \n; ", "; ")
    text = re.sub(r"^(#+|[-*]|\d+\.) +", "", text, flags=re.MULTILINE)
    return " ".join(_LINK.sub(r"\1", text).replace("**", "").split()).strip("; ")
