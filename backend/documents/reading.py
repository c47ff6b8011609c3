"""Who is given the bytes of a document: its person, and clerks of the office whose case took it up. Always audited."""

import re
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import msgspec

from backend.db import Connection, Principal
from backend.documents import queries, service
from backend.documents.errors import DocumentNotClean, NoThumbnail
from backend.documents.model import Document
from backend.documents.rules import key_of_content, key_of_thumbnail
from backend.documents.store import ObjectStore
from backend.settings import Settings

_ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
}
_PLAIN = re.compile(r"[^A-Za-z0-9 ._-]")
THUMBNAIL_TYPE = "image/webp"


class Readable(msgspec.Struct, frozen=True):
    """An object that may be handed out, and as what."""

    key: str
    media_type: str
    file_name: str


async def open_content(
    conn: Connection, principal: Principal, actor_id: UUID, document_id: UUID, now: datetime
) -> Readable:
    """The clean copy, audited; raises DocumentNotFound, DocumentNotClean."""
    document = await _clean(conn, principal, document_id)
    await _audit(conn, principal, actor_id, document, "document.read", now)
    assert document.media_type is not None  # what `clean` means, as the schema says
    return Readable(key_of_content(document.id), document.media_type, file_name(document))


async def open_thumbnail(
    conn: Connection, principal: Principal, actor_id: UUID, document_id: UUID, now: datetime
) -> Readable:
    """The preview, audited; raises DocumentNotFound, DocumentNotClean, NoThumbnail."""
    document = await _clean(conn, principal, document_id)
    if not document.has_thumbnail:
        raise NoThumbnail
    await _audit(conn, principal, actor_id, document, "document.previewed", now)
    return Readable(key_of_thumbnail(document.id), THUMBNAIL_TYPE, "thumbnail.webp")


async def sign(store: ObjectStore, settings: Settings, readable: Readable, *, inline: bool = False) -> str:
    """A short-lived address of it. As a download, which no browser shows as a page, unless ``inline``: its type is then
    one of those that the checker lets through, and its host is the store's, where nobody has a session.
    """
    plain = _PLAIN.sub("_", readable.file_name)
    how = "inline" if inline else "attachment"
    disposition = f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(readable.file_name, safe='')}"
    return await store.sign_get(
        readable.key,
        media_type=readable.media_type,
        disposition=disposition,
        seconds=settings.document_url_seconds,
    )


def file_name(document: Document) -> str:
    """The name that the phone gave it, with the ending of what it is now."""
    stem = document.name.rsplit(".", 1)[0] if "." in document.name[1:] else document.name
    return f"{stem[:200] or 'document'}.{_ENDINGS.get(document.media_type or '', 'bin')}"


async def _clean(conn: Connection, principal: Principal, document_id: UUID) -> Document:
    document = await service.find(conn, principal, document_id)
    if document.state != "clean":
        raise DocumentNotClean(state=document.state)
    return document


async def _audit(
    conn: Connection, principal: Principal, actor_id: UUID, document: Document, action: str, now: datetime
) -> None:
    kind = "person" if principal.person_id else "clerk"
    await queries.add_audit_entry(conn, document.city_id, now, kind, actor_id, action, document.id)
