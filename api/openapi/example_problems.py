"""An example of every problem: a request that is really answered with it, and the members that it brings along."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from api import problems
from api.openapi import example_values as values
from api.openapi.parameters import IN_PATHS
from api.openapi.problem_members import examples_of
from api.openapi.schemas import operations
from api.problems import MEDIA_TYPE
from api.texts import Language
from backend.errors import DomainError

Json = dict[str, Any]

_VALUES: Mapping[str, Json] = {
    "appointment-changed": {"current": {"version": 3, "state": "confirmed"}},
    "appointment-state": {"state": "cancelled", "actions": []},
    "case-changed": {"current": {"version": 4, "state": "in_review"}},
    "case-state": {"state": "approved", "actions": []},
    "document-not-clean": {"state": "checking"},
    "draft-changed": {
        "current": {
            "revision": 3,
            "version": 1,
            "language": "de",
            "answers": {"category": "litter", "district": "erle"},
            "appointment": None,
            "updatedAt": "2026-11-20T09:12:00+00:00",
            "expiresAt": "2026-12-20T09:12:00+00:00",
        }
    },
    "hours-changed": {"current": ["Mon 08:00-12:00", "Thu 08:00-18:00"]},
    "invalid-input": {
        "errors": [
            {"pointer": "/hold", "code": "invalid-uuid", "detail": "This is not a UUID"},
            {"pointer": "/person/name", "code": "missing", "detail": "This is required"},
            {
                "pointer": "/person/dateOfBirth",
                "code": "invalid-date",
                "detail": "This is not a date of the form YYYY-MM-DD",
            },
            {"pointer": "/contact/email", "code": "invalid-email", "detail": "This is not an e-mail address"},
        ]
    },
    "offer-over": {"state": "expired"},
    "preferences-changed": {"current": {"version": 2}},
    "storage-full": {"limit": 300_000_000},
    "too-many-uploads": {"limit": 20},
    "waiting-limit": {"limit": 5},
}
"""What stands in an example where a member's own example says too little of this code, since others have it too."""
BODIES: Mapping[str, Json] = {
    "invalid-input": {"hold": "mine", "person": {"dateOfBirth": "12.8.1964"}, "contact": {"email": "erika"}},
}
"""What is sent, where the answer is understood by it."""
_SAID: Mapping[str, str] = {
    "address-too-long": "At most 8192 bytes are read",
    "app-outdated": "Please update the app. What must never fail, such as cancelling, still works.",
    "appointments-stranded": "1 live appointments would be left without an open counter",
    "body-incomplete": "No byte came for too long",
    "checksum-algorithm-unknown": "One of sha1, sha256, sha512, md5",
    "headers-too-large": "At most 16384 bytes are read",
    "json-too-deep": "At most 32 levels are read",
    "tus-header-invalid": "Upload-Offset is missing",
    "tus-version-unsupported": "Tus-Resumable must be 1.0.0",
}
"""What the occurrence adds in English."""
_WAITS: Mapping[str, int] = {"rate-limited": 12, "temporarily-unavailable": 2, "upload-locked": 8}
"""Seconds of ``Retry-After`` where there is a reason for others than one."""
_AT: Mapping[str, str] = {
    "address-too-long": "listFreeDays",
    "app-outdated": "holdPlace",
    "appointment-changed": "changeContact",
    "appointment-limit": "bookAppointment",
    "appointment-not-found": "readAppointment",
    "appointment-state": "cancelAppointment",
    "appointment-too-early": "checkIn",
    "appointment-too-late": "rescheduleAppointment",
    "appointments-stranded": "addClosure",
    "authentication-required": "listAppointments",
    "body-incomplete": "PATCH /v1/uploads/{uploadId}/tus",
    "body-too-large": "changeDraft",
    "case-changed": "approveCase",
    "case-not-found": "readCase",
    "case-state": "answerCase",
    "checksum-algorithm-unknown": "PATCH /v1/uploads/{uploadId}/tus",
    "checksum-differs": "PATCH /v1/uploads/{uploadId}/tus",
    "city-changed": "",
    "city-not-found": "listServices",
    "client-key-invalid": "readClient",
    "client-key-not-for-city": "listServices",
    "client-key-required": "readClient",
    "client-keys-off": "issueClientKey",
    "client-not-found": "issueClientKey",
    "client-scope-missing": "addWebhook",
    "confirmation-not-found": "readConfirmation",
    "confirmation-over": "answerConfirmation",
    "confirmation-used": "answerConfirmation",
    "console-unconfigured": "GET /console/sign-in",
    "counter-not-found": "readOpeningHours",
    "cross-site-request": "DELETE /console/session",
    "display-not-found": "GET /console/display/{office}/calls",
    "document-in-use": "deleteDocument",
    "document-not-clean": "readDocumentContent",
    "document-not-found": "readDocument",
    "documents-unfit": "submitDraft",
    "draft-changed": "changeDraft",
    "draft-expired": "changeDraft",
    "draft-not-found": "readDraft",
    "draft-submitted": "changeDraft",
    "form-not-found": "readForm",
    "form-retired": "beginDraft",
    "headers-too-large": "readMe",
    "hold-booked": "bookAppointment",
    "hold-differs": "rescheduleAppointment",
    "hold-expired": "bookAppointment",
    "hold-not-found": "bookAppointment",
    "idempotency-answer-erased": "bookAsClerk",
    "idempotency-in-flight": "bookAppointment",
    "idempotency-key-malformed": "holdPlace",
    "idempotency-key-missing": "holdPlace",
    "idempotency-key-reused": "holdPlace",
    "internal-error": "submitDraft",
    "invalid-input": "bookAppointment",
    "issuer-unavailable": "linkIdentity",
    "json-too-deep": "changeDraft",
    "malformed-json": "beginDraft",
    "malformed-request": "findService",
    "method-not-allowed": "DELETE /v1/cities",
    "no-membership": "readOfficeDay",
    "no-thumbnail": "readDocumentThumbnail",
    "not-found": "GET /v1/appointments/latest",
    "notice-not-found": "readNotice",
    "offer-accepted": "acceptOffer",
    "offer-not-found": "readOffer",
    "offer-over": "acceptOffer",
    "office-not-found": "findOffice",
    "person-not-found": "readMe",
    "precondition-required": "changeDraft",
    "rate-limited": "holdPlace",
    "role-insufficient": "changeOpeningHours",
    "rules-changing": "bookAppointment",
    "second-clerk-needed": "approveCase",
    "service-not-found": "findService",
    "service-not-offered": "listFreeDays",
    "session-ended": "refreshSession",
    "sandbox-answer-unknown": "holdPlace",
    "sign-in-failed": "GET /console/signed-in",
    "slot-not-offered": "holdPlace",
    "slot-taken": "holdPlace",
    "store-unavailable": "declareUpload",
    "temporarily-unavailable": "readInbox",
    "token-expired": "readInbox",
    "token-invalid": "readMe",
    "too-many-streams": "listAppointmentEvents",
    "too-many-uploads": "declareUpload",
    "tus-content-type": "PATCH /v1/uploads/{uploadId}/tus",
    "tus-header-invalid": "PATCH /v1/uploads/{uploadId}/tus",
    "tus-version-unsupported": "PATCH /v1/uploads/{uploadId}/tus",
    "unsupported-media-type": "beginDraft",
    "upload-expired": "completeUpload",
    "upload-incomplete": "completeUpload",
    "upload-locked": "PATCH /v1/uploads/{uploadId}/tus",
    "upload-offset-differs": "PATCH /v1/uploads/{uploadId}/tus",
    "upload-too-fragmented": "PATCH /v1/uploads/{uploadId}/tus",
    "upload-too-large": "POST /v1/uploads/tus",
    "uploads-busy": "PATCH /v1/uploads/{uploadId}/tus",
    "waiting-entry-not-found": "readWaitingEntry",
    "webhook-disabled": "testWebhook",
    "webhook-not-found": "readWebhook",
}
"""Where several operations answer with a code, the one to show; a method and path that the document does not tell of;
empty for what no request is answered with. Of what one operation alone answers it is that one."""


