"""The Bruno collection beside the guide runs against a real server, and asks for nothing that is not there."""

import json
import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from api import guide
from infra.dev import nodejs
from infra.dev.contract.document import document
from tests.api.test_guide import Instance

pytestmark = pytest.mark.xdist_group("node")
COLLECTION = Path(guide.__file__).parent / "bruno"


def asked(file: Path) -> tuple[str, str]:
    """Method and path of a request; variables in the path as they are named there."""
    found = re.search(
        r"^(get|post|put|patch|delete) \{\n  url: \{\{api\}\}([^\s?]+)", file.read_text("utf-8"), re.MULTILINE
    )
    assert found, file
    return found[1], found[2]


def test_every_request_is_an_operation_of_the_document() -> None:
    known = {(method, re.sub(r"\{[^}]*\}", "*", path)) for path, item in document()["paths"].items() for method in item}
    requests = [asked(file) for folder in COLLECTION.glob("[0-9]*") for file in folder.glob("*.bru")]
    assert len(requests) > 10
    assert {(method, re.sub(r"\{\{[^}]*\}\}", "*", path)) for method, path in requests} - known == set()


def test_the_collection_runs(instance: Instance, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = nodejs.run(
        "bruno", "run", "-r", "--env", "local", "--env-var", f"api={instance.address}", "--reporter-json", str(report),
        cwd=COLLECTION,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    (run,) = json.loads(report.read_text("utf-8"))
    summary = run["summary"]
    assert summary["failedRequests"] == summary["failedAssertions"] == summary["skippedRequests"] == 0, summary
    assert summary["passedRequests"] == len(list(COLLECTION.glob("[0-9]*/*.bru")))
    assert summary["passedAssertions"] >= 2 * summary["passedRequests"]


async def test_readers_of_the_guide_get_it_as_a_file(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/docs/bruno.zip")
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as packed:
        inside = {name.removeprefix("wartefrei/") for name in packed.namelist()}
        assert "http://127.0.0.1:8000" in packed.read("wartefrei/environments/local.bru").decode()
    assert inside == {str(file.relative_to(COLLECTION)) for file in COLLECTION.rglob("*") if file.is_file()}
