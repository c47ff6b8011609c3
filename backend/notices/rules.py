"""How urgently a notice is pushed, and for how long it is worth it. Pure."""

from datetime import datetime, timedelta
from typing import Literal

from backend.notices.kinds import KINDS

Urgency = Literal["high", "normal"]

_SOON = timedelta(hours=24)
_LONGEST = timedelta(days=28)  # FCM keeps nothing longer


def urgency(kind: str, expires_at: datetime | None, now: datetime) -> Urgency:
    """``high`` wakes a sleeping phone: for what loses its worth in minutes, and for a cancellation on the day itself.

    A notice of an appointment expires with the appointment.
    """
    if kind in KINDS and KINDS[kind].urgent:
        return "high"
    today = expires_at is not None and expires_at - now < _SOON
    return "high" if kind == "appointment.cancelled" and today else "normal"


def kept_until(kind: str, expires_at: datetime | None, now: datetime) -> datetime:
    """Until when a push waits for a phone that is off: as its kind says, and not beyond what the notice means."""
    kept = timedelta(seconds=KINDS[kind].ttl_seconds) if kind in KINDS else _LONGEST
    return min(expires_at or now + _LONGEST, now + kept, now + _LONGEST)
