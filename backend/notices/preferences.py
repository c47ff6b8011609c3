"""What a person wants to hear of, where and when. All of it is written at once, as it was read."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.db import Connection
from backend.errors import FieldError, InvalidInput
from backend.notices import queries
from backend.notices.errors import PreferencesChanged, RecipientNotFound
from backend.notices.kinds import ALWAYS_IN_INBOX, KINDS
from backend.notices.model import Preference


async def find(conn: Connection, person_id: UUID) -> Preference:
    """The person's; the defaults where nothing was set."""
    found = await queries.find_preference(conn, person_id)
    if found is None:
        raise RecipientNotFound
    return found


async def save(
    conn: Connection, person_id: UUID, wanted: Preference, now: datetime, *, district: str | None, version: int | None
) -> Preference:
    """Replaces all of them. ``version``: the one the client saw; raises PreferencesChanged if there is a newer.

    ``district``: id or slug of one in ``wanted.city_id``. Raises InvalidInput for what does not exist, and for
    silencing the inbox where the city has to reach people.
    """
    if not await queries.lock_preference(conn, person_id):
        raise RecipientNotFound
    current = await find(conn, person_id)
    if version is not None and version != current.version:
        raise PreferencesChanged(current={"version": current.version})
    faults = [
        FieldError(f"/kinds/{group}/inbox", "required-kind", "These are always shown in the inbox")
        for group in wanted.inbox_off
        if group in ALWAYS_IN_INBOX
    ]
    audience = await queries.find_audience(conn, wanted.city_id or "", district)
    if wanted.city_id is not None and not audience.city:
        faults.append(FieldError("/subscriptions/city", "unknown", "There is no such city"))
    elif district is not None and audience.district_id is None:
        faults.append(FieldError("/subscriptions/district", "unknown", "There is no such district in this city"))
    if faults:
        raise InvalidInput(faults)
    kept = msgspec.structs.replace(wanted, district_id=audience.district_id)
    await queries.save_preference(conn, person_id, kept, now)
    await queries.save_language(conn, person_id, wanted.language)
    return await find(conn, person_id)


def kinds_shown(preference: Preference) -> list[str]:
    """The kinds that this person's inbox lists."""
    off = set(preference.inbox_off) - ALWAYS_IN_INBOX
    return [kind.name for kind in KINDS.values() if kind.inbox and kind.group not in off]
