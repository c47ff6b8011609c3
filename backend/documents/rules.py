"""What may be sent for which purpose, and what a document's state allows. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from backend.documents.model import OPEN, Document, State, Unfit

_MB = 1_000_000
IMAGES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
PDF = "application/pdf"


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sent for one purpose. Days count from the day a case takes the document up."""

    types: tuple[str, ...] = (PDF, *IMAGES)
    """Media types as found in the bytes."""
    max_bytes: int = 20 * _MB
    max_pages: int = 50
    max_pixels: int = 50_000_000
    retention_days: int = 365
    thumbnail: bool = True


PurposeName = Literal["attachment", "identity", "residence-confirmation", "vehicle-registration", "photo"]
"""The words that an app sends. One that was published stays."""

PURPOSES: Mapping[str, Purpose] = {
    "attachment": Purpose(),
    "identity": Purpose(max_pages=10, retention_days=90),
    "residence-confirmation": Purpose(max_pages=10),
    "vehicle-registration": Purpose(max_pages=10),
    "photo": Purpose(types=IMAGES, max_pages=1),
}
"""Of what people send."""
assert set(get_args(PurposeName)) == PURPOSES.keys()

DECISION = "decision"
OFFICE_PURPOSES: Mapping[str, Purpose] = {DECISION: Purpose(types=(PDF,), max_bytes=10 * _MB)}
"""Of what an office sends to its people: no app can name these."""
EVERY_PURPOSE: Mapping[str, Purpose] = {**PURPOSES, **OFFICE_PURPOSES}

DEFAULT_PURPOSE = "attachment"
"""For tus clients that name none."""
MAX_BYTES = max(purpose.max_bytes for purpose in PURPOSES.values())


def fitness(document: Document | None, document_id: UUID, case_id: UUID) -> Unfit | None:
    """Why the case cannot take the document up; None when it can, or has done so already."""
    if document is None:
        return Unfit(document_id, "not-found")
    if document.state in ("declared", "uploading"):
        return Unfit(document_id, "not-sent")
    if document.state in ("uploaded", "checking"):
        return Unfit(document_id, "checking")
    if document.state == "refused":
        return Unfit(document_id, "refused")
    if document.state == "expired":
        return Unfit(document_id, "expired")
    if document.case_id is not None and document.case_id != case_id:
        return Unfit(document_id, "used")
    return None


def shown_name(name: str) -> str:
    """A file's name to show: without folders, and without letters that end lines, move a cursor or turn the direction
    of reading around. What a phone calls its files is not worth a refusal.
    """
    text = "".join(letter for letter in name if letter.isprintable())
    return text.replace("\\", "/").rsplit("/", 1)[-1].strip()[:255] or "document"


def shown_state(document: Document, now: datetime) -> State:
    """The state as a person sees it: what ran out is expired, whether or not somebody has tidied up."""
    return "expired" if document.state in OPEN and document.expires_at <= now else document.state


def key_of_original(document_id: UUID) -> str:
    """Where the bytes lie that came by a presigned PUT, or as parts."""
    return f"{document_id}/original"


def key_of_part(document_id: UUID, number: int) -> str:
    """Where a piece of an upload lies, or the whole where it is shorter than a part."""
    return f"{document_id}/{number:05}"


def key_of_content(document_id: UUID) -> str:
    """Where the clean copy lies."""
    return f"{document_id}/content"


def key_of_thumbnail(document_id: UUID) -> str:
    """Where its preview lies."""
    return f"{document_id}/thumbnail"
