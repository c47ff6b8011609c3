"""What becomes of good and of bad files: each is cleaned or refused as promised, by the real scanner and libraries."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image

from backend.documents.model import Reason
from backend.documents.refusals import REFUSALS
from backend.documents.scanning import EICAR
from tests.documents import corpus
from tests.documents.conftest import Works

TRUNCATED = corpus.photo()[:200]
REFUSED: dict[str, tuple[bytes, str, Reason]] = {
    "EICAR, plain": (EICAR, "attachment", "type-not-allowed"),
    "EICAR in an archive": (corpus.archive(), "attachment", "type-not-allowed"),
    "EICAR behind a photo": (corpus.photo() + EICAR, "photo", "infected"),
    "EICAR in a PDF": (corpus.infected_pdf(), "attachment", "infected"),
    "an archive": (corpus.archive(b"hello"), "attachment", "type-not-allowed"),
    "a program named like a photo": (b"MZ" + bytes(2000), "photo", "type-not-allowed"),
    "a text": (b"hello", "attachment", "type-not-allowed"),
    "a PDF where a photo is wanted": (corpus.pdf(), "photo", "type-not-allowed"),
    "a page that is a program in a browser": (b"<html><script>alert(1)</script>", "photo", "type-not-allowed"),
    "a PDF with a password": (corpus.encrypted_pdf(), "attachment", "encrypted"),
    "a PDF that anyone can open and nobody print": (corpus.encrypted_pdf(user=""), "attachment", "encrypted"),
    "a PDF with a script": (corpus.script_pdf(), "attachment", "active-content"),
    "a PDF with a script that nothing refers to": (corpus.hidden_script_pdf(), "attachment", "active-content"),
    "a PDF that starts a program": (corpus.launching_pdf(), "attachment", "active-content"),
    "a PDF with a file inside": (corpus.carrying_pdf(), "attachment", "embedded-files"),
    "a PDF that is an archive as well": (corpus.two_in_one(), "attachment", "embedded-files"),
    "a PDF of too many pages": (corpus.pdf(11), "identity", "too-many-pages"),
    "half a PDF": (corpus.pdf()[:60], "attachment", "unreadable"),
    "half a photo": (TRUNCATED, "photo", "unreadable"),
    "a pixel bomb": (corpus.pixel_bomb(), "photo", "too-many-pixels"),
    "nothing": (b"", "photo", "empty"),
}


def _colour(picture: Image.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    found: Any = picture.convert("RGB").getpixel(at)
    return found


async def test_bad_files_are_refused_with_a_reason_and_their_bytes_removed(scanning_works: Works) -> None:
    works = scanning_works

    def said(reason: Reason) -> dict[str, Any]:
        return {"name": "a", "code": reason, "reason": REFUSALS[reason]}

    sent = {what: await works.send(data, purpose=purpose) for what, (data, purpose, _) in REFUSED.items()}
    while await works.checker.check_next():
        pass
    found = {what: await works.find(document) for what, document in sent.items()}
    assert {what: (one.state, one.reason) for what, one in found.items()} == {
        what: ("refused", reason) for what, (_, _, reason) in REFUSED.items()
    }
    told = await works.rows("SELECT subject_id, person_id, kind, data FROM notice")
    assert {row[0]: row[1:] for row in told} == {
        document: (works.person, "document.refused", said(REFUSED[what][2])) for what, document in sent.items()
    }
    assert await works.rows("SELECT DISTINCT city_id FROM notice") == [
        (None,)
    ]  # no city has anything to do with it yet
    await works.tidier.tidy()
    for bucket in ("quarantine", "clean"):
        assert await works.store.list_documents(bucket) == (set(), None)


async def test_photos_lose_their_place_stand_upright_and_are_jpeg(scanning_works: Works, tmp_path: Path) -> None:
    originals = {
        ("IMG_1.HEIC", "image/jpeg"): corpus.heic(),
        ("photo.pdf", "image/jpeg"): corpus.photo("JPEG"),  # a wrong ending is no lie worth a refusal
        ("photo.png", "image/png"): corpus.photo("PNG"),
        ("photo.webp", "image/webp"): corpus.photo("WEBP"),
    }
    for (name, media_type), data in originals.items():
        assert corpus.place_in(data)
        document = await scanning_works.check(data, name=name, purpose="photo", sha256=hashlib.sha256(data).digest())
        assert (document.state, document.media_type, document.pages) == ("clean", media_type, 1), name
        assert document.scanned_by is not None and document.scanned_by.startswith("ClamAV ")
        clean = await scanning_works.content(document, tmp_path)
        assert (document.clean_size, document.clean_sha256) == (len(clean), hashlib.sha256(clean).digest())
        with Image.open(io.BytesIO(clean)) as picture:
            assert Image.MIME[picture.format or ""] == media_type
            assert not picture.getexif() and "exif" not in picture.info and "xmp" not in picture.info
            turned = name != "IMG_1.HEIC"
            assert picture.size == ((40, 60) if turned else (60, 40))
            red, green, blue = _colour(picture, (20, 5) if turned else (5, 20))
            assert red > 200 and max(green, blue) < 60
        assert document.has_thumbnail


async def test_a_harmless_pdf_is_kept_byte_for_byte_with_a_preview(scanning_works: Works, tmp_path: Path) -> None:
    data = corpus.linking_pdf()
    document = await scanning_works.check(data)
    assert (document.state, document.media_type, document.pages) == ("clean", "application/pdf", 2)
    assert await scanning_works.content(document, tmp_path) == data
    with pikepdf.open(io.BytesIO(data)) as opened:
        assert len(opened.pages) == 2
    await scanning_works.store.fetch("clean", f"{document.id}/thumbnail", tmp_path / "preview", most=10**6)
    with Image.open(tmp_path / "preview") as preview:
        assert (preview.format, max(preview.size)) == ("WEBP", 480)
    await scanning_works.tidier.tidy()
    assert await scanning_works.store.list_documents("quarantine") == (set(), None)
    assert await scanning_works.store.list_documents("clean") == ({str(document.id)}, None)


async def test_what_was_declared_is_checked_against_the_bytes(works: Works) -> None:
    data = corpus.pdf()
    assert (await works.check(data, size=len(data) + 1)).reason == "size-differs"
    assert (await works.check(data, size=len(data) - 1)).reason == "size-differs"
    assert (await works.check(data, sha256=bytes(32))).reason == "hash-differs"
    clean = await works.check(data, sha256=hashlib.sha256(data).digest())
    assert clean.state == "clean"
    assert clean.scanned_by == "none (embedded stand-in: finds only the EICAR test file)"
