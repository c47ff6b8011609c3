"""Versions of forms: published from a file, kept for good, and remembered by each process once they are compiled."""

import hashlib
from collections import OrderedDict
from datetime import datetime
from uuid import UUID

import msgspec

from backend.db import Connection, Database
from backend.forms import queries
from backend.forms.checking import Form
from backend.forms.content import Content
from backend.forms.errors import FormNotFound
from backend.forms.model import VersionHead, VersionRow
from backend.forms.reader import Fault, InvalidFormError
from backend.forms.vectors import make
from backend.ids import new_id

_KEPT = 100
_MOST_VERSIONS = 2**31 - 1


class Version(msgspec.Struct, frozen=True):
    """A published version, ready for use. Its row never changes, but for being retired, which is not asked of this."""

    row: VersionRow
    form: Form

    @property
    def content(self) -> Content:
        """What its file said."""
        return self.form.content

    @property
    def tag(self) -> str:
        """The hash of what was published, as hexadecimal digits."""
        return self.row.content_hash.hex()


class Versions:
    """The compiled versions of one process, the least recently used of more than a hundred forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, int], Version] = OrderedDict()

    async def find(self, conn: Connection, form_id: UUID, number: int) -> Version:
        """A published or retired version; raises FormNotFound."""
        if not 1 <= number <= _MOST_VERSIONS:
            raise FormNotFound
        key = (form_id, number)
        found = self._kept.get(key)
        if found is None:
            row = await queries.find_version(conn, form_id, number)
            if row is None:
                raise FormNotFound
            found = self._kept[key] = Version(row, Form(msgspec.json.decode(row.content, type=Content)))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    async def offered(self, conn: Connection, city_id: str) -> list[Version]:
        """The newest published version of each form of the city."""
        heads = await queries.list_forms(conn, city_id)
        return [await self.find(conn, head.form_id, head.number) for head in heads]


async def save(conn: Connection, content: Content, now: datetime, *, publish: bool) -> tuple[VersionHead, bool]:
    """The version of ``content``, and whether anything changed: what is published already is not published twice.

    Raises InvalidFormError where the city lacks an office that the form names. ``publish`` False keeps it as the form's
    draft, which the next one overwrites.
    """
    await _check_offices(conn, content)
    form_id = UUID(content.id) if content.id else new_id()
    await queries.ensure_form(conn, form_id, content.city, content.form, now)
    form = await queries.lock_form(conn, content.city, content.form)
    assert form is not None  # it was there a statement ago, and forms are not deleted
    if content.id and form.id != form_id:
        raise InvalidFormError([Fault("/id", f"this form has the id {form.id} already")])
    body = msgspec.json.encode(content)
    digest = hashlib.sha256(body).digest()
    newest = await queries.find_newest(conn, form.id)
    if newest is not None and newest.content_hash == digest:
        return newest, False
    vectors = msgspec.json.encode(make(Form(content))).decode()
    saved = await queries.save_version(conn, form.id, body.decode(), digest, vectors, now)
    if publish:
        await queries.publish_version(conn, form.id, saved.number, now)
        detail = {"version": saved.number, "hash": digest.hex()}
        await queries.add_audit_entry(conn, content.city, now, "form.published", form.id, detail)
    return saved, True


async def retire(conn: Connection, city_id: str, slug: str, number: int | None, now: datetime) -> int:
    """Offers one version, or the form as a whole, to nobody any more; answers how many. Drafts go on. FormNotFound."""
    form = await queries.lock_form(conn, city_id, slug)
    if form is None:
        raise FormNotFound
    count = await queries.retire_versions(conn, form.id, number, now)
    if count:
        await queries.add_audit_entry(conn, city_id, now, "form.retired", form.id, {"version": number})
    return count


async def vectors_of(database: Database, form_id: UUID, number: int) -> bytes:
    """The test vectors of a version as JSON; raises FormNotFound."""
    if not 1 <= number <= _MOST_VERSIONS:
        raise FormNotFound
    async with database.connection() as conn:
        found = await queries.find_vectors(conn, form_id, number)
    if found is None:
        raise FormNotFound
    return found.vectors.encode()


async def _check_offices(conn: Connection, content: Content) -> None:
    by = content.handling.by_answer
    named = {content.handling.office, *(by.offices.values() if by else ())}
    known = {office.slug for office in await queries.list_office_slugs(conn, content.city, sorted(named))}
    if missing := sorted(named - known):
        raise InvalidFormError([Fault("/handling", f"{content.city} has no office {slug}") for slug in missing])
