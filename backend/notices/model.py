"""Notices."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a change has to tell a person. ``dedupe`` and ``kind`` together happen once, however often it is told."""

    city_id: str
    person_id: UUID
    kind: str
    """``room.what``, for example ``appointment.confirmed``."""
    subject_id: UUID
    dedupe: str
    data: dict[str, Any] = {}
    """What the text needs to know, ready for JSON. It stays in the house: a push carries kind and id only."""
    due_at: datetime | None = None
    """Shown and sent from then on; None: at once."""
    expires_at: datetime | None = None
    """Not pushed any more from then on."""
