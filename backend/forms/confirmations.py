"""Somebody else confirms answers by a link that works once: a landlord, for example. They see what the form lets them.

The token is made from the confirmation's id with a key of the installation, so that a repeated request is answered with
the same link although only a hash of it is kept.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgspec

from backend.db import Connection
from backend.errors import FieldError, InvalidInput
from backend.forms import queries
from backend.forms.checking import Form
from backend.forms.conditions import MISSING, get, holds
from backend.forms.content import ConfirmationRule, Json
from backend.forms.drafts import find
from backend.forms.errors import (
    ConfirmationNotFound,
    ConfirmationNotOffered,
    ConfirmationOver,
    ConfirmationUsed,
)
from backend.forms.model import Confirmation, Draft
from backend.forms.versions import Version, Versions
from backend.ids import new_id


class Asked(msgspec.Struct, frozen=True):
    """What the third party sees: which form, which of its answers."""

    confirmation: Confirmation
    version: Version

    def state(self, now: datetime) -> Literal["pending", "confirmed", "refused", "over"]:
        """Where it stands."""
        one = self.confirmation
        return one.outcome or ("over" if one.revoked_at is not None or one.expires_at <= now else "pending")


def token_of(confirmation_id: UUID, secret: str) -> str:
    """The link's secret, 256 bits."""
    key = hashlib.sha256(b"confirmation\0" + secret.encode()).digest()
    return base64.urlsafe_b64encode(hmac.digest(key, confirmation_id.bytes, "sha256")).rstrip(b"=").decode()


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


async def ask(
    conn: Connection, versions: Versions, draft_id: UUID, person_id: UUID, kind: str, secret: str, now: datetime
) -> Confirmation:
    """A new link for the draft's answers as they are now; an older one of the kind works no more.

    Raises what ``drafts.find`` raises, ConfirmationNotOffered, and InvalidInput where answers to be shown are missing
    or wrong.
    """
    draft = await find(conn, draft_id, person_id, now, lock=True)
    version = await versions.find(conn, draft.form_id, draft.version)
    rule = next((one for one in version.content.confirmations if one.kind == kind), None)
    if rule is None:
        raise ConfirmationNotOffered
    outcome = version.form.check(draft.answers)
    wrong = [error for error in outcome.errors if _is_shown(rule, error.pointer)]
    if wrong:
        raise InvalidInput([FieldError(f"/answers{e.pointer}", e.code, e.detail, e.texts) for e in wrong])
    await queries.revoke_confirmations(conn, draft_id, person_id, kind, now)
    asked = Confirmation(
        id=new_id(), draft_id=draft_id, person_id=person_id, city_id=draft.city_id, kind=kind,
        shown=shown_by(rule, outcome.answers), language=draft.language, created_at=now,
        expires_at=min(now + timedelta(days=rule.days), draft.expires_at), revoked_at=None, outcome=None, name=None,
        answered_at=None,
    )  # fmt: skip
    return await queries.insert_confirmation(conn, asked, hash_of(token_of(asked.id, secret)))


async def find_asked(conn: Connection, versions: Versions, token: str) -> Asked:
    """What was asked, wherever it stands; raises ConfirmationNotFound."""
    found = await queries.confirmation_by_token(conn, hash_of(token))
    if found is None or found.form_id is None or found.version is None:
        raise ConfirmationNotFound
    return Asked(found, await versions.find(conn, found.form_id, found.version))


async def look(conn: Connection, versions: Versions, token: str, now: datetime) -> Asked:
    """What is to be confirmed; raises ConfirmationNotFound, ConfirmationUsed, ConfirmationOver."""
    asked = await find_asked(conn, versions, token)
    state = asked.state(now)
    if state == "over":
        raise ConfirmationOver
    if state != "pending":
        raise ConfirmationUsed
    return asked


