"""A form's questions as a tree: what is asked, in which rows, and under which rules it is shown.

Built from schema and ui together. Scopes are JSON Forms' (``#/properties/…``); inside of a repeated group they begin
at the row, and so do the conditions of its rules.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, cast

import jsonschema_rs
import msgspec

from backend.forms.content import Json
from backend.mail_address import ascii_form

Effect = Literal["SHOW", "HIDE", "ENABLE", "DISABLE"]
EFFECTS: tuple[Effect, ...] = ("SHOW", "HIDE", "ENABLE", "DISABLE")
LAYOUTS = ("VerticalLayout", "HorizontalLayout", "Group", "Categorization", "Category")
Path = tuple[str, ...]
FORMATS = ("date", "date-time", "time", "email", "uuid", "uri")
ATTACHMENT = "attachment"
"""Our keyword: the answer is a list of document ids, sent for this purpose."""


class Test(msgspec.Struct, frozen=True):
    """Whether the answer at ``path`` fits a schema. An answer that is missing fits nothing."""

    path: Path
    validator: Any


class Combined(msgspec.Struct, frozen=True):
    """``every``: all parts have to hold; else one of them."""

    every: bool
    parts: "tuple[Condition, ...]"


Condition = Test | Combined


class Rule(msgspec.Struct, frozen=True):
    """What happens to a question, and to all inside it, when its condition holds."""

    effect: Effect
    condition: Condition


class Node(msgspec.Struct):
    """One name of the schema: an object with ``children``, or a question.

    A question is shown by each of its ``controls``, whose rules are its own and those of every layout around it.
    ``rows``: the questions of one row of a repeated group.
    """

    path: Path
    schema: Json
    children: dict[str, "Node"] = {}
    is_object: bool = False
    rows: "Node | None" = None
    controls: list[tuple[Rule, ...]] = []

    def leaves(self) -> "Iterator[Node]":
        """The questions of this object, those inside of rows not included."""
        if not self.is_object:
            yield self
            return
        for child in self.children.values():
            yield from child.leaves()

    def find(self, path: Path) -> "Node | None":
        """The node at ``path``, where steps into rows are left out."""
        node: Node | None = self
        for name in path:
            if node is None:
                return None
            node = (node.rows or node).children.get(name)
        return node


def resolve(schema: Json, root: Json) -> Json:
    """The schema that a local ``$ref`` leads to, members beside it added; raises LookupError where it leads nowhere."""
    seen = 0
    while (ref := schema.get("$ref")) is not None:
        name = str(ref).removeprefix("#/$defs/")
        defs: Json = root.get("$defs", {})
        if name == ref or name not in defs or seen > 8:
            raise LookupError(str(ref))
        seen += 1
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**defs[name], **beside}
    return schema


def tree(schema: Json, root: Json, path: Path = (), depth: int = 0) -> Node:
    """The questions of an object's schema, not shown by anything yet. Raises LookupError for a ``$ref`` without end."""
    if depth > 12:
        raise LookupError("the schema is nested too deep")
    found = resolve(schema, root)
    node = Node(path, found, {}, controls=[])
    if found.get("type") == "object":
        node.is_object = True
        members = cast("Mapping[str, Json]", found.get("properties", {}))
        node.children = {name: tree(member, root, (*path, name), depth + 1) for name, member in members.items()}
    elif found.get("type") == "array" and ATTACHMENT not in found:
        items = resolve(found.get("items", {}), root)
        if items.get("type") == "object":
            node.rows = tree(items, root, (), depth + 1)
    return node


def path_of(scope: str) -> Path | None:
    """The names that a scope leads through; None where it is none of ours."""
    steps = scope.split("/")
    if steps[0] != "#" or len(steps) % 2 == 0 or any(step != "properties" for step in steps[1::2]):
        return None
    return tuple(steps[2::2])


def condition(given: Json) -> Condition:
    """Compiled from JSON Forms' form; raises ValueError or LookupError where it is none."""
    if given.get("type") in ("AND", "OR"):
        return Combined(given["type"] == "AND", tuple(condition(part) for part in given["conditions"]))
    path = path_of(given["scope"])
    if not path:
        raise LookupError(given["scope"])
    return Test(path, compiled(given["schema"]))


def _is_mail_address(answer: str) -> bool:
    return ascii_form(answer) is not None


def _has_a_year(name: str) -> Callable[[str], bool]:
    """The format as its standard has it, but for the year 0: it is written as any other is, and calendars lack it."""
    written = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    return lambda answer: not answer.startswith("0000") and written.is_valid(answer)


def compiled(schema: Json) -> Any:
    """A validator that fetches nothing, checks formats, and never repeats a value in its words."""
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        formats={"email": _is_mail_address, "date": _has_a_year("date"), "date-time": _has_a_year("date-time")},
        ignore_unknown_formats=False,
        offline=True,
        mask="…",
        pattern_options=jsonschema_rs.RegexOptions(size_limit=2_000_000),
    )


def place(ui: Json, node: Node, rules: tuple[Rule, ...] = ()) -> None:
    """Puts what the ui shows, with the rules above it, into the tree. The ui has been found without fault."""
    if (rule := ui.get("rule")) is not None:
        rules = (*rules, Rule(rule["effect"], condition(rule["condition"])))
    if ui["type"] == "Control":
        path = path_of(ui["scope"])
        question = node.find(path) if path else None
        if question is None:
            raise LookupError(ui["scope"])
        question.controls.append(rules)
        if question.rows is not None:
            place(ui["options"]["detail"], question.rows)
    for element in ui.get("elements", ()):
        place(element, node, rules)


def build(schema: Json, ui: Json) -> Node:
    """The tree of a form that has been found without fault."""
    found = tree(schema, schema)
    place(ui, found)
    return found
