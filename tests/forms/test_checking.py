"""What is shown, what counts, and what is wrong: the rules of forms, against an oracle and in general."""

from typing import Any

import hypothesis.strategies as st
import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from backend.documents.rules import PURPOSES
from backend.forms.checking import Form
from backend.forms.conditions import strip, visible
from backend.forms.fields import compiled as validator
from backend.forms.lint import lint
from backend.forms.vectors import make
from tests.forms.samples import SLUGS, answers, compiled, control, demo_content, demo_form, rule, small


def errors(form: Form, given_answers: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in form.check(given_answers).errors]


def test_what_is_hidden_counts_as_never_answered() -> None:
    form = compiled(small())
    # The chip depends on the name, and the name on the dog: without the dog neither is looked at, over two rounds.
    outcome = form.check({"dog": False, "name": "Bello", "chip": "no chip at all"})
    assert (outcome.answers, outcome.errors, outcome.visible) == ({"dog": False}, [], ["/dog"])


def test_what_is_shown_is_owed_and_nothing_else() -> None:
    form = compiled(small())
    assert errors(form, {}) == [("/dog", "required")]
    assert errors(form, {"dog": True}) == [("/name", "required")]
    assert errors(form, {"dog": True, "name": "B"}) == [("/name", "too-short")]
    assert errors(form, {"dog": True, "name": "Bello", "chip": "12"}) == [("/chip", "pattern")]
    assert errors(form, {"dog": True, "name": "Bello", "chip": "1234", "cat": 1}) == [("/cat", "unknown-field")]


def test_an_answer_hidden_in_an_early_round_comes_back() -> None:
    # The note hides while the name is given; the name hides without a dog, so the note is shown after all.
    value = small()
    value["ui"]["elements"][0] = control("chip", rule=rule("HIDE", "name", {"type": "string"}))
    value["schema"]["required"] = ["dog", "name"]
    form = compiled(value)
    assert form.check({"dog": False, "name": "Bello", "chip": "1234"}).answers == {"dog": False, "chip": "1234"}


def test_what_cannot_be_changed_is_kept_and_not_owed() -> None:
    value = small()
    value["ui"]["elements"][1] = control("name", rule=rule("DISABLE", "dog", {"const": False}))
    form = compiled(value)
    assert errors(form, {"dog": False}) == []
    assert form.check({"dog": False, "name": "Bello", "chip": "1234"}).answers["name"] == "Bello"


def test_conditions_are_of_the_row() -> None:
    form, family = demo_form("wohnsitz-anmelden"), answers("wohnsitz-anmelden")
    family["persons"][2]["marriage"] = {"date": "2030-01-01", "place": "Bottrop"}  # a child's, hence not asked
    family["persons"][1].pop("marriage")
    outcome = form.check(family)
    assert [(e.pointer, e.code) for e in outcome.errors] == [
        ("/persons/1/marriage/date", "required"), ("/persons/1/marriage/place", "required"),
    ]  # fmt: skip
    assert "marriage" not in outcome.answers["persons"][2]
    assert "/persons/0/marriage/date" in outcome.visible
    assert "/persons/2/marriage/date" not in outcome.visible
    assert "/persons/2/custody" in outcome.visible


@pytest.mark.parametrize("broken", [5, "x", [], None, [1, "x"], {"familyName": []}, [{"document": 3}], [[]]])
def test_answers_of_any_form_are_reported_not_stumbled_over(broken: Any) -> None:
    form, family = demo_form("wohnsitz-anmelden"), answers("wohnsitz-anmelden")
    for name in ("persons", "newHome", "landlord", "moveIn"):
        given_answers = {**family, name: broken}
        assert any(pointer.startswith(f"/{name}") for pointer, _ in errors(form, given_answers)), (name, broken)
        form.attachments(given_answers)


def test_the_forms_own_words_come_first_in_both_languages() -> None:
    [error] = demo_form("bewohnerparkausweis").check({**answers("bewohnerparkausweis"), "truth": False}).errors
    assert error.texts == {
        "de": "Ohne diese Erklärung können wir den Antrag nicht annehmen.",
        "en": "We cannot accept the application without this declaration.",
    }


def test_no_error_repeats_what_was_answered() -> None:
    secret = "Geheimnis-4711"
    form = demo_form("maengelmeldung")
    for name in ("category", "district", "lampNumber", "danger"):
        found = form.check({**answers("maengelmeldung"), name: secret}).errors
        assert found
        assert all(secret not in e.detail and secret not in str(e.members()) for e in found)


def test_an_answer_that_turns_text_around_is_told_wherever_it_stands() -> None:
    form, family = demo_form("wohnsitz-anmelden"), answers("wohnsitz-anmelden")
    family["persons"][1]["familyName"] = "Muster\u202emann"
    family["newHome"]["street"] = "Ring\x07straße"
    expected = [("/newHome/street", "invalid-character"), ("/persons/1/familyName", "invalid-character")]
    assert errors(form, family) == expected
    family["persons"][1]["familyName"], family["newHome"]["street"] = "نمی\u200cخواهم", "Ringstraße"
    assert errors(form, family) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_published_vectors_are_what_the_checks_say(slug: str) -> None:
    form = Form(lint_again(slug))
    vectors = make(form)
    assert len(vectors) > 50
    for vector in vectors:
        outcome = form.check(vector["answers"])
        assert outcome.visible == vector["visible"]
        assert outcome.answers == vector["kept"]
        assert [{"pointer": e.pointer, "code": e.code} for e in outcome.errors] == vector["errors"]
    codes = {error["code"] for vector in vectors for error in vector["errors"]}
    assert {"required", "wrong-type", "pattern", "not-allowed"} <= codes


