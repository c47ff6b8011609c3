"""What people send to declare an upload, and how they see their documents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from api.texts import Language
from api.wire import Wire
from backend.documents.model import OPEN, Document, State
from backend.documents.refusals import REFUSALS
from backend.documents.rules import MAX_BYTES, PurposeName, shown_state
from backend.documents.store import Signed
from backend.documents.uploads import Declaration

Sha256 = Annotated[
    str, Meta(pattern=r"^[0-9a-fA-F]{64}\Z", max_length=64, description="Of the bytes as sent, hexadecimal.")
]


FileName = Annotated[
    str,
    Meta(
        min_length=1, max_length=255, pattern=r"[^\s\u001c-\u001f\u0085\ufeff]",
        description="As your device calls it; folders and invisible letters are left out.",
    ),
]  # fmt: skip


class UploadIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to come. All of it is checked against the bytes."""

    name: FileName
    size: Annotated[int, Meta(ge=1, le=MAX_BYTES, description="In bytes.")]
    sha256: Sha256
    purpose: PurposeName

    def declaration(self) -> Declaration:
        """As the rules want it."""
        return Declaration(name=self.name, size=self.size, purpose=self.purpose, sha256=bytes.fromhex(self.sha256))


class PutOut(Wire, frozen=True, kw_only=True):
    """One PUT of all bytes to `url`, with exactly these headers; good for a quarter of an hour and for one time."""

    url: str
    headers: Mapping[str, str]


class UploadOut(Wire, frozen=True, kw_only=True):
    """How to send it, and how far it is."""

    id: UUID
    state: State
    name: str
    size: int
    purpose: str
    received: Annotated[int, Meta(description="Bytes that have come by tus.")]
    expires_at: Annotated[datetime, Meta(description="Until when all bytes must have come.")]
    tus: Annotated[str, Meta(description="Where tus 1.0 is spoken.")]
    put: Annotated[PutOut | None, Meta(description="For short files; null: tus is the way.")]
    document: Annotated[str, Meta(description="What becomes of it.")]


class RefusalOut(Wire, frozen=True, kw_only=True):
    """Why the document was refused."""

    code: str
    text: Annotated[str, Meta(description="For the person: what is wrong, and what to do.")]


class DocumentLinksOut(Wire, frozen=True, kw_only=True):
    """Where the rest of it is."""

    self: str
    content: str | None
    thumbnail: str | None


class DocumentOut(Wire, frozen=True, kw_only=True):
    """A document. It can be read once it is `clean`."""

    id: UUID
    state: State
    purpose: str
    name: str
    size: int
    sha256: str | None
    refusal: RefusalOut | None
    media_type: Annotated[str | None, Meta(description="Of what can be read: photos from phones become JPEG.")]
    pages: int | None
    scanned_by: Annotated[str | None, Meta(description="Who looked for malware; `none (…)`: nobody did.")]
    case: UUID | None
    created_at: datetime
    checked_at: datetime | None
    kept_until: datetime
    links: DocumentLinksOut


class DecisionUploadOut(Wire, frozen=True, kw_only=True):
    """How to send a document of a decision."""

    document: DocumentOut
    put: Annotated[PutOut | None, Meta(description="Null where the store takes none of this size.")]


def upload_out(one: Document, received: int, put: Signed | None, public_url: str, now: datetime) -> UploadOut:
    """An upload as its person sees it."""
    return UploadOut(
        id=one.id,
        state=shown_state(one, now),
        name=one.name,
        size=one.size,
        purpose=one.purpose,
        received=received,
        expires_at=one.expires_at,
        tus=f"{public_url.rstrip('/')}/v1/uploads/{one.id}/tus",
        put=None if put is None else PutOut(url=put.url, headers=put.headers),
        document=f"/v1/documents/{one.id}",
    )


def document_out(one: Document, now: datetime, language: Language, path: str = "/v1/documents") -> DocumentOut:
    """A document as whoever may see it sees it."""
    own, clean = f"{path}/{one.id}", one.state == "clean"
    return DocumentOut(
        id=one.id,
        state=shown_state(one, now),
        purpose=one.purpose,
        name=one.name,
        size=one.size,
        sha256=one.sha256.hex() if one.sha256 else None,
        refusal=RefusalOut(code=one.reason, text=REFUSALS[one.reason][language]) if one.reason else None,
        media_type=one.media_type,
        pages=one.pages,
        scanned_by=one.scanned_by,
        case=one.case_id,
        created_at=one.created_at,
        checked_at=one.checked_at,
        kept_until=one.expires_at if one.state in OPEN else one.delete_after,
        links=DocumentLinksOut(
            self=own,
            content=f"{own}/content" if clean else None,
            thumbnail=f"{own}/thumbnail" if one.has_thumbnail else None,
        ),
    )
