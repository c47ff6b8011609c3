"""A wanted visit, checked against an office's rules: how long, at which counters, confirmed by whom. Pure."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct

from backend.availability.model import Wanted
from backend.catalogue.model import CounterRules, OfficeRules, Service
from backend.errors import FieldError, InvalidInput


class Visit(Struct, frozen=True):
    """What is wanted, as this office would serve it. ``minutes`` is the visit's, without the buffer after it."""

    services: tuple[Wanted, ...]
    service_ids: tuple[UUID, ...]
    minutes: int
    counters: tuple[CounterRules, ...]
    counter_ids: tuple[UUID, ...]
    confirmation: Literal["automatic", "clerk"]

    @property
    def seconds(self) -> int:
        return self.minutes * 60


def visit(rules: OfficeRules, wanted: Sequence[Wanted], *, staff: bool, max_services: int) -> Visit:
    """The visit; raises InvalidInput with every fault. ``counters`` may be empty: nobody here serves all of it."""
    services = _services(rules, wanted, max_services)
    ids = tuple(item.service for item in wanted)
    counters = tuple(c for c in rules.counters if c.service_ids.issuperset(ids) and (staff or not c.staff_only))
    return Visit(
        services=tuple(wanted),
        service_ids=ids,
        minutes=sum(service.minutes * item.persons for service, item in zip(services, wanted, strict=True)),
        counters=counters,
        counter_ids=tuple(counter.id for counter in counters),
        confirmation="clerk" if any(service.confirmation == "clerk" for service in services) else "automatic",
    )


def _services(rules: OfficeRules, wanted: Sequence[Wanted], max_services: int) -> list[Service]:
    faults: list[FieldError] = []
    found: list[Service] = []
    if not wanted:
        faults.append(FieldError("/services", "too-few", "At least one service is needed"))
    if len(wanted) > max_services:
        faults.append(FieldError("/services", "too-many", f"At most {max_services} services fit into one visit"))
    seen: set[UUID] = set()
    for index, item in enumerate(wanted):
        service = rules.services.get(item.service)
        if service is None or service.retired:
            faults.append(FieldError(f"/services/{index}/service", "unknown", "The city has no such service"))
        elif item.service in seen:
            faults.append(FieldError(f"/services/{index}/service", "repeated", "Each service may be named once"))
        elif not 1 <= item.persons <= service.max_persons:
            text = f"Between 1 and {service.max_persons} persons are possible"
            faults.append(FieldError(f"/services/{index}/persons", "out-of-range", text))
        else:
            found.append(service)
        seen.add(item.service)
    if faults:
        raise InvalidInput(faults)
    return found
