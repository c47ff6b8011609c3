"""What a problem may hold beside its usual members: by code, with the schema and an example of each.

A test wants each member that an error is raised with here, and the tests' client refuses an answer with any other.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from api.openapi import example_values as values
from backend.sandbox.magic import ANSWERS

Json = dict[str, Any]
_UUID: Json = {"type": "string", "format": "uuid", "maxLength": 36}
_WORD: Json = {"type": "string", "maxLength": 200}
_COUNT: Json = {"type": "integer", "format": "int64", "minimum": 0}
_MOMENT: Json = {"type": "string", "format": "date-time", "maxLength": 40}
_ID = "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11"
_START, _END = "2026-12-01T09:00:00+01:00", "2026-12-01T09:15:00+01:00"
_NEAR: list[Json] = [
    {
        "office": values.OFFICE,
        "start": f"2026-12-01T09:{minute}:00+01:00",
        "end": f"2026-12-01T09:{minute + 15}:00+01:00",
        "free": 3,
    }
    for minute in (15, 30)
]


class Member(msgspec.Struct, frozen=True):
    """``text`` says what it is, after the codes that have it."""

    codes: tuple[str, ...]
    text: str
    schema: Json
    example: Any

    def declared(self) -> Json:
        """As it stands in the document."""
        return {**self.schema, "description": f"With {' and '.join(f'`{one}`' for one in self.codes)}: {self.text}"}


def _listed(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def _object(required: tuple[str, ...], **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


_SLOT = _object(("office", "start", "end", "free"), office=_UUID, start=_MOMENT, end=_MOMENT, free=_COUNT)
_STRANDED = _object(
    ("id", "reference", "office", "counter", "start", "end", "reason"), id=_UUID, reference=_WORD, office=_UUID,
    counter=_UUID, start=_MOMENT, end=_MOMENT, reason=_WORD,
)  # fmt: skip
_STRANDED_ONE = {
    "id": _ID, "reference": "GE-7K4M-92XZ", "office": _ID, "counter": _ID, "start": _START, "end": _END,
    "reason": "closed",
}  # fmt: skip
MEMBERS: Mapping[str, Member] = {
    "actions": Member(("appointment-state", "case-state"), "what is possible now.", _listed(_WORD), ["cancel"]),
    "alternatives": Member(
        ("nothing-free-today", "slot-not-offered", "slot-taken"),
        "the nearest free slots, three at most.",
        _listed(_SLOT),
        _NEAR,
    ),
    "appointment": Member(
        ("hold-booked", "offer-accepted"), "the id of what it became, or of what was moved to it.", _UUID, _ID
    ),
    "appointments": Member(
        ("appointments-stranded",), "those that would be left without a counter.", _listed(_STRANDED), [_STRANDED_ONE]
    ),
    "case": Member(("draft-submitted",), "the id of the case that it became.", _UUID, values.CASE),
    "count": Member(
        ("appointment-limit", "live-appointments"),
        "how many appointments there are, of this service where one is named.",
        _COUNT,
        1,
    ),
    "current": Member(
        ("appointment-changed", "case-changed", "draft-changed", "hours-changed", "preferences-changed"),
        "what it has become in the meantime: an object with its version, of hours a list of lines.",
        {},
        {"version": 4},
    ),
    "documents": Member(
        ("documents-unfit",),
        "each document that cannot be handed in, why, and of answers which one names it.",
        _listed(_object(("document", "why"), document=_UUID, why=_WORD, pointer=_WORD)),
        [{"document": values.DOCUMENT, "why": "refused", "pointer": "/answers/identity/0"}],
    ),
    "from": Member(("appointment-too-early",), "from when on it is possible.", _MOMENT, "2026-12-01T00:00:00+01:00"),
    "header": Member(("tus-header-invalid",), "which one.", _WORD, "Upload-Offset"),
    "hold": Member(("hold-exists",), "the id of the live hold, if it is yours.", _UUID, _ID),
    "limit": Member(
        ("appointment-limit", "storage-full", "too-many-uploads", "waiting-limit"),
        "how many there may be, of `storage-full` how many bytes.",
        _COUNT,
        1,
    ),
    "live": Member(
        ("appointment-limit",),
        "the ids of those that are yours. Fewer than `count`, where others have booked on the same device.",
        _listed(_UUID),
        [values.APPOINTMENT],
    ),
    "maxBytes": Member(("upload-too-large",), "how many bytes it may have.", _COUNT, 48_211),
    "minimum": Member(("app-outdated",), "the oldest version that is served.", _WORD, "2.1.0"),
    "most": Member(("too-many-webhooks",), "how many there may be.", _COUNT, 10),
    "newest": Member(
        ("form-retired",),
        "the version to begin with, null where there is none.",
        {"type": ["integer", "null"], "format": "int32"},
        2,
    ),
    "offset": Member(("upload-offset-differs",), "how many bytes have come.", _COUNT, 16_384),
    "platform": Member(("app-outdated",), "the app's.", _WORD, "android"),
    "received": Member(("upload-incomplete",), "how many bytes have come.", _COUNT, 16_384),
    "request": Member(("internal-error",), "the `X-Request-Id`.", _WORD, _ID),
    "role": Member(("role-insufficient",), "the one that is wanted.", _WORD, "manager"),
    "scope": Member(("client-scope-missing",), "what the client would have to be allowed.", _WORD, "webhooks"),
    "service": Member(("appointment-limit",), "the id of the service.", _UUID, values.SERVICE),
    "services": Member(
        ("link-exceeds-limit",), "the ids of those with too many appointments.", _listed(_UUID), [values.SERVICE]
    ),
    "size": Member(("upload-incomplete",), "how many bytes were declared.", _COUNT, 48_211),
    "state": Member(
        ("appointment-state", "case-state", "document-not-clean", "offer-over"), "the present one.", _WORD, "cancelled"
    ),
    "store": Member(
        ("app-outdated",),
        "where the new version is; null where nobody has said.",
        {"type": ["string", "null"], "maxLength": 2000},
        "https://apps.example.org/wartefrei",
    ),
    "until": Member(("appointment-too-late",), "until when it was possible.", _MOMENT, _START),
    "values": Member(("sandbox-answer-unknown",), "the answers that can be asked for.", _listed(_WORD), list(ANSWERS)),
}
"""By name."""


def examples_of(code: str) -> Json:
    """The members that a problem of this code has of its own, as they may look."""
    return {name: member.example for name, member in MEMBERS.items() if code in member.codes}
