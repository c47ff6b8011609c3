"""What a form's file says: the questions (schema), how they are asked (ui), the words, and who handles it."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

LANGUAGES = ("de", "en")
Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,60}\Z")]
Source = Literal[
    "appointment.name", "appointment.dateOfBirth", "appointment.email", "appointment.phone", "person.language"
]
"""What an answer may be filled with beforehand."""
Json = dict[str, Any]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything in the file that is not schema or ui."""


class ByAnswer(Part, frozen=True, kw_only=True):
    """The office by what was answered to ``field`` (a pointer): one of ``offices``, each by its slug."""

    field: str
    offices: dict[str, Slug]


class Handling(Part, frozen=True, kw_only=True):
    """Who works on it. ``office`` is the slug of the one that has what ``by_answer`` does not send elsewhere."""

    office: Slug
    by_answer: ByAnswer | None = None
    contact: str | None = None
    """Where the answer is (a pointer) that says by which mail address the applicant wants to be reached. None: that
    which is filled in from the appointment's, if any."""
    four_eyes: bool = False
    """A decision takes two clerks."""
    retention_days: Annotated[int, Meta(ge=1, le=36_500)] = 730
    """How long the office has to keep what was answered, from the day on which the case is over."""


class ConfirmationRule(Part, frozen=True, kw_only=True):
    """Somebody else confirms what ``shows`` (pointers) names, by a link that works once."""

    kind: Slug
    shows: Annotated[list[str], Meta(min_length=1, max_length=30)]
    needed: Json | None = None
    """A condition as in rules; None: the confirmation may be asked for, and is never owed."""
    days: Annotated[int, Meta(ge=1, le=90)] = 14
    """How long the link works."""


class Expected(Part, frozen=True, kw_only=True):
    """An error that an example is made to have."""

    pointer: str
    code: str


class Sample(Part, frozen=True, kw_only=True):
    """An example of answers, and every error in them."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    answers: Json
    errors: Annotated[list[Expected], Meta(max_length=100)] = []


class Content(Part, frozen=True, kw_only=True):
    """The whole file."""

    form: Slug
    city: str
    handling: Handling
    schema: Json
    ui: Json
    texts: dict[str, dict[str, str]]
    appointment: Literal["none", "optional", "required"] = "none"
    confirmations: Annotated[list[ConfirmationRule], Meta(max_length=5)] = []
    prefill: dict[str, Source] = {}
    samples: Annotated[list[Sample], Meta(min_length=1, max_length=50)]
    id: str | None = None
    """Of the form; given so that examples can be copied. None: made when it is first published."""
