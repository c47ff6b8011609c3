"""Finds pages of the documentation: by words, German ones too, by codes, operations, paths and headers. Best first.

What has just the name that was asked for comes before what speaks of it; headings count more than text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, Literal

import msgspec

from api.docs.search_words import COMMON, STEMS

Kind = Literal["Guide", "Operation", "Header", "Error"]

_CODE = re.compile(r"`([^`\n]+)`")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_EXCERPT = 190
_SYNONYM = 0.7
"""What a word counts that stands for the one that was written."""
_OF_KIND: Mapping[Kind, float] = {"Guide": 1.0, "Operation": 0.7, "Header": 0.6, "Error": 0.4}
"""What speaks of a word comes before what has it in its title; a name that is meant counts whole, whoever has it."""
_MOST_TERMS = 8


class Entry(msgspec.Struct, frozen=True):
    """Something that can be found. ``text`` is shown in part, ``more`` is not shown.

    ``names`` are what it is called by programs: codes, operations, paths with ``{…}`` for what varies, methods.
    """

    kind: Kind
    title: str
    heading: str
    address: str
    text: str
    names: Sequence[str] = ()
    more: str = ""


class Hit(msgspec.Struct, frozen=True):
    """An entry with the part of its text to show, as markup."""

    entry: Entry
    excerpt: str


class _Prepared(msgspec.Struct, frozen=True):
    entry: Entry
    names: frozenset[str]
    paths: Sequence[re.Pattern[str]]
    heading: str
    title: str
    spans: frozenset[str]
    text: str
    more: str


class Index:
    """Everything that can be found, prepared once."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = [_prepared(entry) for entry in entries]

    def search(self, words: str, most: int = 20) -> list[Hit]:
        """The entries that speak of every word; where there are none, those that speak of most of them."""
        terms = _terms(words)
        if not terms:
            return []
        scored = [(found, [_score(found, variants) for variants in terms]) for found in self._entries]
        every = [(one, sum(points)) for one, points in scored if all(points)]
        if not every and len(terms) > 1:
            need = max(sum(map(bool, points)) for _, points in scored)
            every = [(one, sum(points)) for one, points in scored if need and sum(map(bool, points)) == need]
        every.sort(key=lambda found: -found[1])
        marks = {variant for variants in terms for variant in variants}
        return [Hit(one.entry, _excerpt(one.entry.text, marks)) for one, _ in every[:most]]


def path_pattern(path: str) -> re.Pattern[str]:
    """Matches the path with any ids where it has parameters."""
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$")


def fold(text: str) -> str:
    """Lower case, without umlauts: `ü` is `ue`."""
    return text.casefold().translate(_FOLDED)


def _flat(text: str) -> str:
    return " ".join(fold(text).split())


def _prepared(entry: Entry) -> _Prepared:
    names = [fold(name) for name in entry.names]
    paths = [path_pattern(name) for name in names if "{" in name]
    return _Prepared(
        entry,
        frozenset(names),
        paths,
        fold(entry.heading),
        fold(entry.title),
        frozenset(fold(span) for span in _CODE.findall(entry.text)),
        _flat(entry.text.replace("`", "")),
        _flat(entry.more),
    )


def _terms(words: str) -> list[Mapping[str, float]]:
    """For each word that counts, what to look for and how much it is worth."""
    given = [word.strip("`'\"“”„,;:?!()") for word in words.split()]
    given = [word for word in given if word]
    meant = [word for word in given if fold(word) not in COMMON] or given
    terms = [_variants(word) for word in meant[:_MOST_TERMS]]
    return [term for term in terms if term]


def _variants(word: str) -> Mapping[str, float]:
    if "/" in word:
        path = re.sub(r"^https?://[^/]+", "", word).partition("?")[0].rstrip("/")
        return {fold(path): 1.0} if path else {}
    found = {fold(word): 1.0}
    parts = _CAMEL.sub(" ", word).split()
    if len(parts) > 1:  # an operation by another name: its words
        found |= {fold(part): 0.3 for part in parts if len(part) > 2}
    worth = _SYNONYM if "-" not in word else 0.2  # `Upload-Offset` is a header rather than an upload
    for stem in _stems(fold(word)):
        for other in STEMS[stem]:
            found.setdefault(other, worth)
    return found


@lru_cache(maxsize=512)
def _stems(word: str) -> tuple[str, ...]:
    """Of the stems that a word begins with or holds the longest at each place."""
    held = [s for s in STEMS if (word.startswith(s) and (len(s) > 3 or s == word)) or (len(s) >= 5 and s in word)]
    return tuple(s for s in held if not any(s != other and s in other for other in held))


