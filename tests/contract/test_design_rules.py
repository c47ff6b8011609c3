"""The technical rules of the Dutch API Design Rules 2.2; `infra/decisions` says how each rule is met, or why not."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.about import VERSION
from api.openapi.schemas import operations
from infra.dev.contract.document import document

Json = dict[str, Any]
SEMVER = re.compile(r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$")
SEGMENT = re.compile(r"^(v\d+|[a-z0-9]+(-[a-z0-9]+)*(\.(json|ics|pdf))?|\.well-known|\{[a-z][A-Za-z0-9]*\})$")
CAMEL = re.compile(r"^[a-z][A-Za-z0-9]*$")
DECISIONS = Path(__file__).parents[2] / "infra" / "decisions"
OUTSIDE = ("/health/", "/.well-known/")
"""Not of the API's versions: for whoever runs it, and where RFC 8615 puts it."""


RULES = (
    "naming-resources", "naming-collections", "interface-language", "no-trailing-slash", "path-segments-kebab-case",
    "query-keys-camel-case", "hide-implementation", "lang-code", "date-time/format", "date-time/timezone",
    "date-time/date-omit-time-portion", "http-methods", "http-safety", "http-response-code", "stateless",
    "nested-child", "resource-operations", "error-handling/problem-details", "error-handling/invalid-input",
    "error-handling/all-errors", "doc-openapi", "doc-openapi-contact", "doc-language", "publish-openapi",
    "deprecation-schedule", "transition-period", "uri-version", "changelog", "semver", "version-header",
    "transport/tls", "transport/no-sensitive-uris", "transport/security-headers", "transport/cors",
    "modules/geospatial", "modules/signing", "modules/encryption",
)  # fmt: skip
"""Those of the core set, by the last part of their ids."""


def members() -> Iterator[tuple[str, str, Json]]:
    for name, schema in document()["components"]["schemas"].items():
        for member, said in schema.get("properties", {}).items():
            yield name, member, said


def test_the_decision_says_of_every_rule_how_it_is_met() -> None:
    (decision,) = DECISIONS.glob("0023-*.md")
    told = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", decision.read_text("utf-8"), re.MULTILINE)
            for name in row.split(",")}  # fmt: skip
    assert [rule for rule in RULES if rule not in told] == []


def test_problems_have_what_the_rules_want_of_them() -> None:
    schema = document()["components"]["schemas"]["Problem"]
    assert {"status", "title", "detail"} <= set(schema["required"])
    assert all("400" in one["responses"] for _, _, one in operations(document()))


def test_paths_are_kebab_case_versioned_and_end_without_a_slash() -> None:
    for path in document()["paths"]:
        assert path.startswith(("/v1/", *OUTSIDE)), path
        assert not path.endswith("/"), path
        assert all(SEGMENT.match(segment) for segment in path[1:].split("/")), path


def test_methods_are_the_standard_ones() -> None:
    assert {method for _, method, _ in operations(document())} == {"get", "post", "put", "patch", "delete"}


def test_members_and_parameters_are_in_camel_case() -> None:
    assert [(name, member) for name, member, _ in members() if not CAMEL.match(member)] == []
    named = {p["name"] for _, _, one in operations(document()) for p in one["parameters"] if "$ref" not in p}
    assert [name for name in named if not CAMEL.match(name)] == []


def test_times_and_days_have_the_formats_of_iso_8601() -> None:
    silent = [
        (name, member)
        for name, member, said in members()
        if re.search(r"(At|Until)$|^(start|end|at|due|day|date)$", member)
        and "string" in said.get("type", ())
        and said.get("format") not in ("date-time", "date")
        and name != "QuietHours"  # times of a day
    ]
    assert silent == []


def test_the_document_says_whom_to_ask_and_under_which_version() -> None:
    info = document()["info"]
    assert all(info["contact"][member] for member in ("name", "email", "url"))
    assert info["license"]["identifier"] and SEMVER.match(info["version"])


async def test_the_document_is_published_where_programs_look_for_it_and_readable_from_any_page(
    bare: httpx.AsyncClient,
) -> None:
    first = await bare.get("/openapi.json")
    again = await bare.get("/v1/openapi.json", headers={"Origin": "https://anywhere.example"})
    assert first.content == again.content
    assert again.headers.get_list("access-control-allow-origin") == ["*"]
    assert again.json()["info"]["version"] == VERSION


@pytest.mark.parametrize("path", ["/v1/cities", "/v1/nothing", "/openapi.json"])
async def test_every_answer_names_the_full_version(bare: httpx.AsyncClient, path: str) -> None:
    assert (await bare.get(path)).headers["api-version"] == VERSION


async def test_an_address_with_a_slash_at_its_end_does_not_exist(bare: httpx.AsyncClient) -> None:
    assert (await bare.get("/v1/cities")).status_code == 200
    wrong = await bare.get("/v1/cities/")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not-found")


async def test_every_answer_carries_the_headers_that_protect_browsers(bare: httpx.AsyncClient) -> None:
    headers = (await bare.get("/health/live")).headers
    assert headers["cache-control"] == "private, no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["server"] == "wartefrei", "nothing of what it runs on"
