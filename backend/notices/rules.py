"""What is pushed, and how urgently. Pure."""

from datetime import datetime, timedelta
from typing import Literal

Urgency = Literal["high", "normal"]

PUSHED: frozenset[str] = frozenset(
    f"appointment.{what}"
    for what in (
        "requested", "confirmed", "rejected", "rescheduled", "cancelled", "expired", "called", "no_show", "reminder",
    )
) | {"waiting.offer", "announcement"}  # fmt: skip
"""Kinds that are worth a sound. The others are in the inbox all the same."""

_HURRIED = frozenset(("appointment.called", "waiting.offer"))
_SOON = timedelta(hours=24)


def urgency(kind: str, expires_at: datetime | None, now: datetime) -> Urgency:
    """``high`` wakes a sleeping phone: for what loses its worth in minutes, and for a cancellation on the day itself.

    A notice of an appointment expires with the appointment.
    """
    if kind in _HURRIED:
        return "high"
    today = expires_at is not None and expires_at - now < _SOON
    return "high" if kind == "appointment.cancelled" and today else "normal"
