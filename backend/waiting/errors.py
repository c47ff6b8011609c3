"""What can go wrong with waiting and with offers. Details are ids, states and times."""

from backend.errors import DomainError


class EntryNotFound(DomainError):
    slug, title, kind = "waiting-entry-not-found", "There is no such entry in the waiting list", "not_found"


class EntryLimit(DomainError):
    """``limit``: how many entries one person may have."""

    slug, title, kind = "waiting-limit", "There are too many entries in the waiting list", "conflict"


class AlreadyWaiting(DomainError):
    slug, title, kind = "already-waiting", "This appointment is in the waiting list already", "conflict"


class OfferNotFound(DomainError):
    slug, title, kind = "offer-not-found", "There is no such offer", "not_found"


class OfferOver(DomainError):
    """``state``: expired, declined or withdrawn. The entry waits on, unless it was withdrawn."""

    slug, title, kind = "offer-over", "The offer does not stand any more", "gone"


class OfferAccepted(DomainError):
    """``appointment``: what came of it."""

    slug, title, kind = "offer-accepted", "The offer has been accepted already", "conflict"
