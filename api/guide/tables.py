"""Tables of the guide that are written by the code they tell of: ``<!-- table: name -->`` stands in their place."""

import re
from collections.abc import Callable, Mapping

from backend.sandbox.magic import MAGIC
from backend.webhooks.model import DOCUMENT, TYPES

_MARK = re.compile(r"^<!-- table: ([a-z-]+) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """The page with its tables; KeyError for one that nobody writes."""
    return _MARK.sub(lambda match: TABLES[match[1]](), text)


def _webhook_types() -> str:
    told = {
        "an appointment": [name for name in TYPES if name.startswith("appointment.")],
        "a case": [name for name in TYPES if name.startswith("case.")],
        "a document that came to an office with a case, checked and clean": [DOCUMENT],
    }
    rows = (f"| {', '.join(f'`{name}`' for name in names)} | {subject} |" for subject, names in told.items())
    return "\n".join(("| type | `data.id` names |", "|---|---|", *rows))


def _magic_values() -> str:
    rows = (f"| {magic.where} | {magic.value} | {magic.effect} |" for magic in MAGIC)
    return "\n".join(("| where | value | what happens |", "|---|---|---|", *rows))


TABLES: Mapping[str, Callable[[], str]] = {"webhook-types": _webhook_types, "magic-values": _magic_values}
