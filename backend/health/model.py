"""What the database says of itself."""

import msgspec

NEEDED_MIGRATION = "0041"
"""The newest migration that this program knows; a test compares it with the files."""


class Migration(msgspec.Struct, frozen=True):
    """The newest migration that was applied."""

    version: str | None
