"""Every request of the guide is run against a running instance, and answers as the guide shows."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
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
from tests.support.background import BackgroundProcess, CheckerProcess, WorkerProcess
from tests.support.cluster import Cluster
from tests.support.fcm import Fcm
from tests.support.instance import clerks, settings_of
from tests.support.servers import ApiProcess, free_port

_BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DECIDING = ("code", "status", "state", "pointer", "reference_prefix")
"""Members whose value the guide promises; of others the type."""
_NAMING = (r"\b[45]\d\d `([a-z-]+)`", r"^\| `([a-z]+-[a-z-]+)` ")
_HELPERS = "first-booking"
_ASSIGNED = re.compile(r"(?:^|; |\()\s*([A-Z][A-Z_]*)=", re.MULTILINE)
_DEFINED = re.compile(r"^([a-z_]+)\(\) \{.*?(?:^\}| \}(?: #.*)?)$", re.MULTILINE | re.DOTALL)
_LEFT = (
    'for _name in $(compgen -v | grep -E "^[A-Z][A-Z_]*$"); do printf "%s\\0%s\\0" $_name "${{!_name-}}"; done >{file}'
)
"""Every variable that a shell has after a block."""


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
        if len(found) < len(members):
            yield f"{at}: {len(found)} instead of {len(members)}"
        for number, (value, other) in enumerate(zip(members, found, strict=False)):
            yield from differences(value, other, f"{at}/{number}")
    elif at.rpartition("/")[2] in _DECIDING and shown != found:
        yield f"{at}: {found!r} instead of {shown!r}"
    elif type(shown) is not type(found):
        yield f"{at}: {found!r} is not like {shown!r}"


class Instance(msgspec.Struct, frozen=True):
    """Where it answers, what `make token` prints for whom, and what `make where WHAT=fcm` prints."""

    address: str
    tokens: dict[str, str]
    fcm: str


@pytest.fixture(scope="module")
def instance(
    cluster: Cluster, demo_template: str, object_store: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """One instance for all pages, with everything that `make run` starts: readers try them one after the other, too."""
    clone, fcm = clone_database(cluster, demo_template, "guide"), Fcm(tmp_path_factory.mktemp("fcm"))

    async def start() -> tuple[ApiProcess, Sequence[BackgroundProcess], dict[str, str]]:
        await fcm.start()
        settings, environment = await settings_of(cluster.app_url(await anext(clone)), object_store, **fcm.environment)
        api = ApiProcess(environment, port=urlsplit(settings.public_url).port)
        others = [kind({**environment, **api.environment}) for kind in (CheckerProcess, WorkerProcess)]
        await asyncio.gather(api.start(), *(other.start() for other in others))
        return api, others, await clerks(settings)

    async def end() -> None:
        api.stop()
        for other in others:
            await other.stop()
        fcm.stop()
        await anext(clone, None)

    with asyncio.Runner() as runner:
        api, others, tokens = runner.run(start())
        yield Instance(f"http://127.0.0.1:{api.port}", tokens, fcm.url)
        runner.run(end())


def run(name: str, instance: Instance, folder: Path) -> list[str]:
    """Runs a page, after the first one where it needs that; answers what each of its own blocks printed."""
    before = [] if name == _HELPERS else blocks(_HELPERS)
    return paste([*before, *blocks(name)], instance, folder)[len(before) :]


def paste(pasted: list[Block], instance: Instance, folder: Path) -> list[str]:
    """Runs blocks one after the other in one shell; answers what each of them printed."""
    # What the reader has as well: a client of tus for Python, and the project's own `make token` and `make where`.
    for role, token in instance.tokens.items():
        (folder / f"token-{role}").write_text(token, encoding="ascii")
    lines = [
        "set -euo pipefail",
        "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT",  # a receiver must not outlive a page that failed
        f'PATH="{Path(sys.executable).parent}:$PATH"',
        f'make() {{ if [ $2 = where ]; then echo {instance.fcm}; else cat "{folder}/token-${{3#ROLE=}}"; fi; }}',
    ]
    hook = str(free_port())
    for number, block in enumerate(pasted):
        shell = re.sub(r"\b9000\b", hook, block.shell.replace(guide.WRITTEN_FOR, instance.address))
        lines += ["{", shell, f"}} >{folder}/{number}.out", _LEFT.format(file=folder / f"{number}.left")]
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


class Whole(msgspec.Struct, frozen=True):
    """Every page in one shell: each block with its page, what it printed, and the variables that it left."""

    page: str
    block: Block
    printed: str
    left: dict[str, str]


@pytest.fixture(scope="module")
def whole(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> list[Whole]:
    folder = tmp_path_factory.mktemp("whole")
    pasted = [(name, block) for name in guide.ORDER for block in blocks(name)]
    found: list[Whole] = []
    for number, printed in enumerate(paste([block for _, block in pasted], instance, folder)):
        parts = (folder / f"{number}.left").read_text(encoding="utf-8").split("\0")
        found.append(Whole(*pasted[number], printed, dict(zip(parts[::2], parts[1::2], strict=False))))
    return found


@pytest.mark.xdist_group("whole")
def test_pages_may_be_pasted_one_after_the_other(whole: list[Whole]) -> None:
    found = [
        f"{one.page}: {fault}\n{one.block.shell}{one.printed}"
        for one in whole
        for fault in wrong(one.block, one.printed)
    ]
    assert found == [], "\n".join(found)


@pytest.mark.xdist_group("whole")
def test_a_name_means_the_same_on_every_page(whole: list[Whole]) -> None:
    ours = {name for one in whole for name in _ASSIGNED.findall(one.block.shell)}
    assert {"TOKEN", "FREE", "HOLD", "IDEMPOTENCY_KEY", "TEST_KEY", "SERVER_KEY"} <= ours
    kinds: dict[str, dict[str, str]] = {}
    for one in whole:
        for name, value in one.left.items():
            if name in ours and value:
                kinds.setdefault(name, {}).setdefault(kind_of(value), one.page)
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}
    functions: dict[str, dict[str, str]] = {}
    for one in whole:
        for found in _DEFINED.finditer(one.block.shell):
            functions.setdefault(found[1], {}).setdefault(found[0], one.page)
    assert "book" in functions
    assert {name: list(found.values()) for name, found in functions.items() if len(found) > 1} == {}


def kind_of(value: str) -> str:
    """What a variable holds, so that two meanings of one name are told apart."""
    forms = {
        "a test key": r"wfk_test_.*", "a live key": r"wfk_live_.*", "a webhook's secret": r"whsec_.*",
        "a token": r"ey[^.]+\.[^.]+\.[^.]+", "an id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "a moment": r"\d{4}-\d\d-\d\dT.*", "a day": r"\d{4}-\d\d-\d\d", "a number": r"\d+", "an address": r"http://.*",
        "a folder": r"/[^{]*",
    }  # fmt: skip
    if value.startswith("{"):
        return f"an object of {sorted(json.loads(value))}"
    return next((name for name, form in forms.items() if re.fullmatch(form, value)), "a text")


def test_two_meanings_of_a_name_are_told_apart() -> None:
    values = ["wfk_test_a", "wfk_live_a", "2026-12-01", "2026-12-01T08:00:00Z", '{"items": []}', '{"id": 1}', "12"]
    assert len({kind_of(value) for value in values}) == len(values)
    assert kind_of("01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11") == kind_of("5b0c1f5e-6a4b-4e0e-9d3e-0a6f0f1f7a11") == "an id"


def wrong(block: Block, output: str) -> list[str]:
    """Where what was printed is not what the page shows."""
    if block.shown is None:
        return []
    kind, shown = block.shown
    if kind == "text":
        wanted = re.escape(shown.strip().lower()).replace("…", "[^\n]*")
        return [] if re.search(wanted, output.lower()) else [f"not {shown.strip()!r}"]
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
    (verifying,) = re.findall(r"^```python\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL)
    (receiver,) = re.findall(r"^cat >\$FOLDER/receiver.py <<'END'\n(.*?)^END$", page.text, re.MULTILINE | re.DOTALL)
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
    assert printed.splitlines() == [f"signed {body.decode()}", "refused", "refused"]


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
