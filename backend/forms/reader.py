"""Reading a form's file: YAML or JSON, strictly, into the values that JSON knows, with the line of every value.

What YAML guesses is not wanted in a form: ``no`` stays a text, ``2026-12-31`` too. Anchors are refused (a few lines may
stand for gigabytes), and so are members of the same name.
"""

import json
import re
from typing import Any

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 262_144
MAX_DEPTH = 30
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Fault(msgspec.Struct, frozen=True, order=True):
    """One error of a form: where (JSON Pointer into the file) and what."""

    pointer: str
    text: str


class InvalidFormError(Exception):
    """The form cannot be published; ``faults`` are all of its errors. ``lines`` says where a pointer stands."""

    def __init__(self, faults: list[Fault], lines: dict[str, int] | None = None) -> None:
        self.faults = sorted(set(faults))
        self.lines = lines or {}
        super().__init__("; ".join(f"{fault.pointer}: {fault.text}" for fault in self.faults))

    def line(self, fault: Fault) -> int:
        """The line of what is wrong, or of the nearest value around it; counts from 1."""
        pointer = fault.pointer
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


def read(text: str) -> tuple[Any, dict[str, int]]:
    """The value, and the line of each pointer in it. Raises InvalidFormError where it is no such file."""
    if len(text.encode()) > MAX_BYTES:
        raise InvalidFormError([Fault("", f"a form has at most {MAX_BYTES} bytes")])
    try:
        node: Node | None = yaml.SafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidFormError([Fault("", error.problem or "this is not YAML")], {"": line}) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidFormError([Fault("", "this is not YAML, or nested too deep")]) from error
    if node is None:
        raise InvalidFormError([Fault("", "the file is empty")])
    reading = _Reading()
    value = reading.value(node, "", 0)
    if reading.faults:
        raise InvalidFormError(reading.faults, reading.lines)
    return value, reading.lines


class _Reading:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.lines: dict[str, int] = {}
        self._seen: set[int] = set()

    def value(self, node: Node, pointer: str, depth: int) -> Any:
        self.lines.setdefault(pointer, node.start_mark.line + 1)
        if depth > MAX_DEPTH:
            self.faults.append(Fault(pointer, "this is nested too deep"))
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, pointer)
        if id(node) in self._seen:
            self.faults.append(Fault(pointer, "anchors are not allowed here"))
            return None
        self._seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.value(item, f"{pointer}/{i}", depth + 1) for i, item in enumerate(node.value)]
        return self._mapping(node, pointer, depth) if isinstance(node, MappingNode) else None

    def _mapping(self, node: MappingNode, pointer: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            inner = f"{pointer}/{step(name)}"
            self.lines[inner] = key.start_mark.line + 1
            if name in found:
                self.faults.append(Fault(inner, "this stands here twice"))
            found[name] = self.value(value, inner, depth + 1)
        return found

    def _scalar(self, node: ScalarNode, pointer: str) -> Any:
        text: str = node.value
        if node.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NUMBER.fullmatch(text):
            number = json.loads(text)
            if abs(number) < 2**53:
                return number
            self.faults.append(Fault(pointer, "this number is too large"))
        return text


def step(name: object) -> str:
    """One step of a JSON Pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")
