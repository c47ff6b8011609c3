"""The documentation says what is so, and loads nothing from anywhere else."""

import ast
import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from api.app import create_app
from api.catalogue_of_errors import classes, entries
from api.declared import declared
from api.middleware.compression import zstd
from api.openapi.problem_members import MEMBERS
from api.problems import status_of
from backend.settings import Settings
from tests.api.conftest import running

ROOT = Path(__file__).parents[2]


async def schema(bare: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await bare.get("/openapi.json")).json()
    return found


def followed(document: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """An answer, or the shared one that it refers to."""
    shared: dict[str, Any] = document["components"]["responses"]
    return shared[answer["$ref"].rsplit("/", 1)[-1]] if "$ref" in answer else answer


async def test_the_document_is_written_beside_the_loop_and_kept_ready_in_every_coding(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    # An application of its own: one that served another test has written its document.
    async with running(create_app(make_settings(database_url))) as fresh:
        asked = [
            asyncio.create_task(fresh.get("/openapi.json", headers={"Accept-Encoding": "identity"})) for _ in range(2)
        ]
        await asyncio.sleep(0)
        assert (await fresh.get("/health/live")).status_code == 200
        assert not any(one.done() for one in asked), "others are served while the document is written"
        first, second = await asyncio.gather(*asked)
        assert first.json()["openapi"].startswith("3.1")
        assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])
        for path in ("/openapi.json", "/v1/openapi.json", "/docs"):
            for coding in ("identity", "gzip", "zstd"):
                sent = {"Accept-Encoding": coding}
                answer = await fresh.get(path, headers=sent)
                assert (answer.status_code, answer.headers["vary"]) == (200, "Accept-Encoding")
                assert answer.headers.get("content-encoding", "identity") == coding
                body = zstd.decompress(answer.content) if coding == "zstd" else answer.content
                assert path == "/docs" or body == first.content
                assert answer.headers["etag"].startswith("W/") == (coding != "identity")
                tag = answer.headers["etag"]
                again = await fresh.get(path, headers={**sent, "If-None-Match": tag})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
                assert (again.headers["vary"], "content-encoding" in again.headers) == ("Accept-Encoding", False)


async def test_if_match_is_declared_where_it_counts(bare: httpx.AsyncClient) -> None:
    found = await schema(bare)
    given = {"IfMatchOwed": True, "IfMatch": False, "IfMatchTag": False}
    wanted: dict[str, bool | None] = {}
    for item in found["paths"].values():
        for method, operation in item.items():
            names = [str(p.get("$ref")).rsplit("/", 1)[-1] for p in operation.get("parameters", [])]
            said = [given[name] for name in names if name in given]
            assert (said == [True]) == ("428" in operation["responses"]), operation["operationId"]
            if method != "get":
                assert bool(said) == ("412" in operation["responses"]), operation["operationId"]
            wanted[operation["operationId"]] = said[0] if said else None
    assert (wanted["changeDraft"], wanted["approveCase"], wanted["holdPlace"]) == (True, True, None)
    assert (wanted["cancelAppointment"], wanted["changeOpeningHours"], wanted["replacePreferences"]) == (False,) * 3
    components = found["components"]["parameters"]
    assert {name: components[name]["required"] for name in given} == given


async def test_bounds_are_said_and_kept_in_paths_and_in_lists(bare: httpx.AsyncClient) -> None:
    found = await schema(bare)
    path = "/v1/forms/{form}/versions/{number}"
    (number,) = [p["schema"] for p in found["paths"][path]["get"]["parameters"] if p.get("name") == "number"]
    assert (number["minimum"], number["maximum"]) == (1, 2_000_000_000)
    form = "0193a000-0005-7000-8000-000000000003"
    for beyond in ("0", "-1", "2000000001", "99999999999999999999"):
        answer = await bare.get(path.format(form=form, number=beyond))
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), beyond
    schemas = found["components"]["schemas"]
    fields = schemas["RequestInfoIn"]["properties"]["fields"]["items"]
    assert fields == {"type": "string", "minLength": 2, "maxLength": 300, "pattern": "^(/[A-Za-z0-9]+)+$"}
    days = schemas["WaitIn"]["properties"]["weekdays"]["items"]
    assert (days["minimum"], days["maximum"]) == (1, 7)
    assert schemas["AnnouncementIn"]["properties"]["topic"]["maxLength"] == 40, "of what may be null"


