"""A form with a mistake is not published, and every mistake is named with its place."""

from typing import Any

import pytest

from backend.documents.rules import PURPOSES
from backend.forms.lint import lint
from backend.forms.reader import MAX_BYTES, InvalidFormError, read
from tests.forms.samples import SLUGS, control, demo_content, rule, small


def faults(value: Any) -> list[tuple[str, str]]:
    try:
        lint(value, PURPOSES)
    except InvalidFormError as error:
        return [(fault.pointer, fault.text) for fault in error.faults]
    return []


@pytest.mark.parametrize("slug", SLUGS)
def test_the_demo_forms_are_without_fault(slug: str) -> None:
    assert demo_content(slug).form == slug


def test_the_small_form_is_without_fault() -> None:
    assert faults(small()) == []


GONE: Any = object()
_PICTURES = {
    "type": "array", "items": {"type": "string", "format": "uuid"}, "uniqueItems": True, "maxItems": 2,
    "attachment": "holiday",
}  # fmt: skip
# Where the mistake is found, what it is, where it is made, and what is put there.
CHANGES: list[tuple[str, str, str, Any]] = [
    ("/schema/properties/dog", "remote", "schema/properties/dog", {"$ref": "https://example.org/x"}),
    ("/schema/properties/dog", "a $ref to nothing", "schema/properties/dog", {"$ref": "#/$defs/x"}),
    ("/schema", "no schema", "schema/properties/name/minLength", "two"),
    ("/schema/properties/name", "unbounded", "schema/properties/name/maxLength", GONE),
    ("/schema", "open object", "schema/additionalProperties", GONE),
    ("/schema", "look-ahead", "schema/properties/chip/pattern", "^(?=a)b$"),
    ("/schema", "broken pattern", "schema/properties/chip/pattern", "("),
    ("/schema/properties/chip/pattern", "long pattern", "schema/properties/chip/pattern", "a" * 400),
    ("/schema/required", "unknown required", "schema/required", ["dog", "cat"]),
    ("/schema/properties/dog/anyOf", "not for answers", "schema/properties/dog/anyOf", [True]),
    ("/schema/properties/chip/format", "unknown format", "schema/properties/chip/format", "iri"),
    ("/schema/properties/pics/attachment", "unknown purpose", "schema/properties/pics", _PICTURES),
    ("/schema/properties/dog", "not shown", "ui/elements/2", GONE),
    ("/schema/properties/dog", "circle", "ui/elements/2/rule", rule("HIDE", "chip", {"const": "1234"})),
    ("/ui/elements/2/scope", "scope to nothing", "ui/elements/2", control("cat")),
    ("/ui/elements/1/rule/effect", "effect", "ui/elements/1/rule/effect", "BLINK"),
    ("/ui/elements/1/rule/condition", "undefined", "ui/elements/1/rule/condition/failWhenUndefined", GONE),
    ("/ui/elements/1/rule/condition/schema", "of a condition", "ui/elements/1/rule/condition/schema", {"type": "dog"}),
    ("/ui/elements/1/rule/condition/scope", "whole form", "ui/elements/1/rule/condition/scope", "#"),
    ("/texts/en", "text missing", "texts/en/dog.label", GONE),
    ("/texts/de/cat.label", "text too many", "texts/de/cat.label", "Katze"),
    ("/prefill/~1name", "no appointment", "prefill", {"/name": "appointment.name"}),
    ("/confirmations/0/shows/0", "shows nothing", "confirmations", [{"kind": "vet", "shows": ["/cat"]}]),
    ("/samples/0", "a wrong example", "samples/0/answers", {"dog": "yes"}),
    ("/handling", "unknown member", "handling/street", "x"),
    ("/handling/contact", "no address", "handling/contact", "/name"),
    ("/handling/contact", "no question", "handling/contact", "/mail"),
]


def put(form: Any, path: str, value: Any) -> None:
    *above, last = path.split("/")
    for name in above:
        form = form[int(name) if isinstance(form, list) else name]
    key: Any = int(last) if isinstance(form, list) else last
    if value is GONE:
        del form[key]
    else:
        form[key] = value


@pytest.mark.parametrize("pointer, what, path, value", CHANGES, ids=[change[1] for change in CHANGES])
def test_a_mistake_is_named_at_its_place(pointer: str, what: str, path: str, value: Any) -> None:
    form = small()
    put(form, path, value)
    assert pointer in [found for found, _ in faults(form)], faults(form)


def test_definitions_may_not_lead_in_a_circle() -> None:
    form = small()
    form["schema"]["$defs"] = {
        "a": {"type": "object", "additionalProperties": False, "properties": {"b": {"$ref": "#/$defs/a"}}}
    }
    assert "/schema/$defs/a" in [pointer for pointer, _ in faults(form)]


@pytest.mark.parametrize(
    "text, part",
    [
        ("a: &x [1]\nb: *x\n", "anchors"),
        ("a: 1\na: 2\n", "twice"),
        ("[" * 200 + "]" * 200, "deep"),
        ("a: [", "expected"),
        ("", "empty"),
        ("x: " + "y" * MAX_BYTES, "bytes"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, part: str) -> None:
    with pytest.raises(InvalidFormError, match=part):
        read(text)


def test_yaml_guesses_nothing() -> None:
    value, lines = read('a: no\nb: 2026-12-31\nc: 1.50\nd: "7"\ne: true\nf: 012\ng:\n  h: ~\n')
    assert value == {"a": "no", "b": "2026-12-31", "c": 1.5, "d": "7", "e": True, "f": "012", "g": {"h": None}}
    assert lines["/g/h"] == 8
