"""Every request of the guide is run against a running instance, and answers as the guide shows."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from api import guide
from api.catalogue_of_errors import entries
from backend.documents.rules import PURPOSES
from tests.conftest import clone_database
from tests.support.background import CheckerProcess
from tests.support.cluster import Cluster
from tests.support.instance import clerks, settings_of
from tests.support.servers import ApiProcess

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
    own = blocks(name)
    before = [] if name == _HELPERS else blocks(_HELPERS)
    # What the reader has as well: a client of tus for Python, and the project's own `make token`.
    for role, token in instance.tokens.items():
        (folder / f"token-{role}").write_text(token, encoding="ascii")
    lines = [
        "set -euo pipefail",
        f'PATH="{Path(sys.executable).parent}:$PATH"',
        f'make() {{ cat "{folder}/token-${{3#ROLE=}}"; }}',
    ]
    for number, block in enumerate([*before, *own]):
        lines += ["{", block.shell.replace(guide.WRITTEN_FOR, instance.address), f"}} >{folder}/{number}.out"]
    done = subprocess.run(
        ["/bin/bash", "-c", "\n".join(lines)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(folder / f"{len(before) + n}.out").read_text(encoding="utf-8") for n in range(len(own))]


@pytest.mark.parametrize("name", guide.ORDER)
def test_every_request_of_the_guide_answers_as_it_says(name: str, instance: Instance, tmp_path: Path) -> None:
    printed = run(name, instance, tmp_path)
    for block, output in zip(blocks(name), printed, strict=True):
        if block.shown is None:
            continue
        kind, shown = block.shown
        if kind == "text":
            assert shown.strip().lower() in output.lower(), output
        else:
            assert list(differences(json.loads(shown), json.loads(output.splitlines()[-1]))) == [], output


def test_a_page_that_promises_something_else_is_found() -> None:
    found = {"status": 409, "items": [{"id": "x"}], "count": 1}
    assert list(differences({"status": 409, "items": [{"id": "y"}]}, found)) == []
    wrong = {"status": 404, "items": [{"name": "x"}], "count": "1", "more": 1}
    assert len(list(differences(wrong, found))) == 4


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
