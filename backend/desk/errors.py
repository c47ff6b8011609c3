"""What the desk is told when it cannot be as wished."""

from backend.errors import DomainError


class NothingFreeToday(DomainError):
    """``alternatives``: up to three nearest free slots {office, start, end, free} on other days."""

    slug, title, kind = "nothing-free-today", "There is no free place today any more", "conflict"


class NobodyWaits(DomainError):
    slug, title, kind = "nobody-waits", "Nobody is waiting there", "conflict"


class DisplayNotFound(DomainError):
    """A screen's key that opens nothing here: never made, or ended."""

    slug, title, kind = "display-not-found", "There is no such display", "not_found"
