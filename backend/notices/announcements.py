"""What a city tells everybody, a district, or whoever subscribed to a topic.

One row, which the inboxes of those whom it concerns show, and one notice that is nobody's, from which the worker
spreads it over devices. FCM's topics are not used: they know no quiet hours and no languages, and would tell Google
who lives where.
"""

from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Connection
from backend.errors import FieldError, InvalidInput
from backend.ids import new_id
from backend.notices import queries
from backend.notices.kinds import ANNOUNCEMENT
from backend.notices.model import Announcement, Reach


async def announce(
    conn: Connection,
    city_id: str,
    district: str | None,
    topic: str | None,
    texts: dict[str, dict[str, str]],
    clerk_id: UUID,
    now: datetime,
    *,
    lasts: timedelta,
) -> Announcement:
    """Published with its audit entry in the caller's transaction. ``district``: id or slug; raises InvalidInput."""
    district_id = await _district(conn, city_id, district)
    announcement = Announcement(
        id=new_id(), city_id=city_id, district_id=district_id, topic=topic, texts=texts, clerk_id=clerk_id,
        published_at=now, expires_at=now + lasts,
    )  # fmt: skip
    await queries.publish(conn, announcement, ANNOUNCEMENT)
    return announcement


async def reach(
    conn: Connection, city_id: str, district: str | None, topic: str | None, silent_since: datetime
) -> Reach:
    """How many would be told by the same announcement; raises InvalidInput as it does."""
    return await queries.find_reach(conn, city_id, await _district(conn, city_id, district), topic, silent_since)


async def _district(conn: Connection, city_id: str, district: str | None) -> UUID | None:
    audience = await queries.find_audience(conn, city_id, district)
    if not audience.city:
        raise InvalidInput([FieldError("/city", "unknown", "There is no such city")])
    if district is not None and audience.district_id is None:
        raise InvalidInput([FieldError("/district", "unknown", "There is no such district in this city")])
    return audience.district_id
