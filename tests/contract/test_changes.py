"""What breaks a client is found, what does not is told apart; and the changelog owes an entry for each."""

import copy
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from infra.dev.contract import release
from infra.dev.contract.changes import Comparison, compare

Json = dict[str, Any]
ITEM: Json = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"type": "string", "enum": ["open", "done"]},
        "size": {"type": ["integer", "null"], "format": "int32"},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
    },
}
ORDER: Json = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "note": {"oneOf": [{"$ref": "#/components/schemas/Note"}, {"type": "null"}]},
    },
}
DOCUMENT: Json = {
    "info": {"version": "1.0.0"},
    "paths": {
        "/v1/items": {
            "get": {
                "operationId": "listItems",
                "security": [],
                "parameters": [{"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}}],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
            "post": {
                "operationId": "orderItem",
                "security": [{"citizen": []}],
                "parameters": [{"$ref": "#/components/parameters/Key"}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
                },
                "responses": {"201": {"content": {}}, "200": {"content": {}}},
            },
        }
    },
    "webhooks": {
        "event": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}}}}
            }
        }
    },
    "components": {
        "schemas": {
            "Item": ITEM,
            "Order": ORDER,
            "Note": {"type": "object", "properties": {"text": {"type": "string"}}},
            "Problem": {"type": "object"},
            "Event": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
        },
        "parameters": {"Key": {"in": "header", "name": "Key", "required": True, "schema": {"type": "string"}}},
        "responses": {
            "NotFound": {
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {"not-found": {}},
                    }
                }
            }
        },
    },
}


class Seeded:
    """Short ways to the parts of a document."""

    def __init__(self, document: Json) -> None:
        self.paths: Json = document["paths"]
        self.listing: Json = self.paths["/v1/items"]["get"]
        self.ordering: Json = self.paths["/v1/items"]["post"]
        self.schemas: Json = document["components"]["schemas"]
        self.item: Json = self.schemas["Item"]["properties"]
        self.order: Json = self.schemas["Order"]["properties"]
        self.components: Json = document["components"]
        self.webhooks: Json = document["webhooks"]


def changed(seed: Callable[[Seeded], object]) -> Comparison:
    new = copy.deepcopy(DOCUMENT)
    seed(Seeded(new))
    return compare(DOCUMENT, new)


