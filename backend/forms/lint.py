"""Everything that is wrong with a form's file, before anybody fills it in."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

import msgspec

from backend.forms.checking import Form
from backend.forms.content import Content, Json
from backend.forms.fields import EFFECTS, LAYOUTS, Combined, Condition, Node, Path, build, condition, path_of, tree
from backend.forms.reader import Fault, InvalidFormError, step
from backend.forms.vocabulary import MOST_QUESTIONS, condition_faults, schema_faults
from backend.forms.wording import text_faults

_UI_WORDS = {"type", "scope", "elements", "rule", "options", "i18n"}
_OPTIONS = {"detail", "multi", "format", "readonly", "trim", "slider", "rows", "map"}


def lint(value: Any, purposes: Collection[str], lines: Mapping[str, int] | None = None) -> Content:
    """The content of a file without fault; raises InvalidFormError with all that is wrong with it.

    ``purposes``: for which documents may be sent.
    """
    known = dict(lines or {})
    try:
        content = msgspec.convert(value, Content)
    except msgspec.ValidationError as error:
        words, _, where = str(error).partition(" - at `")
        pointer = where.rstrip("`").removeprefix("$").replace(".", "/").replace("[", "/").replace("]", "")
        raise InvalidFormError([Fault(pointer, words)], known) from error
    if found := list(schema_faults(content.schema, purposes)):
        raise InvalidFormError(found, known)
    try:
        asked = tree(content.schema, content.schema)
    except LookupError as error:
        raise InvalidFormError([Fault("/schema", f"a $ref leads nowhere: {error}")], known) from error
    found = list(_ui_faults(content.ui, asked, "/ui", 0))
    if not found:
        root = build(content.schema, content.ui)
        found += [*_placing_faults(root), *_circle_faults(root), *_rest_faults(content, root)]
        found += text_faults(content, root)
    if found:
        raise InvalidFormError(found, known)
    if found := list(_sample_faults(content)):
        raise InvalidFormError(found, known)
    return content


def _ui_faults(ui: Any, node: Node, at: str, depth: int) -> Iterator[Fault]:
    if not isinstance(ui, dict) or depth > 12:
        yield Fault(at, "must be an element of the ui, not nested too deep")
        return
    element = cast("Json", ui)
    for word in element.keys() - _UI_WORDS:
        yield Fault(f"{at}/{step(word)}", "is not known here; words belong into texts")
    if "rule" in element:
        yield from _rule_faults(element["rule"], node, f"{at}/rule")
    kind = element.get("type")
    if kind == "Control":
        yield from _control_faults(element, node, at, depth)
    elif kind in LAYOUTS:
        elements = element.get("elements")
        if not isinstance(elements, list) or not elements:
            yield Fault(at, "elements are needed")
            return
        for i, inner in enumerate(cast("list[Any]", elements)):
            yield from _ui_faults(inner, node, f"{at}/elements/{i}", depth + 1)
    elif kind != "Label":
        yield Fault(at, "type must be Control, Label, " + ", ".join(LAYOUTS))
    if kind in ("Group", "Category", "Label") and not isinstance(element.get("i18n"), str):
        yield Fault(at, "i18n is needed: the key of its words in texts")


def _control_faults(element: Json, node: Node, at: str, depth: int) -> Iterator[Fault]:
    path = path_of(str(element.get("scope", "")))
    asked = node.find(path) if path else None
    if asked is None or _crosses_rows(node, path or ()):
        yield Fault(f"{at}/scope", "leads to no question")
        return
    options = cast("Json", element.get("options", {}))
    for word in options.keys() - _OPTIONS:
        yield Fault(f"{at}/options/{step(word)}", "is not known here")
    if asked.is_object:
        yield Fault(f"{at}/scope", "leads to an object: name its questions one by one")
    elif asked.rows is not None:
        yield from _ui_faults(options.get("detail"), asked.rows, f"{at}/options/detail", depth + 1)


def _crosses_rows(node: Node, path: Path) -> bool:
    for name in path[:-1]:
        node = node.children[name]
        if node.rows is not None:
            return True
    return False


def _rule_faults(rule: Any, node: Node, at: str) -> Iterator[Fault]:
    if not isinstance(rule, dict) or rule.keys() != {"effect", "condition"}:  # pyright: ignore[reportUnknownMemberType]
        yield Fault(at, "a rule has effect and condition")
        return
    if rule["effect"] not in EFFECTS:
        yield Fault(f"{at}/effect", "must be one of " + ", ".join(EFFECTS))
    yield from _condition_faults(rule["condition"], node, f"{at}/condition", 0)


def _condition_faults(given: Any, node: Node, at: str, depth: int) -> Iterator[Fault]:
    if not isinstance(given, dict) or depth > 4:
        yield Fault(at, "must be a condition, not nested too deep")
        return
    one = cast("Json", given)
    if one.get("type") in ("AND", "OR"):
        parts = one.get("conditions")
        if one.keys() != {"type", "conditions"} or not isinstance(parts, list) or not 1 <= len(parts) <= 20:  # pyright: ignore[reportUnknownArgumentType]
            yield Fault(at, "AND and OR have conditions, 1 to 20")
            return
        for i, part in enumerate(cast("list[Any]", parts)):
            yield from _condition_faults(part, node, f"{at}/conditions/{i}", depth + 1)
        return
    if one.keys() != {"scope", "schema", "failWhenUndefined"} or one["failWhenUndefined"] is not True:
        yield Fault(at, "a condition has scope, schema and failWhenUndefined: true (else apps judge what is missing)")
        return
    path = path_of(str(one["scope"]))
    if not path or node.find(path) is None or _crosses_rows(node, path):
        yield Fault(f"{at}/scope", "leads to no question of this form or row")
    yield from condition_faults(one["schema"], f"{at}/schema")


def _placing_faults(root: Node, at: str = "/schema") -> Iterator[Fault]:
    count = 0
    for node in _every(root):
        count += 1
        if not node.controls:
            yield Fault(at + "".join(f"/properties/{name}" for name in node.path), "is shown nowhere in the ui")
    if count > MOST_QUESTIONS:
        yield Fault(at, f"a form asks {MOST_QUESTIONS} questions at most, this one {count}")


def _every(root: Node) -> Iterator[Node]:
    for node in root.leaves():
        yield node
        if node.rows is not None:
            yield from _every(node.rows)


def _circle_faults(root: Node) -> Iterator[Fault]:
    """Rules by which a question decides, over whatever detour, about itself: nobody could say what is shown."""
    needs = {
        node.path: {path for rules in node.controls for rule in rules for path in _paths(rule.condition)}
        for node in root.leaves()
    }
    touched = {
        path: {other for wanted in wants for other in needs if _overlap(other, wanted)} for path, wants in needs.items()
    }
    for path, direct in touched.items():
        seen: set[Path] = set()
        waiting = list(direct)
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += touched[other]
        if path in seen:
            pointer = "/schema" + "".join(f"/properties/{name}" for name in path)
            yield Fault(pointer, "decides, by the rules, whether it is shown itself")
    for node in root.leaves():
        if node.rows is not None:
            yield from _circle_faults(node.rows)


def _paths(given: Condition) -> Iterator[Path]:
    if isinstance(given, Combined):
        for part in given.parts:
            yield from _paths(part)
    else:
        yield given.path


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _rest_faults(content: Content, root: Node) -> Iterator[Fault]:
    yield from _confirmation_faults(content, root)
    by = content.handling.by_answer
    if by is not None:
        asked = _at(root, by.field)
        values = set(asked.schema.get("enum", [])) if asked is not None else set[str]()
        if not values or not by.offices.keys() <= values:
            yield Fault("/handling/byAnswer", "field must be a question with an enum, offices are by its values")
    contact = content.handling.contact
    asked = None if contact is None else _at(root, contact)
    if contact is not None and (asked is None or asked.schema.get("format") != "email"):
        yield Fault("/handling/contact", "leads to no question for a mail address")
    for pointer, source in content.prefill.items():
        asked = _at(root, pointer)
        if asked is None or asked.schema.get("type") != "string":
            yield Fault(f"/prefill/{step(pointer)}", "leads to no question that is answered with a text")
        if source.startswith("appointment.") and content.appointment == "none":
            yield Fault(f"/prefill/{step(pointer)}", "the form has no appointment")


def _confirmation_faults(content: Content, root: Node) -> Iterator[Fault]:
    kinds = [rule.kind for rule in content.confirmations]
    for i, rule in enumerate(content.confirmations):
        at = f"/confirmations/{i}"
        if kinds.count(rule.kind) > 1:
            yield Fault(f"{at}/kind", "stands here twice")
        for j, pointer in enumerate(rule.shows):
            if _at(root, pointer, objects=True) is None:
                yield Fault(f"{at}/shows/{j}", "leads to no question")
        if rule.needed is not None:
            yield from _condition_faults(rule.needed, root, f"{at}/needed", 0)


def _at(root: Node, pointer: str, *, objects: bool = False) -> Node | None:
    path = tuple(pointer.split("/")[1:])
    if not path or (not objects and _crosses_safely(root, path)):
        return None
    node = root.find(path)
    return node if node is not None and (objects or not node.is_object) else None


def _crosses_safely(root: Node, path: Path) -> bool:
    return any((node := root.find(path[:i])) is None or node.rows is not None for i in range(1, len(path)))


def _sample_faults(content: Content) -> Iterator[Fault]:
    form = Form(content)
    for rule in content.confirmations:
        if rule.needed is not None:
            condition(rule.needed)
    for i, sample in enumerate(content.samples):
        found = {(error.pointer, error.code) for error in form.check(sample.answers).errors}
        wanted = {(error.pointer, error.code) for error in sample.errors}
        for pointer, code in sorted(found - wanted):
            yield Fault(f"/samples/{i}", f"has an error that it does not name: {pointer} {code}")
        for pointer, code in sorted(wanted - found):
            yield Fault(f"/samples/{i}", f"does not have the error that it names: {pointer} {code}")
    if not any(not sample.errors for sample in content.samples):
        yield Fault("/samples", "one at least must be without error")
