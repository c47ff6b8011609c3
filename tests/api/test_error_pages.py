"""Every error has its page: in one language, complete, with an example that is really answered so."""

import json
import re
from collections.abc import Awaitable, Callable
from html import escape, unescape
from typing import Any, cast

import httpx
import jsonschema
import pytest
from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import MethodNotAllowedException

from api.catalogue_of_errors import Entry, entries
from api.docs.error_pages import text_of
from api.openapi import example_problems
from api.openapi.problem_members import MEMBERS, examples_of
from api.texts import Language, explained
from backend.errors import DomainError
from backend.settings import Settings

Json = dict[str, Any]
LANGUAGES: tuple[Language, ...] = ("de", "en")
HEADINGS: dict[Language, tuple[str, ...]] = {
    "de": ("Was geschehen ist", "Hilft es, noch einmal zu senden?", "Was Ihre App zeigt", "Wie es aussieht"),
    "en": ("What happened", "Does it help to send it again?", "What your app shows", "How it looks"),
}
_SHOWN = re.compile(
    r"<pre[^>]*>([A-Z]+) (/[^<\n]*)(?:\n[^<]*)?</pre><pre[^>]*>HTTP/1.1 (\d+)\n(.*?)\n\n(.*?)</pre>", re.DOTALL
)


def marked(text: str) -> str:
    """Words as they stand on a page."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


async def document(bare: httpx.AsyncClient) -> Json:
    found: Json = (await bare.get("/openapi.json")).json()
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_says_everything_in_one_language(bare: httpx.AsyncClient, language: Language) -> None:
    other: Language = "en" if language == "de" else "de"
    for entry in entries():
        page = await bare.get(f"/docs/errors/{entry.slug}", headers={"Accept-Language": language})
        assert (page.status_code, page.headers["content-language"]) == (200, language)
        assert f'<html lang="{language}">' in page.text
        assert f"<h1>{escape(entry.title_in(language))}</h1>" in page.text
        for heading in HEADINGS[language]:
            assert f"<h2>{heading}</h2>" in page.text
        for what in ("happened", "retry", "show"):
            assert f"<p>{marked(text_of(entry, what, language))}</p>" in page.text, (entry.slug, what)
            assert marked(text_of(entry, what, other)) not in page.text, (entry.slug, what)
        assert not any(f"<h2>{heading}</h2>" in page.text for heading in HEADINGS[other])


async def test_who_reads_chooses_the_language_and_keeps_it(bare: httpx.AsyncClient) -> None:
    german = await bare.get("/docs/errors/slot-taken?lang=de", headers={"Accept-Language": "en"})
    assert german.headers["content-language"] == "de"
    assert '<a href="/docs/errors/slot-taken?lang=en" lang="en" hreflang="en">English</a>' in german.text
    assert 'href="/docs/errors?lang=de"' in german.text
    assert 'href="/docs/errors/slot-taken?lang=de"' in (await bare.get("/docs/errors?lang=de")).text
    by_header = await bare.get("/docs/errors/slot-taken", headers={"Accept-Language": "de-AT"})
    assert by_header.headers["content-language"] == "de"
    assert "Accept-Language" in by_header.headers["vary"]
    assert 'href="/docs/errors"' in by_header.text, "who did not choose goes by the browser's wish"
    odd = await bare.get("/docs/errors/slot-taken?lang=fr", headers={"Accept-Language": "de"})
    assert odd.headers["content-language"] == "de"
    assert (await bare.get("/docs/errors/nonsense")).status_code == 404


async def test_every_page_shows_a_request_that_is_answered_so(bare: httpx.AsyncClient) -> None:
    found = await document(bare)
    known = example_problems.places(found)
    served: Any = bare
    router = served._transport.app.asgi_router
    paths: set[str] = set()
    for entry in entries():
        page = await bare.get(f"/docs/errors/{entry.slug}")
        place = example_problems.place(entry.slug, known)
        shown = _SHOWN.search(page.text)
        if place is None:
            assert entry.slug == "city-changed" and shown is None
            continue
        assert shown is not None, entry.slug
        method, path, status, headers, body = (unescape(part) for part in shown.groups())
        assert (method, path, int(status)) == (place.method, place.address, entry.status)
        assert "Content-Type: application/problem+json" in headers
        wrong = problems_of(body, found)
        assert wrong == [], entry.slug
        if place.operation:
            operations = {one.operation for one in known[entry.slug] if not one.path.startswith("/echo")}
            assert place.operation in operations
            paths.add(place.path)
            assert all(f"#{name}" in page.text for name in operations)
        elif entry.slug == "method-not-allowed":
            with pytest.raises(MethodNotAllowedException):
                router.handle_routing(path=path, method=method)
        elif entry.slug == "not-found":
            with pytest.raises(HTTPException):
                router.handle_routing(path=path, method=method)
        else:
            assert router.handle_routing(path=path, method=method)
    assert len(paths) > 40, "each where it occurs"


async def test_every_field_that_is_wrong_is_shown_and_answered_at_once(
    api: httpx.AsyncClient, guest: Callable[[], Awaitable[dict[str, str]]], idem: Callable[[], dict[str, str]],
    settings: Settings,
) -> None:  # fmt: skip
    slug, headers = "invalid-input", await guest()
    (entry,) = (one for one in entries() if one.slug == slug)
    place = example_problems.place(slug, example_problems.places(await document(api)))
    assert place is not None
    for language in LANGUAGES:
        seen = example_problems.seen(entry.kind, place, settings.public_url, language)
        sent, more = example_problems.BODIES[slug], {"Accept-Language": language, **headers, **idem()}
        answer = await api.request(place.method, place.address, json=sent, headers=more)
        assert answer.json() == seen.body, "the example is the answer"
        assert len(seen.body["errors"]) >= 3
        page = unescape((await api.get(f"/docs/errors/{slug}?lang={language}")).text)
        assert json.dumps(sent, indent=2) in page
        assert all(fault["pointer"] in page and fault["detail"] in page for fault in seen.body["errors"])


async def test_an_error_leads_to_where_the_guide_tells_of_it(bare: httpx.AsyncClient) -> None:
    page = (await bare.get("/docs/errors/app-outdated?lang=de")).text
    assert '<a href="/docs/guide/versioning#an-app-that-is-too-old">' in page
    assert "Im Leitfaden" not in (await bare.get("/docs/errors/sign-in-failed?lang=de")).text.replace(
        "Fehler im Leitfaden", ""
    )


def problems_of(body: str, found: Json) -> list[str]:
    """What the document's schema has against an example."""
    schema = {"$ref": "#/components/schemas/Problem", "components": found["components"]}
    checker: Any = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(json.loads(body))]


