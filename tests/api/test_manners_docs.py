"""The documentation says what is so, and loads nothing from anywhere else."""

import re
from typing import Any

import httpx
import pytest

from api.catalogue_of_errors import entries


async def schema(bare: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await bare.get("/openapi.json")).json()
    return found


async def test_the_document_is_cacheable(bare: httpx.AsyncClient) -> None:
    first = await bare.get("/openapi.json")
    assert first.json()["openapi"].startswith("3.1")
    again = await bare.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


async def test_every_operation_declares_its_errors_as_problems(bare: httpx.AsyncClient) -> None:
    ids: list[str] = []
    for path, item in (await schema(bare))["paths"].items():
        for method, operation in item.items():
            if path.startswith("/echo"):
                continue
            ids.append(operation["operationId"])
            codes = {code for code in operation["responses"] if code >= "400"}
            assert {"400", "414", "429", "431", "500", "503"} <= codes, (path, method)
            for code in codes:
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"], (path, code)
                (one,) = operation["responses"][code]["content"].values()
                (_, narrowed) = one["schema"]["allOf"]
                assert narrowed["properties"]["code"]["enum"] == list(one["examples"]), (path, code)
            if operation["security"]:
                assert "401" in codes
            if method == "post":
                assert any(p["name"] == "Idempotency-Key" and p["required"] for p in operation["parameters"]), path
    assert len(ids) == len(set(ids))


async def test_bodies_refuse_unknown_fields_and_have_examples_that_are_accepted(bare: httpx.AsyncClient) -> None:
    found = await schema(bare)
    guest = found["paths"]["/v1/sessions/guest"]["post"]["requestBody"]["content"]["application/json"]
    assert found["components"]["schemas"]["GuestIn"]["additionalProperties"] is False
    answer = await bare.post("/v1/sessions/guest", json=guest["example"], headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/docs", "/docs/errors", "/docs/errors/not-found"])
async def test_pages_load_nothing_from_another_host(bare: httpx.AsyncClient, path: str) -> None:
    page = await bare.get(path)
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.headers["content-security-policy"]
    loaded = re.findall(r'<(?:link|img|script|iframe|use)[^>]*(?:href|src)="([^"]*)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/docs/static/")
        assert (await bare.get(address)).status_code == 200
    for address in re.findall(r'<a href="([^"#]+)"', page.text):
        assert (await bare.get(address)).status_code == 200, address
    assert (await bare.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"


async def test_the_type_of_every_problem_leads_to_its_page(bare: httpx.AsyncClient) -> None:
    for entry in entries():
        page = await bare.get(f"/docs/errors/{entry.slug}", headers={"Accept-Language": "de"})
        assert page.status_code == 200
        assert entry.slug in page.text
    assert (await bare.get("/docs/errors/nonsense")).status_code == 404
