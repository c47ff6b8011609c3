"""What the inspecting process is asked, and what it answers; both as JSON."""

import msgspec

from backend.documents.model import Reason


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to inspect, against which rules. ``clean`` and ``thumbnail`` are where to write."""

    original: str
    clean: str
    thumbnail: str
    types: tuple[str, ...]
    max_pages: int
    max_pixels: int
    wants_thumbnail: bool
    seconds: int
    memory_bytes: int


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """``refused``: why; None: the clean copy was written."""

    refused: Reason | None = None
    media_type: str | None = None
    pages: int | None = None
    has_thumbnail: bool = False


class Refused(Exception):
    """The file cannot be accepted."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
