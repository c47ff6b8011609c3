"""Whoever looks for something in the documentation finds it: by its name, by a word for it, in German too."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from api.catalogue_of_errors import entries
from api.docs import search
from api.docs.search import Entry, Index
from api.docs.search_words import STEMS

_HIT = re.compile(r'<li><a href="([^"]+)">(.*?)</a><span class="kind">(\w+)</span><p>(.*?)</p></li>')


async def found(bare: httpx.AsyncClient, words: str) -> list[tuple[str, str, str, str]]:
    """Address, title, kind and excerpt of each hit."""
    page = await bare.get("/docs/search", params={"q": words})
    assert page.status_code == 200
    return [(unescape(a), b, c, d) for a, b, c, d in _HIT.findall(page.text)]


@pytest.mark.parametrize(
    "words, address",
    [
        ("Termin", "/docs/guide/appointments"),
        ("Wartezimmer", "/docs/guide/live"),
        ("Warteliste", "/docs/guide/waiting-list"),
        ("Datei", "/docs/guide/uploads"),
        ("Dateien hochladen", "/docs/guide/uploads"),
        ("Absage", "/docs/guide/appointments#cancelling"),
        ("cancellation", "/docs/guide/appointments#cancelling"),
        ("Erinnerung", "/docs/guide/preferences#what-can-be-silenced"),
        ("Termin verschieben", "/docs/guide/appointments#another-time"),
        ("Wie kann ich einen Termin absagen?", "/docs/operations/appointments#cancelAppointment"),
        ("Barrierefreiheit", "/docs/guide/accessibility"),
        ("Öffnungszeiten", "/docs/operations/catalogue#findOffice"),
        ("oeffnungszeiten", "/docs/operations/catalogue#findOffice"),
        ("ohne Netz", "/docs/guide/offline"),
        ("Benachrichtigung", "/docs/guide/push"),
        ("Ruhezeiten", "/docs/guide/preferences#quiet-hours"),
        ("Schlüssel", "/docs/guide/authentication#the-app-s-own-key"),
        ("login", "/docs/guide/authentication"),
        ("websocket", "/docs/guide/live"),
        ("createHold", "/docs/operations/appointments#holdPlace"),
        ("/v1/holds", "/docs/operations/appointments#holdPlace"),
        ("POST /v1/holds", "/docs/operations/appointments#holdPlace"),
        ("https://termine.example.org/v1/holds/018f?x=1", "/docs/operations/appointments#readHold"),
        ("`slot-taken`", "/docs/errors/slot-taken"),
        ("vergeben", "/docs/errors/slot-taken"),
        ("Idempotency-Key", "/docs/guide/retries#the-key"),
        ("Last-Event-ID", "/docs/guide/live#coming-back"),
        ("If-None-Match", "/docs/guide/availability#asking-again-costs-nearly-nothing"),
        ("Sunset", "/docs/guide/versioning#what-ends"),
        ("Upload-Offset", "/docs/guide/uploads#by-tus"),
        ("RateLimit-Policy", "/docs/guide/limits#rates"),
        ("quietHours", "/docs/guide/preferences#quiet-hours"),
    ],
)
async def test_it_is_among_the_first_hits(bare: httpx.AsyncClient, words: str, address: str) -> None:
    hits = await found(bare, words)
    assert address in [hit[0] for hit in hits[:4]], [hit[0] for hit in hits[:6]]
    path, _, anchor = address.partition("#")
    page = await bare.get(path)
    assert page.status_code == 200
    assert not anchor or f'id="{anchor}"' in page.text


async def test_every_operation_path_and_code_is_found_by_its_name(bare: httpx.AsyncClient) -> None:
    document: dict[str, Any] = (await bare.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not operation.get("tags"):
                continue  # of the tests alone
            name = operation["operationId"]
            for words in (name, name.lower(), f"{method.upper()} {path}"):
                first = (await found(bare, words))[0]
                assert first[0].endswith(f"#{name}"), (words, first)
            assert any(hit[0].endswith(f"#{name}") for hit in await found(bare, path)), path
    for entry in entries():
        assert (await found(bare, entry.slug))[0][0] == f"/docs/errors/{entry.slug}"


async def test_every_header_of_the_document_is_found(bare: httpx.AsyncClient) -> None:
    components = (await bare.get("/openapi.json")).json()["components"]
    names = {
        *components["headers"],
        *(one["name"] for one in components["parameters"].values() if one["in"] == "header"),
    }
    first = {name: (await found(bare, name))[0][:3] for name in names}
    assert len(names) > 10
    assert first == {name: (f"/docs#header-{name.lower()}", name, "Header") for name in names}
    page = (await bare.get("/docs")).text
    assert all(f'id="header-{name.lower()}"' in page for name in names)


async def test_a_hit_says_where_it_is_and_shows_the_words(bare: httpx.AsyncClient) -> None:
    (first, *_) = await found(bare, "Last-Event-ID")
    assert first[1:3] == ("Live updates › Coming back", "Guide")
    assert "<mark>Last-Event-ID</mark>" in first[3]
    assert len(unescape(first[3])) < 300
    page = (await bare.get("/docs/search", params={"q": "Termin"})).text
    assert 'value="Termin"' in page and "<mark>appointment" in page
    assert '<p class="quiet">Also looked for: appointment</p>' in page
    assert "Also looked for" not in (await bare.get("/docs/search", params={"q": "hold"})).text
    assert (await bare.get("/docs/guide", params={"q": "Termin"})).text == page, "where the search was before"


async def test_nothing_is_found_without_harm(bare: httpx.AsyncClient) -> None:
    odd = "<script>zebra"
    page = (await bare.get("/docs/search", params={"q": odd})).text
    assert "Nothing." in page and odd not in page
    assert "Nothing." not in (await bare.get("/docs/search")).text
    for words in ("", "   ", "`", "(?:x", "\\", "der die das", "%", "/", "…", "ß" * 100, " ".join("abcdefghijklmnop")):
        assert (await bare.get("/docs/search", params={"q": words})).status_code == 200, words
    assert (await bare.get("/docs/search", params={"q": "x" * 101})).status_code == 400


def test_what_has_the_name_comes_before_what_speaks_of_it() -> None:
    speaks = Entry("Guide", "Holds", "Holding", "/speaks", "`place-taken` place-taken place-taken")
    has = Entry("Error", "place-taken", "Gone", "/has", "Somebody was quicker.", ("place-taken",))
    other = Entry("Guide", "Other", "Other", "/other", "Nothing of the kind, but a hold.")
    index = Index([speaks, other, has])
    assert [hit.entry.address for hit in index.search("place-taken")] == ["/has", "/speaks"]
    assert [hit.entry.address for hit in index.search("hold")] == ["/speaks", "/other"]
    assert [hit.entry.address for hit in index.search("Reservierung")] == ["/speaks", "/other"]
    assert [hit.entry.address for hit in index.search("hold kind zebra")] == ["/other"], "most of the words"
    assert index.search("zebra") == []


def test_an_excerpt_shows_the_words_and_is_markup_that_is_safe() -> None:
    text = "Begin. " * 40 + "Here a <b>hold</b> öffnet sich. " + "And on. " * 40
    (hit,) = Index([Entry("Guide", "A", "B", "/a", text)]).search("hold")
    assert "&lt;b&gt;<mark>hold</mark>&lt;/b&gt; öffnet" in hit.excerpt
    assert hit.excerpt.startswith("… ") and hit.excerpt.endswith(" …")
    assert search.fold("Öffnungszeiten, Straße") == "oeffnungszeiten, strasse"


def test_words_are_written_as_they_are_looked_for() -> None:
    assert all(stem == search.fold(stem) and others for stem, others in STEMS.items())
    assert all(other == search.fold(other) for others in STEMS.values() for other in others)


async def test_every_stem_finds_something(bare: httpx.AsyncClient) -> None:
    assert [stem for stem in STEMS if len(stem) > 3 and not await found(bare, stem)] == []
