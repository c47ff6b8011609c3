"""Every body of the document has an example, and every example is one of its schema."""

from collections.abc import Iterator
from typing import Any, cast

import jsonschema

from api.openapi.examples import UNSAID, Example
from api.openapi.schemas import operations
from backend.reference import normalise
from infra.dev.contract.document import document

Json = dict[str, Any]


def bodies() -> Iterator[tuple[str, str, Json]]:
    """Every body: which it is, its media type, and what the document says of it."""
    found = document()
    for path, item in found["paths"].items():
        for method, operation in item.items():
            name = f"{method} {path}"
            for media, said in operation.get("requestBody", {}).get("content", {}).items():
                yield name, media, said
            for status, given in operation["responses"].items():
                answer = (
                    found["components"]["responses"][given["$ref"].rsplit("/", 1)[-1]] if "$ref" in given else given
                )
                for media, said in answer.get("content", {}).items():
                    yield f"{name} {status}", media, said


def examples(said: Json) -> list[Any]:
    """The values that stand as examples of one body."""
    if "example" in said:
        return [said["example"]]
    shared: Json = document()["components"]["examples"]
    named = [one["$ref"].rsplit("/", 1)[-1] for one in said.get("examples", {}).values()]
    return [shared[name]["value"] for name in named]


def faults(schema: Json, value: Any) -> list[str]:
    whole = {**schema, "components": document()["components"]}
    checker = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in cast("Any", checker).iter_errors(value)]


def test_every_body_has_an_example() -> None:
    assert [(name, media) for name, media, said in bodies() if not examples(said)] == []


def test_every_example_is_one_of_its_schema() -> None:
    wrong: dict[str, list[str]] = {}
    for name, media, said in bodies():
        if "json" in media:
            for value in examples(said):
                if found := faults(said["schema"], value):
                    wrong[name] = found
    assert wrong == {}


def named_like_a_person(value: Any, at: str) -> list[str]:
    """Where the name of a person stands in an example, though nobody is meant."""
    if isinstance(value, dict):
        return [
            place for name, one in cast("Json", value).items() for place in named_like_a_person(one, f"{at}.{name}")
        ]
    if isinstance(value, list):
        return [place for one in cast("list[Any]", value) for place in named_like_a_person(one, at)]
    people = ("person.name", "called.name", "waiting.name", "parked.name", "appointments.name", "shown.name")
    return [at] if value == "Erika Mustermann" and not at.endswith((*people, "confirmations.name")) else []


def test_offices_services_and_apps_are_not_named_like_a_person() -> None:
    found = {
        place for name, _, said in bodies() for value in examples(said) for place in named_like_a_person(value, name)
    }
    assert found == set()


def references_in(value: Any) -> Iterator[str]:
    """Every reference of an appointment or case in an example."""
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from references_in(one)
    elif isinstance(value, dict):
        for name, one in cast("Json", value).items():
            yield from [one] if name == "reference" and isinstance(one, str) else references_in(one)


def test_references_in_examples_have_the_check_character_that_is_wanted_of_them() -> None:
    found = {one for _, _, said in bodies() for value in examples(said) for one in references_in(value)}
    assert found and [one for one in found if normalise(one) != one] == []


def unsaid(value: Any, at: str = "") -> list[str]:
    """Where an example has a text that says nothing."""
    if isinstance(value, dict):
        return [place for name, one in cast("Json", value).items() for place in unsaid(one, f"{at}.{name}")]
    if isinstance(value, list):
        return [place for one in cast("list[Any]", value) for place in unsaid(one, at)]
    return [at] if value == UNSAID else []


def test_every_example_says_something() -> None:
    silent = {f"{name}{at}" for name, _, said in bodies() for value in examples(said) for at in unsaid(value)}
    assert silent == set(), "say in api.example_values what stands there"
    schemas = {"NewOut": {"type": "object", "properties": {"neverSeen": {"type": "string"}}}}
    assert unsaid(Example(schemas).of({"$ref": "#/components/schemas/NewOut"})) == [".neverSeen"]


def test_every_parameter_is_told_of_and_has_an_example_of_its_schema() -> None:
    shared: Json = document()["components"]["parameters"]
    for path, method, operation in operations(document()):
        for given in operation["parameters"]:
            one: Json = shared[given["$ref"].rsplit("/", 1)[-1]] if "$ref" in given else given
            at = (method, path, one["name"])
            assert one["description"], at
            assert one["name"] == "fields" or faults(one["schema"], one["example"]) == [], at
            assert "null" not in one["schema"]["type"], at


def test_an_example_that_does_not_fit_is_found() -> None:
    assert faults({"$ref": "#/components/schemas/GuestIn"}, {"installationId": 3}) != []
