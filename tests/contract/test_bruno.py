"""The Bruno collection beside the guide runs against a real server, and asks for nothing that is not there."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from api import guide
from infra.dev import nodejs
from infra.dev.contract.document import document
from tests.api.guide_shell import Instance
from tests.contract.test_examples import examples
from tests.contract.test_examples import faults as schema_faults

Json = dict[str, Any]

pytestmark = pytest.mark.xdist_group("node")
COLLECTION = Path(guide.__file__).parent / "bruno"


def blocks(text: str) -> dict[str, str]:
    """The parts of a request's file by their name: `headers`, `body:json`, …"""
    return dict(re.findall(r"^([a-z:-]+) \{\n(.*?)^\}$", text, re.MULTILINE | re.DOTALL))


def pairs(block: str) -> dict[str, str]:
    return dict(re.findall(r"^  ([^\s:]+): (.*)$", block, re.MULTILINE))


def operation(method: str, path: str) -> Json:
    found = document()
    shape = re.sub(r"\{\{[^}]*\}\}", "*", path)
    (one,) = (
        item[method] for known, item in found["paths"].items()
        if re.sub(r"\{[^}]*\}", "*", known) == shape and method in item
    )  # fmt: skip
    shared: Json = found["components"]["parameters"]
    parameters = [shared[p["$ref"].rsplit("/", 1)[-1]] if "$ref" in p else p for p in one["parameters"]]
    return one | {"parameters": parameters}


def answered(one: Json, status: str) -> Any:
    """The example of an answer."""
    (example,) = examples(one["responses"][status]["content"]["application/json"])
    return example


def within(value: Any, path: str) -> Any:
    """What a script's `res.body.items[0].id` is in an example."""
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        value = value[name] if name else value[int(index)]
    return value


def learned(script: str, example: Any) -> dict[str, Any]:
    """The variables that a script sets, were the example the answer; of what it finds in a list the first counts."""
    sought = {name: f"{path}[0]" for name, path in re.findall(r"const (\w+) = res\.body(\S+)\.find\(", script)}
    found: dict[str, Any] = {}
    for name, base, path in re.findall(r'bru\.setVar\("(\w+)", (res\.body|\w+)([^)]*)\);', script):
        found[name] = within(example, sought.get(base, "") + path)
    return found


def filled(text: str, variables: Json) -> str:
    return re.sub(r"\{\{\$?(\w+)\}\}", lambda found: str(variables[found[1]]), text)


def faults_of(text: str, variables: Json) -> list[str]:
    """What the document has against a request. ``variables`` gets those that it sets, from the answer's example."""
    parts = blocks(text)
    found = re.search(r"^(get|post|put|patch|delete) \{\n  url: \{\{api\}\}(\S+)", text, re.MULTILINE)
    assert found, text
    method, (path, _, query) = found[1], found[2].partition("?")
    one = operation(method, path)
    headers, asked = pairs(parts.get("headers", "")), {item.partition("=")[0] for item in query.split("&")} - {""}
    faults = [f"no {p['name']}" for p in one["parameters"] if p["in"] == "header" and p.get("required")
              and p["name"] not in headers]  # fmt: skip
    known = {p["name"] for p in one["parameters"] if p["in"] == "query"}
    needed = {p["name"] for p in one["parameters"] if p["in"] == "query" and p.get("required")}
    faults += [f"no {name}" for name in needed - asked] + [f"{name} is not taken" for name in asked - known]
    if all(one["security"] or [{}]) != ("auth:bearer" in parts):
        faults.append("its token")
    filled(
        path + query,
        variables | dict.fromkeys(re.findall(r'bru\.setVar\("(\w+)"', parts.get("script:pre-request", ""))),
    )
    if "body:json" in parts:
        if "requestBody" not in one:
            return [*faults, "takes no body"]
        body = json.loads(filled(parts["body:json"], variables))
        faults += schema_faults(one["requestBody"]["content"]["application/json"]["schema"], body)
    elif one.get("requestBody", {}).get("required"):
        faults.append("no body")
    status = pairs(parts["assert"])["res.status"].removeprefix("eq ")
    if status not in one["responses"]:
        faults.append(f"{status} is not declared")
    elif status < "400":
        example = answered(one, status)
        variables.update(learned(parts.get("script:post-response", ""), example))
        for place in pairs(parts["assert"]):
            if place != "res.status":
                within(example, place.removeprefix("res.body"))  # KeyError: the document knows no such member
    return faults


def test_the_document_has_nothing_against_any_request() -> None:
    variables: Json = {"randomUUID": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11"}
    variables |= pairs((COLLECTION / "environments" / "local.bru").read_text("utf-8"))
    requests = sorted((file for file in COLLECTION.glob("[0-9]*/*.bru")), key=lambda file: file.name)
    assert len(requests) > 10
    assert {file.name: faults for file in requests if (faults := faults_of(file.read_text("utf-8"), variables))} == {}


@pytest.mark.parametrize(
    "file, old, new, fault",
    [
        ("05-book-it", '"person": {"name"', '"person": {"nane"', "nane"),
        ("05-book-it", '"hold": "{{hold}}"', '"hold": "mine"', "mine"),
        ("08-cancel-it", "Idempotency-Key", "Idempotency", "no Idempotency-Key"),
        ("03-find-the-earliest-place", "?service", "?services", "no service"),
        ("09-what-is-not-there", "eq 404", "eq 402", "402 is not declared"),
        ("15-inbox", "auth:bearer", "auth:basic", "its token"),
    ],
)
def test_a_request_that_rotted_is_found(file: str, old: str, new: str, fault: str) -> None:
    (whole,) = (one.read_text("utf-8") for one in COLLECTION.glob(f"*/{file}.bru"))
    known = {"hold": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11", "city": "x", "service": "y", "appointment": "z"}
    variables: Json = known | {"randomUUID": known["hold"]}
    assert old in whole
    assert faults_of(whole, dict(variables)) == []
    assert any(fault in one for one in faults_of(whole.replace(old, new), variables))


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
