"""One request's way of putting bytes into the store: whole parts, a tail that does not fill one, and the whole."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Database, Principal
from backend.documents import queries
from backend.documents.errors import DocumentNotFound, UploadLocked, UploadTooFragmented, UploadTooLarge
from backend.documents.model import Stored, Upload
from backend.documents.rules import key_of_original, key_of_part
from backend.documents.store import PART_BYTES, ObjectStore

_MOST_PIECES = 32
_RAW = "application/octet-stream"


class Writer:
    """Writes one upload under a lease. ``all_or_nothing``: records nothing before ``end``.

    A file that is not longer than a part is one object; a longer one is put together by the store from its parts.
    What a request leaves of a part is kept as pieces, which the request that fills the part reads back.
    """

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        upload: Upload,
        lease: UUID,
        clock: Callable[[], datetime],
        lease_time: timedelta,
        *,
        all_or_nothing: bool = False,
    ) -> None:
        self._database, self._store, self._upload, self._lease = database, store, upload, lease
        self._clock, self._lease_time = clock, lease_time
        self._all_or_nothing = all_or_nothing
        self._principal = Principal(person_id=upload.person_id)
        self._multipart_id = upload.multipart_id
        self._parts, self._pieces = list(upload.parts), list(upload.pieces)
        self._spent: list[Stored] = []
        self._buffer = bytearray()
        self._filled = 0

    async def add(self, chunk: bytes) -> None:
        """Takes bytes; raises UploadTooLarge for one more than was declared."""
        if self._stored() + self._filled + len(chunk) > self._upload.size:
            raise UploadTooLarge(maxBytes=self._upload.size)
        rest = memoryview(chunk)
        while rest:
            # A full part waits for the byte after it: if that is one too many, the part was not the last one either.
            room = PART_BYTES - _sum(self._pieces) - self._filled
            if room == 0:
                await self._put_part()
                continue
            if not self._buffer:
                # Fresh pages of zeros: memory is used as bytes come.
                self._buffer = bytearray(min(PART_BYTES, self._upload.size - _sum(self._parts)))
            some = rest[:room]
            self._buffer[self._filled : self._filled + len(some)] = some
            self._filled += len(some)
            rest = rest[len(some) :]

    async def renew(self) -> None:
        """Bytes still come."""
        async with self._database.transaction(self._principal) as conn:
            if not await queries.renew_lease(conn, self._upload, self._lease, self._until()):
                raise UploadLocked

    async def keep(self) -> None:
        """The client is gone: what came stays."""
        if self._filled:
            await self._put_piece()
            await self._record()
        await self.release()

    async def end(self) -> None:
        """The request is over."""
        if self._stored() + self._filled == self._upload.size:
            await self._complete()
        else:
            if self._filled:
                await self._put_piece()
            await self._record()
        await self.release()

    async def release(self) -> None:
        """The next writer may come."""
        async with self._database.transaction(self._principal) as conn:
            await queries.end_lease(conn, self._upload, self._lease)

    async def make_whole(self) -> None:
        """All bytes are in the store: makes one object of them, and the document waits for its check."""
        if self._multipart_id is not None:
            key = key_of_original(self._upload.document_id)
            await self._store.finish_parts(key, self._multipart_id, self._parts)
        async with self._database.transaction(self._principal) as conn:
            await queries.mark_uploaded(conn, self._upload.document_id, self._upload.person_id, self._clock())
            await queries.end_lease(conn, self._upload, self._lease)

    async def _complete(self) -> None:
        if self._upload.size > PART_BYTES:
            if self._filled or self._pieces:
                await self._put_part()
        elif not self._parts:
            number = await self._number()
            body = await self._joined()
            key = key_of_part(self._upload.document_id, number)
            etag = await self._store.put("quarantine", key, body, _RAW)
            self._parts, self._spent, self._pieces = [Stored(number, etag, len(body))], self._pieces, []
            self._drop_buffer()
        await self._record()
        await self.make_whole()

    async def _put_part(self) -> None:
        number = await self._number()
        key = key_of_original(self._upload.document_id)
        if self._multipart_id is None:
            self._multipart_id = await self._store.begin_parts(key)
        body = await self._joined()
        etag = await self._store.put_part(key, self._multipart_id, number, body)
        self._parts.append(Stored(number, etag, len(body)))
        self._spent, self._pieces = [*self._spent, *self._pieces], []
        self._drop_buffer()
        if not self._all_or_nothing:
            await self._record()

    async def _put_piece(self) -> None:
        number = await self._number()
        merge = len(self._pieces) >= _MOST_PIECES
        if merge:
            body = await self._joined()
            self._spent, self._pieces = [*self._spent, *self._pieces], []
        else:
            del self._buffer[self._filled :]
            body = self._buffer
        etag = await self._store.put("quarantine", key_of_part(self._upload.document_id, number), body, _RAW)
        self._pieces.append(Stored(number, etag, len(body)))
        self._drop_buffer()

    async def _joined(self) -> bytearray:
        """The pieces and what is in the buffer, in one; the buffer is it, so it is not there twice."""
        tail, filled = _sum(self._pieces), self._filled
        if tail + filled > len(self._buffer):
            self._buffer.extend(bytes(tail + filled - len(self._buffer)))
        del self._buffer[tail + filled :]
        with memoryview(self._buffer) as view:
            view[tail:] = view[:filled]
            at = 0
            for piece in self._pieces:
                key = key_of_part(self._upload.document_id, piece.number)
                await self._store.read_into("quarantine", key, view[at : at + piece.size])
                at += piece.size
        return self._buffer

    async def _record(self) -> None:
        """What is in the store is the upload's; raises UploadLocked where another has become the writer."""
        async with self._database.transaction(self._principal) as conn:
            recorded = await queries.record_received(
                conn, self._upload, self._lease, self._stored(), self._multipart_id, self._parts, self._pieces,
                self._until(),
            )  # fmt: skip
            if not recorded:
                raise await self._lost(conn)
        spent, self._spent = self._spent, []
        await self._store.remove_keys("quarantine", self._keys(spent))

    async def _number(self) -> int:
        async with self._database.transaction(self._principal) as conn:
            found = await queries.take_number(conn, self._upload, self._lease, self._until())
            if found is None:
                raise await self._lost(conn)
            return found.number

    async def _lost(self, conn: queries.Connection) -> Exception:
        upload = await queries.find_upload(conn, self._upload.document_id, self._upload.person_id)
        if upload is None:
            return DocumentNotFound()
        return UploadTooFragmented() if upload.lease == self._lease else UploadLocked()

    def _until(self) -> datetime:
        return self._clock() + self._lease_time

    def _stored(self) -> int:
        return _sum(self._parts) + _sum(self._pieces)

    def _keys(self, some: Sequence[Stored]) -> list[str]:
        return [key_of_part(self._upload.document_id, one.number) for one in some]

    def _drop_buffer(self) -> None:
        self._buffer, self._filled = bytearray(), 0


def _sum(some: Sequence[Stored]) -> int:
    return sum(one.size for one in some)