async def answer(conn: Connection, token: str, name: str, now: datetime, *, confirmed: bool) -> None:
    """Once and for good; raises as ``look`` does."""
    word = "confirmed" if confirmed else "refused"
    outcome = await queries.answer_confirmation(conn, now, hash_of(token), word, name)
    if outcome == "unknown":
        raise ConfirmationNotFound
    if outcome == "used":
        raise ConfirmationUsed
    if outcome == "over":
        raise ConfirmationOver


def owed(form: Form, kept: Json, given: list[Confirmation]) -> list[FieldError]:
    """What stands in the way of handing in: a confirmation that is needed and missing, refused, or of other answers."""
    found: list[FieldError] = []
    for rule in form.content.confirmations:
        needed = form.needed[rule.kind]
        if needed is None or not holds(needed, kept):
            continue
        one = next((c for c in given if c.kind == rule.kind and c.outcome is not None), None)
        at = f"/confirmations/{rule.kind}"
        if one is None:
            found.append(FieldError(at, "not-confirmed", "Somebody else has to confirm this first"))
        elif one.outcome == "refused":
            found.append(FieldError(at, "confirmation-refused", "This has been refused by who should confirm it"))
        elif is_outdated(form, kept, one):
            found.append(FieldError(at, "confirmation-outdated", "Answers have changed since they were confirmed"))
    return found


def newly_owed(form: Form, before: Json, after: Json) -> set[str]:
    """Pointers, as those of ``owed``, to what must be confirmed by somebody else with the answers ``after``, and had
    not to be with those ``before``."""
    return {
        f"/confirmations/{kind}"
        for kind, needed in form.needed.items()
        if needed is not None and holds(needed, after) and not holds(needed, before)
    }


def still_said(form: Form, before: Json, after: Json) -> set[str]:
    """The kinds of confirmations that are about the same answers ``after`` as ``before``."""
    rules = form.content.confirmations
    return {rule.kind for rule in rules if shown_by(rule, before) == shown_by(rule, after)}


def is_outdated(form: Form, kept: Json, one: Confirmation) -> bool:
    """Whether the answers that it is about have changed since it was asked for."""
    rule = next((rule for rule in form.content.confirmations if rule.kind == one.kind), None)
    return rule is None or one.shown != shown_by(rule, kept)


def shown_by(rule: ConfirmationRule, kept: Json) -> Json:
    """The answers that the rule lets a third party see."""
    found: Json = {}
    for pointer in rule.shows:
        part = _only(kept, pointer.split("/")[1:])
        found = _joined(found, {} if part is MISSING else part)
    return found


def _only(value: Any, path: list[str]) -> Any:
    """What of the value lies at ``path``, in every row that it leads through; MISSING where nothing does."""
    if not path:
        return value
    if isinstance(value, list):
        rows = [_only(row, path) for row in cast("list[Any]", value)]
        return [{} if row is MISSING else row for row in rows]
    inner = _only(get(value, (path[0],)), path[1:])
    return MISSING if inner is MISSING else {path[0]: inner}


def _joined(one: Any, other: Any) -> Any:
    """Two parts of the same answers as one."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = cast("Json", one), cast("Json", other)
        mine, theirs = both
        return {**mine, **{name: _joined(mine[name], v) if name in mine else v for name, v in theirs.items()}}
    if isinstance(one, list) and isinstance(other, list):
        return [_joined(*pair) for pair in zip(cast("list[Any]", one), cast("list[Any]", other), strict=True)]
    return other


async def given(conn: Connection, draft: Draft) -> list[Confirmation]:
    """The latest of each kind."""
    return await queries.list_confirmations(conn, draft.id, draft.person_id)


def _is_shown(rule: ConfirmationRule, pointer: str) -> bool:
    """Whether the answer, or what it lies in, is one that is shown. Pointers of the rule leave out numbers of rows."""
    asked = "".join(f"/{name}" for name in pointer.split("/")[1:] if not name.isdigit())
    return any(f"{asked}/".startswith(f"{shown}/") or shown.startswith(f"{asked}/") for shown in rule.shows)
