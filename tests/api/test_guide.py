"""Every request of the guide is run against a running instance, and answers as the guide shows."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from standardwebhooks import Webhook

from api import guide, lifecycle
from api.app import create_app
from api.catalogue_of_errors import entries
from api.guide.rendering import laid_out, rendered
from backend.documents.rules import PURPOSES
from backend.settings import Settings
from tests.api.conftest import running
from tests.conftest import clone_database
from tests.support.background import CheckerProcess
from tests.support.cluster import Cluster
from tests.support.instance import clerks, settings_of
from tests.support.servers import ApiProcess, free_port

_BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DECIDING = ("code", "status", "state", "pointer", "reference_prefix")
"""Members whose value the guide promises; of others the type."""
_NAMING = (r"\b[45]\d\d `([a-z-]+)`", r"^\| `([a-z]+-[a-z-]+)` ")
_HELPERS = "first-booking"


class Block:
    """One request of a page: its shell, and what the page shows as its answer (None: nothing)."""

    def __init__(self, shell: str) -> None:
        self.shell = shell
        self.shown: tuple[str, str] | None = None


def blocks(name: str) -> list[Block]:
    page = guide.find(name)
    assert page is not None
    found: list[Block] = []
    for kind, text in _BLOCK.findall(page.text):
        if kind == "sh":
            found.append(Block(text))
        else:
            assert found and found[-1].shown is None, f"{name}: an answer without a request"
            found[-1].shown = (kind, text)
    return found


def differences(shown: Any, found: Any, at: str = "") -> Iterator[str]:
    """Where ``found`` is not what ``shown`` promises."""
    if isinstance(shown, dict) != isinstance(found, dict) or isinstance(shown, list) != isinstance(found, list):
        yield f"{at}: not like the one shown"
    elif isinstance(shown, dict):
        for name, value in cast("dict[str, Any]", shown).items():
            if name in found:
                yield from differences(value, found[name], f"{at}/{name}")
            else:
                yield f"{at}/{name}: missing"
    elif isinstance(shown, list):
        members = cast("list[Any]", shown)
        yield from [f"{at}: is empty"] if members and not found else []
        for value in members if found else []:
            yield from differences(value, found[0], f"{at}/0")
    elif at.rpartition("/")[2] in _DECIDING and shown != found:
        yield f"{at}: {found!r} instead of {shown!r}"
    elif type(shown) is not type(found):
        yield f"{at}: {found!r} is not like {shown!r}"


class Instance(msgspec.Struct, frozen=True):
    """Where it answers, and what `make token` prints for whom."""

    address: str
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def instance(cluster: Cluster, demo_template: str, object_store: dict[str, str]) -> Iterator[Instance]:
    """One instance for all pages: readers try them one after the other, too."""
    clone = clone_database(cluster, demo_template, "guide")

    async def start() -> tuple[ApiProcess, CheckerProcess, dict[str, str]]:
        settings, environment = await settings_of(cluster.app_url(await anext(clone)), object_store)
        api = ApiProcess(environment, port=urlsplit(settings.public_url).port)
        checker = CheckerProcess({**environment, **api.environment})
        await asyncio.gather(api.start(), checker.start())
        return api, checker, await clerks(settings)

    async def end() -> None:
        api.stop()
        await checker.stop()
        await anext(clone, None)

    with asyncio.Runner() as runner:
        api, checker, tokens = runner.run(start())
        yield Instance(f"http://127.0.0.1:{api.port}", tokens)
        runner.run(end())


def run(name: str, instance: Instance, folder: Path) -> list[str]:
    """Runs a page, after the first one where it needs that; answers what each of its own blocks printed."""
    before = [] if name == _HELPERS else blocks(_HELPERS)
    return paste([*before, *blocks(name)], instance, folder)[len(before) :]


def paste(pasted: list[Block], instance: Instance, folder: Path) -> list[str]:
    """Runs blocks one after the other in one shell; answers what each of them printed."""
    # What the reader has as well: a client of tus for Python, and the project's own `make token`.
    for role, token in instance.tokens.items():
        (folder / f"token-{role}").write_text(token, encoding="ascii")
    lines = [
        "set -euo pipefail",
        f'PATH="{Path(sys.executable).parent}:$PATH"',
        f'make() {{ cat "{folder}/token-${{3#ROLE=}}"; }}',
    ]
    for number, block in enumerate(pasted):
        lines += ["{", block.shell.replace(guide.WRITTEN_FOR, instance.address), f"}} >{folder}/{number}.out"]
    done = subprocess.run(
        ["/bin/bash", "-c", "\n".join(lines)], cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(folder / f"{number}.out").read_text(encoding="utf-8") for number in range(len(pasted))]


@pytest.mark.parametrize("name", guide.ORDER)
def test_every_request_of_the_guide_answers_as_it_says(name: str, instance: Instance, tmp_path: Path) -> None:
    printed = run(name, instance, tmp_path)
    for block, output in zip(blocks(name), printed, strict=True):
        assert wrong(block, output) == [], output


def test_pages_may_be_pasted_one_after_the_other(instance: Instance, tmp_path: Path) -> None:
    pasted = [(name, block) for name in guide.ORDER for block in blocks(name)]
    printed = paste([block for _, block in pasted], instance, tmp_path)
    found = [
        f"{name}: {fault}\n{block.shell}{output}"
        for (name, block), output in zip(pasted, printed, strict=True)
        for fault in wrong(block, output)
    ]
    assert found == [], "\n".join(found)


def wrong(block: Block, output: str) -> list[str]:
    """Where what was printed is not what the page shows."""
    if block.shown is None:
        return []
    kind, shown = block.shown
    if kind == "text":
        return [] if shown.strip().lower() in output.lower() else [f"not {shown.strip()!r}"]
    return list(differences(json.loads(shown), json.loads(output.splitlines()[-1])))


def test_a_page_that_promises_something_else_is_found() -> None:
    found = {"status": 409, "items": [{"id": "x"}], "count": 1}
    assert list(differences({"status": 409, "items": [{"id": "y"}]}, found)) == []
    wrong = {"status": 404, "items": [{"name": "x"}], "count": "1", "more": 1}
    assert len(list(differences(wrong, found))) == 4


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


def test_the_receiver_of_webhooks_takes_what_is_signed_and_refuses_the_rest(tmp_path: Path) -> None:
    page = guide.find("webhooks")
    assert page is not None
    verifying, receiver = re.findall(r"^```python\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL)
    secret, body = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", b'{"type": "webhook.test"}'
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", now, body.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    names: dict[str, Any] = {"SECRET": secret, "body": body.decode(), "headers": headers}
    exec(verifying, names)  # noqa: S102 - the guide's own words
    assert names["event"] == {"type": "webhook.test"}

    port = free_port()
    (tmp_path / "receiver.py").write_text(receiver.replace("9000", str(port)), encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "receiver.py"], cwd=tmp_path, env={"SECRET": secret}, stdout=subprocess.PIPE, text=True
    )
    try:
        address = f"http://127.0.0.1:{port}/hook"
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            assert client.post(address, content=body, headers=headers).status_code == 204
            assert client.post(address, content=body + b" ", headers=headers).status_code == 401
            old = {**headers, "webhook-timestamp": "1"}
            assert client.post(address, content=body, headers=old).status_code == 401
    finally:
        started.terminate()
        printed, _ = started.communicate()
    assert printed.splitlines() == [body.decode(), "refused", "refused"]


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
    assert '<pre tabindex="0"><code class="language-json">{&quot;a&quot;: 1}' in html


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
