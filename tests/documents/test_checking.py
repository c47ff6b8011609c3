"""Checking fails closed, is tried again, and happens once, whatever dies in the midst of it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from backend.db.pool import SYSTEM
from backend.documents import queries
from backend.documents.checking import MAX_ATTEMPTS
from backend.documents.inspection.run import inspect
from backend.documents.rules import PURPOSES, Purpose
from backend.documents.scanning import Clamd, ScannerUnavailable, Verdict
from backend.ids import new_id
from tests.documents import corpus
from tests.documents.conftest import MakeWorks, Works
from tests.support.clamd import ClamdProcess

PDF = corpus.pdf()


class Down:
    """A scanner that is not there, until it is."""

    def __init__(self) -> None:
        self.up = False

    async def prove(self) -> None:
        if not self.up:
            raise ScannerUnavailable("down")

    async def scan(self, path: Path) -> Verdict:
        await self.prove()
        return Verdict("test")


class Slow:
    """A scanner that lets another checker pass."""

    def __init__(self) -> None:
        self.entered, self.go = asyncio.Event(), asyncio.Event()

    async def prove(self) -> None:
        return

    async def scan(self, path: Path) -> Verdict:
        self.entered.set()
        await self.go.wait()
        return Verdict("slow")


async def test_without_a_scanner_nothing_is_clean_and_nothing_is_given_up(make_works: MakeWorks) -> None:
    scanner = Down()
    works = make_works(scanner)
    document = await works.send(PDF)
    for _ in range(MAX_ATTEMPTS + 2):
        with pytest.raises(ScannerUnavailable):
            await works.checker.check_next()
        assert not await works.checker.check_next()  # not before a while has passed
        works.later += timedelta(minutes=1)
    assert (await works.find(document)).state == "checking"
    scanner.up = True
    assert await works.checker.check_next()
    assert (await works.find(document)).state == "clean"


async def test_what_kills_its_checker_is_refused_in_the_end(works: Works) -> None:
    document = await works.send(PDF)
    for _ in range(MAX_ATTEMPTS):
        # Claimed, and then the process was gone: nobody postponed anything.
        await works.rows(
            "UPDATE document SET state = 'checking', check_attempts = check_attempts + 1,"
            " check_lease = gen_random_uuid(), check_due_at = now() - interval '1 second' WHERE id = $1 RETURNING id",
            document,
        )
    assert await works.checker.check_next()
    assert (await works.find(document)).reason == "too-complex"


async def test_bytes_that_are_missing_are_looked_for_again_with_growing_pauses(works: Works) -> None:
    document = await works.send(PDF)
    await works.store.remove("quarantine", document)
    pauses: list[int] = []
    for _ in range(MAX_ATTEMPTS):
        assert await works.checker.check_next()
        [(pause,)] = await works.rows(
            "SELECT round(extract(epoch FROM check_due_at - $2))::int FROM document WHERE id = $1",
            document,
            works.now(),
        )
        pauses.append(pause)
        works.later += timedelta(seconds=pause + 1)
    assert pauses == sorted(pauses) and pauses[-1] >= 1000
    assert await works.checker.check_next()
    assert (await works.find(document)).state == "refused"


async def test_a_document_that_two_check_becomes_clean_once(make_works: MakeWorks) -> None:
    slow = Slow()
    works = make_works(slow)
    document = await works.send(PDF)
    first = asyncio.create_task(works.checker.check_next())
    await slow.entered.wait()
    assert not await works.with_scanner(Down()).check_next()  # leased
    works.later += timedelta(minutes=30)  # it hangs for longer than its lease
    quick = Down()
    quick.up = True
    assert await works.with_scanner(quick).check_next()
    checked = await works.find(document)
    slow.go.set()
    assert await first
    assert await works.find(document) == checked
    assert checked.scanned_by == "test"


async def test_a_checker_that_is_asked_to_end_gives_back_what_it_has(make_works: MakeWorks) -> None:
    slow = Slow()
    works = make_works(slow)
    document = await works.send(PDF)
    task = asyncio.create_task(works.checker.check_next())
    await slow.entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    slow.go.set()
    assert await works.checker.check_next()
    assert (await works.find(document)).state == "clean"
    assert await works.rows("SELECT check_attempts FROM document") == [(1,)]


async def test_a_file_that_uses_up_its_process_is_refused_and_the_checker_lives(works: Works, tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(corpus.large_picture())
    purpose = Purpose(types=("image/png",), max_pixels=10**9)
    found = await inspect(works.settings, purpose, original, tmp_path / "clean", tmp_path / "thumbnail")
    assert found.refused is None
    small = msgspec.structs.replace(works.settings, document_check_memory_bytes=250_000_000)
    found = await inspect(small, purpose, original, tmp_path / "clean", tmp_path / "thumbnail")
    assert found.refused == "too-complex"


async def test_clamd_is_believed_only_when_it_proves_itself(tmp_path: Path, clamd: ClamdProcess) -> None:
    await Clamd(clamd.address, 30).prove()
    for name, how, complaint in (
        ("blind", {"signatures": False}, "EICAR"),
        ("shrugging", {"honest": False}, "AlertExceedsMax"),
        ("small", {"max_file": "1M"}, "MaxFileSize"),
    ):
        process = ClamdProcess(tmp_path / name, **how)  # type: ignore[arg-type]
        process.start()
        try:
            with pytest.raises(ScannerUnavailable, match=complaint):
                await Clamd(process.address, 30).prove()
        finally:
            process.stop()
    with pytest.raises(ScannerUnavailable, match="does not answer"):
        await Clamd(process.address, 30).prove()


async def test_what_clamd_cannot_read_to_its_end_is_not_clean(tmp_path: Path, clamd: ClamdProcess) -> None:
    process = ClamdProcess(tmp_path / "small", max_file="1M")
    process.start()
    big = tmp_path / "big"
    big.write_bytes(b"%PDF-1.7\n" + bytes(2_000_000))
    try:
        verdict = await Clamd(process.address, 30).scan(big)
    finally:
        process.stop()
    assert verdict.incomplete and verdict.found is None
    assert await Clamd(clamd.address, 30).scan(big) == Verdict(verdict.engine)


def test_every_purpose_is_one_that_a_scanner_can_take() -> None:
    assert all(
        0 < purpose.max_bytes <= 25_000_000 for purpose in PURPOSES.values()
    )  # clamd's StreamMaxLength is 100 MB


_ANEW_FOR_EVERY_ROW = """
UPDATE document d SET state = 'checking', check_due_at = now() + interval '1 hour'
  FROM (SELECT n.id FROM document n WHERE n.check_due_at <= now() ORDER BY n.check_due_at LIMIT 1
        FOR UPDATE OF n SKIP LOCKED) due
 WHERE d.id = due.id"""


async def test_a_claim_takes_one_whatever_way_the_database_goes_about_it(works: Works) -> None:
    for _ in range(5):
        await works.send(b"x")
    async with works.database.transaction(SYSTEM) as conn:
        for way in ("hashjoin", "mergejoin", "material", "memoize", "indexscan", "bitmapscan"):
            await conn.execute(f"SET LOCAL enable_{way} = off")
        # The control: written as a subquery, the choice is made anew for every row, and takes them all.
        assert await conn.execute(_ANEW_FOR_EVERY_ROW) != "UPDATE 1"
        await conn.execute("UPDATE document SET state = 'uploaded', check_due_at = now()")
        now = await conn.fetchval("SELECT now()")
        assert await queries.claim_check(conn, new_id(), now, now + timedelta(hours=1)) is not None
        assert await conn.fetchval("SELECT count(*) FROM document WHERE state = 'checking'") == 1


async def test_a_file_that_its_reader_dies_of_is_refused_by_its_first_check(make_works: MakeWorks) -> None:
    scanner = Down()
    scanner.up = True
    works = make_works(scanner)
    works.settings = msgspec.structs.replace(works.settings, document_check_memory_bytes=1_000_000_000)
    document = await works.send(corpus.inflating_pdf())
    assert await works.with_scanner(scanner).check_next()
    found = await works.find(document)
    assert (found.state, found.reason) == ("refused", "too-complex")
    assert await works.rows("SELECT check_attempts FROM document") == [(1,)]


async def test_a_file_that_uses_up_its_time_is_refused_and_not_tried_again(works: Works, tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(corpus.noisy_picture())
    purpose = Purpose(types=("image/png",), max_pixels=10**9)
    hasty = msgspec.structs.replace(works.settings, document_check_seconds=1)
    found = await inspect(hasty, purpose, original, tmp_path / "clean", tmp_path / "thumbnail")
    assert found.refused == "too-complex"
