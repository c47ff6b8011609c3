"""Why a visit cannot be offered. Details are ids and times."""

from backend.errors import DomainError


class SlotNotOffered(DomainError):
    """``alternatives``, where given: nearest free slots."""

    slug, title, kind = "slot-not-offered", "This time is not offered", "conflict"


class ServiceNotOffered(DomainError):
    """Each service may be offered alone, or elsewhere in the city."""

    slug, title, kind = "service-not-offered", "No counter of this office offers these services together", "conflict"
