"""Answers as people read them, for receipts, clerks and third parties: in words, in the order of the questions."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import msgspec

from backend.forms.checking import Form
from backend.forms.conditions import MISSING, get
from backend.forms.content import Json
from backend.forms.fields import ATTACHMENT, Node, Path, path_of
from backend.forms.reader import step

_YES = {"de": ("Ja", "Nein"), "en": ("Yes", "No")}


class Line(msgspec.Struct, frozen=True):
    """One answered question; ``pointer`` is of the answer."""

    pointer: str
    label: str
    value: str


class Block(msgspec.Struct, frozen=True):
    """Lines under a heading; a repeated group has one for each row."""

    heading: str
    lines: list[Line]


Name = Callable[[str], str]
"""How a document is called, by its id."""


def blocks(form: Form, kept: Json, language: str, document_name: Name | None = None) -> list[Block]:
    """Every answer of stripped answers. Blocks without any are left out, and what they stood between is one block."""
    reading = _Reading(form, language, document_name or (lambda _: "–"))
    reading.element(form.content.ui, form.root, kept, (), "")
    joined: list[Block] = []
    for block in reading.found:
        if joined and block.lines and joined[-1].heading == block.heading:
            joined[-1].lines.extend(block.lines)
        elif block.lines:
            joined.append(block)
    return joined


def only(found: list[Block], pointers: list[str]) -> list[Block]:
    """What of the blocks lies at or under one of ``pointers``."""
    kept = [
        Block(block.heading, [line for line in block.lines if any(_under(line.pointer, p) for p in pointers)])
        for block in found
    ]
    return [block for block in kept if block.lines]


def _under(pointer: str, above: str) -> bool:
    return pointer == above or pointer.startswith(f"{above}/")


class _Reading:
    def __init__(self, form: Form, language: str, document_name: Name) -> None:
        self.form, self.language, self._document_name = form, language, document_name
        self.found: list[Block] = [Block("", [])]

    def element(self, ui: Json, node: Node, answers: Json, above: Path, pointer: str) -> None:
        """``answers`` are those of the form or row that ``pointer`` leads to; ``above`` are its names."""
        if ui["type"] == "Control":
            self._control(ui, node, answers, above, pointer)
            return
        before = self.found[-1].heading
        grouped = ui["type"] in ("Group", "Category")
        if grouped:
            heading = self.form.text(f"{ui['i18n']}.label", self.language) or ""
            self.found.append(Block(self._within(heading, above, pointer), []))
        for inner in ui.get("elements", ()):
            self.element(inner, node, answers, above, pointer)
        if grouped:
            # What follows a group belongs to what stood around it.
            self.found.append(Block(before, []))

    def _control(self, ui: Json, node: Node, answers: Json, above: Path, pointer: str) -> None:
        path = path_of(ui["scope"]) or ()
        asked, value = node.find(path), get(answers, path)
        if asked is None or value is MISSING:
            return
        here, names = pointer + "".join(f"/{step(name)}" for name in path), (*above, *path)
        if asked.rows is not None and isinstance(value, list):
            before = self.found[-1].heading
            for index, row in enumerate(cast("list[Any]", value)):
                if isinstance(row, dict):
                    heading = f"{self.form.label(names, self.language)} · {index + 1}"
                    self.found.append(Block(heading, []))
                    self.element(ui["options"]["detail"], asked.rows, cast("Json", row), names, f"{here}/{index}")
            self.found.append(Block(before, []))
            return
        text = self._text(asked, names, value)
        self.found[-1].lines.append(Line(here, self.form.label(names, self.language), text))

    def _within(self, heading: str, above: Path, pointer: str) -> str:
        """The heading of a group in a row says which row."""
        if not above:
            return heading
        row = pointer.rpartition("/")[2]
        return f"{self.form.label(above, self.language)} · {int(row) + 1} · {heading}" if row.isdigit() else heading

    def _text(self, asked: Node, names: Path, value: Any) -> str:
        if isinstance(value, list):
            items = cast("list[Any]", value)
            if ATTACHMENT in asked.schema:
                return ", ".join(self._document_name(str(item)) for item in items)
            return ", ".join(self._one(asked.schema.get("items", {}), names, item) for item in items) or "–"
        return self._one(asked.schema, names, value)

    def _one(self, schema: Json, names: Path, value: Any) -> str:
        if isinstance(value, bool):
            return _YES[self.language][0 if value else 1]
        if "enum" in schema:
            return self.form.text(f"{'.'.join(names)}.{value}", self.language) or str(value)
        if schema.get("format") == "date" and (day := _day(value)) is not None:
            return day.strftime("%d.%m.%Y") if self.language == "de" else f"{day.day} {day.strftime('%B %Y')}"
        if isinstance(value, float) and self.language == "de":
            return str(value).replace(".", ",")
        return str(value)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