class Place(msgspec.Struct, frozen=True):
    """A request: method and path template, and the operation where the document tells of it."""

    method: str
    path: str
    operation: str = ""

    @property
    def address(self) -> str:
        """The path with example values in it; KeyError for a parameter that has none."""
        parts = (part.strip("{}") if part.startswith("{") else "" for part in self.path.split("/"))
        filled = {f"{{{name}}}": IN_PATHS.get(name) or str(values.VALUES[name]) for name in parts if name}
        return "/".join(filled.get(part, part) for part in self.path.split("/"))


class Seen(msgspec.Struct, frozen=True):
    """What is answered."""

    headers: Mapping[str, str]
    body: Json


def places(document: Json) -> dict[str, list[Place]]:
    """For each code the operations of the document that may answer with it, in the document's order."""
    shared: Json = document["components"].get("responses", {})
    found: dict[str, list[Place]] = {}
    for path, method, operation in operations(document):
        place = Place(method.upper(), path, operation["operationId"])
        for slug in _codes(operation, shared):
            found.setdefault(slug, []).append(place)
    return found


def place(slug: str, known: Mapping[str, list[Place]]) -> Place | None:
    """Where the example occurs; None for what no request is answered with, KeyError where nobody chose among many."""
    answering = known.get(slug, [])
    wanted = _AT.get(slug, answering[0].operation if len(answering) == 1 else None)
    if wanted is None:
        raise KeyError(slug)
    if " " in wanted:
        return Place(*wanted.split(" "))
    return next(one for one in answering if one.operation == wanted) if wanted else None


def members_of(slug: str) -> Json:
    """What a problem says beside what every problem says, as it may look."""
    return {**examples_of(slug), **_VALUES.get(slug, {})}


def seen(kind: type[DomainError], at: Place | None, public_url: str, language: Language) -> Seen:
    """The problem as it is answered at ``at``."""
    waits = {"retry_after_seconds": _WAITS[kind.slug]} if kind.slug in _WAITS else {}
    error = kind.__new__(kind)  # its own way of being made takes what services have at hand
    DomainError.__init__(error, _SAID.get(kind.slug), **members_of(kind.slug), **waits)
    path = at.address if at else "/"
    return Seen(
        {"Content-Type": MEDIA_TYPE, **problems.headers_of(error, language)},
        problems.body_of(error, public_url=public_url, path=path, language=language),
    )


def _codes(operation: Json, shared: Json) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        if status >= "400":
            whole = shared[answer["$ref"].rsplit("/", 1)[-1]] if "$ref" in answer else answer
            for media in whole.get("content", {}).values():
                yield from media.get("examples", {})
