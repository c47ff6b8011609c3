"""Which questions are shown, and which answers remain: what is hidden counts as never answered.

A rule may look at an answer that is itself hidden, so answers are stripped until nothing changes any more. Each round
starts from what was really given: an answer that was hidden a round ago may be back. Rules that lead in a circle are
refused when a form is published, so the rounds end after at most one for each question.
"""

from collections.abc import Iterator
from typing import Any, cast

from backend.forms.content import Json
from backend.forms.fields import Combined, Condition, Node, Path, Rule
from backend.forms.reader import step

MISSING: Any = object()
_MOST_ROUNDS = 400


def get(answers: Any, path: Path) -> Any:
    """The answer at ``path``, or MISSING."""
    for name in path:
        if not isinstance(answers, dict) or name not in answers:
            return MISSING
        answers = cast("Json", answers)[name]
    return answers


def holds(condition: Condition, scope: Json) -> bool:
    """Whether the condition is true of the answers of its form or row."""
    if isinstance(condition, Combined):
        found = (holds(part, scope) for part in condition.parts)
        return all(found) if condition.every else any(found)
    value = get(scope, condition.path)
    return value is not MISSING and bool(condition.validator.is_valid(value))


def shown(node: Node, scope: Json) -> bool:
    """Whether the question, or any question of the object, is shown."""
    if node.is_object:
        return any(shown(child, scope) for child in node.children.values())
    return any(all(_shows(rule, scope) for rule in rules) for rules in node.controls)


def enabled(node: Node, scope: Json) -> bool:
    """Whether a shown question, or any of the object, can be answered at this moment."""
    if node.is_object:
        return any(enabled(child, scope) for child in node.children.values())
    return any(all(_shows(rule, scope) and _enables(rule, scope) for rule in rules) for rules in node.controls)


def _shows(rule: Rule, scope: Json) -> bool:
    if rule.effect == "SHOW":
        return holds(rule.condition, scope)
    return rule.effect != "HIDE" or not holds(rule.condition, scope)


def _enables(rule: Rule, scope: Json) -> bool:
    if rule.effect == "ENABLE":
        return holds(rule.condition, scope)
    return rule.effect != "DISABLE" or not holds(rule.condition, scope)


def strip(form: Node, answers: Json) -> Json:
    """The answers to what is shown. What the form does not know stays, so that it can be reported."""
    basis = answers
    for _ in range(_MOST_ROUNDS):
        kept = _kept(form, answers, basis, basis)
        if kept == basis:
            return kept
        basis = kept
    raise RuntimeError("the rules of this form never come to rest")


def _kept(node: Node, answers: Json, basis: Json, scope: Json) -> Json:
    """``scope`` is the form's or the row's part of ``basis``, which conditions look at."""
    found: Json = {}
    for name, value in answers.items():
        child = node.children.get(name)
        if child is None:
            found[name] = value
        elif not shown(child, scope):
            continue
        elif child.is_object and isinstance(value, dict):
            inner = basis.get(name)
            known = cast("Json", inner) if isinstance(inner, dict) else {}
            found[name] = _kept(child, cast("Json", value), known, scope)
        elif child.rows is not None and isinstance(value, list):
            found[name] = _kept_rows(child.rows, cast("list[Any]", value), basis.get(name))
        else:
            found[name] = value
    return found


def _kept_rows(rows: Node, given: list[Any], basis: Any) -> list[Any]:
    known = cast("list[Any]", basis) if isinstance(basis, list) else []
    found: list[Any] = []
    for index, row in enumerate(given):
        if not isinstance(row, dict):
            found.append(row)
            continue
        seen = cast("Json", known[index]) if index < len(known) and isinstance(known[index], dict) else {}
        found.append(_kept(rows, cast("Json", row), seen, seen))
    return found


def visible(form: Node, stripped: Json, pointer: str = "") -> Iterator[str]:
    """Pointers to all that is shown, given answers that ``strip`` left: questions, and those of each row."""
    for node in form.leaves():
        if not shown(node, stripped):
            continue
        here = pointer + "".join(f"/{step(name)}" for name in node.path)
        yield here
        rows = get(stripped, node.path)
        if node.rows is not None and isinstance(rows, list):
            for index, row in enumerate(cast("list[Any]", rows)):
                if isinstance(row, dict):
                    yield from visible(node.rows, cast("Json", row), f"{here}/{index}")


def with_objects(node: Node, answers: Json, scope: Json | None = None) -> Json:
    """The same with an empty object where a shown one is owed: so each question in it is named by itself."""
    around = answers if scope is None else scope
    found = dict(answers)
    owed = node.schema.get("required", ())
    for name, child in node.children.items():
        value = found.get(name, MISSING)
        if child.is_object and (
            isinstance(value, dict) or (value is MISSING and name in owed and shown(child, around))
        ):
            found[name] = with_objects(child, {} if value is MISSING else cast("Json", value), around)
        elif child.rows is not None and isinstance(value, list):
            rows = child.rows
            found[name] = [
                with_objects(rows, cast("Json", row)) if isinstance(row, dict) else row
                for row in cast("list[Any]", value)
            ]
    return found