async def test_the_examples_of_the_document_are_those_of_the_pages(bare: httpx.AsyncClient) -> None:
    found = await document(bare)
    known = example_problems.places(found)
    for entry in entries():
        if entry.slug in known:
            place = example_problems.place(entry.slug, known)
            seen = example_problems.seen(entry.kind, place, "http://127.0.0.1:8000", "en")
            assert found["components"]["examples"][entry.slug]["value"] == seen.body


def test_texts_are_there_for_every_error_and_for_nothing_else() -> None:
    texts = explained()
    slugs = {entry.slug for entry in entries()}
    assert texts.keys() - {"retry", "status", "members"} == slugs
    assert set(texts["status"]) == {str(entry.status) for entry in entries()}
    assert set(texts["members"]) == {*MEMBERS, "errors"}
    told = {entry.slug: example_problems.members_of(entry.slug).keys() - {"errors"} for entry in entries()}
    assert told == {slug: set(examples_of(slug)) for slug in slugs}
    used = {part.get("retry") for part in (*(texts[slug] for slug in slugs), *texts["status"].values())}
    assert used - {None} == set(texts["retry"])
    assert {key for slug in slugs for key in texts[slug]} <= {"happened", "retry", "show"}
    leaves = [leaf for part in texts.values() for leaf in leaves_of(part)]
    assert len(leaves) > 250
    assert [leaf for leaf in leaves if set(leaf) != set(LANGUAGES) or leaf["de"] == leaf["en"]] == []


def leaves_of(part: Json) -> list[Json]:
    """The texts in it, each by language."""
    if "en" in part or "de" in part:
        return [part]
    return [leaf for value in part.values() if isinstance(value, dict) for leaf in leaves_of(cast("Json", value))]


def test_a_retry_is_told_as_it_is_answered() -> None:
    """Who may wait and repeat is told so, and nobody else: `Retry-After` and the page say the same."""
    waits = explained()["retry"]["wait"]["en"]
    for entry in entries():
        error: DomainError = entry.kind.__new__(entry.kind)
        DomainError.__init__(error)
        told = text_of(entry, "retry", "en") == waits
        assert told == (entry.kind.kind == "busy" and entry.status != 500), entry.slug


async def test_the_list_names_every_error_in_one_language(bare: httpx.AsyncClient) -> None:
    page = (await bare.get("/docs/errors?lang=de")).text
    entry: Entry
    for entry in entries():
        assert f'id="{entry.slug}"' in page
        assert escape(entry.title_in("de")) in page
        assert f">{escape(entry.title)}<" not in page