async def test_every_operation_declares_its_errors_as_problems(bare: httpx.AsyncClient) -> None:
    ids: list[str] = []
    found = await schema(bare)
    served: Any = bare
    routes: Any = served._transport.app.routes
    handlers = {h.operation_id: h for r in routes if isinstance(r, HTTPRoute) for h, _ in r.route_handler_map.values()}
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if path.startswith("/echo"):
                continue
            ids.append(operation["operationId"])
            answers = {
                code: followed(found, answer) for code, answer in operation["responses"].items() if code >= "400"
            }
            assert {"400", "414", "429", "431", "500", "503"} <= set(answers), (path, method)
            for code, answer in answers.items():
                assert list(answer["content"]) == ["application/problem+json"], (path, code)
                (one,) = answer["content"].values()
                assert one["schema"] == {"$ref": "#/components/schemas/Problem"}, (path, code)
                handler = handlers[operation["operationId"]]
                declares = {kind.slug for kind in declared(handler, method.upper()) if str(status_of(kind)) == code}
                assert set(one["examples"]) == declares, (path, code)
            if operation["security"]:
                assert "401" in answers
            if method == "post":
                assert {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"], path
    assert len(ids) == len(set(ids))
    assert found["components"]["parameters"]["IdempotencyKey"]["required"]


async def test_security_tells_what_guards_ask_and_where_a_key_may_stand_beside_it(bare: httpx.AsyncClient) -> None:
    paths = (await schema(bare))["paths"]
    asked = {one["operationId"]: one["security"] for item in paths.values() for one in item.values()}
    named = {name: [sorted(one) for one in security] for name, security in asked.items()}
    assert named["holdPlace"] == [["citizen"], ["citizen", "client"]]
    assert named["listServices"] == named["beginGuestSession"] == [[], ["client"]]
    assert named["readBootstrap"] == named["listFreeSlots"] == [[], ["citizen"], ["client"], ["citizen", "client"]]
    assert (named["addWebhook"], named["approveCase"], named["readKeys"]) == ([["client"]], [["clerk"]], [])


async def test_bodies_refuse_unknown_fields_and_have_examples_that_are_accepted(bare: httpx.AsyncClient) -> None:
    found = await schema(bare)
    guest = found["paths"]["/v1/sessions/guest"]["post"]["requestBody"]["content"]["application/json"]
    assert found["components"]["schemas"]["GuestIn"]["additionalProperties"] is False
    answer = await bare.post("/v1/sessions/guest", json=guest["example"], headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/docs/operations/appointments",
        "/docs/errors",
        "/docs/errors/not-found",
        "/docs/guide",
        "/docs/guide/limits",
        "/docs/search?q=hold",
        "/docs/changes",
    ],
)
async def test_pages_load_nothing_from_another_host(bare: httpx.AsyncClient, path: str) -> None:
    page = await bare.get(path)
    assert page.headers["content-type"].startswith("text/html")
    policy = dict(rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        **dict.fromkeys(("style-src", "script-src", "connect-src", "img-src", "form-action"), "'self'"),
        **dict.fromkeys(("base-uri", "frame-ancestors"), "'none'"),
    }
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/docs/static/docs.js" defer>']
    assert not re.search(r"<[^>]* (on[a-z]+|style)=", page.text), "nothing that the policy would not let in"
    loaded = re.findall(r'<(?:link|img|script|iframe|use)[^>]*(?:href|src)="([^"]*)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith(("/docs/static/", f"{path}?lang="))
        assert (await bare.get(address)).status_code == 200
    for address in set(re.findall(r'<a [^>]*href="([^"#]+)["#]', page.text)):
        assert (await bare.get(address)).status_code == 200, address
    assert (await bare.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"
    again = await bare.get(path, headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_an_error_holds_beside_the_usual_is_declared_by_its_code() -> None:
    slugs = {kind.__name__: kind.slug for _ in (entries(),) for kind in classes()}
    raised: set[tuple[str, str]] = set()
    for room in ("backend", "api"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in slugs:
                    raised |= {(slugs[name], str(one.arg)) for one in node.keywords}
    told = {(code, name) for name, member in MEMBERS.items() for code in member.codes}
    # What is raised by other ways than its class's name.
    otherwise = {
        ("appointments-stranded", "appointments"),
        ("appointment-too-early", "from"),
        ("appointment-too-late", "until"),
        ("documents-unfit", "documents"),
    }
    unsaid = {(code, name) for code, name in raised if name != "retry_after_seconds"}
    assert len(unsaid) > 30 and unsaid == told - otherwise and otherwise <= told


async def test_members_of_errors_are_in_the_document_with_an_example(bare: httpx.AsyncClient) -> None:
    found = await schema(bare)
    live = found["components"]["schemas"]["Problem"]["properties"]["live"]
    assert live["items"]["format"] == "uuid" and "`appointment-limit`" in live["description"]
    example = found["components"]["examples"]["appointment-limit"]["value"]
    assert {"service", "limit", "count", "live"} <= example.keys()
    assert "live" not in found["components"]["examples"]["hold-exists"]["value"]


async def test_the_version_of_the_app_is_declared_once_and_referred_to(bare: httpx.AsyncClient) -> None:
    found = await schema(bare)
    reference = {"$ref": "#/components/parameters/AppVersion"}
    for path, item in found["paths"].items():
        for operation in item.values():
            assert (reference in operation["parameters"]) == path.startswith("/v1/"), operation["operationId"]
            assert not [one for one in operation["parameters"] if one.get("name") == "App-Version"]
    said = found["components"]["parameters"]["AppVersion"]
    assert (said["name"], said["in"], said["required"]) == ("App-Version", "header", False)
    cases = ((said["example"], 200), ("symbian/1.0", 400), ("android/1.2.3.4.5", 400), ("web/7 beta", 200))
    for given, status in cases:
        assert (re.search(said["schema"]["pattern"], given) is not None) == (status == 200), given
        assert (await bare.get("/v1/status", headers={"App-Version": given})).status_code == status, given
