"""Rows and objects are kept together, both ways."""

from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from backend.db import Principal
from backend.documents import uploads
from backend.documents.errors import StoreUnavailable
from backend.documents.rules import key_of_content, key_of_original, key_of_part
from backend.documents.store import ObjectStore
from backend.documents.uploads import Declaration
from backend.ids import new_id
from tests.documents import corpus
from tests.documents.conftest import Works

RAW = "application/octet-stream"


async def test_an_upload_that_does_not_come_expires_and_leaves_nothing(works: Works) -> None:
    document = new_id()
    wanted = Declaration(name="a", size=20_000_000, purpose="attachment", sha256=None)
    async with works.database.transaction(Principal(person_id=works.person)) as conn:
        await uploads.declare(conn, works.settings, works.person, document, wanted, works.now())
    key = key_of_original(document)
    multipart = await works.store.begin_parts(key)
    await works.store.put_part(key, multipart, 1, bytes(5 * 2**20))
    await works.store.put("quarantine", key_of_part(document, 2), b"tail", RAW)
    await works.tidier.tidy()
    assert (await works.find(document)).state == "declared"
    works.later = timedelta(hours=works.settings.upload_hours, seconds=1)
    await works.tidier.tidy()
    assert (await works.find(document)).state == "expired"
    assert await works.store.list_documents("quarantine") == (set(), None)
    assert await works.store.list_parts_in_progress() == []
    works.later = timedelta(days=works.settings.document_unattached_days, seconds=1)
    await works.tidier.tidy()
    assert await works.rows("SELECT id FROM document") == []


async def test_a_deleted_document_goes_from_both_buckets(works: Works) -> None:
    document = await works.check(corpus.pdf())
    assert document.state == "clean"
    async with works.database.transaction(Principal(person_id=works.person)) as conn:
        await uploads.delete(conn, works.person, document.id)
    await works.tidier.tidy()
    for bucket in ("quarantine", "clean"):
        assert await works.store.list_documents(bucket) == (set(), None)
    assert await works.rows("SELECT document_id FROM object_removal") == []


async def test_objects_without_rows_are_found_and_rows_without_objects_reported(works: Works) -> None:
    kept = await works.check(corpus.pdf())
    lost = await works.check(corpus.pdf())
    waiting = await works.send(corpus.pdf())
    await works.tidier.tidy()
    await works.store.remove("clean", lost.id)
    stray, late = new_id(), kept.id  # a presigned PUT may come when its document is clean already
    await works.store.put("clean", key_of_content(stray), b"x", RAW)
    await works.store.put("quarantine", key_of_original(late), b"x", RAW)
    await works.store.put("quarantine", "not-ours", b"x", RAW)
    works.later = timedelta(minutes=11)
    assert await works.tidier.reconcile() == (2, 1)
    assert await works.tidier.reconcile() == (0, 0)  # neither is told twice
    await works.tidier.tidy()
    assert await works.tidier.reconcile() == (0, 0)
    assert await works.store.list_documents("quarantine") == ({str(waiting), "not-ours"}, None)
    assert await works.store.list_documents("clean") == ({str(kept.id), str(stray)}, None)
    works.later += timedelta(days=works.settings.document_stray_days)  # a restore of yesterday's rows can be mended
    await works.tidier.tidy()
    assert await works.store.list_documents("clean") == ({str(kept.id)}, None)
    assert await works.rows("SELECT entity_id FROM audit_entry WHERE action = 'document.lost'") == [(str(lost.id),)]


async def test_what_is_being_removed_is_no_disagreement(works: Works) -> None:
    document = await works.check(corpus.pdf())
    assert document.state == "clean"
    assert (await works.store.list_documents("quarantine"))[0] == {str(document.id)}
    assert await works.tidier.reconcile() == (0, 0)


async def test_a_bucket_that_is_missing_is_told_by_its_name(works: Works) -> None:
    store = ObjectStore(msgspec.structs.replace(works.settings, s3_clean_bucket="nobody-made-this"))
    try:
        with capture_logs() as said, pytest.raises(StoreUnavailable):
            await store.list_documents("clean")
    finally:
        await store.close()
    assert [(one["event"], one["bucket"]) for one in said] == [("there is no such bucket", "nobody-made-this")]


async def test_an_upload_whose_last_step_is_missing_is_ended(works: Works) -> None:
    data = bytes(range(256)) * 4096 * 6  # six MiB: two parts
    document = new_id()
    wanted = Declaration(name="a", size=len(data), purpose="attachment", sha256=None)
    principal = Principal(person_id=works.person)
    async with works.database.transaction(principal) as conn:
        await uploads.declare(conn, works.settings, works.person, document, wanted, works.now())
    key = key_of_original(document)
    multipart = await works.store.begin_parts(key)
    sizes = {1: data[: 5 * 2**20], 2: data[5 * 2**20 :]}
    parts = [
        {"number": n, "etag": await works.store.put_part(key, multipart, n, part), "size": len(part)}
        for n, part in sizes.items()
    ]
    async with works.database.transaction(principal) as conn:
        await conn.execute(
            "UPDATE upload SET received = $2, multipart_id = $3, parts = $4 WHERE document_id = $1",
            document, len(data), multipart, parts,
        )  # fmt: skip
    for _ in range(2):
        await works.tidier.tidy()
        assert (await works.find(document)).state == "uploaded"
    assert await works.store.size_of("quarantine", key) == len(data)
