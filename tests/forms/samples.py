"""The demo forms, compiled, and a small form to change."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

from backend.documents.rules import PURPOSES
from backend.forms.checking import Form
from backend.forms.content import Content
from backend.forms.lint import lint
from backend.forms.reader import read

FORMS = Path(__file__).parents[2] / "infra" / "demo" / "forms"
SLUGS = sorted(file.stem for file in FORMS.glob("*.yaml"))
REGISTER = "0193a000-0005-7000-8000-000000000001"
PARKING = "0193a000-0005-7000-8000-000000000002"
REPORT = "0193a000-0005-7000-8000-000000000003"


@cache
def demo_content(slug: str) -> Content:
    """Of a demo form."""
    value, lines = read((FORMS / f"{slug}.yaml").read_text(encoding="utf-8"))
    return lint(value, PURPOSES, lines)


@cache
def demo_form(slug: str) -> Form:
    """The same, ready to check answers."""
    return Form(demo_content(slug))


def answers(slug: str, sample: int = 0) -> dict[str, Any]:
    """A fresh copy of the answers of an example."""
    return copy.deepcopy(demo_content(slug).samples[sample].answers)


def rule(effect: str, scope: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A rule of the ui."""
    return {
        "effect": effect,
        "condition": {"scope": f"#/properties/{scope}", "schema": schema, "failWhenUndefined": True},
    }


def control(name: str, **more: Any) -> dict[str, Any]:
    """A control of the ui."""
    return {"type": "Control", "scope": f"#/properties/{name}", **more}


def small() -> dict[str, Any]:
    """A form of three questions: whether there is a dog, its name if so, and its chip if it has a name."""
    labels = {"form.title": "Hund", "form.description": "Ein Hund.", "dog.label": "Hund?", "name.label": "Name",
              "chip.label": "Chip"}  # fmt: skip
    return {
        "form": "hund",
        "city": "gelsenkirchen",
        "handling": {"office": "hans-sachs-haus"},
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "required": ["dog", "name", "chip"],
            "properties": {
                "dog": {"type": "boolean"},
                "name": {"type": "string", "minLength": 2, "maxLength": 20},
                "chip": {"type": "string", "pattern": "^[0-9]{4}$", "maxLength": 4},
            },
        },
        "ui": {
            "type": "VerticalLayout",
            "elements": [
                control("chip", rule=rule("SHOW", "name", {"minLength": 2})),
                control("name", rule=rule("SHOW", "dog", {"const": True})),
                control("dog"),
            ],
        },
        "texts": {"de": dict(labels), "en": dict(labels)},
        "samples": [{"name": "none", "answers": {"dog": False}}],
    }


def compiled(value: dict[str, Any]) -> Form:
    """Linted and ready."""
    return Form(lint(value, PURPOSES))
