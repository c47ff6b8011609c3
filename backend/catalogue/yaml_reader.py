"""Reading YAML strictly: every fault is collected with its line, and reading goes on behind it.

Scalars are taken as they are written, not as YAML 1.1 guesses: ``12:00`` is a time of day and not 720, ``05513000`` is
a text. A reader that found a fault returns a harmless stand-in; what was read counts only if no fault was found.
"""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import yaml
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

T = TypeVar("T")
_NOTHING = ("", "~", "null")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_MAX_DEPTH = 8
_LARGEST = 2**53
"""What every reader of JSON takes for a whole number."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text needs, and PostgreSQL or a terminal does not take; an escape in quotation marks can hold it."""


class Fault(Struct, frozen=True, order=True):
    """One error of a file; ``line`` counts from 1."""

    line: int
    text: str


class InvalidFileError(Exception):
    """The file cannot be applied; ``faults`` are all of its errors, by line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("; ".join(f"line {fault.line}: {fault.text}" for fault in self.faults))


class Item:
    """One node of the file and where it stands. Reading methods say what the node has to be."""

    def __init__(self, node: Node, faults: list[Fault], path: str = "") -> None:
        self.node, self.faults, self.path = node, faults, path
        self.line: int = node.start_mark.line + 1

    def fault(self, text: str) -> None:
        """Notes an error at this node."""
        self.faults.append(Fault(self.line, f"{self.path}: {text}" if self.path else text))

    def mapping(self) -> "Fields":
        """A mapping with fields; anything else is a fault and reads as an empty one."""
        if isinstance(self.node, MappingNode):
            return Fields(self, self.node)
        self.fault("must be a mapping")
        return Fields(self, MappingNode("", [], self.node.start_mark, self.node.end_mark), broken=True)

    def items(self) -> list["Item"]:
        """The entries of a list; anything else is a fault."""
        if not isinstance(self.node, SequenceNode):
            self.fault("must be a list")
            return []
        return [Item(node, self.faults, f"{self.path}[{i}]") for i, node in enumerate(self.node.value)]

    def scalar(self, what: str, parse: Callable[[str], T | None], otherwise: T) -> T:
        """A single value that ``parse`` understands; a fault that it must be ``what`` otherwise."""
        if isinstance(self.node, ScalarNode):
            value: str = self.node.value
            if _UNPRINTABLE.search(value):
                self.fault("holds a control character")
                return otherwise
            # An unquoted "~" or "null" is no text that anyone meant.
            if (self.node.style is not None or value not in _NOTHING) and (parsed := parse(value)) is not None:
                return parsed
        self.fault(f"must be {what}")
        return otherwise

    def text(self, pattern: str = r"(?s).*\S.*", what: str = "a text") -> str:
        """A text that matches ``pattern`` as a whole."""
        return self.scalar(what, lambda value: value.strip() if re.fullmatch(pattern, value.strip()) else None, "")

    def number(self, low: int, high: int) -> int:
        """A whole number within bounds, both included."""

        def parse(value: str) -> int | None:
            return int(value) if re.fullmatch(r"-?\d{1,9}", value) and low <= int(value) <= high else None

        return self.scalar(f"a whole number from {low} to {high}", parse, low)

    def decimal(self, low: float, high: float) -> float:
        """A decimal number within bounds."""

        def parse(value: str) -> float | None:
            return float(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) and low <= float(value) <= high else None

        return self.scalar(f"a number from {low:g} to {high:g}", parse, low)

    def flag(self) -> bool:
        """``true`` or ``false``."""
        return self.scalar("true or false", {"true": True, "false": False}.get, False)

    def choice(self, words: Iterable[str]) -> str:
        """One of ``words``."""
        known = sorted(words)
        return self.scalar("one of " + ", ".join(known), lambda v: v if v in known else None, known[0])

    def minute(self) -> int:
        """A time of day, ``HH:MM`` up to ``24:00``, as minutes since midnight."""

        def parse(value: str) -> int | None:
            return int(value[:-3]) * 60 + int(value[-2:]) if _TIME.fullmatch(value) else None

        return self.scalar("a time of day like 08:15, up to 24:00", parse, 0)

    def date(self) -> date:
        """A date like 2026-12-31."""
        return self.scalar("a date like 2026-12-31", lambda v: _tried(date.fromisoformat, v), date.min)

    def local_time(self) -> datetime:
        """A wall-clock time like 2026-12-31T12:00, without an offset."""

        def parse(value: str) -> datetime | None:
            found = _tried(datetime.fromisoformat, value)
            return found if found is not None and re.fullmatch(_LOCAL_TIME, value) else None

        return self.scalar("a local time like 2026-12-31T12:00", parse, datetime.min)  # noqa: DTZ901 a stand-in

    def uuid(self) -> UUID:
        """A UUID in its usual form."""
        return self.scalar("a UUID", lambda v: _tried(UUID, v) if len(v) == 36 else None, UUID(int=0))

    def anything(self, depth: int = 0) -> Any:
        """Free-form facts, as YAML's safe loader would make them of JSON's types; too deep is a fault."""
        if depth > _MAX_DEPTH:
            self.fault("is nested too deep")
        elif isinstance(self.node, MappingNode):
            return {name: item.anything(depth + 1) for name, item in self.mapping().rest()}
        elif isinstance(self.node, SequenceNode):
            return [item.anything(depth + 1) for item in self.items()]
        elif isinstance(self.node, ScalarNode):
            if not _UNPRINTABLE.search(self.node.value):
                return self._fact(self.node)
            self.fault("holds a control character")
        return None

    def _fact(self, node: ScalarNode) -> Any:
        if node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"-?(0|[1-9]\d*)", node.value):
            if abs(number := int(node.value)) <= _LARGEST:
                return number
            self.fault("is too large for a number; write it as a text, in quotation marks")
        elif node.tag == "tag:yaml.org,2002:float":
            number = _tried(float, node.value)
            if number is not None and math.isfinite(number):
                return number
            self.fault("is no number that JSON knows; write it as a text, in quotation marks")
        elif node.tag == "tag:yaml.org,2002:bool":
            return node.value.lower() in ("true", "yes", "on")
        elif node.tag != "tag:yaml.org,2002:null":
            return node.value
        return None


class Fields:
    """The fields of a mapping. ``done`` reports those that nobody asked for."""

    def __init__(self, item: Item, node: MappingNode, *, broken: bool = False) -> None:
        self.item, self.broken = item, broken
        self._left: dict[str, Item] = {}
        for key, value in node.value:
            name = str(key.value)
            where = Item(key, item.faults, item.path)
            if name in self._left:
                where.fault(f"{name} stands here twice")
            self._left[name] = Item(value, item.faults, f"{item.path}.{name}" if item.path else name)

    def get(self, name: str) -> Item | None:
        """The field, or None where it is missing or null."""
        found = self._left.pop(name, None)
        if found is not None and isinstance(found.node, ScalarNode) and found.node.style is None:
            return None if found.node.value in _NOTHING else found
        return found

    def need(self, name: str, read: Callable[[Item], T], otherwise: T) -> T:
        """What ``read`` makes of the field; that it is missing is a fault."""
        if (found := self.get(name)) is not None:
            return read(found)
        if not self.broken:
            self.item.fault(f"{name} is missing")
        return otherwise

    def maybe(self, name: str, read: Callable[[Item], T], otherwise: T) -> T:
        """What ``read`` makes of the field, or ``otherwise`` where it is missing."""
        return otherwise if (found := self.get(name)) is None else read(found)

    def rest(self) -> list[tuple[str, Item]]:
        """Every field that was not asked for yet; afterwards none is left."""
        found, self._left = list(self._left.items()), {}
        return found

    def done(self) -> None:
        """Every field that is left is unknown."""
        for name, item in self.rest():
            Item(item.node, item.faults, self.item.path).fault(f"{name} is not known here")


def parse(text: str) -> Item:
    """The root of a YAML file. Raises InvalidFileError where it is no YAML or empty."""
    try:
        node: Node | None = yaml.SafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidFileError([Fault(mark.line + 1 if mark else 1, error.problem or "this is not YAML")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidFileError([Fault(1, "this is not YAML, or nested too deep")]) from error
    if node is None:
        raise InvalidFileError([Fault(1, "the file is empty")])
    return Item(node, [])


def _tried(parse_value: Callable[[str], T], value: str) -> T | None:
    try:
        return parse_value(value)
    except ValueError:
        return None
