"""The document passes the rules of Redocly, OpenAPI, OWASP and Baloise; what would break one of them is found."""

import copy
import os
from typing import Any

import pytest

from infra.dev.contract.document import document
from infra.dev.contract.linting import findings

pytestmark = pytest.mark.xdist_group("node")


def test_what_belongs_to_a_group_stays_with_one_worker(request: pytest.FixtureRequest) -> None:
    # By a mark in its id: pytest 9.2 keeps ids where pytest-xdist 3.8 does not write, and groups fell apart unnoticed.
    grouped = bool(request.config.getoption("loadgroup", default=False))
    assert os.environ["PYTEST_CURRENT_TEST"].endswith("@node (call)") == grouped


def test_the_linters_find_nothing() -> None:
    assert findings(document()) == []


def test_each_set_of_rules_is_in_force() -> None:
    broken: dict[str, Any] = copy.deepcopy(document())
    del broken["info"]["license"]  # Redocly
    book = broken["paths"]["/v1/holds"]["post"]
    book["security"] = []  # OWASP
    broken["components"]["parameters"]["IdempotencyKey"]["schema"].pop("maxLength")  # OWASP, as we narrowed it
    book["operationId"] = "readHold"  # OpenAPI
    broken["components"]["schemas"]["HoldIn"]["properties"]["snake_case"] = {"type": "boolean"}  # Baloise
    found = {line.partition(": ")[0] for line in findings(broken)}
    assert found >= {
        "info-license",
        "owasp:api2:2023-write-restricted",
        "owasp:api4:2023-string-limit",
        "operation-operationId-unique",
        "must-use-camel-case-for-property-names",
    }
