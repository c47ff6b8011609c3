"""What must never reach FCM or its token endpoint, looked for in all that was ever sent to a loopback in a test run."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, unquote

# Names, free texts and streets of the tests' people, offices and demo cities; addresses; references that are read out.
_WORDS = (
    "Erika", "Mustermann", "Geheim", "Kowalski", "Hans-Sachs", "Rathaus", "Ebertstra", "Wasserrohr", "Personalausweis",
    "example.org",
)  # fmt: skip
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_REFERENCE = re.compile(r"\b[A-Z]{1,3}-[0-9A-HJ-NP-Z]{4}-[0-9A-HJ-NP-Z]{4}\b")
_OURS = re.compile(r"[\w.+-]+@[\w-]+\.iam\.gserviceaccount\.com")
"""The service account's own address, which a request for a token has to name."""


def leaks(lines: Iterable[str]) -> list[str]:
    """What was found, each with its path; nothing for a clean run. A line is one recorded request."""
    found: list[str] = []
    for line in lines:
        came: dict[str, Any] = json.loads(line)
        headers = " ".join(f"{name}: {value}" for name, value in came["headers"].items() if name != "Authorization")
        said = unquote(f"{came['path']} {headers} {came['body']}")
        if "assertion=" in came["body"]:
            said += " ".join(_claims(token) for token in parse_qs(came["body"]).get("assertion", []))
        clear = _OURS.sub("", said)
        words = [word for word in _WORDS if word in clear]
        words += [match.group() for pattern in (_MAIL, _REFERENCE) for match in pattern.finditer(clear)]
        found += [f"{came['path']}: {word}" for word in words]
    return found


def _claims(token: str) -> str:
    """Head and claims of a JWT, readable."""
    parts = token.split(".")[:2]
    return " ".join(urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode(errors="replace") for part in parts)
