"""How the parts stand that no request waits for, judged by what their tasks noted in the schedule."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from backend.schedule.model import Entry

State = Literal["ok", "late", "unknown"]
NOTICES, DOCUMENTS = "notices.watch", "documents.watch"
"""Tasks that note for how many seconds the oldest notice, or file, has been waiting."""
_PATIENCE = timedelta(minutes=5)
_MOST_SECONDS = {NOTICES: 300, DOCUMENTS: 300}


def standing(entries: Sequence[Entry], task: str, now: datetime) -> State:
    """``late``: what waits longest waits too long; ``unknown``: nobody has looked for a while, and may be at work."""
    entry = next((one for one in entries if one.task == task), None)
    if entry is None or entry.ended_at is None or now - entry.ended_at > _PATIENCE or entry.outcome != "done":
        return "unknown"
    waits = int(entry.detail or 0)
    return "late" if waits > _MOST_SECONDS[task] else "ok"
