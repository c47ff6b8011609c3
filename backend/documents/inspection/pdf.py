"""PDFs: kept byte for byte, so nothing in them may act, hide another file, or want a password."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2

from backend.documents.inspection.images import THUMBNAIL_PIXELS, write_thumbnail
from backend.documents.inspection.model import Findings, Order, Refused

_ACTIVE_KEYS = frozenset(("/JavaScript", "/JS", "/XFA"))
_ACTIVE_KINDS = frozenset(
    ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/RichMedia", "/Movie", "/Sound", "/Rendition", "/GoToE",
     "/GoToR", "/GoTo3DView", "/3D", "/Screen", "/RichMediaExecute")
)  # fmt: skip
_MOST_OBJECTS = 200_000


def inspect(order: Order) -> Findings:
    """Copies the PDF when it is harmless; raises Refused."""
    if zipfile.is_zipfile(order.original):
        raise Refused("embedded-files")  # one file that is two: readers of archives look at the end
    try:
        with pikepdf.open(order.original) as document:
            if document.is_encrypted:
                raise Refused("encrypted")
            pages = len(document.pages)
            if pages > order.max_pages:
                raise Refused("too-many-pages")
            if pages == 0:
                raise Refused("unreadable")
            _refuse_what_acts(document)
    except pikepdf.PasswordError as error:
        raise Refused("encrypted") from error
    except (pikepdf.PdfError, RuntimeError, ValueError, RecursionError) as error:
        raise Refused("unreadable") from error
    shutil.copyfile(order.original, order.clean)
    drawn = order.wants_thumbnail and _draw(Path(order.original), Path(order.thumbnail))
    return Findings(media_type="application/pdf", pages=pages, has_thumbnail=drawn)


def _refuse_what_acts(document: pikepdf.Pdf) -> None:
    """Every object is looked at, reached from a page or not: readers disagree about what they reach."""
    count = 0
    for root in (document.trailer, *document.objects):
        for one in _containers(root):
            count += 1
            if count > _MOST_OBJECTS:
                raise Refused("too-complex")
            _judge(one)


def _containers(value: Any) -> Iterator[Any]:
    """The dictionaries directly in ``value``, without following references: each object comes by itself."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
            yield one
            # A stream's own dictionary has direct members as well.
            waiting += [member for _, member in _members(one) if _is_direct_container(member)]
        elif isinstance(one, pikepdf.Array):
            waiting += [member for member in _items(one) if _is_direct_container(member)]


def _judge(one: Any) -> None:
    kinds = {str(one.get(key)) for key in ("/S", "/Type", "/Subtype") if isinstance(one.get(key), pikepdf.Name)}
    keys = {str(key) for key, _ in _members(one)}
    if kinds & {"/EmbeddedFile", "/FileAttachment"} or "/EmbeddedFiles" in keys or "/EF" in keys:
        raise Refused("embedded-files")
    if kinds & _ACTIVE_KINDS or keys & _ACTIVE_KEYS:
        raise Refused("active-content")


def _members(one: Any) -> list[tuple[str, Any]]:
    return list(one.items())


def _items(one: Any) -> list[Any]:
    return list(one)


def _is_direct_container(value: Any) -> bool:
    return isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect


def _draw(original: Path, thumbnail: Path) -> bool:
    """A preview of the first page. A PDF that cannot be drawn may still be read: no preview then."""
    library: Any = pypdfium2
    try:
        document = library.PdfDocument(original)
        try:
            page = document[0]
            scale = min(THUMBNAIL_PIXELS / max(page.get_width(), 1), THUMBNAIL_PIXELS / max(page.get_height(), 1), 4)
            write_thumbnail(page.render(scale=scale).to_pil(), thumbnail)
        finally:
            document.close()
    except (pypdfium2.PdfiumError, ValueError, OSError):
        return False
    return True
