"""What the database says of itself."""

from datetime import datetime

import msgspec

NEEDED_MIGRATION = "0042"
"""The newest migration that this program knows; a test compares it with the files."""


CLOCKS_APART_SECONDS = 30.0
"""Further apart, this process's clock and the database's make two times of one: holds end early or late, and tokens
that were made here are not good elsewhere. An answer under way for a few seconds is not taken for it."""


class Migration(msgspec.Struct, frozen=True):
    """The newest migration that was applied, and what time it is there."""

    version: str | None
    clock: datetime


def unfit(found: Migration, now: datetime) -> str | None:
    """Why a process must not work with this database; None: it may."""
    if (found.version or "") < NEEDED_MIGRATION:
        return "The database lacks migrations"
    apart = (now - found.clock).total_seconds()
    if abs(apart) > CLOCKS_APART_SECONDS:
        return f"The clock here is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the database's"
    return None