def lint_again(slug: str) -> Any:
    return lint(msgspec.to_builtins(demo_content(slug)), PURPOSES)


# ── in general ──
_scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "a", "ab", "1234", "Bello"]))
_flat = st.dictionaries(st.sampled_from(["dog", "name", "chip", "cat"]), _scalars)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Small forms whose rules look only at questions before them, in any order of the ui."""
    names = ["dog", "name", "chip"]
    value = small()
    elements: list[Any] = []
    for index, name in enumerate(names):
        more: dict[str, Any] = {}
        if index and draw(st.booleans()):
            schema = draw(
                st.sampled_from([{"const": True}, {"type": "string"}, {"enum": ["a", "1234"]}, {"minLength": 2}, {}])
            )
            effect = draw(st.sampled_from(["SHOW", "HIDE", "ENABLE", "DISABLE"]))
            more = {"rule": rule(effect, draw(st.sampled_from(names[:index])), schema)}
        elements.append(control(name, **more))
    value["ui"]["elements"] = draw(st.permutations(elements))
    value["schema"]["required"] = []
    return compiled(value)


@settings(max_examples=150, deadline=None)
@given(form=forms(), given_answers=_flat)
def test_stripping_comes_to_rest_and_keeps_just_what_is_shown(form: Form, given_answers: dict[str, Any]) -> None:
    kept = strip(form.root, given_answers)
    assert strip(form.root, kept) == kept
    assert kept.items() <= given_answers.items()
    shown = set(visible(form.root, kept))
    for name in given_answers:
        assert (name in kept) == (f"/{name}" in shown or name == "cat")


@settings(max_examples=150, deadline=None)
@given(form=forms(), given_answers=_flat, noise=_flat)
def test_hidden_answers_decide_nothing(form: Form, given_answers: dict[str, Any], noise: dict[str, Any]) -> None:
    outcome = form.check(given_answers)
    hidden = {n: v for n, v in noise.items() if f"/{n}" not in outcome.visible and n != "cat"}
    again = form.check({**given_answers, **hidden})
    assert (again.visible, again.answers) == (outcome.visible, outcome.answers)
    assert [(e.pointer, e.code) for e in again.errors] == [(e.pointer, e.code) for e in outcome.errors]


# ── the oracle ──
_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-20, 20),
        st.floats(-20, 20, allow_nan=False).map(lambda x: round(x, 2)),
        st.text(alphabet="ab1 é", max_size=6),
        st.sampled_from(
            ["2026-02-29", "2024-02-29", "12:00:00Z", "a@b.de", "x@", "0193a000-0005-7000-8000-000000000001"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _schemas() -> st.SearchStrategy[dict[str, Any]]:
    texts = st.fixed_dictionaries({"type": st.just("string")}, optional={
        "minLength": st.integers(0, 3), "maxLength": st.integers(0, 5),
        "pattern": st.sampled_from(["^a", "b$", "^[a-z]+$", "1"]),
        "format": st.sampled_from(["date", "uuid"])})  # fmt: skip
    numbers = st.fixed_dictionaries({"type": st.sampled_from(["integer", "number"])}, optional={
        "minimum": st.integers(-9, 9), "maximum": st.integers(-9, 9), "exclusiveMinimum": st.integers(-9, 9),
        "exclusiveMaximum": st.integers(-9, 9), "multipleOf": st.sampled_from([1, 2, 5])})  # fmt: skip
    plain = st.one_of(
        texts, numbers, st.just({"type": "boolean"}), st.fixed_dictionaries({"const": _values}),
        st.fixed_dictionaries({"enum": st.lists(_values, min_size=1, max_size=3)}),
    )  # fmt: skip
    return st.recursive(plain, _wider, max_leaves=5)


def _wider(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    members = st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    names = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True)
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("object"), "properties": members}, optional={
            "required": names, "additionalProperties": st.just(False), "if": inner, "then": inner, "else": inner,
            "dependentRequired": st.dictionaries(st.sampled_from(["a", "b"]), names, max_size=1)}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={
            "minItems": st.integers(0, 3), "maxItems": st.integers(0, 3), "uniqueItems": st.booleans()}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": inner}),
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(schema=_schemas(), value=_values)
def test_the_validator_judges_as_the_reference_does(schema: dict[str, Any], value: Any) -> None:
    oracle: Any = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert validator(schema).is_valid(value) == oracle.is_valid(value)
    if "anyOf" not in schema and "oneOf" not in schema:
        mine = {tuple(e.instance_path) for e in validator(schema).iter_errors(value)}
        other = {tuple(e.absolute_path) for e in oracle.iter_errors(value)}
        assert mine == other


@pytest.mark.parametrize(
    "form, answer, right",
    [
        ("date", "0000-01-01", False),
        ("date", "0001-01-01", True),
        ("date", "2026-02-29", False),
        ("date", "9999-12-31", True),
        ("date", "20260101", False),
        ("date-time", "0000-01-01T00:00:00Z", False),
        ("date-time", "2026-01-01T00:00:00+01:00", True),
        ("date-time", "2026-01-01", False),
    ],
)
def test_a_date_is_one_that_calendars_know(form: str, answer: str, *, right: bool) -> None:
    assert validator({"type": "string", "format": form}).is_valid(answer) is right
