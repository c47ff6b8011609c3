"""What can go wrong with a city's catalogue."""

from collections.abc import Sequence

from backend.catalogue.stranding import Stranded
from backend.errors import DomainError


class CityNotFound(DomainError):
    """No city has this id."""

    slug, title, kind = "city-not-found", "There is no such city", "not_found"


class OfficeNotFound(DomainError):
    """The city has no such office, or has it no more."""

    slug, title, kind = "office-not-found", "There is no such office", "not_found"


class ServiceNotFound(DomainError):
    """The city has no such service, or has it no more."""

    slug, title, kind = "service-not-found", "There is no such service", "not_found"


class CounterNotFound(DomainError):
    """No counter of the clerk's offices has this id."""

    slug, title, kind = "counter-not-found", "There is no such counter", "not_found"


class ClosureNotFound(DomainError):
    """No closure that the clerk may see has this id."""

    slug, title, kind = "closure-not-found", "There is no such closure", "not_found"


class HoursChanged(DomainError):
    """The opening hours are not those that the client saw; ``current`` is what they are now."""

    slug, title, kind = "hours-changed", "The opening hours were changed meanwhile", "stale"


class CityChanged(DomainError):
    """Someone changed the city between the plan and its application."""

    slug, title, kind = "city-changed", "The city was changed meanwhile", "busy"


class AppointmentsStranded(DomainError):
    """Live appointments would be left at a closed counter; ``appointments`` lists them."""

    slug, title, kind = "appointments-stranded", "Live appointments would be stranded", "conflict"

    def __init__(self, found: Sequence[Stranded]) -> None:
        self.found = tuple(found)
        super().__init__(
            f"{len(found)} live appointments would be left without an open counter",
            appointments=[one.details() for one in found],
        )
