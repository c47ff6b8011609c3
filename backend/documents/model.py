"""Documents, how far their bytes have come, and what checking found."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["declared", "uploading", "uploaded", "checking", "clean", "refused", "expired"]
OPEN: tuple[State, ...] = ("declared", "uploading")
"""Bytes are still to come."""

Reason = Literal[
    "size-differs",
    "hash-differs",
    "empty",
    "type-not-allowed",
    "unreadable",
    "encrypted",
    "active-content",
    "embedded-files",
    "too-many-pages",
    "too-many-pixels",
    "too-complex",
    "infected",
]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document as its row says. ``size`` and ``sha256`` are of the bytes as sent, ``clean_…`` of the clean copy."""

    id: UUID
    person_id: UUID
    purpose: str
    name: str
    size: int
    sha256: bytes | None
    state: State
    reason: Reason | None
    media_type: str | None
    clean_size: int | None
    clean_sha256: bytes | None
    pages: int | None
    has_thumbnail: bool
    scanned_by: str | None
    clerk_id: UUID | None
    """Who of the office has sent it; None: its person."""
    case_id: UUID | None
    city_id: str | None
    office_id: UUID | None
    created_at: datetime
    updated_at: datetime
    uploaded_at: datetime | None
    checked_at: datetime | None
    expires_at: datetime
    delete_after: datetime
    received: int | None = None
    """Bytes that have come so far by tus; None where that is not asked for or there is no upload any more."""


class AttachedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A clean document of a case. ``sha256`` is of the bytes as sent, ``clean_sha256`` of what is read."""

    id: UUID
    purpose: str
    name: str
    media_type: str
    size: int
    sha256: bytes
    clean_size: int
    clean_sha256: bytes
    pages: int | None


class Unfit(msgspec.Struct, frozen=True):
    """Why a case cannot take a document up: not-found (or another's), not-sent, checking, refused, expired or used."""

    document: UUID
    why: Literal["not-found", "not-sent", "checking", "refused", "expired", "used"]


class Stored(msgspec.Struct, frozen=True):
    """A part or piece in the store. ``etag`` as the store said it."""

    number: int
    etag: str
    size: int


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """How far the bytes of a document have come; see the table."""

    document_id: UUID
    person_id: UUID
    size: int
    state: State
    expires_at: datetime
    metadata: str | None
    received: int
    multipart_id: str | None
    parts: list[Stored]
    pieces: list[Stored]
    next_number: int
    lease: UUID | None
    leased_until: datetime | None


class Number(msgspec.Struct, frozen=True):
    """A number that nobody else was given."""

    number: int


class Usage(msgspec.Struct, frozen=True):
    """What a person has open: uploads that are not complete, and bytes of all documents that no case has taken up."""

    open_uploads: int
    total_bytes: int


class Count(msgspec.Struct, frozen=True):
    """How many."""

    count: int


class DocumentId(msgspec.Struct, frozen=True):
    """An id alone."""

    id: UUID


class Stray(msgspec.Struct, frozen=True):
    """Objects in a bucket that nobody needs; ``known``: there is a row of that id."""

    id: UUID
    known: bool


class CheckTask(msgspec.Struct, frozen=True, kw_only=True):
    """A document that one checker has leased."""

    id: UUID
    person_id: UUID
    purpose: str
    name: str
    size: int
    sha256: bytes | None
    city_id: str | None
    attempts: int
    uploaded_at: datetime
    clerk_id: UUID | None
    lease: UUID
    multipart_id: str | None
    parts: list[Stored]


class Clean(msgspec.Struct, frozen=True, kw_only=True):
    """What checking found in a document that may be read. ``sha256`` is of the bytes as sent."""

    sha256: bytes
    media_type: str
    clean_size: int
    clean_sha256: bytes
    pages: int | None
    has_thumbnail: bool
    scanned_by: str


class Removal(msgspec.Struct, frozen=True):
    """Objects to remove."""

    document_id: UUID
    bucket: Literal["quarantine", "clean"]
    attempts: int


class Backlog(msgspec.Struct, frozen=True):
    """What waits: documents for their verdict, objects for their removal."""

    checks: int
    removals: int
    oldest_seconds: float


class Unfinished(msgspec.Struct, frozen=True):
    """An upload whose last step is missing."""

    document_id: UUID
    person_id: UUID
