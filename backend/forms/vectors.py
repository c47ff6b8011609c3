"""Test vectors: answers, what is shown for them, and every error in them, to hold an app's own checks against.

They come from the form's examples, and from the same examples with one thing changed at a time.
"""

import copy
from collections.abc import Iterator
from typing import Any, cast

from backend.forms.checking import Form
from backend.forms.conditions import MISSING, get
from backend.forms.content import Json
from backend.forms.fields import Node, Path

_MOST = 250


def make(form: Form) -> list[Json]:
    """``{name, answers, kept, visible, errors: [{pointer, code}]}`` each; the same for the same form every time."""
    found: list[Json] = []
    for name, answers in _cases(form):
        if len(found) == _MOST:
            break
        outcome = form.check(answers)
        errors = [{"pointer": error.pointer, "code": error.code} for error in outcome.errors]
        found.append(
            {"name": name, "answers": answers, "kept": outcome.answers, "visible": outcome.visible, "errors": errors}
        )
    return found


def _cases(form: Form) -> Iterator[tuple[str, Json]]:
    yield "nothing answered", {}
    for sample in form.content.samples:
        yield sample.name, sample.answers
    for sample in form.content.samples:
        if not sample.errors:
            for what, path, value in _changes(form.root, sample.answers):
                yield f"{sample.name}; {what}", _changed(sample.answers, path, value)


def _changes(node: Node, answers: Json, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Any, Any]]:
    for leaf in node.leaves():
        here, value = (*above, *leaf.path), get(answers, leaf.path)
        pointer = "/" + "/".join(map(str, here))
        if value is not MISSING:
            yield f"without {pointer}", here, MISSING
            yield f"{pointer} of another type", here, {"not": "this"}
        for other in _others(leaf, value):
            yield f"{pointer} changed", here, other
        if leaf.rows is not None and isinstance(value, list):
            for index, row in enumerate(cast("list[Any]", value)):
                yield from _changes(leaf.rows, row, (*here, index))


def _others(leaf: Node, value: Any) -> Iterator[Any]:
    """Other answers: each that the schema lists, and values just outside of its bounds."""
    schema = leaf.schema
    yield from (other for other in schema.get("enum", ()) if other != value)
    if schema.get("type") == "boolean":
        yield value is not True
    if schema.get("type") == "string" and "enum" not in schema:
        yield "?"
        if "maxLength" in schema and schema["maxLength"] < 300:
            yield "x" * (schema["maxLength"] + 1)
    if schema.get("type") in ("integer", "number"):
        yield from (schema[word] + add for word, add in (("minimum", -1), ("maximum", 1)) if word in schema)
    if schema.get("type") == "array":
        yield []


def _changed(answers: Json, path: Path, value: Any) -> Json:
    found = copy.deepcopy(answers)
    inner: Any = found
    for name in path[:-1]:
        inner = cast("Json", inner).setdefault(name, {}) if isinstance(inner, dict) else inner[cast("Any", name)]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return found
