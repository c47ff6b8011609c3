"""The one kind of error that a rule of the city may raise.

A ``DomainError`` is data: a stable slug, which names its page in the guide, and a kind, which the edge
maps to a status. It never carries personal data; ``details`` is shown to the caller as it is.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

Kind = Literal["conflict", "not_found", "forbidden", "invalid", "gone", "busy", "stale", "unauthenticated"]


class DomainError(Exception):
    """Raised by services; subclasses live in each room's ``errors.py`` and set the three class attributes.

    ``title`` is English and constant; translations are found by the slug. ``details`` holds JSON-ready
    members that help the caller to go on (for example the nearest alternatives).
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]

    def __init__(self, detail: str | None = None, **details: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.details: Mapping[str, Any] = details


class FieldError(Exception):
    """One invalid input, found by a rule: where (JSON Pointer into the body, or parameter), a code, a text.

    ``texts`` by language say it better than what is kept for the code; a form's own words, for example.
    """

    def __init__(self, pointer: str, code: str, detail: str, texts: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.pointer, self.code, self.detail, self.texts = pointer, code, detail, texts or {}

    def members(self) -> dict[str, Any]:
        """Ready for JSON; ``texts`` only where there are some."""
        found: dict[str, Any] = {"pointer": self.pointer, "code": self.code, "detail": self.detail}
        return {**found, "texts": dict(self.texts)} if self.texts else found


class InvalidInput(DomainError):
    """Well-formed input that the rules refuse; ``errors`` lists every invalid field at once."""

    slug, title, kind = "invalid-input", "Some of the input is not valid", "invalid"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(None, errors=[error.members() for error in errors])
        self.faults = errors
