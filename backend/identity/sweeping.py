"""Clears away sessions that are over, and guests of whom nothing else is there."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Database
from backend.identity import queries
from backend.settings import Settings

_AT_ONCE = 1000
_FIRST = UUID(int=0)


class Sweeper:
    """Goes through all people again and again, a thousand at each call; where it is, it alone remembers."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._kept = timedelta(days=settings.session_retention_days)
        self._swept_to = _FIRST

    async def sweep(self, now: datetime) -> int:
        """Clears away some of what has been over for ``session_retention_days``; how many rows.

        Sessions and used tokens first, then guests of whom nothing else is there: each call looks at the next thousand.
        """
        before = now - self._kept
        async with self._database.connection() as conn:
            sessions = (await queries.sweep_sessions(conn, before, _AT_ONCE)).count
            sessions += (await queries.sweep_console_sessions(conn, before, _AT_ONCE)).count
            people = await queries.sweep_people(conn, self._swept_to, before, _AT_ONCE)
        self._swept_to = people.last or _FIRST
        return sessions + people.count
