"""What apps send to fill in a form, and how they see their drafts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api import texts
from api.structs.visit import PersonName
from api.wire import Wire, local
from backend.errors import FieldError
from backend.forms.checking import INCOMPLETE, Form, Outcome
from backend.forms.confirmations import is_outdated, owed
from backend.forms.model import Confirmation, Draft
from backend.forms.reading import Block
from backend.forms.versions import Version

ZONE = "Europe/Berlin"
Answers = Annotated[dict[str, Any], Meta(description="By the form's schema. Documents are named by their ids.")]
Language = Annotated[Literal["de", "en"], Meta(description="In which the receipt is written, and links are opened.")]


class DraftIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Begins a draft. `id` is yours: the draft may be older than its first network."""

    id: UUID
    form: UUID
    version: Annotated[int, Meta(ge=1, le=2_000_000_000)]
    answers: Answers = msgspec.field(default_factory=dict[str, Any])
    appointment: UUID | None = None
    language: Language = "de"


class DraftPatchIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch (RFC 7396): what is missing stays, null removes."""

    answers: Answers | UnsetType = UNSET
    appointment: UUID | UnsetType | None = UNSET
    language: Language | UnsetType = UNSET

    def patch(self) -> dict[str, Any]:
        """What was sent, by the names of the rules."""
        given = {"answers": self.answers, "appointment_id": self.appointment, "language": self.language}
        return {name: value for name, value in given.items() if value is not UNSET}


class MigrateIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goes on with the newest version; `dryRun` only says what would be lost."""

    dry_run: bool = True


class ConfirmationIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asks somebody else; `kind` is one of the form's `confirmations`."""

    kind: Annotated[str, Meta(min_length=2, max_length=61, pattern=r"^[a-z][a-z0-9-]*\Z")]


class ProblemOut(Wire, frozen=True, kw_only=True):
    """What is wrong with an answer."""

    pointer: str
    code: str
    detail: str


class ConfirmationOut(Wire, frozen=True, kw_only=True):
    """Where a confirmation stands."""

    id: UUID
    kind: str
    state: Annotated[
        Literal["pending", "confirmed", "refused", "over"],
        Meta(description="`over`: not answered in time, or answers have changed that it is about. Ask anew."),
    ]
    name: Annotated[str | None, Meta(description="Of who answered.")]
    answered_at: datetime | None
    expires_at: datetime


class LinkOut(ConfirmationOut, frozen=True, kw_only=True):
    """A link to send on. It works once, and only until `expiresAt`."""

    token: str
    link: str


class DraftOut(Wire, frozen=True, kw_only=True):
    """A draft. `revision` is its ETag, for `If-Match`."""

    id: UUID
    form: UUID
    version: int
    language: Language
    answers: dict[str, Any]
    appointment: UUID | None
    revision: int
    visible: Annotated[Sequence[str], Meta(description="Pointers to what is asked, given these answers.")]
    problems: Annotated[Sequence[ProblemOut], Meta(description="What is wrong so far. Nothing is refused for it.")]
    missing: Annotated[
        Sequence[ProblemOut],
        Meta(
            description="What is still to be answered; at `/confirmations/…`, what somebody else has to confirm; at "
            "`/appointment`, what stands in the way of the appointment that goes with the form."
        ),
    ]
    confirmations: Sequence[ConfirmationOut]
    created_at: datetime
    updated_at: datetime
    expires_at: Annotated[datetime, Meta(description="Slides with every change.")]


class DraftShortOut(Wire, frozen=True, kw_only=True):
    """A draft in a list."""

    id: UUID
    form: UUID
    version: int
    title: str
    revision: int
    updated_at: datetime
    expires_at: datetime


class MigratedOut(Wire, frozen=True, kw_only=True):
    """What comes, or would come, of going on with the newest version."""

    lost: Annotated[Sequence[str], Meta(description="Pointers to answers that it has no place for.")]
    draft: DraftOut


class LineOut(Wire, frozen=True, kw_only=True):
    """One answered question in words."""

    pointer: str
    label: str
    value: str


class BlockOut(Wire, frozen=True, kw_only=True):
    """Answers under a heading, which may be empty."""

    heading: str
    lines: Sequence[LineOut]


class AskedOut(Wire, frozen=True, kw_only=True):
    """What you are asked to confirm."""

    kind: str
    city: str
    form: str
    title: str
    text: str
    answers: Sequence[BlockOut]
    language: Language
    expires_at: datetime


class AnswerIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your answer, once and for good."""

    confirmed: bool
    name: Annotated[PersonName, Meta(description="Yours.")]


class AnsweredOut(Wire, frozen=True, kw_only=True):
    """Thank you."""

    state: Literal["confirmed", "refused"]


def draft_out(
    draft: Draft,
    form: Form,
    outcome: Outcome,
    given: Sequence[Confirmation],
    appointment: Sequence[FieldError],
    now: datetime,
    language: texts.Language,
) -> DraftOut:
    """A draft with what ``form`` finds wrong and missing, in words of ``language``."""
    missing = [e for e in outcome.errors if e.code in INCOMPLETE]
    missing += [*owed(form, outcome.answers, list(given)), *appointment]
    return DraftOut(
        id=draft.id,
        form=draft.form_id,
        version=draft.version,
        language="en" if draft.language == "en" else "de",
        answers=draft.answers,
        appointment=draft.appointment_id,
        revision=draft.revision,
        visible=outcome.visible,
        problems=problems_out([e for e in outcome.errors if e.code not in INCOMPLETE], language),
        missing=problems_out(missing, language),
        confirmations=[confirmation_out(one, now, outdated=is_outdated(form, outcome.answers, one)) for one in given],
        created_at=local(draft.created_at, ZONE),
        updated_at=local(draft.updated_at, ZONE),
        expires_at=local(draft.expires_at, ZONE),
    )


def problems_out(errors: Sequence[FieldError], language: texts.Language) -> list[ProblemOut]:
    """Errors in words of ``language``."""
    return [msgspec.convert(texts.field(error.members(), language), ProblemOut) for error in errors]


def confirmation_out(one: Confirmation, now: datetime, *, outdated: bool = False) -> ConfirmationOut:
    """Where it stands at ``now``; ``outdated``: it is about answers that are others by now."""
    state = one.outcome or ("over" if one.revoked_at is not None or one.expires_at <= now else "pending")
    if outdated and state != "refused":
        state = "over"
    return ConfirmationOut(
        id=one.id,
        kind=one.kind,
        state=state,
        name=one.name,
        answered_at=None if one.answered_at is None else local(one.answered_at, ZONE),
        expires_at=local(one.expires_at, ZONE),
    )


def short_draft_out(draft: Draft, its: Version, language: str) -> DraftShortOut:
    """In a list."""
    return DraftShortOut(
        id=draft.id,
        form=draft.form_id,
        version=draft.version,
        title=its.form.text("form.title", language) or its.row.slug,
        revision=draft.revision,
        updated_at=local(draft.updated_at, ZONE),
        expires_at=local(draft.expires_at, ZONE),
    )


def blocks_out(found: Sequence[Block]) -> list[BlockOut]:
    """Answers in words."""
    return [
        BlockOut(heading=b.heading, lines=[LineOut(pointer=x.pointer, label=x.label, value=x.value) for x in b.lines])
        for b in found
    ]