def _score(found: _Prepared, variants: Mapping[str, float]) -> float:
    return max(_points(found, word) * worth for word, worth in variants.items())


def _points(found: _Prepared, word: str) -> float:
    if word in found.names:
        return 90.0
    if any(pattern.match(word) for pattern in found.paths):
        return 80.0
    return _OF_KIND[found.entry.kind] * (
        _in_headings(found, word) + _in_text(found, word) + (16.0 if word in found.spans else 0.0)
    )


def _in_headings(found: _Prepared, word: str) -> float:
    points = 12.0 if len(word) > 2 and any(name.startswith(word) for name in found.names) else 0.0
    for text, most in ((found.heading, 26.0), (found.title, 16.0)):
        if word not in text:
            continue
        if _whole(word).search(text):
            points += most
        elif len(word) > 2 and _begins(word).search(text):
            points += most / 2
    return points


def _in_text(found: _Prepared, word: str) -> float:
    points = 0.0
    if word in found.text:
        if times := len(_whole(word).findall(found.text)):
            at = found.text.find(word)
            early = 12.0 if at < 20 else 3.0 if at < 150 else 0.0  # what begins with a word says what it is
            points = 4.0 + min(times, 6) + early
        elif len(word) > 2 and _begins(word).search(found.text):
            points = 3.0
    if word in found.more:
        if times := len(_whole(word).findall(found.more)):
            long = 12.0 if len(word) > 7 else 4.0  # members and headers rather than words
            points = max(points, long + min(times, 6))
        elif len(word) > 3 and _begins(word).search(found.more):
            points = max(points, 2.0)
    return points


@lru_cache(maxsize=1024)
def _begins(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}")


@lru_cache(maxsize=1024)
def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9-]){re.escape(word)}(?:s|es|ing|ed)?(?![a-z0-9-])")


def _excerpt(text: str, marks: Iterable[str]) -> str:
    """The part of the text where most of the words stand together, with these marked."""
    plain = " ".join(text.replace("`", "").split())
    folded, back = _folded(plain)
    # Whatever a word marks is marked as a whole word; the longest first, so that one within another changes nothing.
    wanted = sorted({mark for mark in marks if mark}, key=len, reverse=True)
    pattern = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, wanted))})[a-z0-9]*")
    spans = [(back[m.start()], back[m.end() - 1] + 1) for m in pattern.finditer(folded)]
    first = _best(spans)
    start = plain.rfind(". ", 0, first) + 2 if 0 <= first - plain.rfind(". ", 0, first) < 70 else max(0, first - 60)
    start = 0 if first < 90 else start
    while 0 < start < first and plain[start - 1] != " ":
        start += 1
    end = min(len(plain), start + _EXCERPT)
    while end < len(plain) and plain[end] != " ":
        end += 1
    return "".join(_marked(plain, spans, start, end))


def _marked(plain: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[str]:
    yield "… " if start else ""
    at = start
    for begin, until in spans:
        if at <= begin and until <= end:
            yield f"{escape(plain[at:begin])}<mark>{escape(plain[begin:until])}</mark>"
            at = until
    yield escape(plain[at:end])
    yield " …" if end < len(plain) else ""


def _best(spans: Sequence[tuple[int, int]]) -> int:
    """Where an excerpt has to begin to show most of the spans."""
    if not spans:
        return 0
    counted = [(sum(begin <= other < begin + _EXCERPT for other, _ in spans), -begin) for begin, _ in spans]
    return -max(counted)[1]


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded, and for each of its characters where it stands in the original."""
    parts: list[str] = []
    back: list[int] = []
    for at, character in enumerate(text):
        part = fold(character)
        parts.append(part)
        back += [at] * len(part)
    return "".join(parts), back


def meant(words: str) -> list[str]:
    """The words that were looked for besides those that were written."""
    written = {fold(word) for word in words.split()}
    found = (other for variants in _terms(words) for other, worth in variants.items() if worth == _SYNONYM)
    return [other for other in dict.fromkeys(found) if other not in written]


def results(hits: Sequence[Hit]) -> str:
    """The hits as a list."""
    rows = "".join(
        f'<li><a href="{escape(hit.entry.address)}">{_title(hit.entry)}</a>'
        f'<span class="kind">{hit.entry.kind}</span><p>{hit.excerpt}</p></li>'
        for hit in hits
    )
    return f'<ol class="hits" id="hits">{rows}</ol>'


def _title(entry: Entry) -> str:
    parts: list[Any] = [entry.title] if entry.heading == entry.title else [entry.title, entry.heading]
    return " › ".join(escape(str(part)) for part in parts)
