"""Why a visit cannot be offered. Details are ids and times."""

from backend.errors import DomainError


class OfficeUnknown(DomainError):
    slug, title, kind = "office-not-found", "There is no such office", "not_found"


class SlotNotOffered(DomainError):
    """``alternatives``, where given: nearest free slots."""

    slug, title, kind = "slot-not-offered", "This time is not offered", "conflict"


class ServiceNotOffered(DomainError):
    slug, title, kind = "service-not-offered", "No counter of this office offers these services together", "conflict"
