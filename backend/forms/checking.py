"""Every error of a person's answers: where, a stable code, and words that never repeat what was answered."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from backend.errors import FieldError
from backend.forms.conditions import MISSING, enabled, get, shown, strip, visible, with_objects
from backend.forms.content import LANGUAGES, Content, Json
from backend.forms.fields import ATTACHMENT, Condition, Node, Path, build, compiled, condition
from backend.forms.reader import step
from backend.unseen import FAULT, holds_unseen

_MOST_ERRORS = 200
_CODES: Mapping[str, tuple[str, str]] = {
    "type": ("wrong-type", "This has the wrong type"),
    "required": ("required", "This is needed"),
    "dependentRequired": ("required", "This is needed"),
    "minLength": ("too-short", "This is too short"),
    "maxLength": ("too-long", "This is too long"),
    "pattern": ("pattern", "This does not have the expected form"),
    "minimum": ("too-small", "This value is too small"),
    "exclusiveMinimum": ("too-small", "This value is too small"),
    "maximum": ("too-large", "This value is too large"),
    "exclusiveMaximum": ("too-large", "This value is too large"),
    "multipleOf": ("not-multiple", "This value is not one of the steps"),
    "enum": ("not-allowed", "This is none of the allowed values"),
    "const": ("not-allowed", "This is none of the allowed values"),
    "falseSchema": ("not-allowed", "This is none of the allowed values"),
    "minItems": ("too-few", "These are too few"),
    "maxItems": ("too-many", "These are too many"),
    "uniqueItems": ("repeated", "This may occur once"),
    "additionalProperties": ("unknown-field", "This field is not known"),
}
_FORMATS: Mapping[str, tuple[str, str]] = {
    "date": ("invalid-date", "This is not a date of the form YYYY-MM-DD"),
    "date-time": ("invalid-datetime", "This is not an RFC 3339 date and time"),
    "time": ("invalid-time", "This is not a time of day"),
    "email": ("invalid-email", "This is not an e-mail address"),
    "uuid": ("invalid-uuid", "This is not a UUID"),
    "uri": ("invalid-uri", "This is not a complete web address"),
}
INCOMPLETE = frozenset(("required", "too-few"))
"""Codes of what is not there yet, as opposed to what is wrong."""


class Attachment(msgspec.Struct, frozen=True):
    """A document that an answer names."""

    pointer: str
    document_id: str
    purpose: str


class Outcome(msgspec.Struct, frozen=True):
    """What came of checking: the answers that count, every error in them, and pointers to all that is shown."""

    answers: Json
    errors: list[FieldError]
    visible: list[str]


class Form:
    """A published version, ready to check answers against. Made once for each version and process."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.root = build(content.schema, content.ui)
        self._validator = compiled(content.schema)
        self.needed: dict[str, Condition | None] = {
            rule.kind: None if rule.needed is None else condition(rule.needed) for rule in content.confirmations
        }

    def strip(self, answers: Json) -> Json:
        """The answers to what is shown."""
        return strip(self.root, answers)

    def check(self, answers: Json) -> Outcome:
        """Strips and checks. Nothing is owed for what is hidden or cannot be changed."""
        kept = strip(self.root, answers)
        checked = with_objects(self.root, kept)
        found: dict[tuple[str, str], FieldError] = {}
        for error in self._validator.iter_errors(checked):
            for pointer, code, detail in _named(error):
                if code != "required" or self._owed(pointer, kept):
                    found.setdefault((pointer, code), self.error(pointer, code, detail))
            if len(found) >= _MOST_ERRORS:
                break
        for pointer in _unseen(kept, ""):
            found.setdefault((pointer, FAULT[0]), self.error(pointer, *FAULT))
        return Outcome(kept, [found[key] for key in sorted(found)], sorted(visible(self.root, kept)))

    def error(self, pointer: str, code: str, detail: str) -> FieldError:
        """With the form's own words for it where it has some."""
        key = f"{'.'.join(names_of(pointer))}.error.{code}"
        texts = {lang: self.content.texts[lang][key] for lang in LANGUAGES if key in self.content.texts.get(lang, {})}
        return FieldError(pointer, code, detail, texts)

    def attachments(self, kept: Json) -> list[Attachment]:
        """The documents that stripped answers name."""
        return list(_attachments(self.root, kept, ""))

    def label(self, path: Path, language: str) -> str:
        """The question in words; ``path`` is without the numbers of rows."""
        return self.text(".".join(path) + ".label", language) or path[-1]

    def text(self, key: str, language: str) -> str | None:
        """The form's words for a key; German where the language has none."""
        texts = self.content.texts
        return texts.get(language, {}).get(key) or texts["de"].get(key)

    def _owed(self, pointer: str, kept: Json) -> bool:
        """Whether a missing answer is asked for: its question is shown and can be answered."""
        scope, node = kept, self.root
        steps = pointer.split("/")[1:]
        here: list[str] = []
        for raw in steps:
            name = raw.replace("~1", "/").replace("~0", "~")
            if node.rows is not None and name.isdigit():
                rows = get(scope, tuple(here))
                listed = cast("list[Any]", rows) if isinstance(rows, list) else []
                row: Any = listed[int(name)] if int(name) < len(listed) else None
                scope, node, here = cast("Json", row) if isinstance(row, dict) else {}, node.rows, []
                continue
            child = node.children.get(name)
            if child is None:
                return True
            node = child
            here.append(name)
        return shown(node, scope) and enabled(node, scope)


def names_of(pointer: str) -> Path:
    """The names in a pointer, without the numbers of rows."""
    return tuple(name for name in pointer.split("/")[1:] if not name.isdigit())


def _named(error: Any) -> list[tuple[str, str, str]]:
    keyword = str(error.kind.name)
    pointer = "".join(f"/{step(part)}" for part in error.instance_path)
    if keyword == "format":
        code, detail = _FORMATS.get(str(error.kind.format), ("invalid", "This is not valid"))
        return [(pointer, code, detail)]
    code, detail = _CODES.get(keyword, ("invalid", "This is not valid"))
    if keyword in ("required", "dependentRequired"):
        return [(f"{pointer}/{step(error.kind.property)}", code, detail)]
    if keyword == "additionalProperties":
        return [(f"{pointer}/{step(str(name)[:100])}", code, detail) for name in error.kind.unexpected[:20]]
    return [(pointer, code, detail)]


def _unseen(value: Any, pointer: str) -> Iterator[str]:
    """Pointers to answers that no schema need forbid: whoever reads them does not see what they hold."""
    if isinstance(value, str):
        if holds_unseen(value):
            yield pointer
    elif isinstance(value, dict):
        for name, member in cast("Json", value).items():
            yield from _unseen(member, f"{pointer}/{step(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _unseen(item, f"{pointer}/{index}")


def _attachments(node: Node, answers: Json, pointer: str) -> list[Attachment]:
    found: list[Attachment] = []
    for leaf in node.leaves():
        value = get(answers, leaf.path)
        if value is MISSING or not isinstance(value, list):
            continue
        here = pointer + "".join(f"/{step(name)}" for name in leaf.path)
        for index, item in enumerate(cast("list[Any]", value)):
            if ATTACHMENT in leaf.schema:
                found.append(Attachment(f"{here}/{index}", str(item), leaf.schema[ATTACHMENT]))
            elif leaf.rows is not None and isinstance(item, dict):
                found += _attachments(leaf.rows, cast("Json", item), f"{here}/{index}")
    return found