BREAKING: dict[str, Callable[[Seeded], object]] = {
    "a path is gone": lambda d: d.paths.clear(),
    "an operation is gone": lambda d: d.paths["/v1/items"].pop("post"),
    "an operation is renamed": lambda d: d.listing.update(operationId="readItems"),
    "something is told to others no more": lambda d: d.webhooks.clear(),
    "what is told to others lost a member": lambda d: d.schemas["Event"].pop("required"),
    "an operation is guarded": lambda d: d.listing.update(security=[{"citizen": []}]),
    "a key is wanted beside the token": lambda d: d.ordering.update(security=[{"citizen": [], "client": []}]),
    "a parameter is gone": lambda d: d.listing["parameters"].clear(),
    "a parameter is needed": lambda d: d.listing["parameters"][0].update(required=True),
    "a new parameter is needed": lambda d: d.listing["parameters"].append(
        {"in": "query", "name": "city", "required": True, "schema": {"type": "string"}}
    ),
    "a parameter is narrowed": lambda d: d.listing["parameters"][0]["schema"].update(maximum=50),
    "a shared parameter is narrowed": lambda d: d.components["parameters"]["Key"]["schema"].update(pattern="^x"),
    "an answer is gone": lambda d: d.ordering["responses"].pop("201"),
    "another answer of success": lambda d: d.ordering["responses"].update({"202": {"content": {}}}),
    "a header is gone": lambda d: d.listing["responses"]["200"]["headers"].clear(),
    "a media type is gone": lambda d: d.listing["responses"]["200"]["content"].clear(),
    "a body is gone": lambda d: d.ordering.pop("requestBody"),
    "a body is needed": lambda d: d.ordering["requestBody"].update(required=True),
    "a member of an answer is gone": lambda d: d.item.pop("size"),
    "a member of an answer may be missing": lambda d: d.schemas["Item"].update(required=["id"]),
    "a member of an answer may be null": lambda d: d.item["id"].update(type=["string", "null"]),
    "a type is another": lambda d: d.item["state"].update(type="integer"),
    "a format is another": lambda d: d.item["size"].update(format="int64"),
    "items are another": lambda d: d.item["parts"].update(items={"type": "string"}),
    "a member of a body is gone": lambda d: d.order.pop("kind"),
    "a member of a body is needed": lambda d: d.schemas["Order"].update(required=["name", "kind"]),
    "a new member of a body is needed": lambda d: (
        d.order.update(size={"type": "integer"}),
        d.schemas["Order"].update(required=["name", "size"]),
    ),
    "a list of values is narrowed": lambda d: d.order["kind"].update(enum=["a"]),
    "a list of values where there was none": lambda d: d.order["name"].update(enum=["Erika"]),
    "a bound is tighter": lambda d: d.order["name"].update(maxLength=10),
    "a default is another": lambda d: d.order["kind"].update(default="b"),
    "null is not taken any more": lambda d: d.order["note"].update(oneOf=[{"$ref": "#/components/schemas/Note"}]),
    "a schema is called otherwise": lambda d: (
        d.schemas.update(Thing=d.schemas["Item"]),
        d.listing["responses"]["200"]["content"]["application/json"].update(
            schema={"$ref": "#/components/schemas/Thing"}
        ),
    ),
    "deep inside": lambda d: d.schemas["Note"]["properties"]["text"].update(maxLength=3),
}
FINE: dict[str, Callable[[Seeded], object]] = {
    "a path is new": lambda d: d.paths.update({"/v1/more": {"get": {**d.listing, "operationId": "more"}}}),
    "an operation is deprecated": lambda d: d.listing.update(deprecated=True),
    "more is told to others": lambda d: d.webhooks.update(other={}),
    "a guard is gone": lambda d: d.ordering.update(security=[]),
    "a key may come beside the token": lambda d: d.ordering.update(
        security=[{"citizen": []}, {"citizen": [], "client": []}]
    ),
    "a token may come": lambda d: d.listing.update(security=[{}, {"citizen": []}]),
    "a parameter is new": lambda d: d.listing["parameters"].append(
        {"in": "query", "name": "q", "schema": {"type": "string"}}
    ),
    "a bound is wider": lambda d: d.order["name"].update(maxLength=30),
    "null is taken too": lambda d: d.order["name"].update(type=["string", "null"]),
    "a member is new": lambda d: (d.item.update(colour={"type": "string"}), d.order.update(note2={"type": "string"})),
    "a member is never null": lambda d: d.item["size"].update(type="integer"),
    "a member is always there": lambda d: d.schemas["Item"]["required"].append("size"),
    "another state": lambda d: d.item["state"]["enum"].append("late"),
    "another choice": lambda d: d.order["kind"]["enum"].append("c"),
    "another error": lambda d: d.listing["responses"].update({"409": {"content": {}}}),
    "another code": lambda d: d.components["responses"]["NotFound"]["content"]["application/problem+json"][
        "examples"
    ].update(gone={}),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_a_client_is_found(name: str) -> None:
    assert changed(BREAKING[name]).breaking != ()


@pytest.mark.parametrize("name", FINE)
def test_what_breaks_nobody_is_told_apart(name: str) -> None:
    found = changed(FINE[name])
    assert found.breaking == ()
    assert found.other != ()


def test_prose_and_examples_do_not_count_and_nothing_is_told_twice() -> None:
    nothing = changed(lambda d: (d.listing.update(summary="x"), d.item["id"].update(description="y", example="z")))
    assert nothing == Comparison((), ())
    assert len(changed(lambda d: d.item.pop("size")).breaking) == 1


def test_the_changelog_owes_what_it_does_not_tell() -> None:
    broken, new = changed(lambda d: d.item.pop("size")), changed(lambda d: d.listing.update(deprecated=True))
    kept = "## 1.0.0\n\n### Added\n- `listItems`, `Item`\n"
    told = "## 1.1.0\n\n### Deprecated\n- `listItems` goes\n\n"
    assert len(release.owed(new, kept, "1.0.0", "1.0.0")) == 1
    assert release.owed(new, told + kept, "1.0.0", "1.1.0") == []
    assert len(release.owed(broken, told + kept, "1.0.0", "2.0.0")) == 1
    as_wanted = "## 2.0.0\n\n### Breaking\n- `Item` lost its size\n\n"
    assert release.owed(broken, as_wanted + kept, "1.0.0", "2.0.0") == []
    assert [line for line in release.owed(broken, as_wanted + kept, "1.0.0", "1.1.0") if "another version" in line]
    # Below 1.0.0 a minor version says it; a version in the making tells of what is new by its own section.
    assert release.owed(broken, as_wanted.replace("2.0.0", "0.2.0") + "## 0.1.0\n", "0.1.0", "0.2.0") == []
    assert release.owed(new, "## 0.1.0 (unreleased)\n\n### Added\n- much\n", "0.1.0", "0.1.0") == []
    assert len(release.owed(broken, "## 0.1.0 (unreleased)\n\n### Added\n- `Item`\n", "0.1.0", "0.1.0")) == 1


def test_the_changelog_tells_of_everything_since_the_last_release() -> None:
    kept, old = release.last()
    now = release.document()
    changelog = release.CHANGELOG.read_text(encoding="utf-8")
    assert release.owed(compare(old, now), changelog, kept, now["info"]["version"]) == []
    project = msgspec.toml.decode((release.ROOT / "pyproject.toml").read_bytes())["project"]
    assert now["info"]["version"] == project["version"]
    assert re.search(rf"^## {re.escape(now['info']['version'])}\b", changelog, re.MULTILINE)
