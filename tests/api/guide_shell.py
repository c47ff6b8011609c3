"""The guide's pages in a shell, against an instance with everything that a reader's own has."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import pytest

from api import guide
from infra.dev.ports import free_port
from infra.dev.token import Wanted, token
from tests.conftest import clone_database
from tests.support.background import BackgroundProcess, CheckerProcess, WorkerProcess
from tests.support.cluster import Cluster
from tests.support.fcm import Fcm
from tests.support.instance import clerks, settings_of
from tests.support.servers import ApiProcess

_BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DECIDING = ("code", "status", "state", "pointer", "reference_prefix")
"""Members whose value the guide promises; of others the type."""
_HELPERS = "first-booking"
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


@contextmanager
def _started(cluster: Cluster, template: str, store: dict[str, str], folder: Path, whose: str) -> Generator[Instance]:
    """An instance with everything that `make run` starts, on a database of its own."""
    clone, fcm = clone_database(cluster, template, whose), Fcm(folder)

    async def start() -> tuple[ApiProcess, Sequence[BackgroundProcess], dict[str, str]]:
        await fcm.start()
        url = f"http://127.0.0.1:{free_port()}"
        more = {"PUBLIC_URL": url, "CITIZEN_OIDC_ISSUER": f"{url}/dev-issuer", "CITIZEN_OIDC_AUDIENCE": "wartefrei"}
        database = cluster.app_url(await anext(clone))
        settings, environment = await settings_of(database, store, **fcm.environment, **more)
        api = ApiProcess(environment, port=urlsplit(settings.public_url).port)
        others = [kind({**environment, **api.environment}) for kind in (CheckerProcess, WorkerProcess)]
        await asyncio.gather(api.start(), *(other.start() for other in others))
        citizen = await token(settings, Wanted("citizen", None, "gelsenkirchen"))
        return api, others, {**await clerks(settings), "citizen": citizen}

    async def end() -> None:
        api.stop()
        for other in others:
            await other.stop()
        fcm.stop()
        await anext(clone, None)

    with asyncio.Runner() as runner:
        api, others, tokens = runner.run(start())
        try:
            yield Instance(f"http://127.0.0.1:{api.port}", tokens, fcm.url)
        finally:
            runner.run(end())


@pytest.fixture(scope="module")
def instance(
    cluster: Cluster, demo_template: str, object_store: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """One instance for all pages: readers try them one after the other, too."""
    with _started(cluster, demo_template, object_store, tmp_path_factory.mktemp("fcm"), "guide") as one:
        yield one


def run(name: str, instance: Instance, folder: Path) -> list[str]:
    """Runs a page, after the first one where it needs that; answers what each of its own blocks printed."""
    before = [] if name == _HELPERS else blocks(_HELPERS)
    return paste([*before, *blocks(name)], instance, folder)[len(before) :]


def paste(pasted: list[Block], instance: Instance, folder: Path) -> list[str]:
    """Runs blocks one after the other in one shell; answers what each of them printed."""
    # What the reader has as well: a client of tus for Python, and the project's own `make token` and `make where`.
    for role, given in instance.tokens.items():
        (folder / f"token-{role}").write_text(given, encoding="ascii")
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


class Whole(msgspec.Struct, frozen=True):
    """Every page in one shell: each block with its page, what it printed, and the variables that it left."""

    page: str
    block: Block
    printed: str
    left: dict[str, str]


@pytest.fixture(scope="module")
def pasting(
    cluster: Cluster, demo_template: str, object_store: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Future[list[Whole]]]":
    """Every page in one shell, at an instance of its own, which has no other reader meanwhile. Most of it is waiting:
    for a clerk of the sandbox, for a push."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "fcm").mkdir()

    def paste_all() -> list[Whole]:
        with _started(cluster, demo_template, object_store, folder / "fcm", "pasted") as one:
            return _paste_all(one, folder)

    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(paste_all)


@pytest.fixture(scope="module")
def meanwhile(request: pytest.FixtureRequest) -> None:
    """While pages are tried one by one they are pasted into one shell as well, if a test of this run looks at that."""
    if any(isinstance(item, pytest.Function) and "whole" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("pasting")


@pytest.fixture(scope="module")
def whole(pasting: "Future[list[Whole]]") -> list[Whole]:
    return pasting.result()


def _paste_all(instance: Instance, folder: Path) -> list[Whole]:
    pasted = [(name, block) for name in guide.ORDER for block in blocks(name)]
    found: list[Whole] = []
    for number, printed in enumerate(paste([block for _, block in pasted], instance, folder)):
        parts = (folder / f"{number}.left").read_text(encoding="utf-8").split("\0")
        found.append(Whole(*pasted[number], printed, dict(zip(parts[::2], parts[1::2], strict=False))))
    return found


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


def wrong(block: Block, output: str) -> list[str]:
    """Where what was printed is not what the page shows."""
    if block.shown is None:
        return []
    kind, shown = block.shown
    if kind == "text":
        # An id begins with the time: what is shown of one is another after some weeks.
        shortened = re.sub(r"\b[0-9a-f]{4}…", "…", shown.strip().lower())
        wanted = re.escape(shortened).replace("…", "[^\n]*")
        return [] if re.search(wanted, output.lower()) else [f"not {shown.strip()!r}"]
    return list(differences(json.loads(shown), json.loads(output.splitlines()[-1])))
