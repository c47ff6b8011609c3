"""The guide's pages: what they name exists, what they promise is so, and they lead nowhere that is not."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from api import guide, lifecycle
from api.app import create_app
from api.catalogue_of_errors import entries
from api.guide.rendering import laid_out, rendered
from backend.documents.rules import PURPOSES
from backend.settings import Settings
from tests.api.conftest import running

_MENTIONED = re.compile(r"`(?:-X )?(GET|POST|PUT|PATCH|DELETE|HEAD) (/v1/[^`\s?]+)")


async def test_every_operation_that_the_guide_names_exists(bare: httpx.AsyncClient) -> None:
    paths: dict[str, dict[str, Any]] = (await bare.get("/openapi.json")).json()["paths"]
    known = {(method.upper(), re.sub(r"\{[^}]*\}", "{}", path)) for path, item in paths.items() for method in item}
    named = {
        (method.replace("HEAD", "GET"), re.sub(r"\{[^}]*\}", "{}", path).rstrip("."))
        for page in guide.pages()
        for method, path in _MENTIONED.findall(page.text)
    }
    assert len(named) > 20
    assert named - known - {("POST", "/v1/clerk/appointments/{}/")} == set(), "the last one names its actions behind it"


def test_every_request_stands_where_it_is_run() -> None:
    for page in guide.pages():
        kinds = set(re.findall(r"^```(\w*)$", page.text, re.MULTILINE)) - {""}
        assert kinds <= {"sh", "json", "text", "http", "python", "bat"}, page.name
        elsewhere = re.sub(r"^```sh\n.*?^```$", "", page.text, flags=re.MULTILINE | re.DOTALL)
        assert "curl -" not in elsewhere.replace("`curl -sS ADDRESS/sent`", ""), page.name


async def test_limits_are_those_of_the_installation(make_settings: Callable[..., Settings], database_url: str) -> None:
    settings = make_settings(database_url, rate_person_reads_per_minute=77, hold_seconds=420, max_body_bytes=2_097_152)
    async with running(create_app(settings)) as other:
        page = (await other.get("/docs/guide/limits")).text
        hits = (await other.get("/docs/search", params={"q": "device-reads"})).text
    assert "77 a minute" in page and "7 minutes" in page and "2 MiB" in page
    assert "77 a minute" in hits, "what is found is what is read"
    usual = guide.find("limits")
    assert usual is not None and "240 a minute" in usual.text and "10 minutes" in usual.text


def test_the_end_of_an_operation_is_told_as_the_guide_shows_it() -> None:
    page = guide.find("versioning")
    assert page is not None
    (block,) = re.findall(r"^```http\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL)
    shown = dict(line.split(": ", 1) for line in block.splitlines())
    told = lifecycle.headers(lifecycle.ends(since=date(2026, 11, 1), sunset=date(2027, 6, 1)))
    assert {name.lower(): value for name, value in shown.items()} == {n.decode(): v.decode() for n, v in told}
    assert f"at least {('six' if lifecycle.LEAST_MONTHS == 6 else '?')} months" in page.text


def test_answers_are_laid_out_to_be_read() -> None:
    assert laid_out({"a": [1, {"b": None}]}) == '{"a": [1, {"b": null}]}'
    long = {"items": [{"name": "x" * 40, "id": "y" * 40}], "next": None}
    text = laid_out(long)
    assert json.loads(text) == long
    assert text.splitlines()[1:3] == ['  "items": [', "    {"] and text.splitlines()[-2] == '  "next": null'
    html, _ = rendered('| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n\n```json\n{"a":1}\n```\n')
    assert "<td>1</td>" in html and '<td data-label="b">2</td>' in html
    assert '<pre tabindex="0" class="output"><code class="language-json">{&quot;a&quot;: 1}' in html
    html_of_codes, _ = rendered("## `slot-taken`\n\n409 `slot-taken`, `not-a-code`, [`slot-taken`](/x)\n")
    assert html_of_codes.count('<a href="/docs/errors/slot-taken"><code>slot-taken</code></a>') == 1
    assert '<table class="short">' in html, "what fits on a phone stays a table there"
    html, _ = rendered("| a | b |\n|---|---|\n| 1 | more than a phone shows beside it |\n\n```sh\nls\n```\n")
    assert "<table>" in html and '<pre tabindex="0"><code class="language-sh">' in html


def test_every_file_of_the_guide_is_served_and_has_a_lead() -> None:
    written = {file.stem for file in Path(guide.__file__).parent.glob("*.md")}
    assert written == set(guide.ORDER)
    assert all(page.title and 20 < len(page.lead) < 200 for page in guide.pages())


def test_every_code_that_the_guide_names_exists() -> None:
    text = "\n".join(page.text for page in guide.pages())
    named = set(re.findall(r"\b[45]\d\d `([a-z-]+)`", text)) | set(
        re.findall(r"^\| `([a-z]+-[a-z-]+)` ", text, re.MULTILINE)
    )
    assert len(named) > 10
    assert named - {entry.slug for entry in entries()} - PURPOSES.keys() == set()


async def test_pages_are_read_searched_and_lead_nowhere_that_is_not(bare: httpx.AsyncClient) -> None:
    contents = await bare.get("/docs/guide")
    assert contents.status_code == 200
    addresses = {f"/docs/guide/{name}" for name in guide.ORDER}
    texts = {address: (await bare.get(address)).text for address in addresses}
    linked = {link for text in [*texts.values(), contents.text] for link in re.findall(r'href="(/[^"]*)"', text)}
    for link in linked:
        path, _, anchor = link.partition("#")
        answer = await bare.get(path)
        assert answer.status_code == 200, link
        assert not anchor or f'id="{anchor}"' in answer.text, link
    assert not [text for text in texts.values() if re.search(r'(src|href)="(https?:)?//(?!127)', text)]
    assert (await bare.get("/docs/guide/nothing-here")).status_code == 404
    found = (await bare.get("/docs/guide", params={"q": "Last-Event-ID"})).text
    assert "/docs/guide/live#coming-back" in found
    assert "Nothing." in (await bare.get("/docs/guide", params={"q": "<script>zebra"})).text
    assert "<script>zebra" not in (await bare.get("/docs/guide", params={"q": "<script>zebra"})).text
